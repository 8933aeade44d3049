#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/run_summary.h"

#include <nlohmann/json.hpp>

#include <map>
#include <ostream>

namespace godwit::cli {

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
            done += one.state == store::StepState::done ? one.count : 0;
        }
        if (session.options.output == Output::json)
            *session.out << canonical_json({{"schema", "godwit.run-entry/v1"},
                                            {"run", run.id},
                                            {"plan", run.plan},
                                            {"names_begin_with", names_at_target(run.plan)},
                                            {"lane", lanes[run.plan]},
                                            {"state", store::to_string(run.state)},
                                            {"done", done},
                                            {"total", total},
                                            {"started_at", format_time(run.started_at)}})
                         << "\n";
        else
            *session.out << run.id << "  " << store::to_string(run.state) << "  " << done << " of " << total
                         << " steps done  " << printable(lanes[run.plan]) << "  started "
                         << format_time(run.started_at).substr(0, 19) << "Z  " << names_at_target(run.plan) << "\n";
    }
    if (runs.empty() && session.options.output == Output::text)
        *session.out << "There is no run yet. Start one: godwit apply PLAN   Make its plan: godwit plan create\n";
    return 0;
}

} // namespace godwit::cli
