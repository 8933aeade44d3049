// What is found at the target: of a step whose answer was lost, and of one whose work is removed.

#include "base/fault_point.h"
#include "base/text.h"
#include "core/step_runner_shared.h"
#include "core/stuck_value.h"

#include <algorithm>

namespace godwit::core {

namespace {

/// After so many calls whose answer was lost, in one process, trying again is left to a person.
constexpr int kMostRepetitions = 5;
constexpr int kMostFailedLooks = 3;
constexpr std::chrono::seconds kFailedLookPause{1};

} // namespace

bool StepRunner::repeats_too_often(const std::string& step) {
    const std::scoped_lock lock(mutexes_mutex_);
    return ++repetitions_[step] >= kMostRepetitions;
}

StepRunner::Outcome StepRunner::wait_until_ready(Call& call) {
    return {call.context.row(), Next::look, journal_->services().clock->now() + micros(call.traits.poll_interval)};
}

bool StepRunner::is_as_made(const LookUp& found) {
    switch (found.verdict) {
    case LookUp::Verdict::ready:
    case LookUp::Verdict::pending:
    case LookUp::Verdict::in_error: return true;
    case LookUp::Verdict::absent:
    case LookUp::Verdict::differs:
    case LookUp::Verdict::several: break;
    }
    return false;
}

bool StepRunner::leaves_nothing(const store::StepRow& row, const LookUp& found) {
    if (found.verdict == LookUp::Verdict::differs || found.verdict == LookUp::Verdict::several)
        return leaves_changed(row);
    return found.verdict == LookUp::Verdict::absent;
}

Result<LookUp> StepRunner::look_aside(const store::StepRow& row) {
    if (makes_nothing(row))
        return LookUp{};
    return guarded(row.step, [&]() -> Result<LookUp> {
        auto call = TRY(prepare(row));
        return call.kind->look_up(call.context);
    });
}

Result<StepRunner::Outcome> StepRunner::look(store::StepRow row, int looks_so_far) {
    const auto step = row.step;
    return guarded(step, [&] { return look_for(std::move(row), looks_so_far, Purpose::go_on); });
}

Result<StepRunner::Outcome> StepRunner::look_only(store::StepRow row, int looks_so_far) {
    const auto step = row.step;
    return guarded(step, [&] { return look_for(std::move(row), looks_so_far, Purpose::only_look); });
}

Result<StepRunner::Outcome> StepRunner::look_for(store::StepRow row, int looks_so_far, Purpose purpose) {
    auto call = TRY(prepare(row));
    if (makes_nothing(row))
        return conclude_absence(call, looks_so_far);
    if (call.traits.is_long && row.state == store::StepState::unknown && !TRY(call.context.parts()).empty()) {
        if (purpose == Purpose::go_on && repeats_too_often(row.step))
            return Outcome{std::move(row), Next::unsettled};
        TRY(journal_->move(call.context.mutable_row(), store::StepState::made));
        return purpose == Purpose::go_on ? apply(call) : Outcome{call.context.row()};
    }
    const auto found = call.kind->look_up(call.context);
    if (call.context.journal_failure())
        return *call.context.journal_failure();
    if (found.is_error())
        return look_failed(call.context.row());
    {
        const std::scoped_lock lock(mutexes_mutex_);
        failed_looks_.erase(row.step);
    }
    return conclude(call, *found, looks_so_far, purpose);
}

/// Only failures in a row count: what is made slowly is looked at often.
Result<StepRunner::Outcome> StepRunner::look_failed(const store::StepRow& row) {
    const std::scoped_lock lock(mutexes_mutex_);
    if (++failed_looks_[row.step] >= kMostFailedLooks)
        return Outcome{row, Next::unsettled};
    return Outcome{row, Next::look, journal_->services().clock->now() + micros(kFailedLookPause)};
}

Result<StepRunner::Outcome> StepRunner::conclude(Call& call, const LookUp& found, int looks_so_far, Purpose purpose) {
    auto& row = call.context.mutable_row();
    const auto take_found = [&found](store::StepRow& edit) { take(edit, found.target_id, found.result); };
    const auto move = [&](store::StepState to, const Journal::Edit& edit) -> Result<Outcome> {
        TRY(journal_->move(row, to, edit));
        return Outcome{row};
    };
    const auto explain = [&found](store::StepRow& edit) { edit.reason = printable(found.detail); };
    const bool is_unknown = row.state == store::StepState::unknown;
    if (is_unknown && row.attempts == 0 && unrecorded_ != Unrecorded::take_over && is_as_made(found))
        return move(store::StepState::stuck, [&](store::StepRow& edit) {
            edit.reason = "it stands as this step makes it, but this run never began the step";
            note_present_value(edit, found.value);
        });
    switch (found.verdict) {
    case LookUp::Verdict::ready: return move(store::StepState::done, take_found);
    case LookUp::Verdict::in_error: return move(store::StepState::broken, explain);
    case LookUp::Verdict::differs:
    case LookUp::Verdict::several:
        if (!is_unknown)
            return move(store::StepState::broken, explain);
        return move(store::StepState::stuck, [&](store::StepRow& edit) {
            explain(edit);
            note_present_value(edit, found.value);
        });
    case LookUp::Verdict::absent:
        if (!is_unknown)
            return move(store::StepState::broken,
                        [](store::StepRow& edit) { edit.reason = "it vanished before it was ready"; });
        return conclude_absence(call, looks_so_far);
    case LookUp::Verdict::pending: break;
    }
    if (is_unknown) {
        if (call.traits.is_long && purpose == Purpose::go_on && repeats_too_often(row.step))
            return Outcome{row, Next::unsettled};
        TRY(journal_->move(row, store::StepState::made, take_found));
        if (purpose == Purpose::only_look)
            return Outcome{row};
        if (call.traits.is_long)
            return apply(call);
    }
    if (journal_->services().clock->now() - row.changed_at > micros(call.traits.ready_time_limit))
        return move(store::StepState::broken,
                    [](store::StepRow& edit) { edit.reason = "it was not ready within its time limit"; });
    return wait_until_ready(call);
}

Result<StepRunner::Outcome> StepRunner::conclude_absence(Call& call, int looks_so_far) {
    auto& row = call.context.mutable_row();
    const bool counts_at_once = call.traits.is_local || makes_nothing(row);
    if (!counts_at_once) {
        const auto& settling = call.traits.settling;
        const auto now = journal_->services().clock->now();
        const auto settled = row.call_deadline + micros(settling.time);
        if (now < row.call_deadline)
            return Outcome{row, Next::look, row.call_deadline};
        if (now < settled || looks_so_far + 1 < settling.looks)
            return Outcome{row, Next::look,
                           std::max(now, std::min(settled, now + micros(settling.time) / settling.looks))};
    }
    if (repeats_too_often(row.step))
        return Outcome{row, Next::unsettled};
    TRY(journal_->move(row, store::StepState::planned));
    return Outcome{row};
}

Result<StepRunner::Outcome> StepRunner::compensate(const store::StepRow& row) {
    return guarded(row.step, [&] { return undo(row); });
}

Result<StepRunner::Outcome> StepRunner::undo(const store::StepRow& row) {
    auto call = TRY(prepare(row));
    auto& changing = call.context.mutable_row();
    if (changing.state != store::StepState::compensating)
        TRY(journal_->move(changing, store::StepState::compensating));
    FAULT_POINT("rollback.after-intent");
    TRY(journal_->state().confirm(journal_->lease()));
    const auto undone = makes_nothing(changing) ? Status{} : call.kind->compensate(call.context);
    if (call.context.journal_failure())
        return *call.context.journal_failure();
    FAULT_POINT("rollback.after-call");
    if (undone || (undone.error().kind() == ErrorKind::different && leaves_changed(changing))) {
        TRY(journal_->move(changing, store::StepState::compensated, [](store::StepRow& edit) {
            edit.error.clear();
            if (!leaves_changed(edit)) // else the reason says what was given up
                edit.reason.clear();
        }));
        return Outcome{changing};
    }
    const auto& error = undone.error();
    if (error.kind() == ErrorKind::interrupted)
        return Outcome{changing, Next::stopped};
    if (error.kind() == ErrorKind::bug)
        return error;
    if (error.kind() == ErrorKind::different) {
        TRY(get_stuck(call, error));
        return Outcome{changing};
    }
    const auto edit = [&error](store::StepRow& changed) { remember(changed, error); };
    if (error.retry() == RetryClass::unknown && !repeats_too_often(changing.step)) {
        TRY(journal_->move(changing, store::StepState::compensating, edit));
        return Outcome{changing, Next::look, journal_->services().clock->now() + micros(kFailedLookPause)};
    }
    TRY(journal_->move(changing, store::StepState::undo_failed, edit));
    return Outcome{changing};
}

/// What stands there is noted, so that a person can allow its removal: what is told is what was noted, although it may
/// have changed since the removal was refused. Where it cannot be seen now, `run resolve --look` shows it later.
Status StepRunner::get_stuck(Call& call, Error error) {
    const auto found = call.kind->look_up(call.context);
    if (found && !found->detail.empty())
        error = std::move(error).why(found->detail);
    return journal_->move(call.context.mutable_row(), store::StepState::stuck, [&](store::StepRow& changed) {
        remember(changed, error);
        if (found)
            note_present_value(changed, found->value);
    });
}

} // namespace godwit::core
