#include "formats/text/cell_values.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace godwit::text_format {

namespace {

constexpr std::int64_t kSecondsOfDay = 86'400;
constexpr std::int64_t kMicrosOfSecond = 1'000'000;
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// All of `text` as a number of `least` to `most` digits.
std::optional<std::int32_t> digits_only(std::string_view text, std::size_t least, std::size_t most) {
    if (text.size() < least || text.size() > most || !std::all_of(text.begin(), text.end(), is_digit))
        return std::nullopt;
    std::int32_t value = 0;
    for (const char digit : text)
        value = value * 10 + (digit - '0');
    return value;
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
std::int32_t days_of(std::int32_t year, std::int32_t month, std::int32_t day) {
    year -= month <= 2 ? 1 : 0;
    const std::int32_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int32_t year_of_era = year - era * 400;
    const std::int32_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const std::int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468;
}

bool exists(std::int32_t year, std::int32_t month, std::int32_t day) {
    static constexpr std::array<std::int32_t, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1)
        return false;
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

struct Date {
    std::int32_t days = 0;
    bool rolled_over = false;
};

/// Days from 1 to 31 are taken in every month: those too many are days of the next.
std::optional<Date> date_of(std::string_view text) {
    const auto first = text.find('-');
    const auto second = first == std::string_view::npos ? first : text.find('-', first + 1);
    if (second == std::string_view::npos)
        return std::nullopt;
    const auto year = digits_only(text.substr(0, first), 4, 4);
    const auto month = digits_only(text.substr(first + 1, second - first - 1), 1, 2);
    const auto day = digits_only(text.substr(second + 1), 1, 2);
    if (!year || !month || !day || *month < 1 || *month > 12 || *day < 1 || *day > 31)
        return std::nullopt;
    return Date{days_of(*year, *month, 1) + *day - 1, !exists(*year, *month, *day)};
}

/// Java's Integer.parseInt, of at most nine digits.
std::optional<std::int32_t> signed_number(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+'))
        text.remove_prefix(1);
    const auto value = digits_only(text, 1, 9);
    return negative && value ? std::optional(-*value) : value;
}

struct TimeOfDay {
    std::int64_t seconds = 0;
    bool rolled_over = false;
};

/// `hh:mm:ss`; numbers beyond the clock move the time on, or back.
std::optional<TimeOfDay> time_of(std::string_view text) {
    const auto first = text.find(':');
    const auto second = first == std::string_view::npos ? first : text.find(':', first + 1);
    if (second == std::string_view::npos)
        return std::nullopt;
    const auto hour = signed_number(text.substr(0, first));
    const auto minute = signed_number(text.substr(first + 1, second - first - 1));
    const auto whole_second = signed_number(text.substr(second + 1));
    if (!hour || !minute || !whole_second)
        return std::nullopt;
    const bool on_clock =
        *hour >= 0 && *hour <= 23 && *minute >= 0 && *minute <= 59 && *whole_second >= 0 && *whole_second <= 59;
    return TimeOfDay{std::int64_t{*hour} * 3'600 + std::int64_t{*minute} * 60 + *whole_second, !on_clock};
}

constexpr std::int8_t kNoDigit = -1;

/// Standard and URL-safe alphabet alike, as Apache Commons Codec takes them.
constexpr std::array<std::int8_t, 256> kBase64 = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(kNoDigit);
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < kAlphabet.size(); ++i)
        table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
    table['-'] = 62;
    table['_'] = 63;
    return table;
}();

bool may_be_base64(char c) {
    return kBase64[static_cast<unsigned char>(c)] != kNoDigit || c == '=' || c == ' ' || c == '\t' || c == '\r' ||
           c == '\n';
}

/// The length of the UTF-8 character at the start, or 0 with the length of the maximal part that is broken.
std::size_t character_length(std::string_view text, std::size_t& broken) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80)
        return 1;
    const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                               : lead >= 0xe0 && lead <= 0xef ? 3
                               : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                              : 0;
    broken = 1;
    if (length == 0)
        return 0;
    for (std::size_t i = 1; i < length; ++i) {
        unsigned char least = 0x80;
        unsigned char most = 0xbf;
        if (i == 1 && lead == 0xe0)
            least = 0xa0;
        if (i == 1 && lead == 0xed)
            most = 0x9f;
        if (i == 1 && lead == 0xf0)
            least = 0x90;
        if (i == 1 && lead == 0xf4)
            most = 0x8f;
        if (i >= text.size() || byte(i) < least || byte(i) > most) {
            broken = i;
            return 0;
        }
    }
    return length;
}

} // namespace

