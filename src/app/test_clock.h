#pragma once

#include "base/clock.h"

#include <atomic>

namespace godwit::app {

/// For tests that compare two worlds: the time of day begins at a given moment in every process and goes on only while
/// the process sleeps, in large steps. However slow the machine is, a run's start is the same in each world, while what
/// waits for a deadline sees it pass soon. Builds without fault points lack it.
class SleepingClock final : public Clock {
public:
    explicit SleepingClock(Micros start) : start_(start) {}

    Micros now() override {
        constexpr std::chrono::microseconds kStep = std::chrono::seconds(10);
        constexpr std::chrono::milliseconds kSleepOfOneStep{400};
        return start_ + slept_.load() / kSleepOfOneStep.count() * kStep.count();
    }
    std::chrono::nanoseconds boot_time() override { return system_.boot_time(); }
    void sleep_for(std::chrono::milliseconds duration) override {
        system_.sleep_for(duration);
        slept_ += duration.count();
    }

private:
    SystemClock system_;
    Micros start_;
    std::atomic<std::int64_t> slept_{0}; // milliseconds
};

} // namespace godwit::app
