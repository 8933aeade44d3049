#pragma once

#include "base/result.h"
#include "formats/iceberg/schema.h"

#include <memory>

namespace arrow {
class Array;
class DataType;
class Field;
class Schema;
} // namespace arrow

namespace godwit::parquet_format {

/// The Arrow type in which values of an Iceberg type are held here: int64, utf8, decimal128, date32, time64[us],
/// timestamp[us] or [ns] (zone `UTC` for timestamptz), fixed_size_binary (also uuid), binary, struct, list, map.
/// Variant, geometry and geography are unsupported; unknown is null.
Result<std::shared_ptr<arrow::DataType>> arrow_type(const iceberg::Type& type);
/// With metadata `PARQUET:field_id` on every field at every depth.
Result<std::shared_ptr<arrow::Field>> arrow_field(const iceberg::Field& field);
Result<std::shared_ptr<arrow::Schema>> arrow_schema(const iceberg::Schema& schema);

/// `length` times the value; null where it is null.
Result<std::shared_ptr<arrow::Array>> constant_array(const iceberg::Type& type, const iceberg::Value& value,
                                                     std::int64_t length);
/// The value at `row` of an array whose type is `arrow_type(type)`.
iceberg::Value value_at(const iceberg::Type& type, const arrow::Array& array, std::int64_t row);

} // namespace godwit::parquet_format
