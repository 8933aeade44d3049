#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace godwit {

/// Microseconds since 1970-01-01T00:00:00Z: the unit of every stored time.
using Micros = std::int64_t;

/// The only source of time. Durations use `boot_time`, which goes on while the machine sleeps and never jumps.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Micros now() = 0;
    /// Since boot (CLOCK_BOOTTIME).
    virtual std::chrono::nanoseconds boot_time() = 0;
    virtual void sleep_for(std::chrono::milliseconds duration) = 0;
};

class SystemClock final : public Clock {
public:
    Micros now() override;
    std::chrono::nanoseconds boot_time() override;
    void sleep_for(std::chrono::milliseconds duration) override;
};

/// For tests: stands still until advanced; sleeping advances it.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Micros start) : now_(start) {}
    Micros now() override { return now_; }
    std::chrono::nanoseconds boot_time() override { return std::chrono::microseconds(now_.load()); }
    void sleep_for(std::chrono::milliseconds duration) override { advance(duration); }
    void advance(std::chrono::microseconds duration) { now_ += duration.count(); }

private:
    std::atomic<Micros> now_;
};

/// A point of `boot_time` after which waiting ends.
class Deadline {
public:
    Deadline(Clock& clock, std::chrono::milliseconds from_now) : clock_(&clock), end_(clock.boot_time() + from_now) {}
    bool passed() const { return clock_->boot_time() >= end_; }
    std::chrono::milliseconds left() const {
        const auto left = end_ - clock_->boot_time();
        return left.count() > 0 ? std::chrono::ceil<std::chrono::milliseconds>(left) : std::chrono::milliseconds(0);
    }

private:
    Clock* clock_;
    std::chrono::nanoseconds end_;
};

/// RFC 3339 in UTC with microseconds: `2026-01-31T12:00:00.000000Z`.
std::string format_time(Micros time);

} // namespace godwit
