#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/run_listener.h"
#include "core/plan.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace godwit::cli {

namespace {

/// What the commands that work on a run have in common.
struct Work {
    std::unique_ptr<core::RunListener> listener;
    core::Engine engine;
    std::string run;
    core::RunRequest request;
};

Result<Work> prepare(Session& session, const RunArguments& arguments, const std::string& doing) {
    auto& state = *TRY(session.existing_state());
    auto id = TRY(find_run(state, arguments.run));
    auto listener = listener_of(session, state);
    auto request = session.run_request(listener.get(), doing);
    request.unrecorded = arguments.takes_over      ? core::Unrecorded::take_over
                         : arguments.leaves_others ? core::Unrecorded::leave
                                                   : core::Unrecorded::refuse;
    return Work{std::move(listener), core::Engine(state, *session.lanes, session.services), std::move(id),
                std::move(request)};
}

std::string_view words_for(const store::StepRow& row, const Result<core::LookUp>& found) {
    using Verdict = core::LookUp::Verdict;
    if (found.is_error())
        return "cannot be seen";
    switch (found->verdict) {
    case Verdict::absent: return "gone already";
    case Verdict::pending: // what parts made is never more than that in one look
        return row.state == store::StepState::done ? "as made" : "not finished";
    case Verdict::in_error: return "in error";
    case Verdict::differs: return "differs";
    case Verdict::several: return "several";
    case Verdict::ready: break;
    }
    return "as made";
}

/// One line for each step that left something, in the order of removal.
Result<int> preview_rollback(Session& session, Work& work) {
    auto& out = *session.out;
    const bool json = session.options.output == Output::json;
    auto& state = *TRY(session.existing_state());
    const auto run = TRY(state.run(work.run));
    std::uint64_t shown = 0;
    const auto show = [&](const store::StepRow& row, const Result<core::LookUp>& found) -> Status {
        ++shown;
        const auto step = TRY(core::plan_step_from_json(TRY(state.step_line(run.plan, row.step))));
        const auto target_id = found && !found->target_id.empty() ? found->target_id : row.target_id;
        const auto detail = found ? found->detail : found.error().to_line();
        if (json) {
            out << canonical_json({{"schema", "godwit.rollback-preview/v1"},
                                   {"step", row.step},
                                   {"kind", row.kind},
                                   {"resource", row.resource},
                                   {"display", step.display},
                                   {"state", store::to_string(row.state)},
                                   {"target_id", printable(target_id)},
                                   {"found", words_for(row, found)},
                                   {"detail", printable(detail)}})
                << "\n";
            return {};
        }
        out << row.step << "  " << words_for(row, found) << "  " << row.kind << "  " << printable(step.display);
        if (!target_id.empty())
            out << "  " << printable(target_id);
        if (!detail.empty())
            out << "\n      " << printable(detail);
        out << "\n";
        return {};
    };
    const auto report = TRY(work.engine.preview_roll_back(work.run, work.request, show));
    if (!json)
        out << (shown == 0 ? "Nothing is left to undo of run " + report.run.id + ".\n" : "");
    if (!json && shown > 0)
        out << "Rollback of run " << report.run.id << " would undo " << shown
            << " steps, in this order. Nothing was changed. Do it: godwit run rollback " << report.run.id << "\n";
    return 0;
}

} // namespace

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

Result<int> run_run_resume(Session& session, const RunArguments& arguments) {
    auto work = TRY(prepare(session, arguments, "godwit run resume"));
    return finish_run(session, TRY(work.engine.resume(work.run, arguments.replace, work.request)));
}

Result<int> run_run_rollback(Session& session, const RunArguments& arguments) {
    auto work = TRY(prepare(session, arguments, "godwit run rollback"));
    if (arguments.dry_run)
        return preview_rollback(session, work);
    return finish_run(session, TRY(work.engine.roll_back(work.run, work.request)));
}

Result<int> run_run_resolve(Session& session, const RunArguments& arguments) {
    auto work = TRY(prepare(session, arguments, "godwit run resolve"));
    const auto resolution = arguments.decision == "adopt"    ? core::Resolution::adopt
                            : arguments.decision == "forget" ? core::Resolution::forget
                            : arguments.decision == "undo"   ? core::Resolution::undo
                                                             : core::Resolution::look;
    return finish_run(session, TRY(work.engine.resolve(work.run, arguments.step, resolution, work.request)));
}

Result<int> run_run_accept(Session& session, const RunArguments& arguments) {
    auto work = TRY(prepare(session, arguments, "godwit run accept"));
    return finish_run(
        session, TRY(work.engine.accept(work.run, arguments.step, arguments.reason, arguments.most, work.request)));
}

Result<int> run_verify(Session& session, const RunArguments& arguments) {
    auto work = TRY(prepare(session, arguments, "godwit verify"));
    return finish_run(session, TRY(work.engine.verify(work.run, work.request)));
}

} // namespace godwit::cli
