#include "formats/text/cell_values.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>

namespace godwit::text_format {

namespace {

template <typename T>
CellValue<T> none(CellIssue issue) {
    return {std::nullopt, issue};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

/// Hive's quick look before it parses: what surely is no number.
bool may_be_number(std::string_view text) {
    switch (text.size()) {
    case 0: return false;
    case 1: return is_digit(text[0]);
    case 2: return is_digit(text[0]) || is_digit(text[1]);
    case 4: return text[0] != 'N' && text[0] != 'n';
    default: return true;
    }
}

std::string_view take_digits(std::string_view& text) {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count]))
        ++count;
    const auto digits = text.substr(0, count);
    text.remove_prefix(count);
    return digits;
}

bool take_sign(std::string_view& text) {
    if (text.empty() || (text.front() != '-' && text.front() != '+'))
        return false;
    const bool negative = text.front() == '-';
    text.remove_prefix(1);
    return negative;
}

/// Java's String.trim.
std::string_view trim_controls(std::string_view text) {
    while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ')
        text.remove_prefix(1);
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ')
        text.remove_suffix(1);
    return text;
}

bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Digits with at most one point; at least one digit.
template <typename IsDigit>
bool take_mantissa(std::string_view& text, const IsDigit& digit) {
    std::size_t digits = 0;
    bool point = false;
    while (!text.empty() && (digit(text.front()) || (text.front() == '.' && !point))) {
        point = point || text.front() == '.';
        digits += text.front() == '.' ? 0 : 1;
        text.remove_prefix(1);
    }
    return digits > 0;
}

/// An exponent, if its letter comes.
bool take_exponent(std::string_view& text, char letter, bool required) {
    if (text.empty() || (text.front() | 0x20) != letter)
        return !required;
    text.remove_prefix(1);
    take_sign(text);
    return !take_digits(text).empty();
}

/// The grammar of java.lang.Double.valueOf, without blanks, NaN and Infinity. `number`: what a C parser understands.
bool is_java_float(std::string_view text, std::string_view& number) {
    const auto whole = text;
    take_sign(text);
    if (text.starts_with("0x") || text.starts_with("0X")) {
        text.remove_prefix(2);
        if (!take_mantissa(text, is_hex_digit) || !take_exponent(text, 'p', true))
            return false;
    } else if (!take_mantissa(text, is_digit) || !take_exponent(text, 'e', false)) {
        return false;
    }
    number = whole.substr(0, whole.size() - text.size());
    return text.empty() || (text.size() == 1 && ((text[0] | 0x20) == 'f' || (text[0] | 0x20) == 'd'));
}

template <typename T, typename Parse>
CellValue<T> parse_java_float(std::string_view text, const Parse& parse) {
    if (!may_be_number(text))
        return none<T>(text.empty() ? CellIssue::empty : CellIssue::unparsable);
    const auto trimmed = trim_controls(text);
    auto word = trimmed;
    const bool negative = take_sign(word);
    if (word == "NaN")
        return {std::numeric_limits<T>::quiet_NaN(), {}};
    if (word == "Infinity")
        return {negative ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity(), {}};
    std::string_view number;
    if (!is_java_float(trimmed, number))
        return none<T>(CellIssue::unparsable);
    return {parse(std::string(number).c_str()), {}};
}

struct DecimalText {
    bool negative = false;
    std::string digits;     ///< without leading zeros
    std::int64_t scale = 0; ///< digits behind the point; negative: zeros to append
};

std::optional<DecimalText> split_decimal(std::string_view text) {
    constexpr std::int64_t kLargestExponent = 100'000;
    DecimalText result;
    result.negative = take_sign(text);
    const auto whole = take_digits(text);
    std::string_view fraction;
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        fraction = take_digits(text);
    }
    if (whole.empty() && fraction.empty())
        return std::nullopt;
    std::int64_t exponent = 0;
    if (!text.empty() && (text.front() | 0x20) == 'e') {
        text.remove_prefix(1);
        const bool negative = take_sign(text);
        const auto digits = take_digits(text);
        if (digits.empty())
            return std::nullopt;
        for (const char digit : digits)
            exponent = std::min(kLargestExponent, exponent * 10 + (digit - '0'));
        exponent = negative ? -exponent : exponent;
    }
    if (!text.empty())
        return std::nullopt;
    result.digits.append(whole).append(fraction);
    result.digits.erase(0, std::min(result.digits.find_first_not_of('0'), result.digits.size()));
    result.scale = static_cast<std::int64_t>(fraction.size()) - exponent;
    return result;
}

} // namespace

