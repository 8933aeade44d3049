#pragma once

#include "base/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace arrow {
class DataType;
}

namespace godwit::text_format {

/// The types of Hive and Glue columns.
enum class HiveKind {
    boolean,
    tinyint,
    smallint,
    integer,
    bigint,
    float32,
    float64,
    decimal, ///< precision and scale; `decimal` alone is decimal(10,0)
    string,
    character, ///< char(length)
    varchar,   ///< varchar(length)
    date,
    timestamp, ///< without a zone
    binary,
    array,     ///< one child
    map,       ///< two children: a primitive key, a value
    structure, ///< named children
};

struct HiveField;

struct HiveType {
    HiveKind kind = HiveKind::string;
    std::int32_t precision = 0; ///< decimal
    std::int32_t scale = 0;     ///< decimal
    std::int32_t length = 0;    ///< character, varchar: in code points
    std::vector<HiveField> children;
    bool is_primitive() const { return kind < HiveKind::array; }
    bool operator==(const HiveType&) const;
};

struct HiveField {
    std::string name; ///< lower case as Hive stores it; empty for the children of array and map
    HiveType type;
    bool operator==(const HiveField&) const = default;
};

/// Parses `array<struct<a:int,b:decimal(10,2)>>`. Type names in any case. `uniontype`, intervals and
/// `timestamp with local time zone` are unsupported; nesting beyond 32 levels is refused.
Result<HiveType> parse_hive_type(std::string_view text);
std::string to_string(const HiveType& type);

/// The Arrow type in which the readers of this folder give such a column, chosen to fit Iceberg: tinyint and smallint
/// are int32, char and varchar are utf8, timestamp is microseconds without a zone.
std::shared_ptr<arrow::DataType> arrow_type(const HiveType& type);

} // namespace godwit::text_format
