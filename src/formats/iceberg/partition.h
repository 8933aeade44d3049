#pragma once

#include "base/json.h"
#include "formats/iceberg/schema.h"
#include "formats/iceberg/types.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::iceberg {

/// "Partition Transforms". An unknown transform keeps its text; it cannot be applied.
struct Transform {
    enum class Kind : std::uint8_t { identity, bucket, truncate, year, month, day, hour, always_null, unknown };
    Kind kind = Kind::identity;
    std::int32_t parameter = 0; ///< bucket: count, truncate: width
    std::string text = "identity";
    bool operator==(const Transform&) const = default;
};

Result<Transform> parse_transform(std::string_view text);
/// The type that a transform makes of a source type; an error if it does not apply to it.
Result<Type> result_type(const Transform& transform, const Type& source);
/// Null in, null out.
Result<Value> apply(const Transform& transform, const Type& source, const Value& value);
/// Appendix B: Murmur3 x86 32 bit, seed 0, of a non-null value.
Result<std::int32_t> bucket_hash(const Type& type, const Value& value);
std::int32_t murmur3_32(std::string_view bytes);

struct PartitionField {
    std::vector<std::int32_t> source_ids; ///< one; several only in version 3
    std::int32_t field_id = 0;
    std::string name;
    Transform transform;
    bool operator==(const PartitionField&) const = default;
};

struct PartitionSpec {
    std::int32_t spec_id = 0;
    std::vector<PartitionField> fields;

    /// Every field is void: as good as unpartitioned.
    bool is_unpartitioned() const;
    std::int32_t highest_field_id() const; ///< 999 if there is none
};

/// Appendix C, "Partition Specs". Version 1 files may lack field ids: they are 1000 and up, in order.
Result<PartitionSpec> parse_partition_spec(const OrderedJson& json);
/// The `fields` array alone, as manifests and version 1 metadata hold it.
Result<PartitionSpec> parse_partition_fields(std::int32_t spec_id, const OrderedJson& fields);
OrderedJson to_json(const PartitionSpec& spec);
OrderedJson fields_to_json(const PartitionSpec& spec);
/// Ids, names and types of the partition tuple. A source column that was dropped gives `unknown` (as for void).
Result<std::vector<Field>> partition_type(const PartitionSpec& spec, const Schema& schema);

/// `name=value/name=value`, values and names URL-encoded as the reference implementation does; null is `null`.
Result<std::string> partition_path(const PartitionSpec& spec, const std::vector<Field>& types,
                                   const std::vector<Value>& tuple);
/// The text of a partition value: `2024-05`, `2024-05-01-13`, base64 for bytes.
std::string value_text(const Transform& transform, const Type& type, const Value& value);

struct SortField {
    std::vector<std::int32_t> source_ids;
    Transform transform;
    bool ascending = true;
    bool nulls_first = true;
    bool operator==(const SortField&) const = default;
};
struct SortOrder {
    std::int32_t order_id = 0; ///< 0: unsorted
    std::vector<SortField> fields;
};
Result<SortOrder> parse_sort_order(const OrderedJson& json);
OrderedJson to_json(const SortOrder& order);

} // namespace godwit::iceberg
