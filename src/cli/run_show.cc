#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/run_summary.h"
#include "cli/run_work.h"
#include "core/keys.h"
#include "core/plan.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <ostream>

namespace godwit::cli {

namespace {

using store::StepState;

void print_step(Session& session, const store::StepRow& row, const std::string& display) {
    if (session.options.output == Output::json) {
        *session.out << canonical_json({{"schema", "godwit.step/v1"},
                                        {"step", row.step},
                                        {"state", store::to_string(row.state)},
                                        {"skip_cause", store::to_string(row.skip_cause)},
                                        {"kind", row.kind},
                                        {"action", row.action},
                                        {"resource", row.resource},
                                        {"display", display},
                                        {"outcome", row.outcome},
                                        {"waiver", parse_json(row.waiver).value_or(Json(nullptr))},
                                        {"reason", row.reason},
                                        {"target_id", printable(row.target_id)},
                                        {"error", parse_json(row.error).value_or(Json(nullptr))}})
                     << "\n";
        return;
    }
    *session.out << row.step << "  " << state_words(row.state, row.skip_cause) << "  " << row.kind << "  "
                 << printable(display);
    if (!row.outcome.empty())
        *session.out << "  " << row.outcome << (row.waiver.empty() ? "" : ", waived");
    *session.out << "\n";
}

/// `all`, `open` (what is neither done nor skipped by the plan), or the name of a state.
Status list_steps(Session& session, const store::RunRow& run, const std::string& which) {
    auto& state = *TRY(session.state());
    std::vector<StepState> states;
    if (which != "all" && which != "open")
        states.push_back(TRY(store::parse_step_state(which)));
    return store::each_step(state, run.id, states, [&](const store::StepRow& row) -> Status {
        if (which == "open" && (row.state == StepState::done || row.action == core::to_string(core::Action::skip)))
            return {};
        const auto line = TRY(state.step_line(run.plan, row.step));
        print_step(session, row, TRY(core::plan_step_from_json(line)).display);
        return {};
    });
}

Status print_head(Session& session, const store::RunRow& run) {
    auto& state = *TRY(session.state());
    const auto plan = TRY(state.plan(run.plan));
    *session.out << (plan ? printable(plan->lane) + ", started " : "Started ") << format_time(run.started_at)
                 << "; names at the target begin with " << names_at_target(run.plan) << "\n";
    return {};
}

} // namespace

Result<int> run_run_show(Session& session, const RunArguments& arguments) {
    auto& state = *TRY(session.existing_state());
    const auto id = TRY(find_run(state, arguments.run));
    auto report = TRY(core::report_run(state, id));
    report.held_by = TRY(state.holder(core::plan_scope(report.run.plan))).value_or("");
    if (!arguments.steps.empty())
        TRY(list_steps(session, report.run, arguments.steps));
    if (session.options.output == Output::text)
        TRY(print_head(session, report.run));
    return finish_run(session, report, std::numeric_limits<std::size_t>::max());
}

} // namespace godwit::cli
