#include "formats/parquet/leaf_fit.h"

#include <parquet/schema.h>
#include <parquet/types.h>

namespace godwit::parquet_format {

namespace {

using iceberg::TypeKind;
using parquet::LogicalType;

std::optional<IssueKind> fits_if(bool condition) {
    return condition ? std::nullopt : std::optional(IssueKind::type_differs);
}

bool is_plain(const LogicalType& logical) { return logical.is_none() || !logical.is_valid(); }

std::optional<IssueKind> integer_issue(const parquet::ColumnDescriptor& column, const LogicalType& logical, bool wide) {
    const bool is_64 = column.physical_type() == parquet::Type::INT64;
    if (column.physical_type() != parquet::Type::INT32 && !(wide && is_64))
        return IssueKind::type_differs;
    if (is_plain(logical))
        return std::nullopt;
    if (!logical.is_int())
        return IssueKind::type_differs;
    const auto& integer = static_cast<const parquet::IntLogicalType&>(logical);
    const int most = wide ? 64 : 32;
    return !integer.is_signed() && integer.bit_width() >= most ? std::optional(IssueKind::unsigned_integer)
                                                               : std::nullopt;
}

std::optional<IssueKind> decimal_issue(const LogicalType& logical, const iceberg::Type& type) {
    if (!logical.is_decimal())
        return IssueKind::type_differs;
    const auto& decimal = static_cast<const parquet::DecimalLogicalType&>(logical);
    const bool fits = decimal.scale() == type.scale && decimal.precision() <= type.precision;
    return fits ? std::nullopt : std::optional(IssueKind::decimal_differs);
}

std::optional<IssueKind> time_issue(const LogicalType& logical) {
    if (!logical.is_time())
        return IssueKind::type_differs;
    return static_cast<const parquet::TimeLogicalType&>(logical).time_unit() == LogicalType::TimeUnit::NANOS
               ? std::optional(IssueKind::nanosecond_timestamp)
               : std::nullopt;
}

std::optional<IssueKind> timestamp_issue(const parquet::ColumnDescriptor& column, const LogicalType& logical,
                                         bool wants_zone, bool wants_nanos) {
    if (column.physical_type() == parquet::Type::INT96)
        return IssueKind::int96_timestamp;
    if (!logical.is_timestamp())
        return IssueKind::type_differs;
    const auto& timestamp = static_cast<const parquet::TimestampLogicalType&>(logical);
    const bool is_nanos = timestamp.time_unit() == LogicalType::TimeUnit::NANOS;
    if (is_nanos && !wants_nanos)
        return IssueKind::nanosecond_timestamp;
    if (!is_nanos && wants_nanos)
        return IssueKind::type_differs;
    if (timestamp.is_adjusted_to_utc() != wants_zone)
        return IssueKind::zone_differs;
    const bool is_millis = timestamp.time_unit() == LogicalType::TimeUnit::MILLIS;
    return is_millis ? std::optional(IssueKind::millisecond_timestamp) : std::nullopt;
}

std::optional<IssueKind> string_issue(const parquet::ColumnDescriptor& column, const LogicalType& logical) {
    if (column.physical_type() != parquet::Type::BYTE_ARRAY)
        return IssueKind::type_differs;
    if (logical.is_string() || logical.is_enum() || logical.is_JSON())
        return std::nullopt;
    return is_plain(logical) ? IssueKind::unannotated_string : IssueKind::type_differs;
}

} // namespace

std::optional<IssueKind> leaf_issue(const parquet::ColumnDescriptor& column, const iceberg::Type& type) {
    const LogicalType& logical = column.logical_type() ? *column.logical_type() : *LogicalType::None();
    const auto physical = column.physical_type();
    const bool is_fixed = physical == parquet::Type::FIXED_LEN_BYTE_ARRAY;
    switch (type.kind) {
    case TypeKind::boolean: return fits_if(physical == parquet::Type::BOOLEAN);
    case TypeKind::int32: return integer_issue(column, logical, false);
    case TypeKind::int64: return integer_issue(column, logical, true);
    case TypeKind::float32: return fits_if(physical == parquet::Type::FLOAT);
    case TypeKind::float64: return fits_if(physical == parquet::Type::DOUBLE || physical == parquet::Type::FLOAT);
    case TypeKind::decimal: return decimal_issue(logical, type);
    case TypeKind::date: return fits_if(logical.is_date());
    case TypeKind::time: return time_issue(logical);
    case TypeKind::timestamp: return timestamp_issue(column, logical, false, false);
    case TypeKind::timestamptz: return timestamp_issue(column, logical, true, false);
    case TypeKind::timestamp_ns: return timestamp_issue(column, logical, false, true);
    case TypeKind::timestamptz_ns: return timestamp_issue(column, logical, true, true);
    case TypeKind::string: return string_issue(column, logical);
    case TypeKind::uuid:
        return fits_if(is_fixed && column.type_length() == 16 && (logical.is_UUID() || is_plain(logical)));
    case TypeKind::fixed: return fits_if(is_fixed && column.type_length() == type.length && is_plain(logical));
    case TypeKind::binary:
        return fits_if(physical == parquet::Type::BYTE_ARRAY && (is_plain(logical) || logical.is_BSON()));
    case TypeKind::unknown: return std::nullopt;
    default: return IssueKind::type_differs;
    }
}

std::string leaf_detail(const parquet::ColumnDescriptor& column, const iceberg::Type& type) {
    std::string text = parquet::TypeToString(column.physical_type());
    if (column.physical_type() == parquet::Type::FIXED_LEN_BYTE_ARRAY)
        text += "(" + std::to_string(column.type_length()) + ")";
    if (column.logical_type() && !is_plain(*column.logical_type()))
        text += " " + column.logical_type()->ToString();
    return text + " under " + iceberg::type_text(type);
}

} // namespace godwit::parquet_format
