#include "formats/iceberg/partition.h"

#include "base/text.h"
#include "formats/iceberg/json_access.h"

#include <algorithm>

namespace godwit::iceberg {

namespace {

constexpr std::int32_t kFirstPartitionFieldId = 1000;

/// `source-id`, or version 3's `source-ids`.
Result<std::vector<std::int32_t>> parse_source_ids(const OrderedJson& json) {
    if (find_field(json, "source-ids") != nullptr)
        return parse_each(json, "source-ids", [](const OrderedJson& id) { return as_int32(id, "source-ids"); });
    return std::vector<std::int32_t>{TRY(require_int32(json, "source-id"))};
}

void put_source_ids(OrderedJson& json, const std::vector<std::int32_t>& ids) {
    if (ids.size() == 1)
        json["source-id"] = ids.front();
    else
        json["source-ids"] = ids;
}

Result<PartitionField> parse_partition_field(const OrderedJson& json) {
    PartitionField field;
    field.source_ids = TRY(parse_source_ids(json));
    field.field_id = TRY(optional_int32(json, "field-id")).value_or(-1);
    field.name = TRY(require_string(json, "name"));
    field.transform = TRY(parse_transform(TRY(require_string(json, "transform"))));
    return field;
}

Result<SortField> parse_sort_field(const OrderedJson& json) {
    SortField field;
    field.source_ids = TRY(parse_source_ids(json));
    field.transform = TRY(parse_transform(TRY(require_string(json, "transform"))));
    const auto direction = TRY(require_string(json, "direction"));
    const auto nulls = TRY(require_string(json, "null-order"));
    if (direction != "asc" && direction != "desc")
        return json_error("'" + printable(direction) + "' is neither asc nor desc", "direction");
    if (nulls != "nulls-first" && nulls != "nulls-last")
        return json_error("'" + printable(nulls) + "' is neither nulls-first nor nulls-last", "null-order");
    field.ascending = direction == "asc";
    field.nulls_first = nulls == "nulls-first";
    return field;
}

/// application/x-www-form-urlencoded, which the reference implementation uses for partition paths.
std::string form_encode(std::string_view text) {
    std::string out;
    for (const auto character : text) {
        const bool plain = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
                           (character >= '0' && character <= '9') || character == '.' || character == '-' ||
                           character == '*' || character == '_';
        if (plain)
            out += character;
        else if (character == ' ')
            out += '+';
        else {
            constexpr std::string_view digits = "0123456789ABCDEF";
            const auto byte = static_cast<unsigned char>(character);
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

} // namespace

bool PartitionSpec::is_unpartitioned() const {
    return std::all_of(fields.begin(), fields.end(), [](const PartitionField& field) {
        return field.transform.kind == Transform::Kind::always_null;
    });
}

std::int32_t PartitionSpec::highest_field_id() const {
    auto highest = kFirstPartitionFieldId - 1;
    for (const auto& field : fields)
        highest = std::max(highest, field.field_id);
    return highest;
}

Result<PartitionSpec> parse_partition_fields(std::int32_t spec_id, const OrderedJson& fields) {
    const OrderedJson holder{{"fields", fields}};
    PartitionSpec spec;
    spec.spec_id = spec_id;
    TRY(require_array(holder, "fields"));
    spec.fields = TRY(parse_each(holder, "fields", parse_partition_field));
    const auto missing = std::count_if(spec.fields.begin(), spec.fields.end(),
                                       [](const PartitionField& field) { return field.field_id == -1; });
    if (missing != 0 && static_cast<std::size_t>(missing) != spec.fields.size())
        return json_error("some fields have a field-id and some have none", "fields");
    for (std::size_t i = 0; missing != 0 && i < spec.fields.size(); ++i)
        spec.fields[i].field_id = kFirstPartitionFieldId + static_cast<std::int32_t>(i);
    return spec;
}

Result<PartitionSpec> parse_partition_spec(const OrderedJson& json) {
    const auto id = TRY(require_int32(json, "spec-id"));
    return parse_partition_fields(id, *TRY(require_array(json, "fields")));
}

OrderedJson fields_to_json(const PartitionSpec& spec) {
    auto array = OrderedJson::array();
    for (const auto& field : spec.fields) {
        auto json = OrderedJson::object();
        put_source_ids(json, field.source_ids);
        json["field-id"] = field.field_id;
        json["name"] = field.name;
        json["transform"] = field.transform.text;
        array.push_back(std::move(json));
    }
    return array;
}

OrderedJson to_json(const PartitionSpec& spec) { return {{"spec-id", spec.spec_id}, {"fields", fields_to_json(spec)}}; }

Result<std::vector<Field>> partition_type(const PartitionSpec& spec, const Schema& schema) {
    std::vector<Field> result;
    for (const auto& field : spec.fields) {
        Field column;
        column.id = field.field_id;
        column.name = field.name;
        const auto* source = field.source_ids.size() == 1 ? schema.find(field.source_ids.front()) : nullptr;
        if (source != nullptr)
            column.type = TRY(result_type(field.transform, source->type));
        result.push_back(std::move(column));
    }
    return result;
}

Result<std::string> partition_path(const PartitionSpec& spec, const std::vector<Field>& types,
                                   const std::vector<Value>& tuple) {
    if (types.size() != spec.fields.size() || tuple.size() != spec.fields.size())
        return Error::make(ErrorKind::bug, "a partition tuple does not fit its spec")
            .why(std::to_string(tuple.size()) + " values for " + std::to_string(spec.fields.size()) + " fields")
            .fix("report this, with the table's metadata");
    std::string path;
    for (std::size_t i = 0; i < tuple.size(); ++i) {
        path += i == 0 ? "" : "/";
        path += form_encode(spec.fields[i].name) + "=" +
                form_encode(value_text(spec.fields[i].transform, types[i].type, tuple[i]));
    }
    return path;
}

Result<SortOrder> parse_sort_order(const OrderedJson& json) {
    SortOrder order;
    order.order_id = TRY(require_int32(json, "order-id"));
    TRY(require_array(json, "fields"));
    order.fields = TRY(parse_each(json, "fields", parse_sort_field));
    return order;
}

OrderedJson to_json(const SortOrder& order) {
    auto array = OrderedJson::array();
    for (const auto& field : order.fields) {
        OrderedJson json{{"transform", field.transform.text}};
        put_source_ids(json, field.source_ids);
        json["direction"] = field.ascending ? "asc" : "desc";
        json["null-order"] = field.nulls_first ? "nulls-first" : "nulls-last";
        array.push_back(std::move(json));
    }
    return {{"order-id", order.order_id}, {"fields", std::move(array)}};
}

} // namespace godwit::iceberg
