#pragma once

#include "core/finding.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace godwit::lakehouse {

/// What is seen when a source table meets the target, in the plan or while it is converted: facts for the rules below.
struct Encounter {
    std::string resource; ///< key of the source table
    std::string display;
    std::string target;            ///< name at the target
    std::string present_table;     ///< metadata location that the catalogue has under that name; empty: none
    std::string present_folder;    ///< objects that stand in the table's folder; empty: none
    std::string refused_name = {}; ///< why no catalogue of the REST protocol can hold the name; empty: it can
    // Of a conversion that ran:
    std::uint64_t bad_cells = 0; ///< cells whose text is no value of the declared type
    std::map<std::string, std::uint64_t> bad_cells_by_column = {};
    std::string rejects_file = {};  ///< where their text is kept
    std::uint64_t dropped_rows = 0; ///< with --strict
};

/// Rules about meetings at the target, LAKE-160 to 169.
std::vector<core::Rule> plan_rules();
Result<std::vector<core::Finding>> findings_of(const Encounter& encounter);

} // namespace godwit::lakehouse
