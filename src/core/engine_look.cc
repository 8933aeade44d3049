// What stands at the target, before a run goes on.

#include "base/text.h"
#include "core/engine_session.h"
#include "core/stuck_value.h"

#include <utility>

namespace godwit::core {

namespace {

using store::StepState;

std::string with_detail(std::string words, const LookUp& found) {
    return found.detail.empty() ? words : words + ": " + found.detail;
}

Error not_recorded(const store::StepRow& row, const LookUp& found, bool forwards) {
    const auto command = "`godwit run " + std::string(forwards ? "resume " : "rollback ") + row.run + " --take-over`";
    return Error::make(ErrorKind::held, "something stands at the target that this run has no record of making")
        .why(with_detail("it is as step " + row.step + " (" + row.kind + ") makes it, which this run never began",
                         found) +
             "; a run of another state database made it, or this state database is an older copy")
        .fix("where this is the restored copy of the run that made it, " + command +
             (forwards ? " goes on with it; else go on with the other state database"
                       : " removes it too; else `godwit run rollback " + row.run + " --leave-others` leaves it"));
}

} // namespace

Error plan_changed(const PlanFile& plan) {
    return Error::make(ErrorKind::stale, "the plan file changed while it was read")
        .fix("apply a copy of it that nobody writes to")
        .at(printable(plan.path));
}

/// Before there is a run: what stands there as its own steps would make it was made by a run of the same plan that
/// another state database knows. To take it up would be to remove it with a rollback. Gives the steps in whose place
/// something else stands, for a person to decide.
Result<std::vector<std::string>> Engine::look_first(const PlanFile& plan, const std::string& run, StepRunner& runner,
                                                    const std::stop_token& stop) {
    std::vector<std::string> to_decide;
    const auto look = [&](const PlanStep& step, std::int64_t, std::string_view) -> Status {
        if (stop.stop_requested())
            return Error::make(ErrorKind::interrupted, "interrupted before the run began").fix("apply the plan again");
        store::StepRow row;
        row.run = run;
        row.step = step.id();
        row.kind = step.kind;
        row.resource = step.resource;
        row.action = std::string(to_string(step.action));
        const auto found = TRY(runner.look_aside(row));
        if (StepRunner::is_as_made(found))
            return TRY(begun_before(plan, step, found));
        if (found.verdict != LookUp::Verdict::absent)
            to_decide.push_back(row.step);
        return {};
    };
    if (TRY(read_plan(plan.path, look)).digest != plan.digest)
        return plan_changed(plan);
    return to_decide;
}

/// Every step that is not done, whatever its recorded state and however the last owner ended (spine, section 6).
Status Engine::look_at_everything(Session& session, const RunRequest& request, Direction direction) {
    return store::each_step(*state_, session.journal.run().id, {}, [&](store::StepRow row) -> Status {
        if (row.state == StepState::done || row.state == StepState::compensated)
            return {};
        if (request.stop.stop_requested())
            return Error::make(ErrorKind::interrupted, "interrupted while the target was looked at");
        return look_at(session, std::move(row), direction, request.unrecorded);
    });
}

/// One thing that cannot be looked at does not keep a rollback from removing the others. What stands there without an
/// intent of this run is this run's only where a person says so.
Result<bool> Engine::may_leave_something(Session& session, const store::StepRow& row, Direction direction,
                                         Unrecorded unrecorded) {
    const bool was_begun = row.attempts > 0 || unrecorded == Unrecorded::take_over;
    if (!was_begun && unrecorded == Unrecorded::leave)
        return false;
    const auto found = session.runner->look_aside(row);
    if (found.is_error()) {
        const auto kind = found.error().kind();
        if (direction == Direction::forwards || kind == ErrorKind::interrupted || kind == ErrorKind::bug)
            return found.error();
        return true;
    }
    if (!was_begun && StepRunner::is_as_made(*found))
        return not_recorded(row, *found, direction == Direction::forwards);
    return !StepRunner::leaves_nothing(row, *found);
}

Status Engine::look_at(Session& session, store::StepRow row, Direction direction, Unrecorded unrecorded) {
    const bool forwards = direction == Direction::forwards;
    switch (row.state) {
    case StepState::intent:
    case StepState::made: return session.journal.move(row, StepState::unknown);
    case StepState::stuck: // for want of a record, perhaps
        if (row.attempts == 0 && unrecorded == Unrecorded::take_over)
            return session.journal.move(row, StepState::unknown);
        return {};
    case StepState::broken:
        if (forwards || TRY(may_leave_something(session, row, direction, unrecorded)))
            return session.journal.move(row, StepState::unknown);
        return {};
    case StepState::planned:
    case StepState::failed:
    case StepState::skipped: break;
    default: return {};
    }
    if (row.action == to_string(Action::skip))
        return {};
    if (forwards && leaves_changed(row)) // it was given up, and is asked about again before the step acts again
        TRY(session.journal.amend(row, forget_values));
    if (TRY(may_leave_something(session, row, direction, unrecorded)))
        return session.journal.move(row, StepState::unknown);
    if (forwards && row.state != StepState::planned)
        return session.journal.move(row, StepState::planned, [](store::StepRow& edit) {
            edit.reason.clear();
            edit.error.clear();
        });
    return {};
}

/// What an older run in this state database left is told apart from what another database's run made.
Result<Error> Engine::begun_before(const PlanFile& plan, const PlanStep& step, const LookUp& found) const {
    const auto stands = with_detail("what its step " + step.kind + " makes stands at the target already", found);
    for (const auto& run : TRY(state_->runs()))
        if (run.plan == plan.digest)
            return Error::make(ErrorKind::held, "an earlier run of the plan left something at the target")
                .why(stands + "; run " + run.id + " was rolled back, and left it by decision")
                .fix("remove it by hand and apply the plan again; or `godwit apply --take-over` takes it up")
                .at(printable(step.display));
    return Error::make(ErrorKind::held, "the plan was begun by a run that this state database does not know")
        .why(stands)
        .fix("go on with that run's state database, or roll back there; if it is lost for good, "
             "`godwit apply --take-over` takes up what stands there")
        .at(printable(step.display));
}

} // namespace godwit::core
