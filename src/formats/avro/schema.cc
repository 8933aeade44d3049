#include "formats/avro/schema.h"

#include "base/json.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

#include <array>
#include <map>
#include <utility>

namespace godwit::avro {

namespace {

constexpr std::size_t kSchemaBytes = 16'000'000;
constexpr std::size_t kNodes = 100'000;
constexpr int kDepth = 64;

constexpr std::array<std::pair<std::string_view, Kind>, 8> kPrimitives{{
    {"null", Kind::null},
    {"boolean", Kind::boolean},
    {"int", Kind::int32},
    {"long", Kind::int64},
    {"float", Kind::float32},
    {"double", Kind::float64},
    {"bytes", Kind::bytes},
    {"string", Kind::string},
}};

Error schema_error(const std::string& path, std::string why) {
    return Error::make(ErrorKind::invalid_input, "the Avro schema cannot be used")
        .why(std::move(why))
        .fix("check that the file is a complete Avro container file; copy it again from its source")
        .at(path.empty() ? "avro.schema" : "avro.schema" + path);
}

std::optional<std::int32_t> small_integer(const OrderedJson& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_number_integer())
        return std::nullopt;
    const auto value = found->get<std::int64_t>();
    if (value < INT32_MIN || value > INT32_MAX)
        return std::nullopt;
    return static_cast<std::int32_t>(value);
}

std::string text_or_empty(const OrderedJson& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> texts(const OrderedJson& object, const char* name) {
    std::vector<std::string> result;
    const auto found = object.find(name);
    if (found != object.end() && found->is_array())
        for (const auto& item : *found)
            if (item.is_string())
                result.push_back(item.get<std::string>());
    return result;
}

std::vector<Attribute> attributes_beside(const OrderedJson& object, std::initializer_list<std::string_view> known) {
    std::vector<Attribute> result;
    for (const auto& [name, value] : object.items()) {
        bool is_known = false;
        for (const auto candidate : known)
            is_known = is_known || candidate == name;
        if (!is_known)
            result.push_back({name, value.dump()});
    }
    return result;
}

std::size_t least_bytes_of(const Node& node) {
    switch (node.kind) {
    case Kind::null: return 0;
    case Kind::float32: return 4;
    case Kind::float64: return 8;
    case Kind::fixed: return node.fixed_size;
    case Kind::record: {
        std::size_t sum = 0;
        for (const auto& field : node.fields)
            sum = std::min<std::size_t>(sum + field.type->least_bytes, 1 << 20);
        return sum;
    }
    default: return 1;
    }
}

} // namespace

class SchemaParser {
public:
    explicit SchemaParser(Schema& schema) : schema_(schema) {}

    Result<const Node*> parse(const OrderedJson& json, const std::string& space, const std::string& path, int depth);

private:
    Result<Node*> make(Kind kind, const std::string& path);
    Result<const Node*> parse_name(const std::string& name, const std::string& space, const std::string& path);
    Result<const Node*> parse_union(const OrderedJson& json, const std::string& space, const std::string& path,
                                    int depth);
    Result<const Node*> parse_object(const OrderedJson& json, const std::string& space, const std::string& path,
                                     int depth);
    Result<const Node*> parse_named(const std::string& type, const OrderedJson& json, const std::string& space,
                                    const std::string& path, int depth);
    Result<const Node*> parse_container(Kind kind, const OrderedJson& json, const std::string& space,
                                        const std::string& path, int depth);
    Status parse_fields(Node& node, const OrderedJson& json, const std::string& space, const std::string& path,
                        int depth);
    Status parse_symbols(Node& node, const OrderedJson& json, const std::string& path);
    Status parse_size(Node& node, const OrderedJson& json, const std::string& path);
    static void read_logical_type(Node& node, const OrderedJson& json);

