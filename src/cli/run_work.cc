#include "cli/run_work.h"

#include "base/json.h"
#include "base/text.h"
#include "cli/run_listener.h"
#include "cli/run_summary.h"
#include "core/certificate.h"

#include <nlohmann/json.hpp>

#include <ostream>
#include <vector>

namespace godwit::cli {

namespace {

Result<bool> migrated(store::State& state, const core::RunReport& report) {
    if (report.run.state != store::RunState::done || report.verified == 0 || report.waived + report.not_repeated > 0)
        return false;
    return core::says_migrated(TRY(core::certificate(state, report.run.id)));
}

} // namespace

Result<RunWork> prepare_run(Session& session, const RunArguments& arguments, const std::string& doing) {
    auto& state = *TRY(session.existing_state());
    auto id = TRY(find_run(state, arguments.run));
    auto listener = listener_of(session, state);
    auto request = session.run_request(listener.get(), doing);
    request.unrecorded = arguments.takes_over      ? core::Unrecorded::take_over
                         : arguments.leaves_others ? core::Unrecorded::leave
                                                   : core::Unrecorded::refuse;
    return RunWork{std::move(listener), core::Engine(state, *session.lanes, session.services), std::move(id),
                   std::move(request)};
}

Result<std::string> find_run(store::State& state, const std::string& beginning) {
    std::vector<std::string> found;
    for (const auto& run : TRY(state.runs()))
        if (run.id.starts_with(beginning))
            found.push_back(run.id);
    if (found.size() == 1 && !beginning.empty())
        return found.front();
    if (found.empty())
        return Error::make(ErrorKind::usage, "there is no run " + printable(beginning))
            .why("the state database holds none whose id begins so")
            .fix("see `godwit run list`, and check that --state names the right database");
    return Error::make(ErrorKind::usage, "the run's name is not clear")
        .why(std::to_string(found.size()) + " runs begin with '" + printable(beginning) + "'")
        .fix("write more of the id that `godwit run list` shows");
}

Result<int> finish_run(Session& session, const core::RunReport& report, std::size_t most_causes) {
    auto& state = *TRY(session.state());
    const auto findings = TRY(core::findings_of_run(state, report.run.id));
    if (session.options.output == Output::json)
        *session.out << canonical_json(summary_json(report, findings)) << "\n";
    else
        print_summary(*session.out, report, findings, TRY(migrated(state, report)), most_causes);
    return report.exit_code();
}

} // namespace godwit::cli
