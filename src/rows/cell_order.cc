#include "rows/cell_encoder.h"

#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace godwit::rows {

namespace {

constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

std::uint64_t uint64_at(std::string_view bytes, std::size_t offset) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return __builtin_bswap64(value);
}

std::uint32_t uint32_at(std::string_view bytes, std::size_t offset) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return __builtin_bswap32(value);
}

unsigned __int128 pair(std::uint64_t high, std::uint64_t low) {
    return (static_cast<unsigned __int128>(high) << 64) | low;
}

__int128 int128_at(std::string_view bytes, std::size_t offset) {
    return static_cast<__int128>(pair(uint64_at(bytes, offset), uint64_at(bytes, offset + 8)));
}

double double_at(std::string_view bytes, std::size_t offset) {
    const auto bits = uint64_at(bytes, offset);
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

CellOrder by_number(unsigned __int128 number) { return {true, false, number, {}}; }

CellOrder order_of_double(std::string_view cell) {
    if (std::isnan(double_at(cell, 1)))
        return {};
    const auto bits = uint64_at(cell, 1);
    return by_number((bits & kSign) != 0 ? ~bits : bits | kSign);
}

std::string text_of_int128(__int128 value) {
    const bool negative = value < 0;
    auto rest = negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
    std::string text;
    do {
        text.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
        rest /= 10;
    } while (rest != 0);
    if (negative)
        text.push_back('-');
    std::reverse(text.begin(), text.end());
    return text;
}

std::string text_of_decimal(__int128 value, std::int32_t scale) {
    auto text = text_of_int128(value);
    if (scale <= 0)
        return text;
    const std::size_t sign = value < 0 ? 1 : 0;
    const auto digits = static_cast<std::size_t>(scale);
    if (text.size() - sign <= digits)
        text.insert(sign, digits + 1 - (text.size() - sign), '0');
    return text.insert(text.size() - digits, 1, '.');
}

std::string two_digits(std::int64_t value) {
    auto text = std::to_string(value);
    return text.size() < 2 ? "0" + text : text;
}

/// Proleptic Gregorian date of a day count since 1970-01-01 (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
std::string text_of_date(std::int64_t days) {
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    const std::int64_t day_of_era = days - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_index = (5 * day_of_year + 2) / 153;
    const std::int64_t day = day_of_year - (153 * month_index + 2) / 5 + 1;
    const std::int64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
    const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    auto year_text = std::to_string(year < 0 ? -year : year);
    year_text.insert(0, year_text.size() < 4 ? 4 - year_text.size() : 0, '0');
    return (year < 0 ? "-" : "") + year_text + "-" + two_digits(month) + "-" + two_digits(day);
}

std::string text_of_time(std::int64_t seconds, std::uint32_t nanoseconds) {
    auto text = two_digits(seconds / 3'600) + ":" + two_digits(seconds / 60 % 60) + ":" + two_digits(seconds % 60);
    if (nanoseconds == 0)
        return text;
    auto fraction = std::to_string(nanoseconds);
    fraction.insert(0, 9 - fraction.size(), '0');
    fraction.erase(fraction.find_last_not_of('0') + 1);
    return text + "." + fraction;
}

std::string text_of_moment(std::string_view cell, bool instant) {
    const auto seconds = static_cast<std::int64_t>(uint64_at(cell, 1));
    std::int64_t days = seconds / 86'400;
    std::int64_t rest = seconds % 86'400;
    if (rest < 0) {
        rest += 86'400;
        --days;
    }
    return text_of_date(days) + "T" + text_of_time(rest, uint32_at(cell, 9)) + (instant ? "Z" : "");
}

std::string text_of_double(double value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return {text, end};
}

} // namespace

CellOrder order_of_cell(const ComparisonType& type, std::string_view cell) {
    switch (type.kind) {
    case ComparisonKind::boolean: return by_number(static_cast<std::uint8_t>(cell[1]));
    case ComparisonKind::integer: return by_number(pair(uint64_at(cell, 1) ^ kSign, uint64_at(cell, 9)));
    case ComparisonKind::decimal:
        // Above precision 38 the value is text, whose bytes have no order of numbers.
        if (type.precision > 38)
            return {};
        return by_number(pair(uint64_at(cell, 5) ^ kSign, uint64_at(cell, 13)));
    case ComparisonKind::floating: return order_of_double(cell);
    case ComparisonKind::string:
    case ComparisonKind::binary:
    case ComparisonKind::fixed: return {true, true, 0, cell.substr(5)};
    case ComparisonKind::date: return by_number(uint32_at(cell, 1) ^ 0x80000000U);
    case ComparisonKind::time:
    case ComparisonKind::timestamp:
    case ComparisonKind::instant: return by_number(pair(uint64_at(cell, 1) ^ kSign, uint32_at(cell, 9)));
    case ComparisonKind::interval:
        return by_number(pair(uint64_at(cell, 1) ^ (kSign | 0x80000000U), uint64_at(cell, 9) ^ kSign));
    case ComparisonKind::list:
    case ComparisonKind::structure:
    case ComparisonKind::map:
    case ComparisonKind::json: return {};
    }
    return {};
}

std::string text_of_cell(const ComparisonType& type, std::string_view cell) {
    if (cell[0] == kTagNull)
        return "null";
    if (cell[0] == kTagUnrepresentable)
        return hex(cell.substr(1));
    switch (type.kind) {
    case ComparisonKind::boolean: return cell[1] != 0 ? "true" : "false";
    case ComparisonKind::integer: return text_of_int128(int128_at(cell, 1));
    case ComparisonKind::decimal:
        return type.precision > 38 ? std::string(cell.substr(5)) : text_of_decimal(int128_at(cell, 5), type.scale);
    case ComparisonKind::floating: return text_of_double(double_at(cell, 1));
    case ComparisonKind::string:
    case ComparisonKind::json: return std::string(cell.substr(5));
    case ComparisonKind::binary:
    case ComparisonKind::fixed: return hex(cell.substr(5));
    case ComparisonKind::date: return text_of_date(static_cast<std::int32_t>(uint32_at(cell, 1)));
    case ComparisonKind::time: return text_of_time(static_cast<std::int64_t>(uint64_at(cell, 1)), uint32_at(cell, 9));
    case ComparisonKind::timestamp: return text_of_moment(cell, false);
    case ComparisonKind::instant: return text_of_moment(cell, true);
    case ComparisonKind::interval:
    case ComparisonKind::list:
    case ComparisonKind::structure:
    case ComparisonKind::map: return hex(cell.substr(1));
    }
    return {};
}

Result<std::int64_t> parse_zone_offset(std::string_view zone) {
    if (zone == "UTC" || zone == "Z")
        return std::int64_t{0};
    const auto is_digit = [zone](std::size_t at) { return zone[at] >= '0' && zone[at] <= '9'; };
    if (zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':' && is_digit(1) && is_digit(2) &&
        is_digit(4) && is_digit(5)) {
        const std::int64_t hours = (zone[1] - '0') * 10 + (zone[2] - '0');
        const std::int64_t minutes = (zone[4] - '0') * 10 + (zone[5] - '0');
        if (hours <= 18 && minutes <= 59)
            return (zone[0] == '-' ? -1 : 1) * (hours * 3'600 + minutes * 60);
    }
    return Error::make(ErrorKind::unsupported, "the assumed time zone cannot be used")
        .why("'" + printable(zone) + "' is neither UTC nor of the form +hh:mm")
        .fix("declare a fixed offset from UTC");
}

} // namespace godwit::rows
