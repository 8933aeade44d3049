#pragma once

#include "core/lane.h"
#include "core/listener.h"
#include "store/state.h"

#include <functional>
#include <string>
#include <string_view>

namespace godwit::core {

/// The one way in which a run's rows change: each change stands on the plan's lease and commits with the event about
/// it. Thread-safe; a row belongs to one thread at a time.
class Journal {
public:
    Journal(store::State& state, store::Lease lease, store::RunRow run, const Services& services, RunListener* listener)
        : state_(&state), lease_(std::move(lease)), run_(std::move(run)), services_(services), listener_(listener) {}

    store::State& state() const { return *state_; }
    const store::Lease& lease() const { return lease_; }
    const store::RunRow& run() const { return run_; }
    const Services& services() const { return services_; }
    RunListener* listener() const { return listener_; }

    using Edit = std::function<void(store::StepRow&)>;
    using Also = std::function<Status(store::Transaction&)>;
    /// Moves a step, with what `edit` changes in its row and `also` writes in the same transaction. `row` is the row as
    /// read; on success it becomes the new one.
    Status move(store::StepRow& row, store::StepState to, const Edit& edit = {}, const Also& also = {});
    /// Changes columns of a step without moving it; no event.
    Status amend(store::StepRow& row, const Edit& edit, const Also& also = {});
    Status move_run(store::RunState to);
    Status write(const Also& change);
    /// An event about a step (or the run, with an empty id) in a transaction of its own.
    Status tell(std::string_view step, std::string_view type, std::string_view level, std::string data);
    /// For events that commit with something else: `notify` comes after the commit.
    store::EventRow event(std::string_view step, std::string_view type, std::string_view level, std::string data) const;
    void notify(const store::EventRow& event) const;

private:
    store::EventRow step_event(const store::StepRow& row) const;

    store::State* state_;
    store::Lease lease_;
    store::RunRow run_;
    Services services_;
    RunListener* listener_;
};

/// What, why, fix, where as canonical JSON for StepRow::error.
std::string error_to_json(const Error& error);

} // namespace godwit::core
