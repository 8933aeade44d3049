#pragma once

#include "base/bytes.h"
#include "formats/avro/reader.h"
#include "formats/iceberg/partition.h"
#include "formats/iceberg/types.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace godwit::iceberg {

/// Specification, "Manifest Lists": field ids in brackets.
struct PartitionFieldSummary {
    bool contains_null = false;             ///< 509
    std::optional<bool> contains_nan;       ///< 518
    std::optional<std::string> lower_bound; ///< 510
    std::optional<std::string> upper_bound; ///< 511
    bool operator==(const PartitionFieldSummary&) const = default;
};

enum class ManifestContent : std::uint8_t { data = 0, deletes = 1 };

struct ManifestFile {
    std::string path;                                             ///< 500
    std::int64_t length = 0;                                      ///< 501
    std::int32_t spec_id = 0;                                     ///< 502
    ManifestContent content = ManifestContent::data;              ///< 517
    std::int64_t sequence_number = 0;                             ///< 515
    std::int64_t min_sequence_number = 0;                         ///< 516
    std::int64_t added_snapshot_id = 0;                           ///< 503
    std::optional<std::int32_t> added_files_count;                ///< 504
    std::optional<std::int32_t> existing_files_count;             ///< 505
    std::optional<std::int32_t> deleted_files_count;              ///< 506
    std::optional<std::int64_t> added_rows_count;                 ///< 512
    std::optional<std::int64_t> existing_rows_count;              ///< 513
    std::optional<std::int64_t> deleted_rows_count;               ///< 514
    std::optional<std::vector<PartitionFieldSummary>> partitions; ///< 507
    std::optional<std::string> key_metadata;                      ///< 519
    std::optional<std::int64_t> first_row_id;                     ///< 520
    bool operator==(const ManifestFile&) const = default;
};

enum class FileContent : std::uint8_t { data = 0, position_deletes = 1, equality_deletes = 2 };
enum class EntryStatus : std::uint8_t { existing = 0, added = 1, deleted = 2 };

/// Column id to count, or to serialized bound, in the order of the file.
using ColumnCounts = std::vector<std::pair<std::int32_t, std::int64_t>>;
using ColumnBounds = std::vector<std::pair<std::int32_t, std::string>>;

/// Field ids of the position delete file's columns.
inline constexpr std::int32_t kDeleteFilePathId = 2147483546;
inline constexpr std::int32_t kDeletePositionId = 2147483545;

/// Specification, "Data File Fields".
struct DataFile {
    FileContent content = FileContent::data;       ///< 134
    std::string file_path;                         ///< 100
    std::string file_format;                       ///< 101: upper case in what we write, as found in what we read
    std::vector<Value> partition;                  ///< 102: in the order of the manifest's partition type
    std::int64_t record_count = 0;                 ///< 103
    std::int64_t file_size_in_bytes = 0;           ///< 104
    std::optional<ColumnCounts> column_sizes;      ///< 108
    std::optional<ColumnCounts> value_counts;      ///< 109
    std::optional<ColumnCounts> null_value_counts; ///< 110
    std::optional<ColumnCounts> nan_value_counts;  ///< 137
    std::optional<ColumnBounds> lower_bounds;      ///< 125
    std::optional<ColumnBounds> upper_bounds;      ///< 128
    std::optional<std::string> key_metadata;       ///< 131
    std::optional<std::vector<std::int64_t>> split_offsets; ///< 132
    std::optional<std::vector<std::int32_t>> equality_ids;  ///< 135
    std::optional<std::int32_t> sort_order_id;              ///< 140
    std::optional<std::int64_t> first_row_id;               ///< 142
    std::optional<std::string> referenced_data_file;        ///< 143
    std::optional<std::int64_t> content_offset;             ///< 144
    std::optional<std::int64_t> content_size_in_bytes;      ///< 145
    bool operator==(const DataFile&) const = default;
};

struct ManifestEntry {
    EntryStatus status = EntryStatus::existing;       ///< 0
    std::optional<std::int64_t> snapshot_id;          ///< 1
    std::optional<std::int64_t> sequence_number;      ///< 3
    std::optional<std::int64_t> file_sequence_number; ///< 4
    DataFile file;                                    ///< 2
    bool operator==(const ManifestEntry&) const = default;
};

/// More manifests in a list are refused: years of commits each minute stay below, and readers keep them in memory.
inline constexpr std::size_t kMostManifests = 1'000'000;

/// A manifest list, one manifest at a time. Version 1 fields that are missing take the specification's defaults.
class ManifestListReader {
public:
    static Result<ManifestListReader> open(ByteSource& source, const avro::ReaderLimits& limits = {},
                                           std::size_t most = kMostManifests);
    ManifestListReader(ManifestListReader&&) noexcept;
    ~ManifestListReader();
    const avro::FileMetadata& metadata() const;
    /// False at the end.
    Result<bool> next(ManifestFile& file);

private:
    struct State;
    explicit ManifestListReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// What a manifest says of itself in its Avro file metadata.
struct ManifestHeader {
    std::int32_t format_version = 1;
    ManifestContent content = ManifestContent::data;
    std::int32_t schema_id = 0;
    std::int32_t partition_spec_id = 0;
    std::string schema_json;
    std::string partition_spec_json;
};

/// A manifest, one entry at a time, in constant memory.
class ManifestReader {
public:
    static Result<ManifestReader> open(ByteSource& source, const avro::ReaderLimits& limits = {});
    ManifestReader(ManifestReader&&) noexcept;
    ~ManifestReader();
    const ManifestHeader& header() const;
    const avro::FileMetadata& metadata() const;
    /// Names, ids and types of the partition tuple, as the Avro schema tells them.
    const std::vector<Field>& partition_type() const;
    /// Reuses the memory of `entry`. False at the end. Nothing is inherited here.
    Result<bool> next(ManifestEntry& entry);

private:
    struct State;
    explicit ManifestReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// "Sequence Number Inheritance" and "First Row ID Inheritance": fills what the manifest list knows. Called for the
/// entries of one manifest in order, with the same object.
class Inheritance {
public:
    explicit Inheritance(const ManifestFile& manifest);
    void apply(ManifestEntry& entry);

private:
    std::int64_t snapshot_id_;
    std::int64_t sequence_number_;
    std::optional<std::int64_t> next_row_id_;
};

} // namespace godwit::iceberg
