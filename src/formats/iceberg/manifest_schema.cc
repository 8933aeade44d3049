#include "formats/iceberg/manifest_schema.h"

#include "formats/avro/binary.h"
#include "formats/iceberg/json_access.h"

#include <cstdio>
#include <set>

namespace godwit::iceberg {

namespace {

OrderedJson field(const char* name, std::int32_t id, OrderedJson type) {
    return {{"name", name}, {"type", std::move(type)}, {"field-id", id}};
}

OrderedJson optional_field(const char* name, std::int32_t id, OrderedJson type) {
    return {{"name", name},
            {"type", OrderedJson::array({"null", std::move(type)})},
            {"default", nullptr},
            {"field-id", id}};
}

OrderedJson column_map(const char* name, std::int32_t id, std::int32_t key_id, std::int32_t value_id,
                       const char* value) {
    const OrderedJson record{
        {"type", "record"},
        {"name", "k" + std::to_string(key_id) + "_v" + std::to_string(value_id)},
        {"fields", OrderedJson::array({field("key", key_id, "int"), field("value", value_id, value)})}};
    return optional_field(name, id, {{"type", "array"}, {"items", record}, {"logicalType", "map"}});
}

OrderedJson list_of(const char* items, std::int32_t element_id) {
    return {{"type", "array"}, {"items", items}, {"element-id", element_id}};
}

OrderedJson logical(const char* type, const char* name) { return {{"type", type}, {"logicalType", name}}; }

OrderedJson timestamp(const char* name, bool adjusted) {
    return {{"type", "long"}, {"logicalType", name}, {"adjust-to-utc", adjusted}};
}

/// A fixed type is named: its second use is by name.
OrderedJson named_fixed(const std::string& name, std::size_t size, const OrderedJson& more,
                        std::set<std::string>& names) {
    if (!names.insert(name).second)
        return name;
    OrderedJson json{{"type", "fixed"}, {"name", name}, {"size", size}};
    for (const auto& [key, value] : more.items())
        json[key] = value;
    return json;
}

Result<OrderedJson> value_schema(const Field& column, std::set<std::string>& names) {
    const auto& type = column.type;
    switch (type.kind) {
    case TypeKind::boolean: return OrderedJson("boolean");
    case TypeKind::int32: return OrderedJson("int");
    case TypeKind::int64: return OrderedJson("long");
    case TypeKind::float32: return OrderedJson("float");
    case TypeKind::float64: return OrderedJson("double");
    case TypeKind::string: return OrderedJson("string");
    case TypeKind::binary: return OrderedJson("bytes");
    case TypeKind::date: return logical("int", "date");
    case TypeKind::time: return logical("long", "time-micros");
    case TypeKind::timestamp: return timestamp("timestamp-micros", false);
    case TypeKind::timestamptz: return timestamp("timestamp-micros", true);
    case TypeKind::timestamp_ns: return timestamp("timestamp-nanos", false);
    case TypeKind::timestamptz_ns: return timestamp("timestamp-nanos", true);
    case TypeKind::uuid: return named_fixed("uuid_fixed", 16, {{"logicalType", "uuid"}}, names);
    case TypeKind::fixed:
        return named_fixed("fixed_" + std::to_string(type.length), static_cast<std::size_t>(type.length),
                           OrderedJson::object(), names);
    case TypeKind::decimal:
        return named_fixed("decimal_" + std::to_string(type.precision) + "_" + std::to_string(type.scale),
                           decimal_size(type.precision),
                           {{"logicalType", "decimal"}, {"precision", type.precision}, {"scale", type.scale}}, names);
    default:
        return Error::make(ErrorKind::unsupported, "the manifest cannot be written")
            .why("the partition field '" + column.name + "' has the type " + type_text(type) +
                 ", which Godwit cannot store")
            .fix("give the table a partition spec of known transforms");
    }
}

Result<OrderedJson> partition_schema(const std::vector<Field>& partition_type) {
    std::set<std::string> names;
    auto fields = OrderedJson::array();
    for (const auto& column : partition_type) {
        const auto name = avro_name(column.name);
        auto json = optional_field(name.c_str(), column.id, TRY(value_schema(column, names)));
        if (name != column.name)
            json["iceberg-field-name"] = column.name;
        fields.push_back(std::move(json));
    }
    return OrderedJson{{"type", "record"}, {"name", "r102"}, {"fields", std::move(fields)}};
}

} // namespace

Result<std::string> manifest_avro_schema(std::int32_t format_version, const std::vector<Field>& partition_type) {
    auto file = OrderedJson::array();
    if (format_version >= 2)
        file.push_back(field("content", 134, "int"));
    file.push_back(field("file_path", 100, "string"));
    file.push_back(field("file_format", 101, "string"));
    file.push_back(field("partition", 102, TRY(partition_schema(partition_type))));
    file.push_back(field("record_count", 103, "long"));
    file.push_back(field("file_size_in_bytes", 104, "long"));
    if (format_version == 1)
        file.push_back(field("block_size_in_bytes", 105, "long"));
    file.push_back(column_map("column_sizes", 108, 117, 118, "long"));
    file.push_back(column_map("value_counts", 109, 119, 120, "long"));
    file.push_back(column_map("null_value_counts", 110, 121, 122, "long"));
    file.push_back(column_map("nan_value_counts", 137, 138, 139, "long"));
    file.push_back(column_map("lower_bounds", 125, 126, 127, "bytes"));
    file.push_back(column_map("upper_bounds", 128, 129, 130, "bytes"));
    file.push_back(optional_field("key_metadata", 131, "bytes"));
    file.push_back(optional_field("split_offsets", 132, list_of("long", 133)));
    if (format_version >= 2)
        file.push_back(optional_field("equality_ids", 135, list_of("int", 136)));
    file.push_back(optional_field("sort_order_id", 140, "int"));
    if (format_version >= 3)
        file.push_back(optional_field("first_row_id", 142, "long"));
    if (format_version >= 2)
        file.push_back(optional_field("referenced_data_file", 143, "string"));
    if (format_version >= 3) {
        file.push_back(optional_field("content_offset", 144, "long"));
        file.push_back(optional_field("content_size_in_bytes", 145, "long"));
    }
    auto entry = OrderedJson::array({field("status", 0, "int")});
    if (format_version == 1) {
        entry.push_back(field("snapshot_id", 1, "long"));
    } else {
        entry.push_back(optional_field("snapshot_id", 1, "long"));
        entry.push_back(optional_field("sequence_number", 3, "long"));
        entry.push_back(optional_field("file_sequence_number", 4, "long"));
    }
    entry.push_back(field("data_file", 2, {{"type", "record"}, {"name", "r2"}, {"fields", std::move(file)}}));
    return dump({{"type", "record"}, {"name", "manifest_entry"}, {"fields", std::move(entry)}});
}

std::string manifest_list_avro_schema(std::int32_t format_version) {
    const OrderedJson summary{
        {"type", "record"},
        {"name", "r508"},
        {"fields", OrderedJson::array(
                       {field("contains_null", 509, "boolean"), optional_field("contains_nan", 518, "boolean"),
                        optional_field("lower_bound", 510, "bytes"), optional_field("upper_bound", 511, "bytes")})}};
    auto fields = OrderedJson::array({field("manifest_path", 500, "string"), field("manifest_length", 501, "long"),
                                      field("partition_spec_id", 502, "int")});
    const auto count = [&](const char* name, std::int32_t id, const char* type) {
        fields.push_back(format_version == 1 ? optional_field(name, id, type) : field(name, id, type));
    };
    if (format_version >= 2) {
        fields.push_back(field("content", 517, "int"));
        fields.push_back(field("sequence_number", 515, "long"));
        fields.push_back(field("min_sequence_number", 516, "long"));
    }
    fields.push_back(field("added_snapshot_id", 503, "long"));
    count("added_files_count", 504, "int");
    count("existing_files_count", 505, "int");
    count("deleted_files_count", 506, "int");
    count("added_rows_count", 512, "long");
    count("existing_rows_count", 513, "long");
    count("deleted_rows_count", 514, "long");
    fields.push_back(optional_field("partitions", 507, {{"type", "array"}, {"items", summary}, {"element-id", 508}}));
    fields.push_back(optional_field("key_metadata", 519, "bytes"));
    if (format_version >= 3)
        fields.push_back(optional_field("first_row_id", 520, "long"));
    return dump({{"type", "record"}, {"name", "manifest_file"}, {"fields", std::move(fields)}});
}

std::size_t decimal_size(std::int32_t precision) {
    __int128 most = 1;
    for (std::int32_t i = 0; i < precision && i < 38; ++i)
        most *= 10;
    return decimal_bytes(most - 1).size();
}

Status append_partition_value(const Type& type, const Value& value, std::string& out) {
    if (is_null(value)) {
        avro::append_long(out, 0);
        return {};
    }
    // Checks that the value is of its type.
    const auto bytes = TRY(to_bytes(type, value));
    avro::append_long(out, 1);
    if (const auto* boolean = std::get_if<bool>(&value))
        avro::append_boolean(out, *boolean);
    else if (const auto* small = std::get_if<std::int32_t>(&value))
        avro::append_long(out, *small);
    else if (const auto* large = std::get_if<std::int64_t>(&value))
        avro::append_long(out, *large);
    else if (const auto* exact = std::get_if<Decimal>(&value)) {
        const auto size = decimal_size(type.precision);
        if (bytes.size() > size)
            return Error::make(ErrorKind::invalid_input, "a partition value is too large for " + type_text(type))
                .why("it is " + decimal_text(exact->unscaled, type.scale))
                .fix("correct the value");
        out.append(size - bytes.size(), exact->unscaled < 0 ? '\xff' : '\0');
        out += bytes;
    } else if (type.kind == TypeKind::string || type.kind == TypeKind::binary) {
        avro::append_bytes(out, bytes);
    } else if ((type.kind == TypeKind::fixed && bytes.size() != static_cast<std::size_t>(type.length)) ||
               (type.kind == TypeKind::uuid && bytes.size() != 16)) {
        return Error::make(ErrorKind::invalid_input, "a partition value does not fit " + type_text(type))
            .why("it has " + std::to_string(bytes.size()) + " bytes")
            .fix("correct the value");
    } else {
        out += bytes;
    }
    return {};
}

std::string avro_name(std::string_view name) {
    std::string out;
    for (const auto character : name) {
        const bool digit = character >= '0' && character <= '9';
        const bool letter =
            (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') || character == '_';
        if (letter || (digit && !out.empty())) {
            out += character;
            continue;
        }
        if (digit) {
            out += '_';
            out += character;
            continue;
        }
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "_x%X", static_cast<unsigned>(static_cast<unsigned char>(character)));
        out += escaped;
    }
    return out.empty() ? "_" : out;
}

std::optional<std::string> text_of_json(std::string_view json) {
    const auto parsed = parse_ordered_json(json);
    if (parsed.is_error() || !parsed->is_string())
        return std::nullopt;
    return parsed->get<std::string>();
}

} // namespace godwit::iceberg
