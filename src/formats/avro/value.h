#pragma once

#include "formats/avro/binary.h"
#include "formats/avro/schema.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace godwit::avro {

struct Value;

struct Bytes {
    std::string bytes; ///< bytes and fixed
    bool operator==(const Bytes&) const = default;
};
struct EnumValue {
    std::int32_t index = 0;
    bool operator==(const EnumValue&) const = default;
};
struct ArrayValue {
    std::vector<Value> items;
    bool operator==(const ArrayValue&) const;
};
struct MapEntry;
struct MapValue {
    std::vector<MapEntry> entries; ///< as written; keys may repeat
    bool operator==(const MapValue&) const;
};
struct UnionValue {
    std::int32_t branch = 0;
    std::vector<Value> value; ///< exactly one
    bool operator==(const UnionValue&) const;
};
struct RecordValue {
    std::vector<Value> fields; ///< in the order of the schema
    bool operator==(const RecordValue&) const;
};

/// A datum as a tree, by its writer's schema. For tests, tools and small files; manifests use FieldLocator.
struct Value {
    std::variant<std::monostate, bool, std::int32_t, std::int64_t, float, double, Bytes, std::string, EnumValue,
                 ArrayValue, MapValue, UnionValue, RecordValue>
        value;
    bool operator==(const Value&) const = default;
};

struct MapEntry {
    std::string key;
    Value value;
    bool operator==(const MapEntry&) const = default;
};

struct DecodeLimits {
    std::size_t depth = 64;
    /// Values in one datum: bounds what arrays of empty items may allocate.
    std::size_t values = std::size_t{1} << 20;
};

/// The datum at the cursor, which then stands behind it.
Result<Value> decode(const Node& type, Cursor& cursor, const DecodeLimits& limits = {});
/// Appends the encoding. A value that does not fit the schema is an error that names the field. Arrays and maps are
/// written as one block; all else is byte for byte what was decoded.
Status encode(const Node& type, const Value& value, std::string& out);
/// Moves the cursor behind one datum without building it.
Status skip(const Node& type, Cursor& cursor);
/// The same without an error to build: false if the datum is damaged.
bool try_skip(const Node& type, Cursor& cursor);

} // namespace godwit::avro
