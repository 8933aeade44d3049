#include "formats/iceberg/json_access.h"
#include "formats/iceberg/metadata_parts.h"
#include "formats/iceberg/table_metadata.h"

#include <algorithm>

namespace godwit::iceberg {

namespace {

Result<std::vector<std::int32_t>> fresh_sources(const std::vector<std::int32_t>& ids, const FreshIds& fresh,
                                                const char* where) {
    std::vector<std::int32_t> result;
    for (const auto id : ids) {
        const auto found = fresh.new_id_of.find(id);
        if (found == fresh.new_id_of.end())
            return json_error("the schema has no field " + std::to_string(id), where);
        result.push_back(found->second);
    }
    return result;
}

Result<PartitionSpec> fresh_spec(const PartitionSpec& spec, const FreshIds& fresh) {
    PartitionSpec result;
    std::int32_t next = 1000;
    for (auto field : spec.fields) {
        field.source_ids = TRY(fresh_sources(field.source_ids, fresh, "partition-spec"));
        field.field_id = next++;
        result.fields.push_back(std::move(field));
    }
    // An error if a transform does not fit its column.
    TRY(partition_type(result, fresh.schema));
    return result;
}

Result<SortOrder> fresh_order(const SortOrder& order, const FreshIds& fresh) {
    SortOrder result;
    result.order_id = order.fields.empty() ? 0 : 1;
    for (auto field : order.fields) {
        field.source_ids = TRY(fresh_sources(field.source_ids, fresh, "write-order"));
        result.fields.push_back(std::move(field));
    }
    return result;
}

} // namespace

Result<TableMetadata> TableMetadata::create(const NewTable& table) {
    auto fresh = assign_fresh_ids(table.schema);
    fresh.schema.schema_id = 0;
    const auto spec = TRY(fresh_spec(table.spec, fresh));
    const auto order = TRY(fresh_order(table.sort_order, fresh));
    const bool first = table.format_version == 1;
    OrderedJson document{{"format-version", table.format_version},
                         {"table-uuid", table.uuid},
                         {"location", without_trailing_slash(table.location)}};
    if (!first)
        document["last-sequence-number"] = 0;
    document["last-updated-ms"] = table.now_ms;
    document["last-column-id"] = std::max(fresh.last_column_id, table.last_column_id);
    if (first)
        document["schema"] = to_json(fresh.schema);
    document["current-schema-id"] = 0;
    document["schemas"] = OrderedJson::array({to_json(fresh.schema)});
    if (first)
        document["partition-spec"] = fields_to_json(spec);
    document["default-spec-id"] = 0;
    document["partition-specs"] = OrderedJson::array({to_json(spec)});
    document["last-partition-id"] = spec.highest_field_id();
    document["default-sort-order-id"] = order.order_id;
    document["sort-orders"] = OrderedJson::array({to_json(order)});
    document["properties"] = properties_to_json(table.properties);
    if (table.format_version >= 3)
        document["next-row-id"] = 0;
    else
        document["current-snapshot-id"] = -1;
    document["refs"] = OrderedJson::object();
    for (const auto* list : {"snapshots", "statistics", "partition-statistics", "snapshot-log", "metadata-log"})
        document[list] = OrderedJson::array();
    return from_document(std::move(document));
}

} // namespace godwit::iceberg
