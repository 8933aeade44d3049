#include "formats/iceberg/metadata_parts.h"

#include "base/text.h"

namespace godwit::iceberg {

namespace {

Result<StatisticsBlob> parse_statistics_blob(const OrderedJson& json) {
    StatisticsBlob blob;
    blob.type = TRY(require_string(json, "type"));
    blob.snapshot_id = TRY(require_snapshot_id(json, "snapshot-id"));
    blob.sequence_number = TRY(require_int64(json, "sequence-number"));
    blob.fields = TRY(parse_each(json, "fields", [](const OrderedJson& id) { return as_int32(id, "fields"); }));
    blob.properties = TRY(parse_properties(json, "properties"));
    return blob;
}

} // namespace

Result<Snapshot> parse_snapshot(const OrderedJson& json) {
    Snapshot snapshot;
    snapshot.id = TRY(require_snapshot_id(json, "snapshot-id"));
    snapshot.parent_id = TRY(optional_snapshot_id(json, "parent-snapshot-id"));
    snapshot.sequence_number = TRY(optional_int64(json, "sequence-number")).value_or(0);
    snapshot.timestamp_ms = TRY(require_int64(json, "timestamp-ms"));
    snapshot.manifest_list = TRY(optional_string(json, "manifest-list")).value_or("");
    snapshot.manifests = TRY(parse_each(json, "manifests", [](const OrderedJson& path) -> Result<std::string> {
        if (!path.is_string())
            return json_error("a manifest's path is a text", "manifests");
        return path.get<std::string>();
    }));
    if (snapshot.manifest_list.empty() && find_field(json, "manifests") == nullptr)
        return json_error("a snapshot has neither manifest-list nor manifests", "manifest-list");
    snapshot.summary = TRY(parse_properties(json, "summary"));
    snapshot.schema_id = TRY(optional_int32(json, "schema-id"));
    snapshot.first_row_id = TRY(optional_int64(json, "first-row-id"));
    snapshot.added_rows = TRY(optional_int64(json, "added-rows"));
    snapshot.key_id = TRY(optional_string(json, "key-id"));
    return snapshot;
}

Result<SnapshotReference> parse_reference(const std::string& name, const OrderedJson& json) {
    SnapshotReference reference;
    reference.name = name;
    reference.snapshot_id = TRY(require_snapshot_id(json, "snapshot-id"));
    const auto kind = TRY(require_string(json, "type"));
    if (kind != "branch" && kind != "tag")
        return json_error("'" + printable(kind) + "' is neither branch nor tag", "type");
    reference.kind = kind == "tag" ? SnapshotReference::Kind::tag : SnapshotReference::Kind::branch;
    reference.min_snapshots_to_keep = TRY(optional_int32(json, "min-snapshots-to-keep"));
    reference.max_snapshot_age_ms = TRY(optional_int64(json, "max-snapshot-age-ms"));
    reference.max_ref_age_ms = TRY(optional_int64(json, "max-ref-age-ms"));
    return reference;
}

Result<SnapshotLogEntry> parse_snapshot_log_entry(const OrderedJson& json) {
    SnapshotLogEntry entry;
    entry.timestamp_ms = TRY(require_int64(json, "timestamp-ms"));
    entry.snapshot_id = TRY(require_snapshot_id(json, "snapshot-id"));
    return entry;
}

Result<MetadataLogEntry> parse_metadata_log_entry(const OrderedJson& json) {
    MetadataLogEntry entry;
    entry.timestamp_ms = TRY(require_int64(json, "timestamp-ms"));
    entry.metadata_file = TRY(require_string(json, "metadata-file"));
    return entry;
}

Result<StatisticsFile> parse_statistics_file(const OrderedJson& json) {
    StatisticsFile file;
    file.snapshot_id = TRY(require_snapshot_id(json, "snapshot-id"));
    file.path = TRY(require_string(json, "statistics-path"));
    file.file_size_in_bytes = TRY(require_int64(json, "file-size-in-bytes"));
    file.file_footer_size_in_bytes = TRY(require_int64(json, "file-footer-size-in-bytes"));
    file.key_metadata = TRY(optional_string(json, "key-metadata"));
    file.blobs = TRY(parse_each(json, "blob-metadata", parse_statistics_blob));
    return file;
}

Result<PartitionStatisticsFile> parse_partition_statistics_file(const OrderedJson& json) {
    PartitionStatisticsFile file;
    file.snapshot_id = TRY(require_snapshot_id(json, "snapshot-id"));
    file.path = TRY(require_string(json, "statistics-path"));
    file.file_size_in_bytes = TRY(require_int64(json, "file-size-in-bytes"));
    return file;
}

Result<EncryptionKey> parse_encryption_key(const OrderedJson& json) {
    EncryptionKey key;
    key.key_id = TRY(require_string(json, "key-id"));
    key.encrypted_key_metadata = TRY(require_string(json, "encrypted-key-metadata"));
    key.encrypted_by_id = TRY(optional_string(json, "encrypted-by-id"));
    key.properties = TRY(parse_properties(json, "properties"));
    return key;
}

std::string without_trailing_slash(std::string location) {
    while (location.size() > 1 && location.back() == '/' && !location.ends_with("://"))
        location.pop_back();
    return location;
}

} // namespace godwit::iceberg
