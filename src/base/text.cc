#include "base/text.h"

#include "base/utf8.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <optional>
#include <utility>

namespace godwit {

namespace {

constexpr std::string_view kHexLower = "0123456789abcdef";
constexpr std::string_view kHexUpper = "0123456789ABCDEF";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_unreserved(char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

std::optional<unsigned> hex_value(char c) {
    if (is_digit(c))
        return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f')
        return static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return static_cast<unsigned>(c - 'A') + 10;
    return std::nullopt;
}

void append_hex(std::string& out, std::string_view digits, unsigned char byte) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

/// Error texts quote at most this much of what they were given.
std::string quoted(std::string_view text) {
    constexpr std::size_t kLongest = 80;
    const auto shown = printable(text.substr(0, kLongest));
    return text.size() > kLongest ? "'" + shown + "...'" : "'" + shown + "'";
}

Error bad_text(std::string what, std::string_view text, std::string why) {
    return Error::make(ErrorKind::invalid_input, std::move(what)).why(std::move(why)).at(quoted(text));
}

} // namespace

std::string percent_encode(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    for (const char c : bytes) {
        if (is_unreserved(c)) {
            out += c;
        } else {
            out += '%';
            append_hex(out, kHexUpper, static_cast<unsigned char>(c));
        }
    }
    return out;
}

Result<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const auto high = i + 2 < text.size() ? hex_value(text[i + 1]) : std::nullopt;
        const auto low = i + 2 < text.size() ? hex_value(text[i + 2]) : std::nullopt;
        if (!high || !low)
            return bad_text("the percent encoding is broken", text,
                            "'%' at offset " + std::to_string(i) + " is not followed by two hex digits");
        out += static_cast<char>(*high * 16 + *low);
        i += 2;
    }
    return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    std::size_t start = 0;
    while (true) {
        const auto end = text.find(separator, start);
        if (end == std::string_view::npos)
            break;
        parts.emplace_back(text.substr(start, end - start));
        start = end + 1;
    }
    parts.emplace_back(text.substr(start));
    return parts;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0)
            out += separator;
        out += parts[i];
    }
    return out;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n\v\f";
    const auto start = text.find_first_not_of(kBlank);
    if (start == std::string_view::npos)
        return {};
    return text.substr(start, text.find_last_not_of(kBlank) - start + 1);
}

std::string lower_ascii(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && lower_ascii(a) == lower_ascii(b);
}

bool is_utf8(std::string_view text) { return first_invalid_utf8(text) == std::string_view::npos; }

bool is_storable_text(std::string_view text) { return text.find('\0') == std::string_view::npos && is_utf8(text); }

namespace {

/// Code points that move the cursor, end the line, hide or reorder what stands around them.
bool is_deceptive(char32_t c) {
    constexpr std::pair<char32_t, char32_t> kRanges[] = {
        {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x034F, 0x034F},  {0x061C, 0x061C}, {0x115F, 0x1160},
        {0x17B4, 0x17B5}, {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E},  {0x2060, 0x206F}, {0x3164, 0x3164},
        {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}};
    return std::ranges::any_of(kRanges, [c](const auto& range) { return c >= range.first && c <= range.second; });
}

} // namespace

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto point = decode_utf8(text, at);
        const auto length = point ? point->length : 1;
        if (point && !is_deceptive(point->value)) {
            out += text.substr(at, length);
        } else {
            for (const char c : text.substr(at, length)) {
                out += "\\x";
                append_hex(out, kHexUpper, static_cast<unsigned char>(c));
            }
        }
        at += length;
    }
    return out;
}

std::string base32(std::string_view bytes) {
    constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
    std::string out;
    out.reserve(bytes.size() * 8 / 5 + 1);
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const char c : bytes) {
        buffer = (buffer << 8) | static_cast<unsigned char>(c);
        bits += 8;
        while (bits >= 5) {
            bits -= 5;
            out += kAlphabet[(buffer >> bits) & 31];
        }
    }
    if (bits > 0)
        out += kAlphabet[(buffer << (5 - bits)) & 31];
    return out;
}

