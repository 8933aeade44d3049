#pragma once

#include "core/finding.h"

#include <span>

namespace godwit::lakehouse {

/// Every finding of the lane, in order of code. Codes are never reused; each has a page in docs/reference/findings.
///
///   LAKE-001 to 029  what a table is            LAKE-080 to 099  Iceberg
///   LAKE-030 to 039  where its files lie        LAKE-100 to 119  views, links, databases
///   LAKE-040 to 059  partitions, other places   LAKE-120 to 129  the export
///   LAKE-060 to 069  Parquet files              LAKE-150 to 169  the target
///
/// `blocking` refuses a plan: something would be lost without anybody noticing. `warning` with readiness manual or
/// blocked leaves the one table out of the plan.
std::span<const core::Rule> rules();

/// The parts of the table, each in order of code.
std::span<const core::Rule> table_rules();
std::span<const core::Rule> file_rules();
std::span<const core::Rule> iceberg_rules();
std::span<const core::Rule> estate_rules();
std::span<const core::Rule> target_rules();

} // namespace godwit::lakehouse