CellValue<std::int64_t> parse_hive_integer(std::string_view text, std::int64_t least, std::int64_t greatest) {
    using Value = CellValue<std::int64_t>;
    if (!may_be_number(text))
        return none<std::int64_t>(text.empty() ? CellIssue::empty : CellIssue::unparsable);
    const bool negative = take_sign(text);
    const auto digits = take_digits(text);
    const bool has_point = !text.empty() && text.front() == '.';
    if (has_point)
        text.remove_prefix(1);
    if (!all_digits(text) || (!has_point && (!text.empty() || digits.empty())))
        return none<std::int64_t>(CellIssue::unparsable);
    __int128 value = 0;
    for (const char digit : digits) {
        value = value * 10 + (negative ? '0' - digit : digit - '0');
        if (value < least || value > greatest)
            return none<std::int64_t>(CellIssue::out_of_range);
    }
    const bool is_cut = text.find_first_not_of('0') != std::string_view::npos;
    return Value{static_cast<std::int64_t>(value), is_cut ? std::optional(CellIssue::precision_lost) : std::nullopt};
}

CellValue<float> parse_hive_float(std::string_view text) {
    return parse_java_float<float>(text, [](const char* number) { return std::strtof(number, nullptr); });
}

CellValue<double> parse_hive_double(std::string_view text) {
    return parse_java_float<double>(text, [](const char* number) { return std::strtod(number, nullptr); });
}

CellValue<__int128> parse_hive_decimal(std::string_view text, std::int32_t precision, std::int32_t scale) {
    if (text.empty())
        return none<__int128>(CellIssue::empty);
    auto parts = split_decimal(text);
    if (!parts)
        return none<__int128>(CellIssue::unparsable);
    auto& digits = parts->digits;
    if (digits.empty())
        return {__int128{0}, {}};
    const std::int64_t surplus = parts->scale - scale;
    bool round_up = false;
    bool is_cut = false;
    if (surplus > 0) {
        const auto size = static_cast<std::int64_t>(digits.size());
        const auto cut = static_cast<std::size_t>(std::min(surplus, size));
        const auto kept = digits.size() - cut;
        round_up = surplus <= size && digits[kept] >= '5';
        is_cut = digits.find_first_not_of('0', kept) != std::string::npos;
        digits.resize(kept);
    } else if (static_cast<std::int64_t>(digits.size()) - surplus > precision) {
        return none<__int128>(CellIssue::out_of_range);
    } else {
        digits.append(static_cast<std::size_t>(-surplus), '0');
    }
    if (digits.size() > static_cast<std::size_t>(precision))
        return none<__int128>(CellIssue::out_of_range);
    __int128 value = 0;
    __int128 limit = 1;
    for (const char digit : digits)
        value = value * 10 + (digit - '0');
    for (std::int32_t i = 0; i < precision; ++i)
        limit *= 10;
    value += round_up ? 1 : 0;
    if (value >= limit)
        return none<__int128>(CellIssue::out_of_range);
    return {parts->negative ? -value : value, is_cut ? std::optional(CellIssue::precision_lost) : std::nullopt};
}

CellValue<bool> parse_hive_boolean(std::string_view text) {
    const auto is = [text](std::string_view word) {
        return text.size() == word.size() && std::equal(text.begin(), text.end(), word.begin(), [](char a, char b) {
                   return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b;
               });
    };
    if (is("true"))
        return {true, {}};
    if (is("false"))
        return {false, {}};
    return none<bool>(text.empty() ? CellIssue::empty : CellIssue::unparsable);
}

} // namespace godwit::text_format
