#include "formats/iceberg/metadata_editor.h"

#include "base/text.h"
#include "formats/iceberg/metadata_parts.h"

#include <algorithm>
#include <array>

namespace godwit::iceberg {

namespace {

constexpr std::int32_t kNewestVersion = 3;

Error update_error(std::string why) {
    return Error::make(ErrorKind::invalid_input, "the table update cannot be applied")
        .why(std::move(why))
        .fix("load the table again and build the commit from what it is now");
}

/// Highest value of an integer member in a list of objects, or `least`.
std::int32_t highest(const OrderedJson& list, const char* member, std::int32_t least) {
    for (const auto& item : list)
        if (const auto* value = find_field(item, member); value != nullptr && value->is_number_integer())
            least = std::max(least, value->get<std::int32_t>());
    return least;
}

Result<std::int32_t> next_id(std::int32_t last) {
    if (last == INT32_MAX)
        return update_error("the id " + std::to_string(last) + " is taken, and it is the last");
    return last + 1;
}

/// A list of version 1 that a newer member replaces.
void fill_in(OrderedJson& document, const TableMetadata& base) {
    if (find_field(document, "schemas") == nullptr) {
        document["schemas"] = OrderedJson::array({document["schema"]});
        document["schemas"][0]["schema-id"] = base.current_schema_id();
        document["current-schema-id"] = base.current_schema_id();
    }
    if (find_field(document, "partition-specs") == nullptr) {
        document["partition-specs"] = OrderedJson::array({to_json(base.default_spec())});
        document["default-spec-id"] = base.default_spec_id();
    }
    document["last-partition-id"] = base.last_partition_id();
    if (find_field(document, "sort-orders") == nullptr) {
        document["sort-orders"] = OrderedJson::array({to_json(SortOrder())});
        document["default-sort-order-id"] = 0;
    }
}

OrderedJson empty_document() {
    return {{"format-version", 2},
            {"table-uuid", nullptr},
            {"location", nullptr},
            {"last-sequence-number", 0},
            {"last-updated-ms", 0},
            {"last-column-id", 0},
            {"current-schema-id", nullptr},
            {"schemas", OrderedJson::array()},
            {"default-spec-id", nullptr},
            {"partition-specs", OrderedJson::array()},
            {"last-partition-id", 999},
            {"default-sort-order-id", nullptr},
            {"sort-orders", OrderedJson::array()},
            {"properties", OrderedJson::object()},
            {"current-snapshot-id", -1},
            {"refs", OrderedJson::object()},
            {"snapshots", OrderedJson::array()},
            {"statistics", OrderedJson::array()},
            {"partition-statistics", OrderedJson::array()},
            {"snapshot-log", OrderedJson::array()},
            {"metadata-log", OrderedJson::array()}};
}

} // namespace

Result<MetadataEditor> MetadataEditor::start(const TableMetadata* base, const CommitContext& context) {
    MetadataEditor editor(context);
    if (base == nullptr) {
        editor.document_ = empty_document();
        return editor;
    }
    editor.document_ = base->document();
    editor.base_ = base->document();
    editor.base_updated_ms_ = base->last_updated_ms();
    fill_in(editor.document_, *base);
    auto& refs = editor.document_["refs"];
    if (!refs.is_object())
        refs = OrderedJson::object();
    for (const auto& reference : base->references())
        if (!refs.contains(reference.name))
            refs[reference.name] = {{"snapshot-id", reference.snapshot_id}, {"type", "branch"}};
    if (!editor.document_["properties"].is_object())
        editor.document_["properties"] = OrderedJson::object();
    return editor;
}

Status MetadataEditor::apply(const OrderedJson& update) {
    using Handler = Status (MetadataEditor::*)(const OrderedJson&);
    static constexpr std::array<std::pair<std::string_view, Handler>, 23> handlers{{
        {"assign-uuid", &MetadataEditor::assign_uuid},
        {"upgrade-format-version", &MetadataEditor::upgrade_format_version},
        {"add-schema", &MetadataEditor::add_schema},
        {"set-current-schema", &MetadataEditor::set_current_schema},
        {"add-spec", &MetadataEditor::add_spec},
        {"set-default-spec", &MetadataEditor::set_default_spec},
        {"add-sort-order", &MetadataEditor::add_sort_order},
        {"set-default-sort-order", &MetadataEditor::set_default_sort_order},
        {"add-snapshot", &MetadataEditor::add_snapshot},
        {"set-snapshot-ref", &MetadataEditor::set_snapshot_ref},
        {"remove-snapshots", &MetadataEditor::remove_snapshots},
        {"remove-snapshot-ref", &MetadataEditor::remove_snapshot_ref},
        {"set-location", &MetadataEditor::set_location},
        {"set-properties", &MetadataEditor::set_properties},
        {"remove-properties", &MetadataEditor::remove_properties},
        {"set-statistics", &MetadataEditor::set_statistics},
        {"remove-statistics", &MetadataEditor::remove_statistics},
        {"set-partition-statistics", &MetadataEditor::set_partition_statistics},
        {"remove-partition-statistics", &MetadataEditor::remove_partition_statistics},
        {"remove-partition-specs", &MetadataEditor::remove_partition_specs},
        {"remove-schemas", &MetadataEditor::remove_schemas},
        {"add-encryption-key", &MetadataEditor::add_encryption_key},
        {"remove-encryption-key", &MetadataEditor::remove_encryption_key},
    }};
    const auto action = TRY(require_string(update, "action"));
    for (const auto& [name, handler] : handlers)
        if (name == action) {
            auto status = (this->*handler)(update);
            if (status.is_error())
                return std::move(status.error()).at(action);
            return {};
        }
    return update_error("the action '" + printable(action) + "' is not known").at("action");
}

OrderedJson& MetadataEditor::list(const char* name) {
    auto& value = document_[name];
    if (!value.is_array())
        value = OrderedJson::array();
    return value;
}

Result<const std::vector<Schema>*> MetadataEditor::held_schemas() {
    const auto& held = list("schemas");
    while (schemas_.size() < held.size())
        schemas_.push_back(TRY(parse_schema(held[schemas_.size()])));
    return &schemas_;
}

Result<const std::vector<PartitionSpec>*> MetadataEditor::held_specs() {
    const auto& held = list("partition-specs");
    while (specs_.size() < held.size()) {
        specs_.push_back(TRY(parse_partition_spec(held[specs_.size()])));
        for (const auto& field : specs_.back().fields)
            field_ids_.try_emplace({field.source_ids, field.transform.text, field.name}, field.field_id);
    }
    return &specs_;
}

Status MetadataEditor::assign_uuid(const OrderedJson& update) {
    const auto uuid = TRY(require_string(update, "uuid"));
    if (const auto* held = find_field(document_, "table-uuid");
        held != nullptr && !equals_ignoring_case(held->get<std::string>(), uuid))
        return update_error("the table already has the UUID " + held->get<std::string>());
    document_["table-uuid"] = uuid;
    return {};
}

Status MetadataEditor::upgrade_format_version(const OrderedJson& update) {
    const auto wanted = TRY(require_int32(update, "format-version"));
    if (wanted > kNewestVersion)
        return update_error("version " + std::to_string(wanted) + " is not supported, " +
                            std::to_string(kNewestVersion) + " is the newest");
    // A table that does not exist yet may still be made in an older version than the default.
    if (wanted < 1 || (base_ && wanted < version()))
        return update_error("a table of version " + std::to_string(version()) + " cannot become version " +
                            std::to_string(wanted));
    document_["format-version"] = wanted;
    if (wanted >= 2) {
        if (!document_.contains("last-sequence-number"))
            document_["last-sequence-number"] = 0;
        document_.erase("schema");
        document_.erase("partition-spec");
    }
    if (wanted >= 3 && find_field(document_, "next-row-id") == nullptr)
        document_["next-row-id"] = 0;
    return {};
}

Status MetadataEditor::add_schema(const OrderedJson& update) {
    auto json = *TRY(require_field(update, "schema"));
    const auto schema = TRY(parse_schema(json));
    const auto last = std::max(TRY(require_int32(document_, "last-column-id")), schema.highest_id());
    document_["last-column-id"] = std::max(last, TRY(optional_int32(update, "last-column-id")).value_or(0));
    auto& schemas = list("schemas");
    for (const auto& known : *TRY(held_schemas())) {
        if (known.same_as(schema)) {
            last_schema_ = known.schema_id;
            return {};
        }
    }
    last_schema_ = TRY(next_id(highest(schemas, "schema-id", -1)));
    json["schema-id"] = *last_schema_;
    schemas.push_back(std::move(json));
    return {};
}

Result<std::int32_t> MetadataEditor::resolve_id(const OrderedJson& update, const char* name, const char* list_name,
                                                const char* id_name, const std::optional<std::int32_t>& last_added) {
    const auto id = TRY(require_int32(update, name));
    if (id == -1) {
        if (!last_added)
            return update_error("-1 means the last added one, but this commit adds none").at(name);
        return *last_added;
    }
    for (const auto& item : list(list_name))
        if (const auto* held = find_field(item, id_name); held != nullptr && *held == id)
            return id;
    return update_error("there is no " + std::string(id_name) + " " + std::to_string(id)).at(name);
}

Status MetadataEditor::set_current_schema(const OrderedJson& update) {
    document_["current-schema-id"] = TRY(resolve_id(update, "schema-id", "schemas", "schema-id", last_schema_));
    return {};
}

/// Fields without an id get the id of an equal field of any spec, or the next one. `wanted` is the spec as parsed.
Status MetadataEditor::number_spec_fields(OrderedJson& spec, const PartitionSpec& wanted) {
    TRY(held_specs());
    auto last = TRY(require_int32(document_, "last-partition-id"));
    for (std::size_t i = 0; i < wanted.fields.size(); ++i) {
        auto& json = spec["fields"][i];
        if (find_field(json, "field-id") == nullptr) {
            const auto& field = wanted.fields[i];
            const auto known = field_ids_.find({field.source_ids, field.transform.text, field.name});
            json["field-id"] = known != field_ids_.end() ? known->second : TRY(next_id(last));
        }
        last = std::max(last, TRY(require_int32(json, "field-id")));
    }
    document_["last-partition-id"] = last;
    return {};
}

Status MetadataEditor::add_spec(const OrderedJson& update) {
    auto json = *TRY(require_field(update, "spec"));
    TRY(require_array(json, "fields"));
    const auto wanted = TRY(parse_partition_fields(0, json["fields"]));
    const auto* current = find_field(document_, "current-schema-id");
    for (const auto& schema : *TRY(held_schemas()))
        if (current == nullptr || *current == schema.schema_id)
            for (const auto& field : wanted.fields)
                for (const auto source : field.source_ids)
                    if (schema.find(source) == nullptr && field.transform.kind != Transform::Kind::always_null)
                        return update_error("the schema has no field " + std::to_string(source))
                            .at("spec." + field.name);
    TRY(number_spec_fields(json, wanted));
    const auto numbered = TRY(parse_partition_fields(0, json["fields"]));
    auto& specs = list("partition-specs");
    for (const auto& known : *TRY(held_specs())) {
        if (known.fields == numbered.fields) {
            last_spec_ = known.spec_id;
            return {};
        }
    }
    for (std::size_t i = 0; version() == 1 && i < numbered.fields.size(); ++i)
        if (numbered.fields[i].field_id != 1000 + static_cast<std::int32_t>(i))
            return update_error("in version 1 the ids of partition fields are 1000, 1001 and so on").at("spec");
    last_spec_ = TRY(next_id(highest(specs, "spec-id", -1)));
    json["spec-id"] = *last_spec_;
    specs.push_back(std::move(json));
    return {};
}

Status MetadataEditor::set_default_spec(const OrderedJson& update) {
    document_["default-spec-id"] = TRY(resolve_id(update, "spec-id", "partition-specs", "spec-id", last_spec_));
    return {};
}

Status MetadataEditor::add_sort_order(const OrderedJson& update) {
    auto json = *TRY(require_field(update, "sort-order"));
    TRY(require_array(json, "fields"));
    if (find_field(json, "order-id") == nullptr)
        json["order-id"] = 0;
    const auto order = TRY(parse_sort_order(json));
    auto& orders = list("sort-orders");
    for (const auto& held : orders) {
        const auto known = TRY(parse_sort_order(held));
        if (known.fields == order.fields) {
            last_order_ = known.order_id;
            return {};
        }
    }
    last_order_ = order.fields.empty() ? 0 : TRY(next_id(highest(orders, "order-id", 0)));
    json["order-id"] = *last_order_;
    orders.push_back(std::move(json));
    return {};
}

Status MetadataEditor::set_default_sort_order(const OrderedJson& update) {
    document_["default-sort-order-id"] =
        TRY(resolve_id(update, "sort-order-id", "sort-orders", "order-id", last_order_));
    return {};
}

Status MetadataEditor::set_location(const OrderedJson& update) {
    document_["location"] = without_trailing_slash(TRY(require_string(update, "location")));
    return {};
}

Status MetadataEditor::set_properties(const OrderedJson& update) {
    // `updated` is what old clients send.
    const char* name = find_field(update, "updates") != nullptr ? "updates" : "updated";
    TRY(require_field(update, name));
    set_texts(document_["properties"], TRY(parse_properties(update, name)));
    return {};
}

Status MetadataEditor::remove_properties(const OrderedJson& update) {
    const char* name = find_field(update, "removals") != nullptr ? "removals" : "removed";
    std::set<std::string> removed;
    for (const auto& key : *TRY(require_array(update, name))) {
        if (!key.is_string())
            return update_error("a property's name is a text").at(name);
        removed.insert(key.get<std::string>());
    }
    OrderedJson::object_t kept;
    for (auto& [key, value] : document_["properties"].get_ref<OrderedJson::object_t&>())
        if (!removed.contains(key))
            kept.emplace_back(key, std::move(value));
    document_["properties"] = std::move(kept);
    return {};
}

Status MetadataEditor::remove_by_id(const OrderedJson& update, const char* ids_name, const char* list_name,
                                    const char* id_name, const char* current_name) {
    std::set<std::int32_t> ids;
    for (const auto& id : *TRY(require_array(update, ids_name))) {
        ids.insert(TRY(as_int32(id, ids_name)));
        if (const auto* current = find_field(document_, current_name); current != nullptr && *current == id)
            return update_error(std::string(id_name) + " " + id.dump() + " is in use: " + current_name + " names it")
                .at(ids_name);
    }
    auto kept = OrderedJson::array();
    for (const auto& item : list(list_name))
        if (const auto id = optional_int32(item, id_name); id.is_error() || !*id || !ids.contains(**id))
            kept.push_back(item);
    document_[list_name] = std::move(kept);
    schemas_.clear();
    specs_.clear();
    field_ids_.clear();
    return {};
}

Status MetadataEditor::remove_partition_specs(const OrderedJson& update) {
    return remove_by_id(update, "spec-ids", "partition-specs", "spec-id", "default-spec-id");
}

Status MetadataEditor::remove_schemas(const OrderedJson& update) {
    return remove_by_id(update, "schema-ids", "schemas", "schema-id", "current-schema-id");
}

Status MetadataEditor::add_encryption_key(const OrderedJson& update) {
    const auto& json = *TRY(require_field(update, "encryption-key"));
    const auto key = TRY(parse_encryption_key(json));
    for (const auto& held : list("encryption-keys"))
        if (const auto* id = find_field(held, "key-id"); id != nullptr && *id == key.key_id) {
            if (held == json)
                return {};
            return update_error("the key id '" + printable(key.key_id) + "' is taken");
        }
    list("encryption-keys").push_back(json);
    return {};
}

Status MetadataEditor::remove_encryption_key(const OrderedJson& update) {
    const auto id = TRY(require_string(update, "key-id"));
    auto kept = OrderedJson::array();
    for (const auto& held : list("encryption-keys"))
        if (const auto* held_id = find_field(held, "key-id"); held_id == nullptr || *held_id != id)
            kept.push_back(held);
    document_["encryption-keys"] = std::move(kept);
    return {};
}

} // namespace godwit::iceberg
