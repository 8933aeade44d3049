#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "lanes/lakehouse/summary.h"

#include <string>
#include <vector>

/// The reports of an assessment of a source. All are streamed: memory grows with kinds, codes and databases only.
namespace godwit::lakehouse {

/// glue-catalog-assessment.json and .md: the fields, the order and the READY / NEEDS_CONVERSION / UNKNOWN rule of the
/// assessment that users of aws2openstack know, with true sizes. Sizes are in GiB.
Status write_seed_json(const Assessed& assessed, const Summary& summary, ByteSink& sink);
Status write_seed_markdown(const Assessed& assessed, const Summary& summary, ByteSink& sink);

/// assessment.json, schema `godwit.assessment/v1`: every resource with facts and findings, one on each line. Additive
/// only.
Status write_full_json(const Assessed& assessed, const Summary& summary, ByteSink& sink);

/// tables.csv: one row for each table, view and link.
Status write_tables_csv(const Assessed& assessed, ByteSink& sink);
/// findings.csv: one row for each finding.
Status write_findings_csv(const Assessed& assessed, ByteSink& sink);

/// assessment.html: one page that needs nothing else; at most `most_rows` tables, blocked and large ones first.
Status write_html(const Assessed& assessed, const Summary& summary, ByteSink& sink, std::size_t most_rows = 2'000);

/// What a person wants to see on a terminal.
std::string console_text(const Assessed& assessed, const Summary& summary);

/// All files, into an existing folder; returns their paths. Each is replaced as a whole, or not at all.
Result<std::vector<std::string>> write_reports(const Assessed& assessed, const std::string& folder);

} // namespace godwit::lakehouse
