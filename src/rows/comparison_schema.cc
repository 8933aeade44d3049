#include "rows/comparison_schema.h"

#include "base/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

namespace godwit::rows {

namespace {

constexpr std::array<std::pair<ComparisonKind, std::string_view>, 16> kKinds{{
    {ComparisonKind::boolean, "boolean"},
    {ComparisonKind::integer, "integer"},
    {ComparisonKind::decimal, "decimal"},
    {ComparisonKind::floating, "float"},
    {ComparisonKind::string, "string"},
    {ComparisonKind::binary, "binary"},
    {ComparisonKind::fixed, "fixed"},
    {ComparisonKind::date, "date"},
    {ComparisonKind::time, "time"},
    {ComparisonKind::timestamp, "timestamp"},
    {ComparisonKind::instant, "instant"},
    {ComparisonKind::interval, "interval"},
    {ComparisonKind::list, "list"},
    {ComparisonKind::structure, "struct"},
    {ComparisonKind::map, "map"},
    {ComparisonKind::json, "json"},
}};

constexpr std::array<std::pair<DeclaredChange, std::string_view>, 5> kChanges{{
    {DeclaredChange::none, "none"},
    {DeclaredChange::widened, "widened"},
    {DeclaredChange::renamed, "renamed"},
    {DeclaredChange::zone_assumed, "zone-assumed"},
    {DeclaredChange::parsed, "parsed"},
}};

constexpr int kVersion = 1;
constexpr int kMaxDepth = 32;
constexpr std::int32_t kMaxPrecision = 10'000;

Error invalid(std::string why, std::string where) {
    return Error::make(ErrorKind::invalid_input, "the comparison schema is not valid")
        .why(std::move(why))
        .fix("make the plan again")
        .at(std::move(where));
}

template <typename T, std::size_t N>
std::optional<T> find_name(const std::array<std::pair<T, std::string_view>, N>& names, std::string_view name) {
    for (const auto& [value, text] : names)
        if (text == name)
            return value;
    return std::nullopt;
}

Json type_to_json(const ComparisonType& type) {
    if (type.kind == ComparisonKind::decimal)
        return "decimal(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    if (type.kind == ComparisonKind::json && type.normalised)
        return "json-normalised";
    if (type.children.empty())
        return std::string(to_string(type.kind));
    Json children = Json::array();
    for (const auto& child : type.children)
        children.push_back(Json{{"name", child.name}, {"type", type_to_json(child.type)}});
    return Json{{"kind", std::string(to_string(type.kind))}, {"children", std::move(children)}};
}

Result<ComparisonType> decimal_from_text(std::string_view text, const std::string& where) {
    const auto body = text.substr(8, text.size() - 9);
    const auto parts = split(body, ',');
    if (parts.size() != 2)
        return invalid("a decimal needs precision and scale", where);
    const auto precision = TRY(parse_int64(parts[0]));
    const auto scale = TRY(parse_int64(parts[1]));
    if (precision < 1 || precision > kMaxPrecision || scale < 0 || scale > precision)
        return invalid("precision or scale is out of range: " + printable(text), where);
    ComparisonType type;
    type.kind = ComparisonKind::decimal;
    type.precision = static_cast<std::int32_t>(precision);
    type.scale = static_cast<std::int32_t>(scale);
    return type;
}

Result<ComparisonType> simple_type(const std::string& text, const std::string& where) {
    if (text.starts_with("decimal(") && text.ends_with(")"))
        return decimal_from_text(text, where);
    ComparisonType type;
    if (text == "json-normalised") {
        type.kind = ComparisonKind::json;
        type.normalised = true;
        return type;
    }
    const auto kind = find_name(kKinds, text);
    if (!kind || *kind == ComparisonKind::decimal)
        return invalid("unknown type: " + printable(text), where);
    if (*kind == ComparisonKind::list || *kind == ComparisonKind::map || *kind == ComparisonKind::structure)
        return invalid("a nested type needs children: " + text, where);
    type.kind = *kind;
    return type;
}

Status check_children(const ComparisonType& type, const std::string& where) {
    std::set<std::string_view> names;
    for (const auto& child : type.children)
        if (!names.insert(child.name).second)
            return invalid("two children have the name " + printable(child.name), where);
    const auto count = type.children.size();
    switch (type.kind) {
    case ComparisonKind::list: return count == 1 ? Status{} : invalid("a list has one child", where);
    case ComparisonKind::map: return count == 2 ? Status{} : invalid("a map has two children", where);
    case ComparisonKind::structure: return count >= 1 ? Status{} : invalid("a struct has children", where);
    default: return invalid("only nested types have children", where);
    }
}

Result<ComparisonType> type_from_json(const Json& json, const std::string& where, int depth) {
    if (depth > kMaxDepth)
        return invalid("types are nested too deeply", where);
    if (json.is_string())
        return simple_type(json.get<std::string>(), where);
    if (!json.is_object() || !json.contains("children") || !json["children"].is_array())
        return invalid("a type is a name or an object with kind and children", where);
    const auto name = TRY(json_string(json, "kind"));
    const auto kind = find_name(kKinds, name);
    if (!kind)
        return invalid("unknown type: " + printable(name), where);
    ComparisonType type;
    type.kind = *kind;
    for (const auto& child : json["children"]) {
        if (!child.is_object() || !child.contains("type"))
            return invalid("a child has a name and a type", where);
        ComparisonField field;
        field.name = TRY(json_string(child, "name"));
        field.type = TRY(type_from_json(child["type"], where + "." + printable(field.name), depth + 1));
        type.children.push_back(std::move(field));
    }
    TRY(check_children(type, where));
    return type;
}

Result<std::vector<std::string>> strings(const Json& object, const char* field, const std::string& where) {
    const auto found = object.find(field);
    if (found == object.end() || !found->is_array())
        return invalid(std::string("the field ") + field + " is a list of names", where);
    std::vector<std::string> names;
    for (const auto& name : *found) {
        if (!name.is_string())
            return invalid(std::string("the field ") + field + " is a list of names", where);
        names.push_back(name.get<std::string>());
    }
    return names;
}

Result<ComparisonColumn> column_from_json(const Json& json, const std::string& where) {
    if (!json.is_object() || !json.contains("type"))
        return invalid("a column is an object with a type", where);
    ComparisonColumn column;
    column.name = TRY(json_string(json, "name"));
    column.source_path = TRY(strings(json, "source", where));
    if (column.source_path.empty())
        return invalid("a column has a source path", where);
    column.type = TRY(type_from_json(json["type"], where, 0));
    const auto change = TRY(json_string_or(json, "change", "none"));
    const auto known = find_name(kChanges, change);
    if (!known)
        return invalid("unknown change: " + printable(change), where);
    column.change = *known;
    column.detail = TRY(json_string_or(json, "detail", ""));
    return column;
}

Status check_names(const ComparisonSchema& schema) {
    std::set<std::string_view> names;
    for (const auto& column : schema.columns)
        if (!names.insert(column.name).second)
            return invalid("two columns have the name " + printable(column.name), "columns");
    for (const auto& name : schema.grouping)
        if (!names.contains(name))
            return invalid("no column has the name " + printable(name), "grouping");
    for (const auto& name : schema.identifiers)
        if (!names.contains(name))
            return invalid("no column has the name " + printable(name), "identifiers");
    return {};
}

} // namespace

bool ComparisonType::operator==(const ComparisonType&) const = default;

std::string_view to_string(ComparisonKind kind) {
    return std::find_if(kKinds.begin(), kKinds.end(), [kind](const auto& entry) { return entry.first == kind; })
        ->second;
}

std::string_view to_string(DeclaredChange change) {
    return std::find_if(kChanges.begin(), kChanges.end(), [change](const auto& entry) { return entry.first == change; })
        ->second;
}

Json to_json(const ComparisonSchema& schema) {
    Json columns = Json::array();
    for (const auto& column : schema.columns) {
        Json json{{"name", column.name}, {"source", column.source_path}, {"type", type_to_json(column.type)}};
        if (column.change != DeclaredChange::none)
            json["change"] = std::string(to_string(column.change));
        if (!column.detail.empty())
            json["detail"] = column.detail;
        columns.push_back(std::move(json));
    }
    return Json{{"columns", std::move(columns)},
                {"grouping", schema.grouping},
                {"identifiers", schema.identifiers},
                {"version", kVersion}};
}

Result<ComparisonSchema> comparison_schema_from_json(const Json& json) {
    if (!json.is_object() || !json.contains("columns") || !json["columns"].is_array() || json["columns"].empty())
        return invalid("there are no columns", "columns");
    const auto version = TRY(json_int64(json, "version"));
    if (version != kVersion)
        return Error::make(ErrorKind::unsupported, "the comparison schema has an unknown version")
            .why("version " + std::to_string(version) + " is not " + std::to_string(kVersion))
            .fix("use the version of Godwit that made the plan")
            .at("version");
    ComparisonSchema schema;
    for (std::size_t i = 0; i < json["columns"].size(); ++i)
        schema.columns.push_back(TRY(column_from_json(json["columns"][i], "columns[" + std::to_string(i) + "]")));
    schema.grouping = TRY(strings(json, "grouping", "grouping"));
    schema.identifiers = TRY(strings(json, "identifiers", "identifiers"));
    TRY(check_names(schema));
    return schema;
}

} // namespace godwit::rows
