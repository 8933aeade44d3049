#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace godwit::cli {

namespace {

Result<store::AssessmentRow> assess(Session& session, core::Lane& lane, std::string_view role,
                                    const core::Options& options) {
    auto& state = *TRY(session.state());
    auto header = TRY(lane.identify(role, options, session.services));
    auto writer = TRY(core::AssessmentWriter::begin(state, *session.services.clock, *session.services.random,
                                                    std::move(header), lane.rules()));
    TRY(lane.assess(role, options, session.services, session.stop, writer));
    return writer.finish();
}

Json row_json(const store::AssessmentRow& row) {
    return {{"id", row.id},
            {"role", row.role},
            {"digest", row.digest},
            {"taken_at", format_time(row.taken_at)},
            {"connection", Json::parse(row.connection)},
            {"header", Json::parse(row.header)}};
}

/// What stands in the way at the target is said at once: a plan would be refused for it.
Status print_target(std::ostream& out, const std::string& id, const core::AssessmentReader& reader) {
    out << "Target assessed: " << id << "\n";
    return reader.each_finding([&out](const core::Finding& finding) -> Status {
        if (finding.severity != core::Severity::info)
            out << "  " << core::to_string(finding.severity) << ": " << finding.title << " (" << finding.code << ", "
                << printable(finding.display) << ")\n      " << finding.remedy << "\n";
        return {};
    });
}

} // namespace

Result<int> run_assess(Session& session, const AssessArguments& arguments) {
    auto& lane = *TRY(session.lanes->find(arguments.lane));
    if (arguments.source.empty() && arguments.target.empty())
        return Error::make(ErrorKind::usage, "there is nothing to assess")
            .why("neither a source nor a target is named")
            .fix("name a source or a target; see `godwit assess " + arguments.lane + " --help`");
    Json json{{"schema", "godwit.assess/v1"}, {"assessments", Json::array()}, {"reports", Json::array()}};
    if (!arguments.source.empty()) {
        const auto row = TRY(assess(session, lane, "source", arguments.source));
        json["assessments"].push_back(row_json(row));
        const auto reader = TRY(core::AssessmentReader::open(*TRY(session.state()), row.id));
        if (!arguments.output_folder.empty()) {
            TRY(make_folders(arguments.output_folder, 0700));
            for (const auto& file : TRY(lane.write_reports(reader, arguments.output_folder)))
                json["reports"].push_back(printable(file));
        }
        if (session.options.output == Output::text)
            *session.out << TRY(lane.summary(reader));
    }
    if (!arguments.target.empty()) {
        const auto row = TRY(assess(session, lane, "target", arguments.target));
        json["assessments"].push_back(row_json(row));
        if (session.options.output == Output::text)
            TRY(print_target(*session.out, row.id, TRY(core::AssessmentReader::open(*TRY(session.state()), row.id))));
    }
    if (session.options.output == Output::json) {
        *session.out << canonical_json(json) << "\n";
        return 0;
    }
    for (const auto& file : json["reports"])
        *session.out << "Report: " << file.get<std::string>() << "\n";
    const bool both = !arguments.source.empty() && !arguments.target.empty();
    *session.out << "Next: "
                 << (both ? "godwit plan create --out plan.jsonl"
                          : "godwit assess " + arguments.lane + " (source and target)")
                 << "\n";
    return 0;
}

} // namespace godwit::cli
