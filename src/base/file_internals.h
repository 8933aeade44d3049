#pragma once

#include "base/file.h"

/// What file.cc and folder.cc share, and their tests see; no one else includes it.
namespace godwit::file_internals {

/// A path may not hold NUL: the system would silently use what stands before it.
Status check_path(const std::string& path);

/// How write_file_durably replaces a file where the file system has no O_TMPFILE.
Status write_and_rename(const std::string& path, std::string_view bytes, unsigned mode);

} // namespace godwit::file_internals
