#pragma once

#include "formats/iceberg/schema.h"
#include "formats/parquet/footer.h"

#include <cstdint>

namespace godwit::parquet_format {

/// Makes `names` tell something of every column of the file: columns that no field has get spare ids from `next_id` on,
/// and list elements, keys and values are also found under what this file calls them. The format does not ask for it,
/// but readers do: PyIceberg 0.11 refuses a file with a column that the mapping does not have, DuckDB 1.5 reads nulls
/// in all columns of such a file, and elements of other names as nulls. Files with ids of their own need no mapping.
Status name_all_columns(const Footer& footer, iceberg::NameMapping& names, std::int32_t& next_id);

} // namespace godwit::parquet_format
