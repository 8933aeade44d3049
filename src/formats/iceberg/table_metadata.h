#pragma once

#include "base/json.h"
#include "base/result.h"
#include "formats/iceberg/partition.h"
#include "formats/iceberg/schema.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace godwit::iceberg {

using Properties = std::vector<std::pair<std::string, std::string>>; ///< in the order of the file

/// The value of a key, or null.
const std::string* find_property(const Properties& properties, std::string_view key);

struct Snapshot {
    std::int64_t id = 0; ///< ids that a writer printed unsigned are held as the same 64 bits
    std::optional<std::int64_t> parent_id;
    std::int64_t sequence_number = 0; ///< 0 in version 1
    std::int64_t timestamp_ms = 0;
    std::string manifest_list;          ///< empty: version 1 with `manifests`
    std::vector<std::string> manifests; ///< version 1 only
    Properties summary;                 ///< with `operation`
    std::optional<std::int32_t> schema_id;
    std::optional<std::int64_t> first_row_id; ///< version 3
    std::optional<std::int64_t> added_rows;   ///< version 3
    std::optional<std::string> key_id;        ///< version 3
};

struct SnapshotReference {
    enum class Kind : std::uint8_t { branch, tag };
    std::string name;
    std::int64_t snapshot_id = 0;
    Kind kind = Kind::branch;
    std::optional<std::int32_t> min_snapshots_to_keep;
    std::optional<std::int64_t> max_snapshot_age_ms;
    std::optional<std::int64_t> max_ref_age_ms;
};

struct SnapshotLogEntry {
    std::int64_t timestamp_ms = 0;
    std::int64_t snapshot_id = 0;
};
struct MetadataLogEntry {
    std::int64_t timestamp_ms = 0;
    std::string metadata_file;
};

/// Also what a Puffin footer says of a blob.
struct StatisticsBlob {
    std::string type;
    std::int64_t snapshot_id = 0;
    std::int64_t sequence_number = 0;
    std::vector<std::int32_t> fields;
    Properties properties;
};
struct StatisticsFile {
    std::int64_t snapshot_id = 0;
    std::string path;
    std::int64_t file_size_in_bytes = 0;
    std::int64_t file_footer_size_in_bytes = 0;
    std::optional<std::string> key_metadata;
    std::vector<StatisticsBlob> blobs;
};
struct PartitionStatisticsFile {
    std::int64_t snapshot_id = 0;
    std::string path;
    std::int64_t file_size_in_bytes = 0;
};
struct EncryptionKey {
    std::string key_id;
    std::string encrypted_key_metadata; ///< base64 as in the file
    std::optional<std::string> encrypted_by_id;
    Properties properties;
};

/// Which field of metadata.json a path stands in.
enum class PathField : std::uint8_t {
    location,
    metadata_log,
    manifest_list,
    manifest,
    statistics,
    partition_statistics,
    known_property,
    other_property,
};
/// Maps one path. `name` is the property's key, else empty. For `other_property` (a value that contains "://" or starts
/// with '/') return the text itself to leave it alone.
using MetadataPathMapper =
    std::function<Result<std::string>(PathField field, std::string_view name, std::string_view path)>;

struct NewTable {
    std::string uuid;
    std::string location;
    Schema schema;      ///< ids are assigned anew
    PartitionSpec spec; ///< source ids as in `schema`
    SortOrder sort_order;
    Properties properties;
    std::int32_t format_version = 2;
    std::int64_t now_ms = 0;
    std::int32_t last_column_id = 0; ///< where ids beyond the schema's must never be given out
};

/// metadata.json, versions 1 to 3 ("Table Metadata", Appendix C): a validated typed view over the document, which
/// keeps every field that it does not know. Immutable: edits make a new one.
class TableMetadata {
public:
    /// Plain or gzip-compressed JSON, told apart by the first bytes. `name` stands in messages.
    static Result<TableMetadata> parse(std::string_view bytes, const std::string& name);
    static Result<TableMetadata> from_document(OrderedJson document);
    static Result<TableMetadata> create(const NewTable& table);

    TableMetadata(const TableMetadata&);
    TableMetadata(TableMetadata&&) noexcept;
    TableMetadata& operator=(const TableMetadata&);
    TableMetadata& operator=(TableMetadata&&) noexcept;
    ~TableMetadata();

    const OrderedJson& document() const;
    /// Compact JSON, keys in the order of the document.
    std::string to_json_text() const;

    std::int32_t format_version() const;
    const std::string& uuid() const;     ///< empty: version 1 without one
    const std::string& location() const; ///< without a trailing '/'
    std::int64_t last_sequence_number() const;
    std::int64_t last_updated_ms() const;
    std::int32_t last_column_id() const;
    std::int32_t last_partition_id() const;
    std::optional<std::int64_t> next_row_id() const; ///< version 3; early writers left it out
    const std::vector<Schema>& schemas() const;
    std::int32_t current_schema_id() const;
    const Schema& current_schema() const;
    const Schema* schema_with_id(std::int32_t id) const;
    const std::vector<PartitionSpec>& specs() const;
    std::int32_t default_spec_id() const;
    const PartitionSpec& default_spec() const;
    const PartitionSpec* spec_with_id(std::int32_t id) const;
    const std::vector<SortOrder>& sort_orders() const;
    std::int32_t default_sort_order_id() const;
    const Properties& properties() const;
    const std::vector<Snapshot>& snapshots() const; ///< in the order of the file
    const Snapshot* snapshot_with_id(std::int64_t id) const;
    const Snapshot* current_snapshot() const; ///< null if there is none
    const std::vector<SnapshotLogEntry>& snapshot_log() const;
    const std::vector<MetadataLogEntry>& metadata_log() const;
    /// With `main` made up from current-snapshot-id where the file has no refs.
    const std::vector<SnapshotReference>& references() const;
    const SnapshotReference* reference(std::string_view name) const;
    const std::vector<StatisticsFile>& statistics() const;
    const std::vector<PartitionStatisticsFile>& partition_statistics() const;
    const std::vector<EncryptionKey>& encryption_keys() const;

    /// A copy in which `mapper` has seen and replaced every path; all else stays as it is.
    Result<TableMetadata> map_paths(const MetadataPathMapper& mapper) const;

private:
    struct View;
    explicit TableMetadata(std::unique_ptr<View> view);
    std::unique_ptr<View> view_;
};

/// gzip, with neither name nor time in its header: the same input gives the same bytes.
Result<std::string> gzip(std::string_view bytes);
Result<std::string> gunzip(std::string_view bytes, std::size_t limit);

/// `00003-<uuid>.metadata.json`, `v3.gz.metadata.json`, ...: the version number, or nothing.
std::optional<std::int64_t> metadata_version_of(std::string_view file_name);

} // namespace godwit::iceberg
