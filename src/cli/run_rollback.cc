#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/run_work.h"
#include "core/plan.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace godwit::cli {

namespace {

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
Result<int> preview_rollback(Session& session, RunWork& work) {
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

Result<int> run_run_rollback(Session& session, const RunArguments& arguments) {
    auto work = TRY(prepare_run(session, arguments, "godwit run rollback"));
    if (arguments.dry_run)
        return preview_rollback(session, work);
    return finish_run(session, TRY(work.engine.roll_back(work.run, work.request)));
}

} // namespace godwit::cli
