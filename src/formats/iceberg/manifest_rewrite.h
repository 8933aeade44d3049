#pragma once

#include "base/bytes.h"
#include "formats/avro/fields.h"
#include "formats/iceberg/manifest.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace godwit::iceberg {

using PathMapper = std::function<Result<std::string>(std::string_view path)>;

/// Where a rewritten manifest lies and how long it is now: field 501 must be the new file's size.
struct MovedManifest {
    std::string path;
    std::int64_t length = 0;
};
using ManifestMapper = std::function<Result<MovedManifest>(std::string_view path, std::int64_t length)>;

/// Copies a manifest list with new fields 500 and 501; all else byte for byte.
Result<avro::RewriteCounts> rewrite_manifest_list(ByteSource& source, ByteSink& sink, const ManifestMapper& mapper,
                                                  const avro::ReaderLimits& limits = {});

/// What changed about a delete file whose content names data files.
struct RewrittenFile {
    std::int64_t file_size_in_bytes = 0;
    std::optional<std::int64_t> content_offset;        ///< deletion vectors
    std::optional<std::int64_t> content_size_in_bytes; ///< deletion vectors
    /// First and last path inside the new position delete file, for the bounds of its column file_path.
    std::optional<std::string> lowest_path;
    std::optional<std::string> highest_path;
};

/// The identity of a position delete file or deletion vector, as the source manifest has it.
struct DeleteFileKey {
    std::string_view path;
    std::string_view format;                    ///< as found: PARQUET, AVRO, ORC, PUFFIN in any case
    std::optional<std::int64_t> content_offset; ///< of the vector inside a Puffin file
};

struct ManifestEdits {
    /// file_path (100) and referenced_data_file (143).
    PathMapper path;
    /// Called for entries of content 1; nothing: the file was copied as it is. Empty function: nothing was rewritten.
    std::function<Result<std::optional<RewrittenFile>>(const DeleteFileKey& file)> rewritten;
};

/// Copies a manifest: 100 and 143 mapped; 104, 144, 145 of rewritten delete files replaced; bounds of column file_path
/// (2147483546) set to what the rewritten file holds, else mapped where both are the same path, else left out of both
/// maps, because a shortened bound has no image under a prefix mapping. All else byte for byte.
Result<avro::RewriteCounts> rewrite_manifest(ByteSource& source, ByteSink& sink, const ManifestEdits& edits,
                                             const avro::ReaderLimits& limits = {});

} // namespace godwit::iceberg
