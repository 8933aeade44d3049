#pragma once

#include "formats/iceberg/schema.h"
#include "rows/comparison_schema.h"

#include <cstdint>
#include <vector>

namespace godwit::lakehouse {

/// How the rows of a table are compared: every column in its Iceberg type, grouped by the partition keys. `parsed`: the
/// source's values come from text by LazySimpleSerDe's rules, whose NULL is the source value.
rows::ComparisonSchema comparison_schema(const iceberg::Schema& schema, const std::vector<std::int32_t>& partition_ids,
                                         bool parsed);

} // namespace godwit::lakehouse
