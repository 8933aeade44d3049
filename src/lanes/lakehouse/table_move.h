#pragma once

#include "base/result.h"
#include "lanes/lakehouse/table_paths.h"

#include <string>
#include <string_view>
#include <vector>

namespace godwit::lakehouse {

/// The typed body of the steps that move a table: what the plan fixes about it.
struct TableMove {
    std::vector<std::string> levels; ///< target namespace
    std::string name;                ///< target table
    std::string root;                ///< key of the table's folder below the warehouse
    std::string metadata_location;   ///< Iceberg: as the catalogue spells it
    TablePaths::Pairs pairs;         ///< Iceberg: source prefix and folder below `root`
    std::string table;               ///< others: the table's facts as assessed (TableFacts, canonical JSON)
    std::string copy_step;           ///< for checks: id of the step that copied
    std::string metadata_step;       ///< for checks and registration: id of the step that wrote the metadata
    std::string options;             ///< canonical JSON of the plan's options that concern the step
};

std::string to_json(const TableMove& move);
Result<TableMove> table_move_from_json(std::string_view text);

/// What a step that wrote metadata records.
struct WrittenTable {
    std::string metadata_location;
    std::string table_uuid;
    std::string snapshot_id; ///< decimal; empty: none
};
std::string to_json(const WrittenTable& written);
Result<WrittenTable> written_table_from_json(std::string_view text);

} // namespace godwit::lakehouse
