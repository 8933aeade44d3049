#pragma once

#include "base/result.h"

#include <map>
#include <string>

/// Files of a step that are not as they were made. Their list lies beside the step's ledgers from the moment when a
/// person is asked until the last of them is settled, so that his decision covers each file as he was shown it, also
/// after a crash halfway.
namespace godwit::transfer {

/// Key below the target's root, any bytes, to what stands there now: a ChunkDigest, or words for what is no file.
using ChangedFiles = std::map<std::string, std::string>;

std::string changed_files_path(const std::string& run_files, const std::string& marker);
/// Durably, mode 0600.
Status write_changed_files(const std::string& path, const ChangedFiles& files);
/// None where there is no list.
Result<ChangedFiles> read_changed_files(const std::string& path);
/// Stands for the whole list, whatever its length: canonical JSON of the count, the list's digest and the first file.
std::string value_of(const ChangedFiles& files);

} // namespace godwit::transfer
