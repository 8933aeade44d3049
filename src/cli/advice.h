#pragma once

#include "core/run_report.h"

#include <string>
#include <vector>

/// Which command comes next: it depends on the state that a step, or the run, is in.
namespace godwit::cli {

struct Advice {
    std::string command;
    std::string words; ///< what it does
};

/// For the steps of one cause; `STEP` of each command is the cause's example.
std::vector<Advice> advice_for(const store::RunRow& run, const core::RunCause& cause);
/// For the run as a whole.
std::vector<Advice> advice_for(const core::RunReport& report);

} // namespace godwit::cli
