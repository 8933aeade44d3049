#pragma once

#include "formats/iceberg/types.h"
#include "formats/parquet/compatibility.h"

#include <optional>

namespace parquet {
class ColumnDescriptor;
}

// Private to this folder.
namespace godwit::parquet_format {

/// What stands between a stored leaf and a primitive Iceberg type (Iceberg specification, "Parquet" and "Schema
/// Evolution"), or nothing.
std::optional<IssueKind> leaf_issue(const parquet::ColumnDescriptor& column, const iceberg::Type& type);

/// `INT32 (Decimal(precision=9, scale=2)) under decimal(10, 2)`
std::string leaf_detail(const parquet::ColumnDescriptor& column, const iceberg::Type& type);

} // namespace godwit::parquet_format
