#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace godwit {

/// Percent-encodes every byte that is not an unreserved character of RFC 3986 (letters, digits, `-._~`),
/// so that the result is plain ASCII whatever bytes went in.
std::string percent_encode(std::string_view bytes);
/// The reverse. `%` not followed by two hex digits is an error, never passed through.
Result<std::string> percent_decode(std::string_view text);

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
/// ASCII only: catalogue and SerDe names are ASCII by their specification.
std::string lower_ascii(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);

/// Strict UTF-8 without U+0000, the rule for text in the state database.
bool is_storable_text(std::string_view text);
bool is_utf8(std::string_view text);
/// For messages and terminals: control characters, line ends, bidirectional overrides and invalid UTF-8 shown as \xNN.
std::string printable(std::string_view text);

/// RFC 4648 base32, lower case, no padding.
std::string base32(std::string_view bytes);
std::string hex(std::string_view bytes);
Result<std::string> from_hex(std::string_view text);
std::string base64(std::string_view bytes);
Result<std::string> from_base64(std::string_view text);

/// The whole text as a number, or an error that quotes it.
Result<std::int64_t> parse_int64(std::string_view text);
Result<std::uint64_t> parse_uint64(std::string_view text);

/// `1.5 GiB`, `512 B`: for people.
std::string human_bytes(std::uint64_t bytes);
/// `2 min 3 s`: for people.
std::string human_seconds(double seconds);
/// The candidate with the smallest edit distance, if near enough for "did you mean".
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

} // namespace godwit
