#include "base/text.h"
#include "core/engine_session.h"
#include "core/stuck_value.h"

#include <algorithm>
#include <array>

namespace godwit::core {

namespace {

using store::RunState;
using store::StepState;

/// What stands in the way of removing a step's work: a dependant that still has its own.
bool is_gone(StepState state) {
    constexpr std::array kGone{StepState::planned, StepState::failed, StepState::skipped, StepState::compensated};
    return std::ranges::find(kGone, state) != kGone.end();
}

bool can_be_removed(StepState state) {
    constexpr std::array kRemovable{StepState::made, StepState::broken, StepState::done, StepState::compensating,
                                    StepState::undo_failed};
    return std::ranges::find(kRemovable, state) != kRemovable.end();
}

} // namespace

/// Also goes on with a replacement that was cut off before or after the removal.
Status Engine::replace(Session& session, std::string_view step, const RunRequest& request) {
    constexpr std::array kReplaceable{StepState::broken, StepState::compensating, StepState::undo_failed,
                                      StepState::compensated};
    auto row = TRY(step_that_is_named(*state_, session.journal.run().id, step));
    if (std::ranges::find(kReplaceable, row.state) == kReplaceable.end())
        return Error::make(ErrorKind::usage, "only a broken step can be replaced")
            .why("step " + row.step + " is " + std::string(store::to_string(row.state)))
            .fix("see `godwit run show " + row.run + "`");
    if (row.state != StepState::compensated)
        row = TRY(compensate(session, row, request)).row;
    if (row.state == StepState::compensated)
        TRY(session.journal.move(row, StepState::planned));
    return {};
}

void Engine::wait_until(Micros due, const std::stop_token& stop) {
    while (services_.clock->now() < due && !stop.stop_requested())
        services_.clock->sleep_for(std::chrono::milliseconds(20));
}

/// Removes what a step made; repeats where the answer was lost, which looks first.
Result<StepRunner::Outcome> Engine::compensate(Session& session, const store::StepRow& row, const RunRequest& request) {
    auto outcome = TRY(session.runner->compensate(row));
    while (outcome.next == StepRunner::Next::look && !request.stop.stop_requested()) {
        wait_until(outcome.not_before, request.stop);
        outcome = TRY(session.runner->compensate(outcome.row));
    }
    return outcome;
}

Result<RunReport> Engine::roll_back(std::string_view run, const RunRequest& request) {
    auto session = TRY(open(run, request));
    return session->journal.run().state == RunState::rolled_back ? report_run(*state_, run)
                                                                 : backward(*session, request);
}

Result<RunReport> Engine::preview_roll_back(std::string_view run, const RunRequest& request, const Preview& visit) {
    auto session = TRY(open(run, request));
    auto report = TRY(report_run(*state_, run));
    Staying staying;
    for (auto position = static_cast<std::int64_t>(report.total()) - 1; position >= 0; --position) {
        for (const auto& row : TRY(state_->steps(run, {}, position - 1, 1))) {
            if (TRY(why_it_stays(*session, row, staying)) == Stay::by_decision || StepRunner::makes_nothing(row) ||
                row.state == StepState::compensated)
                continue;
            if (is_gone(row.state) && row.attempts == 0 &&
                !TRY(may_leave_something(*session, row, Direction::backwards, request.unrecorded)))
                continue;
            const auto found = session->runner->look_aside(row);
            if (is_gone(row.state) && found && StepRunner::leaves_nothing(row, *found))
                continue;
            TRY(visit(row, found));
        }
    }
    return report;
}

Result<RunReport> Engine::backward(Session& session, const RunRequest& request) {
    auto report = walk_backward(session, request);
    if (report.is_error())
        return cut_short(session, std::move(report).error());
    return report;
}

Result<RunReport> Engine::walk_backward(Session& session, const RunRequest& request) {
    TRY(look_at_everything(session, request, Direction::backwards));
    if (session.journal.run().state != RunState::rolling_back)
        TRY(session.journal.move_run(RunState::rolling_back));
    TRY(settle_unknown(session, request));
    const bool all_gone = TRY(compensate_all(session, request));
    if (all_gone)
        TRY(session.journal.move_run(RunState::rolled_back));
    auto report = TRY(report_run(*state_, session.journal.run().id));
    report.interrupted = request.stop.stop_requested() && !all_gone;
    return report;
}

/// What is unknown is looked up until it is known, or cannot be settled now; nothing is made on the way.
Status Engine::settle_unknown(Session& session, const RunRequest& request) {
    constexpr std::array kUnknown{StepState::unknown};
    return store::each_step(*state_, session.journal.run().id, kUnknown, [&](store::StepRow row) -> Status {
        StepRunner::Outcome outcome{std::move(row), StepRunner::Next::look, 0};
        for (int looks = 0; outcome.next == StepRunner::Next::look && outcome.row.state == StepState::unknown &&
                            !request.stop.stop_requested();
             ++looks) {
            wait_until(outcome.not_before, request.stop);
            outcome = TRY(session.runner->look_only(std::move(outcome.row), looks));
        }
        return {};
    });
}

/// Why a step's work is not removed now: it was given up and still stands as a whole, or such a thing stands on it, be
/// it by way of a check. Parts that were left of a long step hold nothing. What cannot be seen may stand there: that is
/// for another time to decide. Dependants come first.
Result<Engine::Stay> Engine::why_it_stays(Session& session, const store::StepRow& row, Staying& staying) {
    auto stay = Stay::no;
    if (leaves_changed(row) && is_gone(row.state)) {
        const auto found = session.runner->look_aside(row);
        if (found.is_error())
            stay = Stay::unseen;
        else if (found->verdict != LookUp::Verdict::absent && found->verdict != LookUp::Verdict::pending)
            stay = Stay::by_decision;
    }
    for (const auto& dependant : TRY(state_->dependants(session.journal.run().plan, row.step)))
        if (const auto other = staying.find(dependant); other != staying.end() && stay != Stay::by_decision)
            stay = other->second;
    if (stay != Stay::no)
        staying.insert_or_assign(row.step, stay);
    return StepRunner::makes_nothing(row) ? Stay::no : stay;
}

/// Ends the step without touching what it made.
Status Engine::leave(Session& session, store::StepRow row, const std::string& reason) {
    if (row.state != StepState::compensating)
        TRY(session.journal.move(row, StepState::compensating));
    return session.journal.move(row, StepState::compensated, [&reason](store::StepRow& edit) {
        edit.reason = reason;
        edit.error.clear();
        give_up_changed(edit);
    });
}

/// Removes, last steps first, what no standing dependant needs: those stand behind it in the plan's order, so one pass
/// does it, and what refuses is asked once. True if nothing is left but what was given up.
Result<bool> Engine::compensate_all(Session& session, const RunRequest& request) {
    const auto& run = session.journal.run();
    bool all_gone = true;
    Staying staying;
    for (auto position = static_cast<std::int64_t>(TRY(report_run(*state_, run.id)).total()) - 1; position >= 0;
         --position) {
        auto rows = TRY(state_->steps(run.id, {}, position - 1, 1));
        if (rows.empty())
            continue;
        auto& row = rows.front();
        const auto stay = TRY(why_it_stays(session, row, staying));
        if (stay == Stay::unseen)
            all_gone = false;
        if (is_gone(row.state) || stay == Stay::unseen)
            continue;
        if (request.stop.stop_requested())
            return false;
        if (stay == Stay::by_decision && can_be_removed(row.state)) {
            TRY(leave(session, std::move(row), "left by decision: what was given up stands on it"));
            continue;
        }
        bool is_free = can_be_removed(row.state);
        for (const auto& dependant : TRY(state_->dependants(run.plan, row.step)))
            is_free = is_free && is_gone(TRY(state_->step(run.id, dependant)).state);
        if (!is_free) {
            all_gone = false;
            continue;
        }
        const auto outcome = TRY(compensate(session, row, request));
        TRY(why_it_stays(session, outcome.row, staying)); // it may have changed since it was given up
        all_gone = all_gone && outcome.row.state == StepState::compensated;
    }
    return all_gone;
}

} // namespace godwit::core
