#include "formats/iceberg/date_text.h"

#include "base/text.h"

#include <cstdio>

namespace godwit::iceberg {

namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

Error text_error(std::string_view text, const char* form) {
    return Error::make(ErrorKind::invalid_input, "a date or time cannot be read")
        .why("'" + printable(text) + "' has not the form " + form)
        .fix("correct the value in the metadata file");
}

/// Exactly `digits` digits at the front of `text`, which then loses them.
bool take_number(std::string_view& text, std::size_t digits, std::int64_t& value) {
    if (text.size() < digits)
        return false;
    value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return true;
}

bool take(std::string_view& text, char character) {
    if (text.empty() || text.front() != character)
        return false;
    text.remove_prefix(1);
    return true;
}

std::string two(std::int64_t value) {
    return {static_cast<char>('0' + value / 10), static_cast<char>('0' + value % 10)};
}

bool take_date(std::string_view& text, std::int64_t& days) {
    const bool negative = take(text, '-');
    if (!negative)
        take(text, '+');
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9')
        ++digits;
    std::int64_t year = 0;
    std::int64_t month = 0;
    std::int64_t day = 0;
    if (digits < 4 || digits > 9 || !take_number(text, digits, year) || !take(text, '-') ||
        !take_number(text, 2, month) || !take(text, '-') || !take_number(text, 2, day) || month < 1 || month > 12 ||
        day < 1 || day > 31)
        return false;
    days = days_from_civil({negative ? -year : year, static_cast<unsigned>(month), static_cast<unsigned>(day)});
    const auto back = civil_from_days(days);
    return back.month == static_cast<unsigned>(month) && back.day == static_cast<unsigned>(day);
}

bool take_time(std::string_view& text, std::int64_t per_second, std::int64_t& ticks) {
    std::int64_t hour = 0;
    std::int64_t minute = 0;
    std::int64_t second = 0;
    if (!take_number(text, 2, hour) || !take(text, ':') || !take_number(text, 2, minute) || hour > 23 || minute > 59)
        return false;
    std::int64_t fraction = 0;
    if (take(text, ':')) {
        if (!take_number(text, 2, second) || second > 59)
            return false;
        if (take(text, '.')) {
            auto unit = per_second;
            std::int64_t digit = 0;
            while (take_number(text, 1, digit)) {
                unit /= 10;
                if (unit == 0 && digit != 0)
                    return false;
                fraction += digit * unit;
            }
        }
    }
    ticks = ((hour * 60 + minute) * 60 + second) * per_second + fraction;
    return true;
}

} // namespace

CivilDate civil_from_days(std::int64_t days) {
    // Counted from 0000-03-01, so that the leap day is the last of its year.
    days += 719'468;
    const auto era = floor_divide(days, 146'097);
    const auto day_of_era = days - era * 146'097;
    const auto year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const auto day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const auto shifted_month = (5 * day_of_year + 2) / 153;
    const auto month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), static_cast<unsigned>(month),
            static_cast<unsigned>(day_of_year - (153 * shifted_month + 2) / 5 + 1)};
}

std::int64_t days_from_civil(const CivilDate& date) {
    const auto year = date.year - (date.month <= 2 ? 1 : 0);
    const auto era = floor_divide(year, 400);
    const auto year_of_era = year - era * 400;
    const auto shifted_month = static_cast<std::int64_t>(date.month > 2 ? date.month - 3 : date.month + 9);
    const auto day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
    return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

std::string year_text(std::int64_t year) {
    char text[32];
    std::snprintf(text, sizeof text, year < 0 ? "%05lld" : "%04lld", static_cast<long long>(year));
    return text;
}

std::string date_text(std::int64_t days) {
    const auto date = civil_from_days(days);
    return year_text(date.year) + "-" + two(date.month) + "-" + two(date.day);
}

std::string time_text(std::int64_t ticks, std::int64_t per_second, Fraction style) {
    const auto seconds = ticks / per_second;
    auto fraction = ticks % per_second;
    std::string text = two(seconds / 3600) + ":" + two(seconds / 60 % 60);
    if (style == Fraction::grouped && seconds % 60 == 0 && fraction == 0)
        return text;
    text += ":" + two(seconds % 60);
    if (fraction == 0)
        return text;
    std::string digits;
    for (auto unit = per_second / 10; unit > 0; unit /= 10)
        digits += static_cast<char>('0' + fraction / unit % 10);
    const std::size_t step = style == Fraction::grouped ? 3 : 1;
    while (digits.size() > step && digits.find_first_not_of('0', digits.size() - step) == std::string::npos)
        digits.resize(digits.size() - step);
    return text + "." + digits;
}

std::string timestamp_text(std::int64_t ticks, std::int64_t per_second, Fraction fraction) {
    const auto days = floor_divide(ticks, kSecondsPerDay * per_second);
    return date_text(days) + "T" + time_text(ticks - days * kSecondsPerDay * per_second, per_second, fraction);
}

Result<std::int64_t> parse_date(std::string_view text) {
    auto rest = text;
    std::int64_t days = 0;
    if (!take_date(rest, days) || !rest.empty())
        return text_error(text, "2017-11-16");
    return days;
}

Result<std::int64_t> parse_time(std::string_view text, std::int64_t per_second, std::string_view& rest) {
    rest = text;
    std::int64_t ticks = 0;
    if (!take_time(rest, per_second, ticks))
        return text_error(text, "22:31:08.123456");
    return ticks;
}

Result<std::int64_t> parse_timestamp(std::string_view text, std::int64_t per_second, std::string_view& rest) {
    rest = text;
    std::int64_t days = 0;
    std::int64_t ticks = 0;
    std::int64_t result = 0;
    if (!take_date(rest, days) || !take(rest, 'T') || !take_time(rest, per_second, ticks) ||
        __builtin_mul_overflow(days, kSecondsPerDay * per_second, &result) ||
        __builtin_add_overflow(result, ticks, &result))
        return text_error(text, "2017-11-16T22:31:08.123456");
    return result;
}

} // namespace godwit::iceberg
