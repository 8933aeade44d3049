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

Error not_in_state(const store::StepRow& row, std::string_view wanted) {
    return Error::make(ErrorKind::usage, "the step is not " + std::string(wanted))
        .why("step " + row.step + " is " + std::string(store::to_string(row.state)))
        .fix("see `godwit run show " + row.run + "`");
}

} // namespace

Result<RunReport> Engine::resolve(std::string_view run, std::string_view step, Resolution resolution,
                                  const RunRequest& request) {
    auto session = TRY(open(run, request));
    auto row = TRY(state_->step(run, step));
    if (row.state != StepState::stuck)
        return not_in_state(row, "stuck");
    auto& journal = session->journal;
    switch (resolution) {
    case Resolution::look:
        TRY(journal.move(row, StepState::unknown));
        TRY(session->runner->look_only(std::move(row), 0));
        break;
    case Resolution::adopt:
        TRY(journal.move(row, StepState::done, [](store::StepRow& edit) { edit.reason = "adopted by decision"; }));
        break;
    case Resolution::forget:
        TRY(journal.move(row, StepState::failed, [](store::StepRow& edit) {
            edit.reason = "given up by decision" + (edit.reason.empty() ? "" : ": " + edit.reason);
            give_up_changed(edit);
        }));
        break;
    case Resolution::undo:
        TRY(journal.move(row, StepState::compensating, permit_present_value));
        TRY(compensate(*session, std::move(row), request));
        break;
    }
    return report_run(*state_, run);
}

Result<RunReport> Engine::accept(std::string_view run, std::string_view step, const std::string& reason,
                                 std::uint64_t most, const RunRequest& request) {
    auto session = TRY(open(run, request));
    const auto run_state = session->journal.run().state;
    if (run_state != RunState::running && run_state != RunState::stopped)
        return Error::make(ErrorKind::usage, "only in a run that stopped can an outcome be accepted")
            .why("run " + std::string(run) + " is " + std::string(store::to_string(run_state)))
            .fix("`godwit run show " + std::string(run) + "` says what it compared");
    if (reason.empty())
        return Error::make(ErrorKind::usage, "an outcome is accepted for a reason").fix("give it with --reason");
    auto row = TRY(state_->step(run, step));
    if (row.action != to_string(Action::verify) || row.state != StepState::failed || row.outcome.empty())
        return not_in_state(row, "a verification that failed");
    const auto verdict = TRY(parse_verdict(row.outcome));
    if (verdict.equality == Equality::different && verdict.differences > most)
        return Error::make(ErrorKind::usage, "the waiver does not cover the outcome")
            .why("it is " + row.outcome + ", and the waiver goes to " + std::to_string(most))
            .fix("look at `godwit run show`, and give --most " + std::to_string(verdict.differences) +
                 " if that is meant");
    const Waiver waiver{std::string(verdict_code(verdict)), row.resource, printable(reason),
                        verdict.equality == Equality::different ? most : 0};
    const auto given = waiver_to_json({waiver, printable(request.holder), format_time(services_.clock->now())});
    const auto given_json = TRY(parse_json(given));
    auto& journal = session->journal;
    const auto told = journal.event(
        row.step, "verify_result", "info",
        canonical_json(
            {{"resource", row.resource}, {"outcome", row.outcome}, {"waived", true}, {"waiver", given_json}}));
    TRY(journal.move(
        row, StepState::done,
        [&given](store::StepRow& edit) {
            edit.waiver = given;
            edit.reason.clear();
        },
        [&told](store::Transaction& transaction) { return transaction.emit(told); }));
    journal.notify(told);
    return report_run(*state_, run);
}

Result<RunReport> Engine::verify(std::string_view run, const RunRequest& request) {
    auto session = TRY(open(run, request));
    if (session->journal.run().state != RunState::done && session->journal.run().state != RunState::stopped)
        return Error::make(ErrorKind::usage, "only a run that ended can be verified again")
            .why("run " + std::string(run) + " is " + std::string(store::to_string(session->journal.run().state)));
    constexpr std::array kEnded{StepState::done, StepState::failed};
    TRY(store::each_step(*state_, run, kEnded, [&session](const store::StepRow& row) -> Status {
        if (row.action != to_string(Action::verify) || row.outcome.empty())
            return {};
        return session->runner->verify_again(row);
    }));
    return report_run(*state_, run);
}

} // namespace godwit::core