    Schema& schema_;
    std::map<std::string, const Node*, std::less<>> named_;
};

Result<Node*> SchemaParser::make(Kind kind, const std::string& path) {
    if (schema_.nodes_.size() >= kNodes)
        return schema_error(path, "it has more than " + std::to_string(kNodes) + " types");
    schema_.nodes_.push_back(std::make_unique<Node>());
    auto* node = schema_.nodes_.back().get();
    node->kind = kind;
    node->least_bytes = least_bytes_of(*node);
    return node;
}

Result<const Node*> SchemaParser::parse(const OrderedJson& json, const std::string& space, const std::string& path,
                                        int depth) {
    if (depth > kDepth)
        return schema_error(path, "it is nested deeper than " + std::to_string(kDepth) + " levels");
    if (json.is_string())
        return parse_name(json.get<std::string>(), space, path);
    if (json.is_array())
        return parse_union(json, space, path, depth);
    if (json.is_object())
        return parse_object(json, space, path, depth);
    return schema_error(path, "a type is a name, an array or an object");
}

Result<const Node*> SchemaParser::parse_name(const std::string& name, const std::string& space,
                                             const std::string& path) {
    for (const auto& [text, kind] : kPrimitives)
        if (text == name)
            return static_cast<const Node*>(TRY(make(kind, path)));
    const bool qualified = name.find('.') != std::string::npos;
    if (!qualified && !space.empty())
        if (const auto found = named_.find(space + "." + name); found != named_.end())
            return found->second;
    if (const auto found = named_.find(name); found != named_.end())
        return found->second;
    return schema_error(path, "the type '" + printable(name) + "' is not defined before it is used");
}

Result<const Node*> SchemaParser::parse_union(const OrderedJson& json, const std::string& space,
                                              const std::string& path, int depth) {
    if (json.empty())
        return schema_error(path, "a union has no branches");
    auto* node = TRY(make(Kind::union_of, path));
    for (std::size_t i = 0; i < json.size(); ++i) {
        const auto* branch = TRY(parse(json[i], space, path + "[" + std::to_string(i) + "]", depth + 1));
        if (branch->kind == Kind::union_of)
            return schema_error(path, "a union holds a union");
        node->branches.push_back(branch);
    }
    return static_cast<const Node*>(node);
}

Result<const Node*> SchemaParser::parse_object(const OrderedJson& json, const std::string& space,
                                               const std::string& path, int depth) {
    const auto type = json.find("type");
    if (type == json.end())
        return schema_error(path, "a type has no 'type'");
    if (!type->is_string())
        return parse(*type, space, path + ".type", depth + 1);
    const auto name = type->get<std::string>();
    if (name == "array")
        return parse_container(Kind::array, json, space, path, depth);
    if (name == "map")
        return parse_container(Kind::map, json, space, path, depth);
    if (name == "record" || name == "error" || name == "enum" || name == "fixed")
        return parse_named(name, json, space, path, depth);
    for (const auto& [text, kind] : kPrimitives)
        if (text == name) {
            auto* node = TRY(make(kind, path));
            read_logical_type(*node, json);
            node->attributes = attributes_beside(json, {"type", "logicalType", "precision", "scale", "adjust-to-utc"});
            return static_cast<const Node*>(node);
        }
    return parse_name(name, space, path);
}

void SchemaParser::read_logical_type(Node& node, const OrderedJson& json) {
    node.logical_type = text_or_empty(json, "logicalType");
    node.precision = small_integer(json, "precision").value_or(0);
    node.scale = small_integer(json, "scale").value_or(0);
    const auto adjust = json.find("adjust-to-utc");
    node.adjust_to_utc = adjust != json.end() && adjust->is_boolean() && adjust->get<bool>();
}

Result<const Node*> SchemaParser::parse_container(Kind kind, const OrderedJson& json, const std::string& space,
                                                  const std::string& path, int depth) {
    const char* member = kind == Kind::array ? "items" : "values";
    const auto items = json.find(member);
    if (items == json.end())
        return schema_error(path, std::string("an array or map has no '") + member + "'");
    auto* node = TRY(make(kind, path));
    node->items = TRY(parse(*items, space, path + "." + member, depth + 1));
    node->logical_type = text_or_empty(json, "logicalType");
    node->element_id = small_integer(json, "element-id");
    node->key_id = small_integer(json, "key-id");
    node->value_id = small_integer(json, "value-id");
    node->attributes = attributes_beside(json, {"type", member, "logicalType", "element-id", "key-id", "value-id"});
    return static_cast<const Node*>(node);
}

Result<const Node*> SchemaParser::parse_named(const std::string& type, const OrderedJson& json,
                                              const std::string& space, const std::string& path, int depth) {
    const auto name = text_or_empty(json, "name");
    if (name.empty())
        return schema_error(path, "a " + type + " has no name");
    std::string own_space = space;
    std::string full_name = name;
    if (const auto dot = name.rfind('.'); dot != std::string::npos) {
        own_space = name.substr(0, dot);
    } else {
        if (json.contains("namespace"))
            own_space = text_or_empty(json, "namespace");
        if (!own_space.empty())
            full_name = own_space + "." + name;
    }
    const auto kind = type == "enum" ? Kind::enumeration : type == "fixed" ? Kind::fixed : Kind::record;
    auto* node = TRY(make(kind, path));
    node->name = full_name;
    node->doc = text_or_empty(json, "doc");
    node->aliases = texts(json, "aliases");
    read_logical_type(*node, json);
    if (!named_.emplace(full_name, node).second)
        return schema_error(path, "the type '" + printable(full_name) + "' is defined twice");
    if (kind == Kind::record)
        TRY(parse_fields(*node, json, own_space, path, depth));
    else if (kind == Kind::enumeration)
        TRY(parse_symbols(*node, json, path));
    else
        TRY(parse_size(*node, json, path));
    node->least_bytes = least_bytes_of(*node);
    node->attributes = attributes_beside(json, {"type", "name", "namespace", "doc", "aliases", "fields", "symbols",
                                                "size", "logicalType", "precision", "scale", "adjust-to-utc"});
    return static_cast<const Node*>(node);
}

Status SchemaParser::parse_fields(Node& node, const OrderedJson& json, const std::string& space,
                                  const std::string& path, int depth) {
    const auto fields = json.find("fields");
    if (fields == json.end() || !fields->is_array())
        return schema_error(path, "the record '" + printable(node.name) + "' has no array 'fields'");
    for (std::size_t i = 0; i < fields->size(); ++i) {
        const auto& source = (*fields)[i];
        const auto field_path = path + ".fields[" + std::to_string(i) + "]";
        if (!source.is_object() || !source.contains("type"))
            return schema_error(field_path, "a field is an object with 'name' and 'type'");
        Field field;
        field.name = text_or_empty(source, "name");
        if (field.name.empty())
            return schema_error(field_path, "a field has no name");
        field.type = TRY(parse(source["type"], space, field_path + ".type", depth + 1));
        field.field_id = small_integer(source, "field-id");
        field.doc = text_or_empty(source, "doc");
        field.aliases = texts(source, "aliases");
        if (const auto value = source.find("default"); value != source.end())
            field.default_json = value->dump();
        field.attributes = attributes_beside(source, {"name", "type", "field-id", "doc", "aliases", "default"});
        node.fields.push_back(std::move(field));
    }
    return {};
}

Status SchemaParser::parse_symbols(Node& node, const OrderedJson& json, const std::string& path) {
    node.symbols = texts(json, "symbols");
    if (node.symbols.empty())
        return schema_error(path, "the enum '" + printable(node.name) + "' has no symbols");
    return {};
}

Status SchemaParser::parse_size(Node& node, const OrderedJson& json, const std::string& path) {
    const auto size = small_integer(json, "size");
    if (!size || *size < 0)
        return schema_error(path, "the fixed '" + printable(node.name) + "' has no size");
    node.fixed_size = static_cast<std::size_t>(*size);
    return {};
}

std::string_view to_string(Kind kind) {
    for (const auto& [text, primitive] : kPrimitives)
        if (primitive == kind)
            return text;
    switch (kind) {
    case Kind::fixed: return "fixed";
    case Kind::enumeration: return "enum";
    case Kind::array: return "array";
    case Kind::map: return "map";
    case Kind::union_of: return "union";
    default: return "record";
    }
}

const Field* Node::field_with_id(std::int32_t id) const {
    for (const auto& field : fields)
        if (field.field_id == id)
            return &field;
    return nullptr;
}

const Field* Node::field_named(std::string_view field_name) const {
    for (const auto& field : fields)
        if (field.name == field_name)
            return &field;
    return nullptr;
}

std::optional<std::size_t> Node::null_branch() const {
    if (kind != Kind::union_of || branches.size() != 2)
        return std::nullopt;
    if (branches[0]->kind == Kind::null)
        return 0;
    if (branches[1]->kind == Kind::null)
        return 1;
    return std::nullopt;
}

const Node& Node::without_null() const {
    const auto null_index = null_branch();
    return null_index ? *branches[1 - *null_index] : *this;
}

Result<Schema> Schema::parse(std::string_view json) {
    JsonLimits limits;
    limits.depth = 4 * kDepth;
    limits.bytes = kSchemaBytes;
    const auto document = TRY(parse_ordered_json(json, limits));
    Schema schema;
    schema.json_ = json;
    SchemaParser parser(schema);
    schema.root_ = TRY(parser.parse(document, "", "", 0));
    return schema;
}

} // namespace godwit::avro
