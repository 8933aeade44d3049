#include "base/json.h"
#include "base/text.h"
#include "core/engine_session.h"
#include "core/stuck_value.h"

#include <nlohmann/json.hpp>

#include <array>

namespace godwit::core {

namespace {

using store::RunState;
using store::StepState;

std::string_view word_for(Resolution resolution) {
    switch (resolution) {
    case Resolution::look: return "look";
    case Resolution::adopt: return "adopt";
    case Resolution::forget: return "forget";
    case Resolution::undo: break;
    }
    return "undo";
}

Error not_in_state(const store::StepRow& row, std::string_view wanted) {
    return Error::make(ErrorKind::usage, "the step is not " + std::string(wanted))
        .why("step " + row.step + " is " + std::string(store::to_string(row.state)))
        .fix("see `godwit run show " + row.run + "`");
}

} // namespace

Result<store::StepRow> step_that_is_named(store::State& state, std::string_view run, std::string_view step) {
    auto row = state.step(run, step);
    if (row.is_error() && row.error().kind() == ErrorKind::not_found)
        return Error::make(ErrorKind::usage, "the run has no such step")
            .why("none is named " + printable(step))
            .fix("see `godwit run show " + std::string(run) + " --steps all`");
    return row;
}

Result<RunReport> Engine::resolve(std::string_view run, std::string_view step, Resolution resolution,
                                  const RunRequest& request) {
    auto session = TRY(open(run, request));
    auto row = TRY(step_that_is_named(*state_, run, step));
    const bool is_not_removed = row.state == StepState::undo_failed && resolution == Resolution::forget &&
                                session->journal.run().state == RunState::rolling_back;
    if (row.state != StepState::stuck && !is_not_removed)
        return not_in_state(row, "one that waits for this decision");
    auto& journal = session->journal;
    TRY(journal.tell(row.step, "diagnostic", "info",
                     canonical_json({{"message", "decided with --" + std::string(word_for(resolution))},
                                     {"by", printable(request.person)}})));
    switch (resolution) {
    case Resolution::look:
        TRY(journal.move(row, StepState::unknown));
        TRY(session->runner->look_only(std::move(row), 0));
        break;
    case Resolution::adopt:
        TRY(journal.move(row, StepState::done, [](store::StepRow& edit) {
            edit.reason = "adopted by decision";
            edit.error.clear();
        }));
        break;
    case Resolution::forget:
        if (is_not_removed) {
            TRY(leave(*session, row, "left by decision: " + row.reason));
            break;
        }
        TRY(journal.move(row, StepState::failed, [](store::StepRow& edit) {
            edit.reason = "given up by decision" + (edit.reason.empty() ? "" : ": " + edit.reason);
            give_up_changed(edit);
        }));
        break;
    case Resolution::undo:
        TRY(journal.move(row, StepState::compensating, permit_present_value));
        TRY(compensate(*session, row, request));
        break;
    }
    return report_run(*state_, run);
}

Result<RunReport> Engine::accept(std::string_view run, std::string_view step, const std::string& reason,
                                 std::uint64_t most, const RunRequest& request) {
    auto session = TRY(open(run, request));
    const auto run_state = session->journal.run().state;
    if (run_state == RunState::rolling_back || run_state == RunState::rolled_back)
        return Error::make(ErrorKind::usage, "nothing is accepted in a run that is undone")
            .why("run " + std::string(run) + " is " + std::string(store::to_string(run_state)))
            .fix("apply the plan again");
    if (reason.empty())
        return Error::make(ErrorKind::usage, "an outcome is accepted for a reason").fix("give it with --reason");
    auto row = TRY(step_that_is_named(*state_, run, step));
    const bool has_ended = row.state == StepState::failed || row.state == StepState::done;
    if (row.action != to_string(Action::verify) || !has_ended || row.outcome.empty())
        return not_in_state(row, "a check that was made");
    const auto verdict = TRY(parse_verdict(row.outcome));
    if (verdict.equality == Equality::equal || !row.waiver.empty())
        return Error::make(ErrorKind::usage, "there is nothing to accept")
            .why(row.waiver.empty() ? "the check came out equal" : "the outcome was accepted already")
            .fix("`godwit run resume " + std::string(run) + "` goes on");
    if (verdict.equality == Equality::different && verdict.differences > most)
        return Error::make(ErrorKind::usage, "the waiver does not cover the outcome")
            .why("it is " + row.outcome + ", and the waiver goes to " + std::to_string(most))
            .fix("look at `godwit run show`, and give --most " + std::to_string(verdict.differences) +
                 " if that is meant");
    const Waiver waiver{std::string(verdict_code(verdict)), row.resource, printable(reason),
                        verdict.equality == Equality::different ? most : 0};
    const auto given = waiver_to_json({waiver, printable(request.person), format_time(services_.clock->now())});
    const auto given_json = TRY(parse_json(given));
    auto& journal = session->journal;
    const auto told = journal.event(
        row.step, "verify_result", "info",
        canonical_json(
            {{"resource", row.resource}, {"outcome", row.outcome}, {"waived", true}, {"waiver", given_json}}));
    const auto edit = [&given](store::StepRow& changed) {
        changed.waiver = given;
        changed.reason.clear();
        changed.error.clear();
    };
    const auto tell = [&told](store::Transaction& transaction) { return transaction.emit(told); };
    TRY(row.state == StepState::done ? journal.amend(row, edit, tell) : journal.move(row, StepState::done, edit, tell));
    journal.notify(told);
    return report_run(*state_, run);
}

Result<RunReport> Engine::verify(std::string_view run, const RunRequest& request) {
    auto session = TRY(open(run, request));
    if (session->journal.run().state != RunState::done && session->journal.run().state != RunState::stopped)
        return Error::make(ErrorKind::usage, "only a run that ended can be verified again")
            .why("run " + std::string(run) + " is " + std::string(store::to_string(session->journal.run().state)))
            .fix("see `godwit run show " + std::string(run) + "`");
    constexpr std::array kEnded{StepState::done, StepState::failed};
    std::uint64_t not_made = 0;
    TRY(store::each_step(*state_, run, kEnded, [&](const store::StepRow& row) -> Status {
        if (row.action == to_string(Action::verify) && !row.outcome.empty())
            not_made += TRY(session->runner->verify_again(row)) ? 0 : 1;
        return {};
    }));
    auto report = TRY(report_run(*state_, run));
    report.not_repeated = not_made;
    return report;
}

} // namespace godwit::core
