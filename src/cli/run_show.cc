#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "core/certificate.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace godwit::cli {

namespace {

using store::RunState;
using store::StepState;

constexpr std::size_t kShownCauses = 8;
constexpr std::size_t kBatch = 256;

Json report_json(const core::RunReport& report) {
    Json counts = Json::object();
    for (const auto& one : report.counts) {
        const std::string state(store::to_string(one.state));
        counts[state] = counts.value(state, std::uint64_t{0}) + one.count;
    }
    Json causes = Json::array();
    for (const auto& cause : report.causes)
        causes.push_back({{"state", store::to_string(cause.state)},
                          {"reason", cause.reason},
                          {"count", cause.count},
                          {"step", cause.example},
                          {"resource", cause.resource}});
    return {{"schema", "godwit.run/v1"},
            {"run", report.run.id},
            {"plan", report.run.plan},
            {"state", store::to_string(report.run.state)},
            {"steps", counts},
            {"outcome", core::to_string(report.verdict)},
            {"verified", report.verified},
            {"waived", report.waived},
            {"causes", causes},
            {"exit_code", report.exit_code()}};
}

void print_causes(std::ostream& out, const core::RunReport& report) {
    for (std::size_t i = 0; i < std::min(report.causes.size(), kShownCauses); ++i) {
        const auto& cause = report.causes[i];
        out << "  " << store::to_string(cause.state) << ": "
            << printable(cause.reason.empty() ? "not finished" : cause.reason) << "\n      step " << cause.example
            << " of " << cause.resource;
        if (cause.count > 1)
            out << ", and " << cause.count - 1 << " more like this";
        out << "\n";
        if (cause.state == StepState::stuck)
            out << "      decide: godwit run resolve " << report.run.id << " " << cause.example
                << " --look (look again), --adopt (take it as ours), --forget (give the step up) or --undo (remove "
                   "it)\n";
    }
    if (report.causes.size() > kShownCauses)
        out << "  and " << report.causes.size() - kShownCauses << " other causes: godwit run show " << report.run.id
            << "\n";
}

void print_next(std::ostream& out, const core::RunReport& report) {
    const auto& id = report.run.id;
    switch (report.run.state) {
    case RunState::done:
        out << "Evidence: godwit certificate " << id << "   Undo: godwit run rollback " << id << "\n";
        break;
    case RunState::stopped:
    case RunState::running:
        out << "Nothing on the source was changed. Continue: godwit run resume " << id
            << "   Undo: godwit run rollback " << id << "\n";
        break;
    case RunState::rolling_back: out << "Go on: godwit run resume " << id << "\n"; break;
    case RunState::rolled_back: out << "Everything that this run made is gone.\n"; break;
    }
}

Result<bool> migrated(store::State& state, const core::RunReport& report) {
    if (report.run.state != RunState::done || report.verified == 0 || report.waived > 0)
        return false;
    return core::says_migrated(TRY(core::certificate(state, report.run.id)));
}

} // namespace

Result<int> finish_run(Session& session, const core::RunReport& report) {
    auto& out = *session.out;
    if (session.options.output == Output::json) {
        out << canonical_json(report_json(report)) << "\n";
        return report.exit_code();
    }
    out << "Run " << report.run.id << " is " << store::to_string(report.run.state) << ": "
        << report.count(StepState::done) << " of " << report.total() << " steps done";
    if (report.skipped_by_plan() > 0)
        out << ", " << report.skipped_by_plan() << " skipped by plan";
    for (const auto state : {StepState::unknown, StepState::stuck, StepState::failed, StepState::broken,
                             StepState::planned, StepState::compensated, StepState::undo_failed})
        if (report.count(state) > 0)
            out << ", " << report.count(state) << " " << store::to_string(state);
    if (report.skipped_in_run() > 0)
        out << ", " << report.skipped_in_run() << " skipped";
    out << ".\n";
    if (report.verified > 0)
        out << "Verification: " << report.verified << " checks, weakest outcome " << core::to_string(report.verdict)
            << (report.waived > 0 ? ", " + std::to_string(report.waived) + " waived" : "") << ".\n";
    if (TRY(migrated(*TRY(session.state()), report)))
        out << "Migrated: what the plan moves arrived equal.\n";
    print_causes(out, report);
    print_next(out, report);
    return report.exit_code();
}

Result<int> run_run_list(Session& session) {
    for (const auto& run : TRY(TRY(session.state())->runs())) {
        if (session.options.output == Output::json)
            *session.out << canonical_json({{"run", run.id},
                                            {"plan", run.plan},
                                            {"state", store::to_string(run.state)},
                                            {"started_at", format_time(run.started_at)}})
                         << "\n";
        else
            *session.out << run.id << "  " << store::to_string(run.state) << "  started " << format_time(run.started_at)
                         << "  plan " << run.plan.substr(0, 12) << "\n";
    }
    return 0;
}

Result<int> run_run_show(Session& session, const RunArguments& arguments) {
    auto& state = *TRY(session.state());
    const auto id = TRY(find_run(state, arguments.run));
    const auto report = TRY(core::report_run(state, id));
    if (session.options.output == Output::text) {
        std::int64_t after = -1;
        for (;;) {
            const auto rows = TRY(state.steps(id, {}, after, kBatch));
            if (rows.empty())
                break;
            after = rows.back().position;
            for (const auto& row : rows) {
                *session.out << row.step << "  " << store::to_string(row.state) << "  " << row.kind << "  "
                             << row.resource;
                if (!row.outcome.empty())
                    *session.out << "  " << row.outcome;
                *session.out << "\n";
            }
        }
    }
    return finish_run(session, report);
}

} // namespace godwit::cli
