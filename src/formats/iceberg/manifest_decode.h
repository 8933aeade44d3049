#pragma once

#include "formats/avro/fields.h"
#include "formats/iceberg/manifest.h"

#include <string_view>
#include <vector>

/// How the fields of manifests and manifest lists are found and decoded, for the readers and the rewriter.
namespace godwit::iceberg {

/// Slots of an entry, in the order of entry_paths().
enum EntrySlot : std::size_t {
    kStatus, kSnapshotId, kSequenceNumber, kFileSequenceNumber, kContent, kFilePath, kFileFormat, kPartition, kRecordCount,
    kFileSize, kColumnSizes, kValueCounts, kNullCounts, kNanCounts, kLowerBounds, kUpperBounds, kKeyMetadata, kSplitOffsets,
    kEqualityIds, kSortOrderId, kFirstRowId, kReferencedDataFile, kContentOffset, kContentSize, kEntrySlots,
};
std::vector<avro::FieldPath> entry_paths();

enum ListSlot : std::size_t {
    kManifestPath, kManifestLength, kSpecId, kManifestContent, kManifestSequence, kMinSequence, kAddedSnapshot, kAddedFiles,
    kExistingFiles, kDeletedFiles, kAddedRows, kExistingRows, kDeletedRows, kPartitions, kManifestKey, kManifestFirstRow, kListSlots,
};
std::vector<avro::FieldPath> list_paths();

/// Walks a manifest or manifest list record by record.
class RecordWalk {
public:
    static Result<RecordWalk> open(ByteSource& source, const std::vector<avro::FieldPath>& paths, const avro::ReaderLimits& limits);
    /// False at the end; the slices hold until the next call.
    Result<bool> next();

    const avro::ContainerReader& reader() const { return *reader_; }
    const avro::Node* type(std::size_t slot) const { return locator_->type(slot); }
    bool present(std::size_t slot) const { return slices_[slot].state == avro::Slice::State::present; }
    avro::Cursor cursor(std::size_t slot) const {
        return avro::Cursor(block_.raw.substr(slices_[slot].offset, slices_[slot].length));
    }
    std::int64_t integer(std::size_t slot) const { return cursor(slot).read_long(); }
    std::string_view bytes(std::size_t slot) const { return cursor(slot).read_bytes(); }
    /// An error about the record at hand.
    Error error(std::string why) const;

private:
    RecordWalk() = default;
    std::unique_ptr<avro::ContainerReader> reader_;
    std::unique_ptr<avro::FieldLocator> locator_;
    std::vector<avro::Slice> slices_;
    avro::Block block_;
    std::int64_t left_ = 0;
    std::size_t offset_ = 0;
};

/// An error unless every slot that the schema has is of the kind that the specification gives it.
Status check_entry_types(const RecordWalk& walk);
Status check_list_types(const RecordWalk& walk);

/// Type of a partition value by the Avro type that it is stored as.
Type partition_value_type(const avro::Node& node);
/// False if the data is damaged.
bool read_partition_value(const avro::Node& node, avro::Cursor& cursor, Value& value);

} // namespace godwit::iceberg
