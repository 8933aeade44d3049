#pragma once

#include "formats/iceberg/schema.h"
#include "formats/parquet/footer.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::parquet_format {

/// What stands between a Parquet file and its use under an Iceberg schema as it is.
enum class IssueKind {
    // The file must be rewritten, or readers would fail or see other values.
    type_differs,         ///< stored type cannot be promoted to the declared one
    decimal_differs,      ///< other scale, or a larger precision than declared
    int96_timestamp,      ///< no metrics; and its zone is a matter of convention
    nanosecond_timestamp, ///< under a type of microseconds
    zone_differs,         ///< instant under a local timestamp, or the reverse
    unsigned_integer,     ///< uint32 under int, uint64 under long
    name_differs_in_case, ///< `UserId` under `userid`: readers of Iceberg are exact
    duplicate_name,       ///< two columns of the file fit one field
    field_id_differs,     ///< the file has ids of its own, and the one of this field names another column
    required_column_missing,
    required_column_optional, ///< the file may hold nulls under a required field
    unreadable_schema,        ///< the schema of the file breaks Parquet's rules
    old_list_structure,       ///< two-level lists, of old writers: Spark fails on them under a name mapping
    nested_differs,           ///< list, map, struct and primitive mixed up
    // Readers cope; worth saying.
    millisecond_timestamp, ///< under a type of microseconds: Spark reads it wrong in batches, right row by row
    delta_encoded_bytes,   ///< Iceberg's reader in Spark refuses them in batches, and reads them row by row
    missing_column,        ///< optional: reads as null, or as the initial default
    extra_column,          ///< no field for it: is not read
    unannotated_string,    ///< bytes without UTF8 annotation under a string
    no_field_ids,          ///< needs a name mapping
};

std::string_view to_string(IssueKind kind);
/// Whether the file cannot be used as it is.
bool needs_rewrite(IssueKind kind);
/// Whether Spark reads the file right only where it reads row by row.
bool forbids_batches(IssueKind kind);

struct Issue {
    IssueKind kind = IssueKind::type_differs;
    std::int32_t field_id = -1; ///< -1: no Iceberg field
    std::string column;         ///< dotted name: of the Iceberg field, else of the file's column
    std::string detail;         ///< `INT32 under decimal(10, 2)`
};

struct Compatibility {
    std::vector<Issue> issues;       ///< in the order of the schema, then of the file
    std::vector<LeafMapping> leaves; ///< of the columns that fit, for metrics_of
    bool needs_rewrite() const;
};

/// Columns are found by field id where the file has any, else through the name mapping. Without both every column
/// counts as missing.
/// `partition_ids`: fields whose values stand in the partition tuple and not in the files.
Compatibility check_compatibility(const Footer& footer, const iceberg::Schema& schema,
                                  const iceberg::NameMapping& names,
                                  const std::vector<std::int32_t>& partition_ids = {});

} // namespace godwit::parquet_format
