#pragma once

#include "base/json.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::rows {

/// The types in which two sides are compared (spine, section 7). Each has one encoding, whatever stores it.
enum class ComparisonKind {
    boolean,
    integer,  ///< every width, signed or not
    decimal,  ///< with precision and scale; above precision 38 compared as canonical text
    floating, ///< compared as double
    string,   ///< UTF-8
    binary,
    fixed, ///< also uuid
    date,
    time,
    timestamp, ///< local: without a zone
    instant,   ///< a point in time
    interval,  ///< months, days, nanoseconds
    list,      ///< one child, `element`
    structure, ///< children in schema order
    map,       ///< two children, `key` and `value`
    json,      ///< a string, unless `normalised`
};

std::string_view to_string(ComparisonKind kind);

struct ComparisonField;

struct ComparisonType {
    ComparisonKind kind = ComparisonKind::string;
    std::int32_t precision = 0; ///< decimal
    std::int32_t scale = 0;     ///< decimal
    bool normalised = false;    ///< json: both sides are brought to canonical JSON (RFC 8785) first
    std::vector<ComparisonField> children;
    bool operator==(const ComparisonType&) const;
};

struct ComparisonField {
    std::string name;
    ComparisonType type;
    bool operator==(const ComparisonField&) const = default;
};

/// What the plan declares to differ between the sides on purpose. Nothing else is coerced.
enum class DeclaredChange { none, widened, renamed, zone_assumed, parsed };

std::string_view to_string(DeclaredChange change);

struct ComparisonColumn {
    std::string name;                     ///< of the target column
    std::vector<std::string> source_path; ///< of the source column; more than one part reaches into structures
    ComparisonType type;
    DeclaredChange change = DeclaredChange::none;
    /// zone_assumed: `UTC` or `+hh:mm` / `-hh:mm`, the zone of the source's local times. parsed: the rule's name.
    std::string detail;
    bool operator==(const ComparisonColumn&) const = default;
};

/// How two tables are compared. Stands in the plan.
struct ComparisonSchema {
    std::vector<ComparisonColumn> columns;
    std::vector<std::string> grouping;    ///< target column names; empty: one group for the whole table
    std::vector<std::string> identifiers; ///< target column names that address a row; empty: by file and position
    bool operator==(const ComparisonSchema&) const = default;
};

/// Canonical form: `{"columns":[{"change":..,"detail":..,"name":..,"source":[..],"type":..}],"grouping":[..],
/// "identifiers":[..],"version":1}`; change `none` and an empty detail are left out. A type is its name,
/// `decimal(p,s)`, `json-normalised`, or an object `{"children":[{"name":..,"type":..}],"kind":..}`.
Json to_json(const ComparisonSchema& schema);
/// Refuses unknown names, empty or duplicate columns, groupings and identifiers that are no column.
Result<ComparisonSchema> comparison_schema_from_json(const Json& json);

} // namespace godwit::rows
