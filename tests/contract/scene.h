#pragma once

#include "base/clock.h"
#include "base/environment.h"
#include "base/file.h"
#include "base/random.h"
#include "core/engine.h"
#include "store/state.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::store {

inline void PrintTo(StepState state, std::ostream* out) { *out << to_string(state); }
inline void PrintTo(RunState state, std::ostream* out) { *out << to_string(state); }

} // namespace godwit::store

namespace godwit::contract {

/// The day begins at a fixed moment, so that two runs write the same times; sleeping takes no time and lets much pass.
/// Deadlines of calls, which count `boot_time`, are real.
class HastyClock final : public Clock {
public:
    static constexpr Micros kStart = 1'767'225'600'000'000;

    Micros now() override { return now_; }
    std::chrono::nanoseconds boot_time() override { return system_.boot_time(); }
    void sleep_for(std::chrono::milliseconds duration) override {
        constexpr std::chrono::microseconds kLeast{1'000'000};
        now_ += std::max<std::chrono::microseconds>(duration, kLeast).count();
    }
    void reset() { now_ = kStart; }

private:
    SystemClock system_;
    std::atomic<Micros> now_ = kStart;
};

[[noreturn]] void give_up(const Error& error);

/// What stopped a run, for the message of an expectation.
std::string causes_of(const core::RunReport& report);

/// A plan, a state database and an Engine over one lane: what the command line puts together, for tests.
class Scene {
public:
    /// `options` are those of the assessments of source and target together.
    Scene(core::Lane& lane, core::Options options);
    Scene(const Scene&) = delete;
    Scene& operator=(const Scene&) = delete;
    ~Scene();

    /// Assesses both ends into a state database of its own and plans. The plan stays for all episodes.
    Status plan(std::vector<core::Waiver> waivers = {});
    const std::string& plan_file() const { return plan_file_; }

    /// An empty state database, the clock at its start, no fault.
    void begin();
    /// What the next process finds after this one died: the same state file, opened anew; no fault.
    void restart();
    /// The same with the state file of another episode, or a copy of one.
    void open_again(const std::string& state_file);
    const std::string& state_file() const { return state_file_; }

    /// Errors of the Engine fail the test and end it by an exception; `try_...` give them.
    core::RunReport apply();
    Result<core::RunReport> try_apply();
    core::RunReport resume(const std::optional<std::string>& replace = std::nullopt);
    Result<core::RunReport> try_resume(const std::optional<std::string>& replace = std::nullopt);
    core::RunReport roll_back();
    Result<core::RunReport> try_roll_back();
    Result<core::RunReport> resolve(const store::StepRow& step, core::Resolution resolution);
    Result<core::RunReport> accept(const store::StepRow& step, std::uint64_t most);
    Result<core::RunReport> verify();
    /// Goes on, forwards or backwards, until the run has come to its end; as a person would with `resume`.
    core::RunReport finish();

    /// The plan's newest run; empty: there is none.
    std::string run() const;
    std::vector<store::StepRow> rows() const;
    /// The first whose kind ends so, of the resource of that display name; empty: any.
    store::StepRow row(std::string_view kind, std::string_view display = {}) const;
    std::vector<std::string> displays(store::StepState state) const;

    store::State& state() { return *state_; }
    core::Engine engine() { return {*state_, lanes_, services_}; }
    /// A second process, so to speak: another connection to the same state database.
    std::unique_ptr<store::State> open_beside();
    const core::LaneRegistry& lanes() const { return lanes_; }
    const core::Services& services() const { return services_; }
    HastyClock& clock() { return clock_; }
    const std::string& folder() const { return folder_.path(); }

    core::RunRequest request; ///< for every call; tests put a stop token or a listener in

private:
    std::unique_ptr<store::State> open(const std::string& file);

    TemporaryFolder folder_;
    HastyClock clock_;
    SystemRandom random_;
    FixedEnvironment environment_{std::map<std::string, std::string>()};
    core::Services services_;
    core::Lane* lane_;
    core::LaneRegistry lanes_;
    core::Options options_;
    std::string plan_file_;
    std::string state_file_;
    int episodes_ = 0;
    std::unique_ptr<store::State> state_;
};

/// The value, or the end of the test with the error's block.
template <typename T>
T must(Result<T> result) {
    if (result.is_error())
        give_up(result.error());
    return std::move(result).release();
}

} // namespace godwit::contract
