#include "formats/iceberg/deletes.h"

#include "base/text.h"

namespace godwit::iceberg {

namespace {

const std::string* bound_of_path(const std::optional<ColumnBounds>& bounds) {
    if (bounds)
        for (const auto& [id, bound] : *bounds)
            if (id == kDeleteFilePathId)
                return &bound;
    return nullptr;
}

bool same_partition(const LiveFile& data, const LiveFile& deletes) {
    return data.spec_id == deletes.spec_id && data.entry->file.partition == deletes.entry->file.partition;
}

/// Whether the positions may be of this file. Shortened bounds still enclose what they bound.
bool may_name(const DataFile& deletes, const std::string& path) {
    if (deletes.referenced_data_file)
        return *deletes.referenced_data_file == path;
    const auto* lower = bound_of_path(deletes.lower_bounds);
    const auto* upper = bound_of_path(deletes.upper_bounds);
    return (lower == nullptr || *lower <= path) && (upper == nullptr || path <= *upper);
}

} // namespace

bool delete_applies(const LiveFile& data, const LiveFile& deletes) {
    const auto data_sequence = data.entry->sequence_number.value_or(0);
    const auto delete_sequence = deletes.entry->sequence_number.value_or(0);
    switch (deletes.entry->file.content) {
    case FileContent::data: return false;
    case FileContent::equality_deletes:
        return delete_sequence > data_sequence && (deletes.unpartitioned || same_partition(data, deletes));
    case FileContent::position_deletes: break;
    }
    return delete_sequence >= data_sequence && same_partition(data, deletes) &&
           may_name(deletes.entry->file, data.entry->file.file_path);
}

Status check_count(const DeletionVector& vector, const DataFile& deletes, const DataFile& data) {
    const auto count = static_cast<std::int64_t>(vector.count());
    if (count == deletes.record_count && count <= data.record_count)
        return {};
    return Error::make(ErrorKind::invalid_input, "the deletion vector cannot be read")
        .why("it deletes " + std::to_string(count) + " rows; the manifest says " +
             std::to_string(deletes.record_count) + " of " + std::to_string(data.record_count))
        .fix("copy the Puffin file and the manifests again from their source")
        .at(printable(deletes.file_path));
}

} // namespace godwit::iceberg
