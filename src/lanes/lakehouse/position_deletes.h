#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "formats/iceberg/manifest.h"
#include "formats/iceberg/manifest_rewrite.h"
#include "lanes/lakehouse/sorted_spill.h"

#include <functional>
#include <string>
#include <string_view>

namespace godwit::lakehouse {

/// The rows of a position delete file (Parquet or Avro), in its order. ORC, and files that carry deleted rows beside
/// the positions, are unsupported.
Status each_position_delete(ByteSource& source, std::string_view format,
                            const std::function<Status(std::string_view path, std::int64_t position)>& visit);

/// Writes a position delete file anew with mapped paths, in the format it has, sorted by path and position, because a
/// change of prefixes may change their order. Memory stays bounded: rows are sorted in `scratch`.
Result<iceberg::RewrittenFile> rewrite_position_deletes(ByteSource& source, ByteSink& sink, std::string_view format,
                                                        const iceberg::PathMapper& map, const std::string& scratch);

} // namespace godwit::lakehouse
