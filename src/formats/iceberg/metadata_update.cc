#include "formats/iceberg/metadata_update.h"

#include "base/text.h"
#include "formats/iceberg/metadata_editor.h"

namespace godwit::iceberg {

namespace {

/// Each looks through what the table holds, so that many of them would cost their square.
constexpr std::size_t kMostUpdates = 1'000;

Error commit_failed(std::string why) {
    return Error::make(ErrorKind::conflict, "the commit's requirement does not hold")
        .why(std::move(why))
        .fix("load the table again and repeat the commit on what it is now")
        .retry(RetryClass::fail);
}

Status check_reference(const TableMetadata& table, const OrderedJson& requirement) {
    const auto name = TRY(require_string(requirement, "ref"));
    const auto wanted = TRY(optional_snapshot_id(requirement, "snapshot-id"));
    const auto* reference = table.reference(name);
    if (reference == nullptr && wanted)
        return commit_failed("branch or tag '" + printable(name) + "' is missing, expected at " +
                             std::to_string(*wanted));
    if (reference != nullptr && !wanted)
        return commit_failed("branch or tag '" + printable(name) + "' was created concurrently");
    if (reference != nullptr && reference->snapshot_id != *wanted)
        return commit_failed("branch or tag '" + printable(name) + "' is at " + std::to_string(reference->snapshot_id) +
                             ", expected at " + std::to_string(*wanted));
    return {};
}

Status check_number(const OrderedJson& requirement, const char* name, std::int32_t held) {
    const auto wanted = TRY(require_int32(requirement, name));
    if (wanted == held)
        return {};
    return commit_failed(std::string(name) + " is " + std::to_string(held) + ", expected " + std::to_string(wanted));
}

Status check_one(const TableMetadata* current, const OrderedJson& requirement) {
    const auto type = TRY(require_string(requirement, "type"));
    if (type == "assert-create") {
        if (current != nullptr)
            return commit_failed("the table exists already");
        return {};
    }
    for (const auto* known :
         {"assert-table-uuid", "assert-ref-snapshot-id", "assert-current-schema-id", "assert-last-assigned-field-id",
          "assert-last-assigned-partition-id", "assert-default-spec-id", "assert-default-sort-order-id"})
        if (type == known && current == nullptr)
            return commit_failed("the table does not exist");
    if (type == "assert-table-uuid") {
        const auto uuid = TRY(require_string(requirement, "uuid"));
        if (!equals_ignoring_case(uuid, current->uuid()))
            return commit_failed("the table's UUID is " + current->uuid() + ", expected " + printable(uuid));
        return {};
    }
    if (type == "assert-ref-snapshot-id")
        return check_reference(*current, requirement);
    if (type == "assert-current-schema-id")
        return check_number(requirement, "current-schema-id", current->current_schema_id());
    if (type == "assert-last-assigned-field-id")
        return check_number(requirement, "last-assigned-field-id", current->last_column_id());
    if (type == "assert-last-assigned-partition-id")
        return check_number(requirement, "last-assigned-partition-id", current->last_partition_id());
    if (type == "assert-default-spec-id")
        return check_number(requirement, "default-spec-id", current->default_spec_id());
    if (type == "assert-default-sort-order-id")
        return check_number(requirement, "default-sort-order-id", current->default_sort_order_id());
    return json_error("the requirement '" + printable(type) + "' is not known", "type");
}

} // namespace

Result<TableMetadata> apply_updates(const TableMetadata* base, const OrderedJson& updates,
                                    const CommitContext& context) {
    if (!updates.is_array())
        return json_error("it is not an array", "updates");
    if (updates.size() > kMostUpdates)
        return json_error("it has " + std::to_string(updates.size()) + " entries, the limit is " +
                              std::to_string(kMostUpdates),
                          "updates");
    auto editor = TRY(MetadataEditor::start(base, context));
    for (std::size_t i = 0; i < updates.size(); ++i)
        if (auto status = editor.apply(updates[i]); status.is_error())
            return std::move(status.error()).at(at_index("updates", i));
    return std::move(editor).finish();
}

Status check_requirements(const TableMetadata* current, const OrderedJson& requirements) {
    if (requirements.is_null())
        return {};
    if (!requirements.is_array())
        return json_error("it is not an array", "requirements");
    for (std::size_t i = 0; i < requirements.size(); ++i)
        if (auto status = check_one(current, requirements[i]); status.is_error())
            return std::move(status.error()).at(at_index("requirements", i));
    return {};
}

OrderedJson snapshot_to_json(const Snapshot& snapshot, std::int32_t format_version) {
    auto json = OrderedJson::object();
    if (format_version > 1)
        json["sequence-number"] = snapshot.sequence_number;
    json["snapshot-id"] = snapshot.id;
    if (snapshot.parent_id)
        json["parent-snapshot-id"] = *snapshot.parent_id;
    json["timestamp-ms"] = snapshot.timestamp_ms;
    if (!snapshot.summary.empty())
        json["summary"] = properties_to_json(snapshot.summary);
    if (!snapshot.manifest_list.empty())
        json["manifest-list"] = snapshot.manifest_list;
    else
        json["manifests"] = snapshot.manifests;
    if (snapshot.schema_id)
        json["schema-id"] = *snapshot.schema_id;
    if (snapshot.first_row_id)
        json["first-row-id"] = *snapshot.first_row_id;
    if (snapshot.added_rows)
        json["added-rows"] = *snapshot.added_rows;
    if (snapshot.key_id)
        json["key-id"] = *snapshot.key_id;
    return json;
}

OrderedJson append_snapshot_updates(const Snapshot& snapshot, std::int32_t format_version, const std::string& branch) {
    return OrderedJson::array(
        {{{"action", "add-snapshot"}, {"snapshot", snapshot_to_json(snapshot, format_version)}},
         {{"action", "set-snapshot-ref"}, {"ref-name", branch}, {"type", "branch"}, {"snapshot-id", snapshot.id}}});
}

} // namespace godwit::iceberg
