#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/run_summary.h"
#include "core/certificate.h"
#include "core/keys.h"
#include "core/plan.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <map>
#include <ostream>

namespace godwit::cli {

namespace {

using store::RunState;
using store::StepState;

constexpr std::size_t kCausesAtTheEnd = 8;

Result<bool> migrated(store::State& state, const core::RunReport& report) {
    if (report.run.state != RunState::done || report.verified == 0 || report.waived + report.not_repeated > 0)
        return false;
    return core::says_migrated(TRY(core::certificate(state, report.run.id)));
}

Result<int> show(Session& session, const core::RunReport& report, std::size_t most_causes) {
    auto& state = *TRY(session.state());
    const auto findings = TRY(core::findings_of_run(state, report.run.id));
    if (session.options.output == Output::json)
        *session.out << canonical_json(summary_json(report, findings)) << "\n";
    else
        print_summary(*session.out, report, findings, TRY(migrated(state, report)), most_causes);
    return report.exit_code();
}

/// Names at the target begin so; `plan show` prints the same.
std::string names_of(const std::string& plan) { return "godwit-" + core::plan_prefix(plan); }

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
                 << "; names at the target begin with " << names_of(run.plan) << "\n";
    return {};
}

} // namespace

Result<int> finish_run(Session& session, const core::RunReport& report) {
    return show(session, report, kCausesAtTheEnd);
}

Result<int> run_run_list(Session& session) {
    auto& state = *TRY(session.existing_state());
    std::map<std::string, std::string> lanes;
    for (const auto& plan : TRY(state.plans()))
        lanes.emplace(plan.digest, plan.lane);
    const auto runs = TRY(state.runs());
    for (const auto& run : runs) {
        std::uint64_t done = 0;
        std::uint64_t total = 0;
        for (const auto& one : TRY(state.count_steps(run.id))) {
            total += one.count;
            done += one.state == StepState::done ? one.count : 0;
        }
        if (session.options.output == Output::json)
            *session.out << canonical_json({{"schema", "godwit.run-entry/v1"},
                                            {"run", run.id},
                                            {"plan", run.plan},
                                            {"names_begin_with", names_of(run.plan)},
                                            {"lane", lanes[run.plan]},
                                            {"state", store::to_string(run.state)},
                                            {"done", done},
                                            {"total", total},
                                            {"started_at", format_time(run.started_at)}})
                         << "\n";
        else
            *session.out << run.id << "  " << store::to_string(run.state) << "  " << done << " of " << total
                         << " steps done  " << printable(lanes[run.plan]) << "  started "
                         << format_time(run.started_at).substr(0, 19) << "Z  " << names_of(run.plan) << "\n";
    }
    if (runs.empty() && session.options.output == Output::text)
        *session.out << "There is no run yet. Start one: godwit apply PLAN   Make its plan: godwit plan create\n";
    return 0;
}

Result<int> run_run_show(Session& session, const RunArguments& arguments) {
    auto& state = *TRY(session.existing_state());
    const auto id = TRY(find_run(state, arguments.run));
    auto report = TRY(core::report_run(state, id));
    report.held_by = TRY(state.holder(core::plan_scope(report.run.plan))).value_or("");
    if (!arguments.steps.empty())
        TRY(list_steps(session, report.run, arguments.steps));
    if (session.options.output == Output::text)
        TRY(print_head(session, report.run));
    return show(session, report, std::numeric_limits<std::size_t>::max());
}

} // namespace godwit::cli
