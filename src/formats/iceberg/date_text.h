#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace godwit::iceberg {

/// Proleptic Gregorian calendar, days since 1970-01-01.
struct CivilDate {
    std::int64_t year = 1970;
    unsigned month = 1;
    unsigned day = 1;
};
CivilDate civil_from_days(std::int64_t days);
std::int64_t days_from_civil(const CivilDate& date);

/// Division that rounds down, also for negative numbers. The divisor is positive.
constexpr std::int64_t floor_divide(std::int64_t value, std::int64_t divisor) {
    return value / divisor - (value % divisor < 0 ? 1 : 0);
}

std::string year_text(std::int64_t year);
std::string date_text(std::int64_t days);

/// How many digits stand behind the second: as many as needed (ISO formatter), or groups of three with `:00` left out
/// (the text of Java's time classes, which is what partition paths hold).
enum class Fraction : std::uint8_t { needed, grouped };
/// `per_second` is 1,000,000 or 1,000,000,000.
std::string time_text(std::int64_t ticks, std::int64_t per_second, Fraction fraction);
std::string timestamp_text(std::int64_t ticks, std::int64_t per_second, Fraction fraction);

Result<std::int64_t> parse_date(std::string_view text);
/// Local part only; a zone that follows is left in `rest`.
Result<std::int64_t> parse_time(std::string_view text, std::int64_t per_second, std::string_view& rest);
Result<std::int64_t> parse_timestamp(std::string_view text, std::int64_t per_second, std::string_view& rest);

} // namespace godwit::iceberg
