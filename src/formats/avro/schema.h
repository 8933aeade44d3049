#pragma once

#include "base/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::avro {

/// Apache Avro 1.12 specification, "Primitive Types" and "Complex Types".
enum class Kind : std::uint8_t {
    null,
    boolean,
    int32,
    int64,
    float32,
    float64,
    bytes,
    string,
    fixed,
    enumeration,
    array,
    map,
    union_of,
    record,
};

std::string_view to_string(Kind kind);

struct Node;

/// An attribute of a schema that Avro itself gives no meaning, as compact JSON text.
struct Attribute {
    std::string name;
    std::string json;
};

struct Field {
    std::string name;
    const Node* type = nullptr;
    std::optional<std::int32_t> field_id; ///< Iceberg, Appendix A: `field-id`
    std::string doc;
    std::vector<std::string> aliases;
    std::optional<std::string> default_json;
    std::vector<Attribute> attributes; ///< the others, in order
};

/// One type. Nodes belong to their Schema; a named type that is used twice, or inside itself, is one node.
struct Node {
    Kind kind = Kind::null;
    std::string name; ///< full name with namespace: record, enumeration, fixed
    std::string doc;
    std::vector<std::string> aliases;
    std::vector<Field> fields;              ///< record
    std::vector<std::string> symbols;       ///< enumeration
    std::size_t fixed_size = 0;             ///< fixed
    const Node* items = nullptr;            ///< array: items; map: values
    std::vector<const Node*> branches;      ///< union
    std::string logical_type;               ///< empty if absent
    std::int32_t precision = 0;             ///< decimal
    std::int32_t scale = 0;                 ///< decimal
    bool adjust_to_utc = false;             ///< Iceberg, Appendix A: timestamps
    std::optional<std::int32_t> element_id; ///< Iceberg, Appendix A: arrays
    std::optional<std::int32_t> key_id;     ///< maps
    std::optional<std::int32_t> value_id;   ///< maps
    std::vector<Attribute> attributes;      ///< the others, in order
    /// Least number of bytes that a value takes: 0 only where a hostile array could repeat it for free.
    std::size_t least_bytes = 0;

    /// The field by its Iceberg id, or null.
    const Field* field_with_id(std::int32_t id) const;
    const Field* field_named(std::string_view name) const;
    /// ["null", T] in either order: the branch index of null, or nothing.
    std::optional<std::size_t> null_branch() const;
    /// T of ["null", T]; the node itself when it is no such union.
    const Node& without_null() const;
};

/// A parsed schema that remembers its text, so that printing loses nothing.
class Schema {
public:
    /// Errors name the JSON path of what is wrong. At most 16,000,000 bytes, 64 levels, 100,000 nodes.
    static Result<Schema> parse(std::string_view json);

    const Node& root() const { return *root_; }
    /// The text that was parsed, byte for byte.
    const std::string& json() const { return json_; }

private:
    Schema() = default;
    std::string json_;
    std::vector<std::unique_ptr<Node>> nodes_;
    const Node* root_ = nullptr;
    friend class SchemaParser;
};

} // namespace godwit::avro
