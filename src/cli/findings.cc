#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace godwit::cli {

namespace {

void print(std::ostream& out, const core::Finding& finding) {
    out << finding.code << "  " << core::to_string(finding.severity) << "  " << printable(finding.display) << "\n"
        << "    " << finding.title << "\n";
    for (const auto& [field, value] : finding.evidence)
        out << "    " << field << ": " << printable(value) << "\n";
    out << "    Remedy: " << finding.remedy;
    if (finding.effort_minutes > 0)
        out << " (about " << human_seconds(finding.effort_minutes * 60.0) << ")";
    out << "\n    Resource: " << finding.resource << "\n";
}

} // namespace

Result<int> run_findings(Session& session, const FindingsArguments& arguments) {
    auto& state = *TRY(session.existing_state());
    const auto reader = arguments.assessment.empty()
                            ? TRY(core::AssessmentReader::newest(state, arguments.lane, arguments.role))
                            : TRY(core::AssessmentReader::open(state, arguments.assessment));
    std::uint64_t count = 0;
    TRY(reader.each_finding([&](const core::Finding& finding) -> Status {
        if (!arguments.code.empty() && finding.code != arguments.code)
            return {};
        if (!arguments.severity.empty() && core::to_string(finding.severity) != arguments.severity)
            return {};
        ++count;
        if (session.options.output == Output::text) {
            print(*session.out, finding);
            return {};
        }
        auto json = Json::parse(core::finding_to_json(finding));
        json["schema"] = "godwit.finding/v1";
        *session.out << canonical_json(json) << "\n";
        return {};
    }));
    if (session.options.output == Output::text)
        *session.out << count << " findings\n";
    return 0;
}

} // namespace godwit::cli
