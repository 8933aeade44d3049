#pragma once

#include "core/finding.h"

#include <string>
#include <vector>

namespace godwit::lakehouse {

/// What the planner sees when it holds a source table against the target, as facts for the rules below.
struct Encounter {
    std::string resource; ///< key of the source table
    std::string display;
    std::string target;          ///< name at the target
    std::string present_table;   ///< metadata location that the catalogue has under that name; empty: none
    std::string present_folder;  ///< objects that stand in the table's folder; empty: none
};

/// Rules about meetings at the target, LAKE-160 to 169.
std::vector<core::Rule> plan_rules();
Result<std::vector<core::Finding>> findings_of(const Encounter& encounter);

} // namespace godwit::lakehouse