CellValue<std::int32_t> parse_hive_date(std::string_view text) {
    const auto date = date_of(text);
    if (!date)
        return {std::nullopt, text.empty() ? CellIssue::empty : CellIssue::unparsable};
    return {date->days, date->rolled_over ? std::optional(CellIssue::rolled_over) : std::nullopt};
}

CellValue<std::int64_t> parse_hive_timestamp(std::string_view text) {
    const CellValue<std::int64_t> bad{std::nullopt, text.empty() ? CellIssue::empty : CellIssue::unparsable};
    while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ')
        text.remove_prefix(1);
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ')
        text.remove_suffix(1);
    const auto blank = text.find(' ');
    if (blank == std::string_view::npos)
        return bad;
    const auto date = date_of(text.substr(0, blank));
    const auto clock = text.substr(blank + 1);
    const auto point = clock.find('.');
    const auto time = time_of(clock.substr(0, point));
    if (!date || !time)
        return bad;
    std::int64_t nanoseconds = 0;
    if (point != std::string_view::npos) {
        const auto fraction = clock.substr(point + 1);
        const auto number = digits_only(fraction, 1, 9);
        if (!number)
            return bad;
        nanoseconds = *number;
        for (std::size_t i = fraction.size(); i < 9; ++i)
            nanoseconds *= 10;
    }
    const auto micros = (date->days * kSecondsOfDay + time->seconds) * kMicrosOfSecond + nanoseconds / 1'000;
    if (date->rolled_over || time->rolled_over)
        return {micros, CellIssue::rolled_over};
    return {micros, nanoseconds % 1'000 != 0 ? std::optional(CellIssue::precision_lost) : std::nullopt};
}

std::string decode_hive_binary(std::string_view text) {
    if (!std::all_of(text.begin(), text.end(), may_be_base64))
        return std::string(text);
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        if (c == '=')
            break;
        const auto digit = kBase64[static_cast<unsigned char>(c)];
        if (digit == kNoDigit)
            continue;
        bits = (bits << 6) | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes.push_back(static_cast<char>((bits >> count) & 0xff));
        }
    }
    return bytes.empty() ? std::string(text) : bytes;
}

void unescape(std::string_view text, char escape, std::string& into) {
    into.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == escape && i + 1 < text.size()) {
            c = text[++i];
            if (c == 'n')
                c = '\n';
            else if (c == 'r')
                c = '\r';
        }
        into.push_back(c);
    }
}

bool replace_invalid_utf8(std::string_view text, std::string& into) {
    if (is_utf8(text))
        return false;
    std::string result;
    while (!text.empty()) {
        std::size_t broken = 0;
        const auto length = character_length(text, broken);
        if (length > 0)
            result += text.substr(0, length);
        else
            result += kReplacement;
        text.remove_prefix(length > 0 ? length : broken);
    }
    into = std::move(result);
    return true;
}

std::size_t prefix_of_code_points(std::string_view text, std::int32_t count, std::int32_t& found) {
    found = 0;
    std::size_t at = 0;
    while (at < text.size() && found < count) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80)
            ++at;
        ++found;
    }
    return at;
}

} // namespace godwit::text_format
