#include "lanes/lakehouse/reports.h"

#include "base/text.h"
#include "emit/csv.h"

namespace godwit::lakehouse {

Status write_tables_csv(const Assessed& assessed, ByteSink& sink) {
    emit::CsvWriter csv(sink);
    TRY(csv.row({"type", "database", "name", "kind", "readiness", "method", "objects", "bytes", "partitions", "columns",
                 "location", "updated_at", "findings", "effort_minutes"}));
    return assessed.each_resource(
        [&](const core::Resource& resource, std::span<const core::Finding> findings) -> Status {
            if (!is_listed(resource.type))
                return {};
            const auto row = TRY(row_of(resource, findings));
            std::vector<std::string> codes;
            for (const auto& note : row.notes)
                codes.push_back(note.code);
            csv.text(row.type).text(printable(row.database)).text(printable(row.name)).text(row.kind);
            csv.text(core::to_string(row.readiness)).text(row.method).number(row.objects).number(row.bytes);
            csv.number(row.partitions).number(row.columns).text(printable(row.location)).text(row.updated_at);
            return csv.text(join(codes, " ")).number(row.effort_minutes).end_row();
        });
}

Status write_findings_csv(const Assessed& assessed, ByteSink& sink) {
    emit::CsvWriter csv(sink);
    TRY(csv.row(
        {"code", "severity", "readiness", "type", "resource", "title", "evidence", "remedy", "effort_minutes", "key"}));
    return assessed.each_resource(
        [&](const core::Resource& resource, std::span<const core::Finding> findings) -> Status {
            for (const auto& finding : findings) {
                std::vector<std::string> evidence;
                for (const auto& [field, value] : finding.evidence)
                    evidence.push_back(field + "=" + value);
                csv.text(finding.code).text(core::to_string(finding.severity)).text(core::to_string(finding.readiness));
                csv.text(resource.type).text(finding.display).text(finding.title).text(printable(join(evidence, "; ")));
                TRY(csv.text(finding.remedy).number(finding.effort_minutes).text(finding.resource).end_row());
            }
            return {};
        });
}

} // namespace godwit::lakehouse
