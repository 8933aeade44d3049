#pragma once

#include "formats/iceberg/manifest.h"

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
/// - position deletes: delete's data sequence number >= the data file's, same spec and partition, and the file named
///   by referenced_data_file or by equal file_path bounds, where there is one, is this one;
/// - deletion vectors: as above, and referenced_data_file names the data file;
/// - equality deletes: delete's sequence number > the data file's; same spec and partition, or an unpartitioned spec.
bool delete_applies(const LiveFile& data, const LiveFile& deletes);

} // namespace godwit::iceberg
