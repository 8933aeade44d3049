#pragma once

#include "core/lane.h"

namespace godwit::lakehouse {

/// Turns two assessments into steps. Options: `only` and `exclude` (`database.table`, repeatable), `strict` (CSV rows
/// with a cell that does not parse are set aside).
Result<core::PlanHeader> plan_header(const core::PlanRequest& request);
Status plan_steps(const core::PlanRequest& request, core::PlanSink& sink);

/// A name as one folder: percent-encoded where it is more than letters, digits, `_`, `-` and `.`, and shortened with a
/// digest beyond 200 bytes, so that no name of a catalogue leads anywhere else.
std::string folder_name(std::string_view name);

} // namespace godwit::lakehouse
