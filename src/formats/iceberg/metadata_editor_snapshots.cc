#include "base/text.h"
#include "formats/iceberg/metadata_editor.h"
#include "formats/iceberg/metadata_parts.h"

#include <algorithm>

namespace godwit::iceberg {

namespace {

constexpr std::int64_t kDefaultPreviousVersions = 100;

Error snapshot_error(std::string why) {
    return Error::make(ErrorKind::invalid_input, "the table update cannot be applied")
        .why(std::move(why))
        .fix("load the table again and build the commit from what it is now");
}

/// The list without the entries of these snapshots.
OrderedJson without_snapshots(const OrderedJson& list, const std::set<std::int64_t>& ids) {
    auto kept = OrderedJson::array();
    for (const auto& item : list) {
        const auto id = require_snapshot_id(item, "snapshot-id");
        if (id.is_error() || !ids.contains(*id))
            kept.push_back(item);
    }
    return kept;
}

} // namespace

bool MetadataEditor::has_snapshot(std::int64_t id) {
    const auto& snapshots = list("snapshots");
    return std::any_of(snapshots.begin(), snapshots.end(), [id](const OrderedJson& snapshot) {
        const auto held = require_snapshot_id(snapshot, "snapshot-id");
        return held.has_value() && *held == id;
    });
}

/// Version 3: row ids are handed out without gaps backwards ("Row Lineage").
Status MetadataEditor::check_row_lineage(const OrderedJson& json) {
    const auto snapshot = TRY(parse_snapshot(json));
    const auto next = TRY(optional_int64(document_, "next-row-id")).value_or(0);
    if (!snapshot.first_row_id || !snapshot.added_rows)
        return snapshot_error("a snapshot of version 3 needs first-row-id and added-rows");
    if (*snapshot.first_row_id < next || *snapshot.added_rows < 0 ||
        *snapshot.first_row_id > INT64_MAX - *snapshot.added_rows)
        return snapshot_error("first-row-id " + std::to_string(*snapshot.first_row_id) +
                              " is behind the table's next-row-id " + std::to_string(next));
    document_["next-row-id"] = *snapshot.first_row_id + *snapshot.added_rows;
    return {};
}

Status MetadataEditor::add_snapshot(const OrderedJson& update) {
    auto json = *TRY(require_field(update, "snapshot"));
    const auto snapshot = TRY(parse_snapshot(json));
    if (has_snapshot(snapshot.id))
        return snapshot_error("the snapshot " + std::to_string(snapshot.id) + " exists already");
    if (version() > 1) {
        const auto last = TRY(require_int64(document_, "last-sequence-number"));
        if (snapshot.sequence_number <= last && snapshot.parent_id)
            return snapshot_error("its sequence number " + std::to_string(snapshot.sequence_number) +
                                  " is not above the table's last, " + std::to_string(last));
        document_["last-sequence-number"] = std::max(last, snapshot.sequence_number);
    } else {
        json.erase("sequence-number");
    }
    if (version() >= 3)
        TRY(check_row_lineage(json));
    list("snapshots").push_back(std::move(json));
    added_snapshots_.insert(snapshot.id);
    updated_ms_ = snapshot.timestamp_ms;
    return {};
}

Status MetadataEditor::set_snapshot_ref(const OrderedJson& update) {
    const auto name = TRY(require_string(update, "ref-name"));
    auto json = update;
    json.erase("action");
    json.erase("ref-name");
    for (const auto* member : {"min-snapshots-to-keep", "max-snapshot-age-ms", "max-ref-age-ms"})
        if (find_field(json, member) == nullptr)
            json.erase(member);
    const auto reference = TRY(parse_reference(name, json));
    if (!has_snapshot(reference.snapshot_id))
        return snapshot_error("there is no snapshot " + std::to_string(reference.snapshot_id)).at("snapshot-id");
    const bool is_main = name == "main";
    if (is_main && reference.kind != SnapshotReference::Kind::branch)
        return snapshot_error("main is a branch and cannot become a tag").at("type");
    auto& refs = document_["refs"];
    if (refs.contains(name) && refs[name] == json)
        return {};
    const bool moves =
        !refs.contains(name) || require_snapshot_id(refs[name], "snapshot-id").value_or(-1) != reference.snapshot_id;
    refs[name] = std::move(json);
    if (!is_main || !moves)
        return {};
    document_["current-snapshot-id"] = reference.snapshot_id;
    if (!added_snapshots_.contains(reference.snapshot_id) || !updated_ms_)
        updated_ms_ = context_.now_ms;
    else
        passing_snapshots_.insert(reference.snapshot_id);
    list("snapshot-log").push_back({{"timestamp-ms", *updated_ms_}, {"snapshot-id", reference.snapshot_id}});
    return {};
}

void MetadataEditor::drop_reference(const std::string& name) {
    document_["refs"].erase(name);
    if (name != "main")
        return;
    document_["current-snapshot-id"] = -1;
    document_["snapshot-log"] = OrderedJson::array();
}

Status MetadataEditor::remove_snapshot_ref(const OrderedJson& update) {
    drop_reference(TRY(require_string(update, "ref-name")));
    return {};
}

Status MetadataEditor::remove_snapshots(const OrderedJson& update) {
    std::set<std::int64_t> ids;
    for (const auto& id : *TRY(require_array(update, "snapshot-ids")))
        ids.insert(TRY(as_snapshot_id(id, "snapshot-ids")));
    for (const auto* name : {"snapshots", "statistics", "partition-statistics"})
        if (document_.contains(name))
            document_[name] = without_snapshots(list(name), ids);
    std::vector<std::string> dangling;
    for (const auto& [name, reference] : document_["refs"].items())
        if (ids.contains(TRY(require_snapshot_id(reference, "snapshot-id"))))
            dangling.push_back(name);
    for (const auto& name : dangling)
        drop_reference(name);
    removed_snapshots_ = true;
    return {};
}

Status MetadataEditor::set_statistics(const OrderedJson& update) {
    const auto& json = *TRY(require_field(update, "statistics"));
    const auto file = TRY(parse_statistics_file(json));
    document_["statistics"] = without_snapshots(list("statistics"), {file.snapshot_id});
    list("statistics").push_back(json);
    return {};
}

Status MetadataEditor::remove_statistics(const OrderedJson& update) {
    document_["statistics"] = without_snapshots(list("statistics"), {TRY(require_snapshot_id(update, "snapshot-id"))});
    return {};
}

Status MetadataEditor::set_partition_statistics(const OrderedJson& update) {
    const auto& json = *TRY(require_field(update, "partition-statistics"));
    const auto file = TRY(parse_partition_statistics_file(json));
    document_["partition-statistics"] = without_snapshots(list("partition-statistics"), {file.snapshot_id});
    list("partition-statistics").push_back(json);
    return {};
}

Status MetadataEditor::remove_partition_statistics(const OrderedJson& update) {
    document_["partition-statistics"] =
        without_snapshots(list("partition-statistics"), {TRY(require_snapshot_id(update, "snapshot-id"))});
    return {};
}

/// Snapshots that were current only inside this commit never show in the log, and behind a removed snapshot the log
/// starts anew: with a gap, time travel would give wrong answers.
void MetadataEditor::rewrite_snapshot_log() {
    if (const auto current = optional_snapshot_id(document_, "current-snapshot-id"); current.has_value() && *current)
        passing_snapshots_.erase(**current);
    if (passing_snapshots_.empty() && !removed_snapshots_)
        return;
    std::set<std::int64_t> present;
    for (const auto& snapshot : list("snapshots"))
        present.insert(require_snapshot_id(snapshot, "snapshot-id").value_or(0));
    auto kept = OrderedJson::array();
    for (const auto& entry : list("snapshot-log")) {
        const auto id = require_snapshot_id(entry, "snapshot-id").value_or(0);
        if (!present.contains(id)) {
            if (removed_snapshots_)
                kept.clear();
        } else if (!passing_snapshots_.contains(id)) {
            kept.push_back(entry);
        }
    }
    document_["snapshot-log"] = kept.is_null() ? OrderedJson::array() : std::move(kept);
}

void MetadataEditor::log_previous_metadata() {
    if (!base_ || context_.previous_metadata_location.empty())
        return;
    auto most = kDefaultPreviousVersions;
    if (const auto* text = find_field(document_["properties"], "write.metadata.previous-versions-max");
        text != nullptr && text->is_string())
        most = std::max<std::int64_t>(1, parse_int64(text->get<std::string>()).value_or(kDefaultPreviousVersions));
    auto& log = list("metadata-log");
    log.push_back({{"timestamp-ms", base_updated_ms_}, {"metadata-file", context_.previous_metadata_location}});
    if (log.size() > static_cast<std::size_t>(most))
        log.erase(log.begin(), log.end() - static_cast<std::ptrdiff_t>(most));
}

/// Readers of version 1 look only at `schema` and `partition-spec`.
void MetadataEditor::write_version_one_fields() {
    for (const auto& schema : list("schemas"))
        if (schema.value("schema-id", 0) == document_["current-schema-id"])
            document_["schema"] = schema;
    for (const auto& spec : list("partition-specs"))
        if (spec["spec-id"] == document_["default-spec-id"])
            document_["partition-spec"] = spec["fields"];
    document_.erase("last-sequence-number");
}

Result<TableMetadata> MetadataEditor::finish() && {
    if (base_ && *base_ == document_)
        return TableMetadata::from_document(std::move(document_));
    rewrite_snapshot_log();
    document_["last-updated-ms"] = updated_ms_.value_or(context_.now_ms);
    log_previous_metadata();
    if (version() == 1)
        write_version_one_fields();
    if (find_field(document_, "default-sort-order-id") == nullptr && list("sort-orders").empty()) {
        list("sort-orders").push_back(to_json(SortOrder()));
        document_["default-sort-order-id"] = 0;
    }
    return TableMetadata::from_document(std::move(document_));
}

} // namespace godwit::iceberg
