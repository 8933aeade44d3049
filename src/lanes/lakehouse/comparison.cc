#include "lanes/lakehouse/comparison.h"

#include <algorithm>

namespace godwit::lakehouse {

namespace {

using iceberg::TypeKind;
using rows::ComparisonKind;

ComparisonKind kind_of(TypeKind kind) {
    switch (kind) {
    case TypeKind::boolean: return ComparisonKind::boolean;
    case TypeKind::int32:
    case TypeKind::int64: return ComparisonKind::integer;
    case TypeKind::float32:
    case TypeKind::float64: return ComparisonKind::floating;
    case TypeKind::decimal: return ComparisonKind::decimal;
    case TypeKind::date: return ComparisonKind::date;
    case TypeKind::time: return ComparisonKind::time;
    case TypeKind::timestamp:
    case TypeKind::timestamp_ns: return ComparisonKind::timestamp;
    case TypeKind::timestamptz:
    case TypeKind::timestamptz_ns: return ComparisonKind::instant;
    case TypeKind::uuid:
    case TypeKind::fixed: return ComparisonKind::fixed;
    case TypeKind::structure: return ComparisonKind::structure;
    case TypeKind::list: return ComparisonKind::list;
    case TypeKind::map: return ComparisonKind::map;
    case TypeKind::string: return ComparisonKind::string;
    default: return ComparisonKind::binary;
    }
}

rows::ComparisonType type_of(const iceberg::Type& type) {
    rows::ComparisonType result;
    result.kind = kind_of(type.kind);
    result.precision = type.precision;
    result.scale = type.scale;
    for (const auto& field : type.fields)
        result.children.push_back({field.name, type_of(field.type)});
    return result;
}

} // namespace

rows::ComparisonSchema comparison_schema(const iceberg::Schema& schema, const std::vector<std::int32_t>& partition_ids,
                                         bool parsed) {
    rows::ComparisonSchema result;
    for (const auto& field : schema.fields) {
        rows::ComparisonColumn column{field.name, {field.name}, type_of(field.type), rows::DeclaredChange::none, {}};
        const bool is_key = std::ranges::find(partition_ids, field.id) != partition_ids.end();
        if (is_key) {
            result.grouping.push_back(field.name);
        } else if (parsed) {
            column.change = rows::DeclaredChange::parsed;
            column.detail = "LazySimpleSerDe";
        }
        result.columns.push_back(std::move(column));
    }
    return result;
}

} // namespace godwit::lakehouse
