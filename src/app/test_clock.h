#pragma once

#include "base/clock.h"

namespace godwit::app {

/// For tests that compare two worlds: the time of day begins at a given moment in every process and goes on in steps,
/// so that a run's start is the same in each of them while deadlines still pass. Builds without fault points lack it.
class SteppingClock final : public Clock {
public:
    explicit SteppingClock(Micros start) : start_(start), begin_(system_.boot_time()) {}

    Micros now() override {
        constexpr std::chrono::seconds kStep{10};
        constexpr std::chrono::seconds kRealStep{2};
        const auto steps = (system_.boot_time() - begin_) / kRealStep;
        return start_ + steps * std::chrono::microseconds(kStep).count();
    }
    std::chrono::nanoseconds boot_time() override { return system_.boot_time(); }
    void sleep_for(std::chrono::milliseconds duration) override { system_.sleep_for(duration); }

private:
    SystemClock system_;
    Micros start_;
    std::chrono::nanoseconds begin_;
};

} // namespace godwit::app
