#pragma once

#include "core/engine.h"
#include "core/journal.h"
#include "core/step_runner.h"

#include <memory>
#include <utility>

namespace godwit::core {

/// Releases the lease when the command ends, however it ends.
class HeldLease {
public:
    HeldLease(store::State& state, store::Lease lease) : state_(&state), lease_(std::move(lease)) {}
    HeldLease(HeldLease&& other) noexcept
        : state_(std::exchange(other.state_, nullptr)), lease_(std::move(other.lease_)) {}
    HeldLease& operator=(HeldLease&&) = delete;
    ~HeldLease() {
        if (state_ != nullptr)
            (void)state_->release(lease_); // lost already, or free when this process ends
    }
    const store::Lease& get() const { return lease_; }

private:
    store::State* state_;
    store::Lease lease_;
};

/// All that one command holds while it works on a run.
struct Engine::Session {
    HeldLease lease;
    PlanHeader header;
    Lane* lane;
    std::unique_ptr<LaneRun> lane_run;
    Journal journal;
    std::unique_ptr<StepRunner> runner;
};

/// The plan is read twice: what was looked at or stored is what was confirmed.
Error plan_changed(const PlanFile& plan);
/// Kind `usage` where a person names a step that the run does not have.
Result<store::StepRow> step_that_is_named(store::State& state, std::string_view run, std::string_view step);

} // namespace godwit::core