std::string hex(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes)
        append_hex(out, kHexLower, static_cast<unsigned char>(c));
    return out;
}

Result<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0)
        return bad_text("the hex text is broken", text, "it has an odd number of digits");
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const auto high = hex_value(text[i]);
        const auto low = hex_value(text[i + 1]);
        if (!high || !low)
            return bad_text("the hex text is broken", text,
                            "no hex digit at offset " + std::to_string(high ? i + 1 : i));
        out += static_cast<char>(*high * 16 + *low);
    }
    return out;
}

namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

} // namespace

std::string base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto have = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j)
            group = (group << 8) | (j < have ? static_cast<unsigned char>(bytes[i + j]) : 0u);
        for (std::size_t j = 0; j < 4; ++j)
            out += j <= have ? kBase64[(group >> (18 - 6 * j)) & 63] : '=';
    }
    return out;
}

Result<std::string> from_base64(std::string_view text) {
    const auto broken = [text](std::string why) { return bad_text("the base64 text is broken", text, std::move(why)); };
    if (text.size() % 4 != 0)
        return broken("its length is no multiple of four");
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    const auto digits = text.substr(0, text.size() - padding);
    std::string out;
    out.reserve(text.size() / 4 * 3);
    std::uint32_t buffer = 0;
    int bits = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const auto value = kBase64.find(digits[i]);
        if (value == std::string_view::npos)
            return broken("no base64 character at offset " + std::to_string(i));
        buffer = (buffer << 6) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out += static_cast<char>((buffer >> bits) & 0xFF);
        }
    }
    if ((buffer & ((1u << bits) - 1)) != 0)
        return broken("bits are set behind its end");
    return out;
}

namespace {

template <typename Number>
Result<Number> parse_whole(std::string_view text) {
    Number value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range)
        return bad_text("the number is out of range", text, "it does not fit 64 bits");
    if (error != std::errc{} || end != text.data() + text.size())
        return bad_text("this is not a whole number", text, "only decimal digits may stand here");
    return value;
}

} // namespace

Result<std::int64_t> parse_int64(std::string_view text) { return parse_whole<std::int64_t>(text); }
Result<std::uint64_t> parse_uint64(std::string_view text) { return parse_whole<std::uint64_t>(text); }

std::string human_bytes(std::uint64_t bytes) {
    if (bytes < 1024)
        return std::to_string(bytes) + " B";
    constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    auto value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    while (value >= 1023.95 && unit + 1 < std::size(kUnits)) {
        value /= 1024;
        ++unit;
    }
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %s", value, kUnits[unit]);
    return text;
}

std::string human_seconds(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0 || seconds > 1e12)
        return "unknown";
    if (seconds < 0.9995)
        return std::to_string(std::lround(seconds * 1000)) + " ms";
    char text[64];
    if (seconds < 9.95) {
        std::snprintf(text, sizeof text, "%.1f s", seconds);
        return text;
    }
    const auto whole = std::llround(seconds);
    struct Unit {
        long long size;
        const char* name;
    };
    constexpr Unit kUnits[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    for (std::size_t i = 0; i + 1 < std::size(kUnits); ++i) {
        if (whole < kUnits[i].size)
            continue;
        std::snprintf(text, sizeof text, "%lld %s %lld %s", whole / kUnits[i].size, kUnits[i].name,
                      whole % kUnits[i].size / kUnits[i + 1].size, kUnits[i + 1].name);
        return text;
    }
    return std::to_string(whole) + " s";
}

namespace {

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        std::swap(before_last, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

} // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    constexpr std::size_t kLongestWord = 256;
    const std::string* best = nullptr;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    if (word.size() > kLongestWord)
        return {};
    for (const auto& candidate : candidates) {
        if (candidate.size() > kLongestWord)
            continue;
        const auto distance = edit_distance(lower_ascii(word), lower_ascii(candidate));
        if (distance < best_distance) {
            best_distance = distance;
            best = &candidate;
        }
    }
    return best != nullptr ? *best : std::string();
}

} // namespace godwit
