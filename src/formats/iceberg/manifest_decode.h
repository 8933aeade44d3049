#pragma once

#include "formats/avro/fields.h"
#include "formats/iceberg/manifest.h"

#include <memory>
#include <string_view>
#include <vector>

/// How the fields of manifests and manifest lists are found and decoded, for the readers and the rewriter.
namespace godwit::iceberg {

/// Slots of an entry, in the order of entry_paths().
struct EntrySlot {
    enum Name : std::size_t {
        status,
        snapshot_id,
        sequence_number,
        file_sequence_number,
        content,
        file_path,
        file_format,
        partition,
        record_count,
        file_size,
        column_sizes,
        value_counts,
        null_counts,
        nan_counts,
        lower_bounds,
        upper_bounds,
        key_metadata,
        split_offsets,
        equality_ids,
        sort_order_id,
        first_row_id,
        referenced_data_file,
        content_offset,
        content_size,
        count
    };
};
std::vector<avro::FieldPath> entry_paths();

struct ListSlot {
    enum Name : std::size_t {
        manifest_path,
        manifest_length,
        spec_id,
        manifest_content,
        manifest_sequence,
        min_sequence,
        added_snapshot,
        added_files,
        existing_files,
        deleted_files,
        added_rows,
        existing_rows,
        deleted_rows,
        partitions,
        manifest_key,
        manifest_first_row,
        count
    };
};
std::vector<avro::FieldPath> list_paths();

/// Walks a manifest or manifest list record by record.
class RecordWalk {
public:
    static Result<RecordWalk> open(ByteSource& source, const std::vector<avro::FieldPath>& paths,
                                   const avro::ReaderLimits& limits);
    /// False at the end; the slices hold until the next call.
    Result<bool> next();

    const avro::ContainerReader& reader() const { return *reader_; }
    const avro::Node* type(std::size_t slot) const { return locator_->type(slot); }
    bool present(std::size_t slot) const { return slices_[slot].state == avro::Slice::State::present; }
    avro::Cursor cursor(std::size_t slot) const {
        return avro::Cursor(block_.raw.substr(slices_[slot].offset, slices_[slot].length));
    }
    std::int64_t integer(std::size_t slot) const { return cursor(slot).read_wide_long(); }
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

/// Some writers make everything optional, items of arrays too: the branch of a union at the cursor, or the type itself.
/// Null if the data is damaged.
inline const avro::Node* unwrap(const avro::Node& type, avro::Cursor& cursor) {
    if (type.kind != avro::Kind::union_of)
        return &type;
    const auto branch = cursor.read_long();
    if (cursor.failed() || branch < 0 || static_cast<std::size_t>(branch) >= type.branches.size())
        return nullptr;
    return type.branches[static_cast<std::size_t>(branch)];
}
/// The record that the items of an array are.
inline const avro::Node& item_record(const avro::Node& array) { return array.items->without_null(); }

/// Type of a partition value by the Avro type that it is stored as.
Type partition_value_type(const avro::Node& node);
/// False if the data is damaged.
bool read_partition_value(const avro::Node& node, avro::Cursor& cursor, Value& value);

} // namespace godwit::iceberg
