#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace godwit::iceberg {

/// Iceberg table specification, "Schemas and Data Types", versions 1 to 3.
enum class TypeKind : std::uint8_t {
    boolean,
    int32,
    int64,
    float32,
    float64,
    decimal,
    date,
    time,
    timestamp,
    timestamptz,
    timestamp_ns,
    timestamptz_ns,
    string,
    uuid,
    fixed,
    binary,
    unknown,
    variant,
    geometry,
    geography,
    structure,
    list,
    map,
};

struct Field;

struct Type {
    TypeKind kind = TypeKind::unknown;
    std::int32_t precision = 0; ///< decimal
    std::int32_t scale = 0;     ///< decimal
    std::int32_t length = 0;    ///< fixed
    std::string parameters;     ///< geometry, geography: the text between the brackets, empty if none
    std::vector<Field> fields;  ///< structure: its fields; list: element; map: key, value

    bool is_primitive() const { return kind < TypeKind::structure; }
    bool operator==(const Type&) const;
};

struct Field {
    std::int32_t id = 0;
    std::string name; ///< `element`, `key`, `value` inside lists and maps
    bool required = false;
    Type type;
    std::optional<std::string> doc;
    std::optional<std::string> initial_default; ///< JSON text (Appendix D, JSON single-value serialization)
    std::optional<std::string> write_default;   ///< JSON text
    bool operator==(const Field&) const = default;
};

inline Type primitive(TypeKind kind) { return Type{kind, 0, 0, 0, {}, {}}; }
inline Type decimal(std::int32_t precision, std::int32_t scale) {
    return Type{TypeKind::decimal, precision, scale, 0, {}, {}};
}
inline Type fixed(std::int32_t length) { return Type{TypeKind::fixed, 0, 0, length, {}, {}}; }

/// `decimal(9, 2)`, `fixed[16]`, `timestamptz`: the text of Appendix C. Nested types have none.
std::string type_text(const Type& type);
Result<Type> parse_primitive(std::string_view text);

/// Unscaled value; the scale stands in the type.
struct Decimal {
    __int128 unscaled = 0;
    bool operator==(const Decimal&) const = default;
};

/// One value of a primitive type, or null. int32 also holds date; int64 also time and timestamps; string holds string,
/// and the raw bytes of binary, fixed and uuid (16, big-endian).
using Value = std::variant<std::monostate, bool, std::int32_t, std::int64_t, float, double, std::string, Decimal>;

inline bool is_null(const Value& value) { return std::holds_alternative<std::monostate>(value); }
/// -1, 0, 1 by Iceberg's order (floats: -0 < 0, NaN last; strings bytewise); both non-null and of this type.
int compare(const Type& type, const Value& a, const Value& b);

/// Appendix D, "Binary single-value serialization": bounds. The value must not be null.
Result<std::string> to_bytes(const Type& type, const Value& value);
/// Accepts what older writers of a narrower type left (int for long, float for double).
Result<Value> from_bytes(const Type& type, std::string_view bytes);
/// Appendix D, "JSON single-value serialization", as JSON text; nested values are refused.
Result<std::string> to_json_value(const Type& type, const Value& value);
Result<Value> from_json_value(const Type& type, std::string_view json);

/// Minimal big-endian two's complement, as decimals are hashed and stored in bounds.
std::string decimal_bytes(__int128 unscaled);
/// Decimal text with `scale` digits behind the point.
std::string decimal_text(__int128 unscaled, std::int32_t scale);

/// Lower bound of a string (`length` code points) or of bytes (`length` bytes): a prefix, never above the value.
std::string truncate_string(std::string_view text, std::size_t length);
std::string truncate_bytes(std::string_view bytes, std::size_t length);
/// Upper bound: the prefix with its last code point or byte raised, never below the value; nothing if none exists.
std::optional<std::string> truncate_string_up(std::string_view text, std::size_t length);
std::optional<std::string> truncate_bytes_up(std::string_view bytes, std::size_t length);

} // namespace godwit::iceberg
