#pragma once

#include "base/json.h"
#include "formats/iceberg/types.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::iceberg {

struct Schema {
    std::int32_t schema_id = 0;
    std::vector<std::int32_t> identifier_field_ids;
    std::vector<Field> fields;

    /// At any depth; null if there is none.
    const Field* find(std::int32_t id) const;
    /// `a.b`, `list.element`, `map.value.x`: names of the specification.
    const Field* find(std::string_view dotted_name) const;
    /// Dotted name of a field id, empty if there is none.
    std::string name_of(std::int32_t id) const;
    std::int32_t highest_id() const;
    /// Same fields and identifiers; the schema id does not count.
    bool same_as(const Schema& other) const;
};

/// Appendix C, "Schemas". Errors name the JSON path. Field ids must be unique.
Result<Schema> parse_schema(const OrderedJson& json);
Result<Schema> parse_schema_text(std::string_view json);
OrderedJson to_json(const Schema& schema);
std::string to_json_text(const Schema& schema);

struct FreshIds {
    Schema schema;
    std::map<std::int32_t, std::int32_t> new_id_of; ///< by the id that the field had
    std::int32_t last_column_id = 0;
};
/// Ids from `first` on in the order of the reference implementation: all fields of a struct, then what lies inside
/// them.
FreshIds assign_fresh_ids(const Schema& schema, std::int32_t first = 1);

/// Name mapping ("Column Projection", `schema.name-mapping.default`).
struct MappedField {
    std::optional<std::int32_t> field_id;
    std::vector<std::string> names;
    std::vector<MappedField> fields;
    bool operator==(const MappedField&) const = default;
};
using NameMapping = std::vector<MappedField>;

NameMapping name_mapping_of(const Schema& schema);
Result<NameMapping> parse_name_mapping(std::string_view json);
std::string to_json_text(const NameMapping& mapping);

} // namespace godwit::iceberg
