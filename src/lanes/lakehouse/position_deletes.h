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

/// Kind `unsupported` for a file that the functions below refuse: ORC (Arrow's reader of it crashes on damaged files),
/// and copies of the deleted rows beside the positions. Reads no rows.
Status check_position_deletes(ByteSource& source, std::string_view format);

/// The rows of a position delete file, in its order.
Status each_position_delete(ByteSource& source, std::string_view format,
                            const std::function<Status(std::string_view path, std::int64_t position)>& visit);

/// Writes a position delete file anew with mapped paths, in the format it has, sorted by path and position, because a
/// change of prefixes may change their order. Memory stays bounded: rows are sorted on disk.
Result<iceberg::RewrittenFile> rewrite_position_deletes(ByteSource& source, ByteSink& sink, std::string_view format,
                                                        const iceberg::PathMapper& map);

} // namespace godwit::lakehouse
