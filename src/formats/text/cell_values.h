#pragma once

#include "formats/text/lazy_simple_serde.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What one cell's text means, type by type. Private to this folder.
namespace godwit::text_format {

/// A value, or none, and what is to be said about it.
template <typename T>
struct CellValue {
    std::optional<T> value;
    std::optional<CellIssue> issue;
};

/// Hive's LazyInteger and its kin: digits with a sign; a fraction is checked and cut.
CellValue<std::int64_t> parse_hive_integer(std::string_view text, std::int64_t least, std::int64_t greatest);
/// LazyFloat and LazyDouble, which take what Java's parseFloat and parseDouble take: blanks around, hexadecimal, a
/// suffix f or d, NaN and Infinity.
CellValue<float> parse_hive_float(std::string_view text);
CellValue<double> parse_hive_double(std::string_view text);
/// LazyHiveDecimal: unscaled, rounded half up.
CellValue<__int128> parse_hive_decimal(std::string_view text, std::int32_t precision, std::int32_t scale);
/// LazyBoolean: true and false in any case.
CellValue<bool> parse_hive_boolean(std::string_view text);
/// LazyDate: `yyyy-[m]m-[d]d` as days since 1970-01-01.
CellValue<std::int32_t> parse_hive_date(std::string_view text);
/// LazyTimestamp: `yyyy-[m]m-[d]d hh:mm:ss[.fffffffff]`, blanks around, as microseconds since 1970-01-01.
CellValue<std::int64_t> parse_hive_timestamp(std::string_view text);
/// LazyBinary: Base64 where every byte is of its alphabet and something comes out, else the bytes as they are.
std::string decode_hive_binary(std::string_view text);

/// Takes escapes out: the byte after the escape stands for itself, `n` and `r` for line feed and carriage return.
void unescape(std::string_view text, char escape, std::string& into);
/// Replaces each maximal part that is not UTF-8 by U+FFFD. False if there was none; `into` is untouched then.
bool replace_invalid_utf8(std::string_view text, std::string& into);
/// The length in bytes of the first `count` code points of valid UTF-8, and how many there are at most `count`.
std::size_t prefix_of_code_points(std::string_view text, std::int32_t count, std::int32_t& found);

} // namespace godwit::text_format
