#pragma once

#include "base/json.h"
#include "base/result.h"
#include "formats/iceberg/table_metadata.h"

#include <cstdint>
#include <string>

namespace godwit::iceberg {

/// What a commit needs to know beside its updates.
struct CommitContext {
    std::int64_t now_ms = 0;
    /// Where the metadata that is being replaced lies; empty for a new table. It goes into metadata-log.
    std::string previous_metadata_location;
};

/// REST catalogue specification, schema TableUpdate: applies an array of updates. `base` is null for a table that is
/// being created (assert-create). Unknown actions, ids that do not exist and contradictions are errors that name the
/// update by its position; nothing is half applied. -1 means the schema, spec or order that was added last.
Result<TableMetadata> apply_updates(const TableMetadata* base, const OrderedJson& updates,
                                    const CommitContext& context);

/// REST catalogue specification, schema TableRequirement: an error of kind `conflict` (CommitFailed) names the first
/// requirement that does not hold. `current` is null if there is no such table.
Status check_requirements(const TableMetadata* current, const OrderedJson& requirements);

/// A snapshot as the REST catalogue and metadata.json hold it.
OrderedJson snapshot_to_json(const Snapshot& snapshot, std::int32_t format_version);
/// The updates that add a snapshot and set a branch to it.
OrderedJson append_snapshot_updates(const Snapshot& snapshot, std::int32_t format_version,
                                    const std::string& branch = "main");

} // namespace godwit::iceberg
