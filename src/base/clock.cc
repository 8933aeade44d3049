#include "base/clock.h"

#include <cstdio>
#include <ctime>
#include <thread>

namespace godwit {

Micros SystemClock::now() {
    timespec time{};
    clock_gettime(CLOCK_REALTIME, &time);
    return Micros{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

std::chrono::nanoseconds SystemClock::boot_time() {
    timespec time{};
    clock_gettime(CLOCK_BOOTTIME, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void SystemClock::sleep_for(std::chrono::milliseconds duration) { std::this_thread::sleep_for(duration); }

namespace {

constexpr std::int64_t kMicrosPerDay = std::int64_t{86'400} * 1'000'000;
constexpr std::int64_t kDaysPerEra = 146'097; // 400 years of the Gregorian calendar
constexpr std::int64_t kDaysFromMarchOfYearZero = 719'468;

struct Date {
    std::int64_t year;
    std::int64_t month;
    std::int64_t day;
};

/// std::chrono::year ends at 32767; microseconds of 64 bits reach ten times as far. Years are counted from March, so
/// that the leap day is the last of a year.
Date date_of(std::int64_t days_since_1970) {
    const auto days = days_since_1970 + kDaysFromMarchOfYearZero;
    const auto era = (days >= 0 ? days : days - (kDaysPerEra - 1)) / kDaysPerEra;
    const auto day_of_era = days - era * kDaysPerEra;
    const auto year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / (kDaysPerEra - 1)) / 365;
    const auto day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const auto month_from_march = (5 * day_of_year + 2) / 153;
    const auto day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    const auto month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

} // namespace

std::string format_time(Micros time) {
    auto days = time / kMicrosPerDay;
    auto rest = time % kMicrosPerDay;
    if (rest < 0) {
        rest += kMicrosPerDay;
        --days;
    }
    const auto date = date_of(days);
    const auto seconds = rest / 1'000'000;
    char text[64];
    std::snprintf(text, sizeof text, "%04lld-%02d-%02dT%02d:%02d:%02d.%06dZ", static_cast<long long>(date.year),
                  static_cast<int>(date.month), static_cast<int>(date.day), static_cast<int>(seconds / 3600),
                  static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60),
                  static_cast<int>(rest % 1'000'000));
    return text;
}

} // namespace godwit
