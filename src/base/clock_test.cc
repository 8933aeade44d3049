#include "base/clock.h"

#include <gtest/gtest.h>

#include <limits>

namespace godwit {
namespace {

using namespace std::chrono_literals;

TEST(Clock, formats_times) {
    EXPECT_EQ(format_time(0), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(format_time(951'782'400'000'000), "2000-02-29T00:00:00.000000Z");
    EXPECT_EQ(format_time(1'769'860'800'123'456), "2026-01-31T12:00:00.123456Z");
    EXPECT_EQ(format_time(4'107'542'399'000'000), "2100-02-28T23:59:59.000000Z");
    EXPECT_EQ(format_time(4'107'542'400'000'000), "2100-03-01T00:00:00.000000Z");
    EXPECT_EQ(format_time(std::numeric_limits<Micros>::max()), "294247-01-10T04:00:54.775807Z");
    EXPECT_EQ(format_time(std::numeric_limits<Micros>::min()).substr(0, 8), "-290308-");
}

TEST(Clock, manual_clock_moves_only_when_told) {
    ManualClock clock(1'000'000);
    const Deadline deadline(clock, 2s);
    EXPECT_EQ(clock.now(), 1'000'000);
    EXPECT_FALSE(deadline.passed());
    EXPECT_EQ(deadline.left(), 2s);
    clock.sleep_for(1500ms);
    EXPECT_EQ(clock.now(), 2'500'000);
    EXPECT_EQ(deadline.left(), 500ms);
    clock.advance(499'999us);
    EXPECT_EQ(deadline.left(), 1ms);
    clock.advance(1us);
    EXPECT_TRUE(deadline.passed());
    EXPECT_EQ(deadline.left(), 0ms);
}

TEST(Clock, system_clock_goes_forward) {
    SystemClock clock;
    const auto before = clock.boot_time();
    clock.sleep_for(1ms);
    EXPECT_GE(clock.boot_time() - before, 1ms);
    EXPECT_GT(clock.now(), 1'700'000'000'000'000);
}

} // namespace
} // namespace godwit
