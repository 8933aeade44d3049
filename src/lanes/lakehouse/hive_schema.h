#pragma once

#include "base/result.h"
#include "formats/iceberg/schema.h"
#include "lanes/lakehouse/facts.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::lakehouse {

struct HiveSchema {
    iceberg::Schema schema; ///< fresh ids in the order of the reference implementation, every field optional
    std::vector<std::int32_t> partition_ids;
};

/// Whether a timestamp column (dotted name) is an instant (timestamptz) rather than local; Hive's type does not say.
using IsInstant = std::function<bool(std::string_view column)>;

/// The Iceberg schema of a Hive table: its columns, then its partition keys, as Trino's `migrate` has them. tinyint and
/// smallint become int, char and varchar become string. Unsupported: what text_format::parse_hive_type refuses.
Result<HiveSchema> iceberg_schema_of(const std::vector<Column>& columns, const std::vector<Column>& partition_keys,
                                     const IsInstant& is_instant = {});

/// How columns are found in files without field ids. Partition keys are not: where files hold such a column too, the
/// partition's value counts, and readers take a column that they find in the file.
iceberg::NameMapping names_in_files(const HiveSchema& schema);

/// A value of Partition.Values as a value of its key: `__HIVE_DEFAULT_PARTITION__` is null; the text is taken as it
/// stands, without decoding of percent signs. Errors quote the text.
Result<iceberg::Value> partition_value(const iceberg::Type& type, std::string_view text);

inline constexpr std::string_view kNullPartition = "__HIVE_DEFAULT_PARTITION__";

} // namespace godwit::lakehouse
