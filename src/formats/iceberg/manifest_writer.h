#pragma once

#include "base/bytes.h"
#include "formats/avro/writer.h"
#include "formats/iceberg/manifest.h"
#include "formats/iceberg/partition.h"
#include "formats/iceberg/schema.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace godwit::iceberg {

struct ManifestOptions {
    std::int32_t format_version = 2;
    ManifestContent content = ManifestContent::data;
    Schema schema;
    PartitionSpec spec;
    std::int64_t snapshot_id = 0; ///< of the snapshot that adds the manifest
    avro::Codec codec = avro::Codec::deflate;
    avro::SyncMarker sync{};
    std::size_t block_bytes = 64 * 1024;
};

/// Writes a manifest of version 1, 2 or 3 and sums up what the manifest list says about it.
class ManifestWriter {
public:
    static Result<ManifestWriter> create(ByteSink& sink, const ManifestOptions& options);
    ManifestWriter(ManifestWriter&&) noexcept;
    ~ManifestWriter();

    Status add(const ManifestEntry& entry);
    /// Everything but `path` is set; the sequence number is -1 (unassigned): the list's writer gives it.
    Result<ManifestFile> finish();

private:
    struct State;
    explicit ManifestWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

struct ManifestListOptions {
    std::int32_t format_version = 2;
    std::int64_t snapshot_id = 0;
    std::optional<std::int64_t> parent_snapshot_id;
    std::int64_t sequence_number = 0;
    std::optional<std::int64_t> first_row_id; ///< version 3: next-row-id of the table
    avro::Codec codec = avro::Codec::deflate;
    avro::SyncMarker sync{};
};

/// Writes a manifest list. A manifest with sequence number -1 gets the snapshot's; in version 3 data manifests without
/// first_row_id get theirs.
class ManifestListWriter {
public:
    static Result<ManifestListWriter> create(ByteSink& sink, const ManifestListOptions& options);
    ManifestListWriter(ManifestListWriter&&) noexcept;
    ~ManifestListWriter();

    Status add(const ManifestFile& file);
    /// Size of the file in bytes.
    Result<std::uint64_t> finish();
    /// Version 3: the table's next-row-id after this snapshot.
    std::optional<std::int64_t> next_row_id() const;

private:
    struct State;
    explicit ManifestListWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace godwit::iceberg
