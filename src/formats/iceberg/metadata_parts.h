#pragma once

#include "formats/iceberg/json_access.h"
#include "formats/iceberg/table_metadata.h"

/// The parts of metadata.json, each from its JSON. Heavy: for .cc files only.
namespace godwit::iceberg {

Result<Snapshot> parse_snapshot(const OrderedJson& json);
Result<SnapshotReference> parse_reference(const std::string& name, const OrderedJson& json);
Result<SnapshotLogEntry> parse_snapshot_log_entry(const OrderedJson& json);
Result<MetadataLogEntry> parse_metadata_log_entry(const OrderedJson& json);
Result<StatisticsFile> parse_statistics_file(const OrderedJson& json);
Result<PartitionStatisticsFile> parse_partition_statistics_file(const OrderedJson& json);
Result<EncryptionKey> parse_encryption_key(const OrderedJson& json);

/// A metadata document without its last '/': how locations are compared and joined.
std::string without_trailing_slash(std::string location);

} // namespace godwit::iceberg
