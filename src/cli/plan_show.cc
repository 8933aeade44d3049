#include "base/text.h"
#include "cli/commands.h"
#include "cli/run_summary.h"
#include "core/plan.h"

#include <ostream>

namespace godwit::cli {

namespace {

std::string_view symbol(core::Action action) {
    switch (action) {
    case core::Action::adopt: return "=";
    case core::Action::update: return "~";
    case core::Action::remove: return "-";
    case core::Action::verify: return "?";
    case core::Action::skip: return "!";
    default: return "+";
    }
}

void print(std::ostream& out, const core::PlanStep& step) {
    out << symbol(step.action) << " " << core::to_string(step.action) << "  " << printable(step.display) << "  ["
        << printable(step.kind) << ", step " << step.id() << "]\n    because " << printable(step.reason) << "\n";
    if (!step.findings.empty())
        out << "    findings: " << printable(join(step.findings, ", ")) << "\n";
    if (step.estimate.bytes > 0)
        out << "    about " << step.estimate.objects << " objects, " << human_bytes(step.estimate.bytes) << "\n";
}

} // namespace

Result<int> run_plan_show(Session& session, const std::string& file) {
    auto& out = *session.out;
    const auto plan =
        TRY(core::read_plan(file, [&](const core::PlanStep& step, std::int64_t, std::string_view line) -> Status {
            if (session.options.output == Output::json)
                out << line << "\n";
            else
                print(out, step);
            return {};
        }));
    if (const auto stated = TRY(core::stated_digest(file)); stated && *stated != plan.digest)
        return Error::make(ErrorKind::stale, "the plan file is not the one that was made")
            .why("its digest is " + plan.digest + ", beside it stands " + *stated)
            .fix("copy it again, or make the plan again")
            .at(printable(file));
    if (session.options.output == Output::json)
        return 0;
    out << "Plan: " << plan.steps << " steps";
    for (const auto& [action, count] : plan.totals.by_action)
        out << ", " << count << " " << action;
    out << "; " << human_bytes(plan.totals.estimate.bytes) << "\nDigest: " << plan.digest << "\n"
        << "Names at the target begin with " << names_at_target(plan.digest) << "\n";
    for (const auto& waiver : plan.header.waivers)
        out << "Waived: " << printable(waiver.code) << " for " << printable(waiver.resource) << ": "
            << printable(waiver.reason) << "\n";
    return 0;
}

} // namespace godwit::cli
