#pragma once

#include "formats/iceberg/manifest.h"
#include "formats/iceberg/puffin.h"

#include <cstdint>
#include <vector>

namespace godwit::iceberg {

/// A live entry after inheritance, with the partition spec that its manifest was written with.
struct LiveFile {
    const ManifestEntry* entry = nullptr;
    std::int32_t spec_id = 0;
    bool unpartitioned = false; ///< the spec has no field but void ones
};

/// Specification, "Scan Planning": whether a delete file applies to a data file.
/// - position deletes and deletion vectors: delete's data sequence number >= the data file's, same spec and partition,
///   and the file that referenced_data_file names, or one between the bounds of file_path, is this one. Where a
///   deletion vector applies, the position delete files for that data file are left out of the scan;
/// - equality deletes: delete's sequence number > the data file's; same spec and partition, or an unpartitioned spec.
bool delete_applies(const LiveFile& data, const LiveFile& deletes);

/// Whether the vector has as many positions as the manifest says, and no more than the data file has rows.
Status check_count(const DeletionVector& vector, const DataFile& deletes, const DataFile& data);

} // namespace godwit::iceberg
