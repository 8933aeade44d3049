#pragma once

#include "engines/duckdb_handles.h"

#include <arrow/type_fwd.h>

#include <string>

// Private to this folder.
namespace godwit::engines {

/// The DuckDB type of an Arrow type; its handle is null where there is none.
LogicalType logical_type_of(const arrow::DataType& type);
/// As DuckDB writes it: `DECIMAL(10,2)`, `STRUCT("a" INTEGER)`.
std::string type_name(duckdb_logical_type type);
/// One cell as text, much as DuckDB prints it: `[1, 2]`, `{'a': 1}`, `\x00\xFF`. The value is not null.
std::string cell_text(const arrow::Array& array, std::int64_t row);

} // namespace godwit::engines
