#pragma once

#include "base/json.h"
#include "core/run_report.h"

#include <cstddef>
#include <iosfwd>
#include <string>

/// How a run stands, for people and for machines.
namespace godwit::cli {

/// Schema godwit.run/v1.
Json summary_json(const core::RunReport& report, const core::RunFindings& findings);

/// `skipped (stale)`.
std::string state_words(store::StepState state, store::SkipCause cause);

/// What the names of everything that a run of this plan makes begin with.
std::string names_at_target(const std::string& plan);

/// At most `most` causes, and examples of each finding.
void print_summary(std::ostream& out, const core::RunReport& report, const core::RunFindings& findings,
                   bool says_migrated, std::size_t most);

} // namespace godwit::cli
