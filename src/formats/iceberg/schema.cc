#include "formats/iceberg/schema.h"

#include "formats/iceberg/json_access.h"

#include <algorithm>
#include <set>

namespace godwit::iceberg {

namespace {

Result<Type> parse_type(const OrderedJson& json);

Result<Field> parse_field(const OrderedJson& json) {
    if (!json.is_object())
        return json_error("a field is an object", "");
    Field field;
    field.id = TRY(require_int32(json, "id"));
    field.name = TRY(require_string(json, "name"));
    field.required = TRY(require_bool(json, "required"));
    auto type = parse_type(*TRY(require_field(json, "type")));
    if (type.is_error())
        return std::move(type.error()).at(field.name);
    field.type = std::move(type).release();
    field.doc = TRY(optional_string(json, "doc"));
    if (const auto* value = find_field(json, "initial-default"))
        field.initial_default = value->dump();
    if (const auto* value = find_field(json, "write-default"))
        field.write_default = value->dump();
    return field;
}

Result<Field> parse_inner(const OrderedJson& json, const char* name, const char* id_key, const char* type_key,
                          bool required) {
    Field field;
    field.name = name;
    field.id = TRY(require_int32(json, id_key));
    field.required = required;
    field.type = TRY(parse_type(*TRY(require_field(json, type_key))));
    return field;
}

Result<Type> parse_type(const OrderedJson& json) {
    if (json.is_string()) {
        auto type = parse_primitive(json.get<std::string>());
        if (type.is_error())
            return std::move(type.error()).at("type");
        return type;
    }
    if (!json.is_object())
        return json_error("a type is a text or an object", "type");
    const auto kind = TRY(require_string(json, "type"));
    Type type;
    if (kind == "struct") {
        type.kind = TypeKind::structure;
        TRY(require_array(json, "fields"));
        type.fields = TRY(parse_each(json, "fields", parse_field));
    } else if (kind == "list") {
        type.kind = TypeKind::list;
        type.fields.push_back(
            TRY(parse_inner(json, "element", "element-id", "element", TRY(require_bool(json, "element-required")))));
    } else if (kind == "map") {
        type.kind = TypeKind::map;
        type.fields.push_back(TRY(parse_inner(json, "key", "key-id", "key", true)));
        type.fields.push_back(
            TRY(parse_inner(json, "value", "value-id", "value", TRY(require_bool(json, "value-required")))));
    } else {
        return json_error("'" + kind + "' is neither struct, list nor map", "type");
    }
    return type;
}

OrderedJson type_to_json(const Type& type);

OrderedJson field_to_json(const Field& field) {
    OrderedJson json{
        {"id", field.id}, {"name", field.name}, {"required", field.required}, {"type", type_to_json(field.type)}};
    if (field.doc)
        json["doc"] = *field.doc;
    if (field.initial_default)
        json["initial-default"] = OrderedJson::parse(*field.initial_default, nullptr, false);
    if (field.write_default)
        json["write-default"] = OrderedJson::parse(*field.write_default, nullptr, false);
    return json;
}

OrderedJson fields_array(const std::vector<Field>& fields) {
    auto array = OrderedJson::array();
    for (const auto& field : fields)
        array.push_back(field_to_json(field));
    return array;
}

OrderedJson type_to_json(const Type& type) {
    switch (type.kind) {
    case TypeKind::structure: return {{"type", "struct"}, {"fields", fields_array(type.fields)}};
    case TypeKind::list:
        return {{"type", "list"},
                {"element-id", type.fields[0].id},
                {"element", type_to_json(type.fields[0].type)},
                {"element-required", type.fields[0].required}};
    case TypeKind::map:
        return {{"type", "map"},
                {"key-id", type.fields[0].id},
                {"key", type_to_json(type.fields[0].type)},
                {"value-id", type.fields[1].id},
                {"value", type_to_json(type.fields[1].type)},
                {"value-required", type.fields[1].required}};
    default: return type_text(type);
    }
}

const Field* find_in(const std::vector<Field>& fields, std::int32_t id) {
    for (const auto& field : fields) {
        if (field.id == id)
            return &field;
        if (const auto* inside = find_in(field.type.fields, id))
            return inside;
    }
    return nullptr;
}

const Field* find_in(const std::vector<Field>& fields, std::string_view name) {
    for (const auto& field : fields) {
        if (field.name == name)
            return &field;
        // Names may hold dots themselves, so every prefix that matches is tried.
        if (name.size() > field.name.size() && name.starts_with(field.name) && name[field.name.size()] == '.')
            if (const auto* inside = find_in(field.type.fields, name.substr(field.name.size() + 1)))
                return inside;
    }
    return nullptr;
}

bool name_in(const std::vector<Field>& fields, std::int32_t id, std::string& name) {
    for (const auto& field : fields) {
        const auto length = name.size();
        name += (length == 0 ? "" : ".") + field.name;
        if (field.id == id || name_in(field.type.fields, id, name))
            return true;
        name.resize(length);
    }
    return false;
}

Status check_ids(const std::vector<Field>& fields, std::set<std::int32_t>& seen) {
    for (const auto& field : fields) {
        if (!seen.insert(field.id).second)
            return json_error("the field id " + std::to_string(field.id) + " is used twice", field.name);
        TRY(check_ids(field.type.fields, seen));
    }
    return {};
}

/// Gives the fields of one struct, list or map their ids first and then goes inside.
void renumber(std::vector<Field>& fields, FreshIds& fresh, std::int32_t& next) {
    for (auto& field : fields) {
        fresh.new_id_of[field.id] = next;
        field.id = next++;
    }
    for (auto& field : fields)
        renumber(field.type.fields, fresh, next);
}

NameMapping mapping_of(const std::vector<Field>& fields) {
    NameMapping mapping;
    for (const auto& field : fields)
        mapping.push_back({field.id, {field.name}, mapping_of(field.type.fields)});
    return mapping;
}

Result<MappedField> parse_mapped_field(const OrderedJson& json) {
    MappedField mapped;
    mapped.field_id = TRY(optional_int32(json, "field-id"));
    mapped.names = TRY(parse_each(json, "names", [](const OrderedJson& name) -> Result<std::string> {
        if (!name.is_string())
            return json_error("a name is a text", "");
        return name.get<std::string>();
    }));
    mapped.fields = TRY(parse_each(json, "fields", parse_mapped_field));
    return mapped;
}

OrderedJson mapping_to_json(const NameMapping& mapping) {
    auto array = OrderedJson::array();
    for (const auto& mapped : mapping) {
        auto json = OrderedJson::object();
        if (mapped.field_id)
            json["field-id"] = *mapped.field_id;
        json["names"] = mapped.names;
        if (!mapped.fields.empty())
            json["fields"] = mapping_to_json(mapped.fields);
        array.push_back(std::move(json));
    }
    return array;
}

} // namespace

const Field* Schema::find(std::int32_t id) const { return find_in(fields, id); }
const Field* Schema::find(std::string_view dotted_name) const { return find_in(fields, dotted_name); }

std::string Schema::name_of(std::int32_t id) const {
    std::string name;
    name_in(fields, id, name);
    return name;
}

std::int32_t Schema::highest_id() const {
    std::set<std::int32_t> ids;
    static_cast<void>(check_ids(fields, ids));
    return ids.empty() ? 0 : *ids.rbegin();
}

bool Schema::same_as(const Schema& other) const {
    const std::set<std::int32_t> ours(identifier_field_ids.begin(), identifier_field_ids.end());
    const std::set<std::int32_t> theirs(other.identifier_field_ids.begin(), other.identifier_field_ids.end());
    return fields == other.fields && ours == theirs;
}

Result<Schema> parse_schema(const OrderedJson& json) {
    if (!json.is_object())
        return json_error("it is not an object", "schema");
    if (TRY(require_string(json, "type")) != "struct")
        return json_error("a schema is a struct", "schema.type");
    Schema schema;
    schema.schema_id = TRY(optional_int32(json, "schema-id")).value_or(0);
    TRY(require_array(json, "fields"));
    schema.fields = TRY(parse_each(json, "fields", parse_field));
    schema.identifier_field_ids = TRY(parse_each(
        json, "identifier-field-ids", [](const OrderedJson& id) { return as_int32(id, "identifier-field-ids"); }));
    std::set<std::int32_t> ids;
    TRY(check_ids(schema.fields, ids));
    return schema;
}

Result<Schema> parse_schema_text(std::string_view json) {
    return parse_schema(TRY(parse_ordered_json(json, metadata_json_limits())));
}

OrderedJson to_json(const Schema& schema) {
    OrderedJson json{{"type", "struct"}, {"schema-id", schema.schema_id}};
    if (!schema.identifier_field_ids.empty())
        json["identifier-field-ids"] = schema.identifier_field_ids;
    json["fields"] = fields_array(schema.fields);
    return json;
}

std::string to_json_text(const Schema& schema) { return dump(to_json(schema)); }

FreshIds assign_fresh_ids(const Schema& schema, std::int32_t first) {
    FreshIds fresh;
    fresh.schema = schema;
    auto next = first;
    renumber(fresh.schema.fields, fresh, next);
    for (auto& id : fresh.schema.identifier_field_ids)
        if (const auto found = fresh.new_id_of.find(id); found != fresh.new_id_of.end())
            id = found->second;
    fresh.last_column_id = next - 1;
    return fresh;
}

NameMapping name_mapping_of(const Schema& schema) { return mapping_of(schema.fields); }

Result<NameMapping> parse_name_mapping(std::string_view json) {
    const auto fields = TRY(parse_ordered_json(json, metadata_json_limits()));
    const OrderedJson holder{{"mapping", fields}};
    return parse_each(holder, "mapping", parse_mapped_field);
}

std::string to_json_text(const NameMapping& mapping) { return dump(mapping_to_json(mapping)); }

} // namespace godwit::iceberg
