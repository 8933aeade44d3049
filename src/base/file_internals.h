#pragma once

#include "base/file.h"

#include <sys/stat.h>

/// What file.cc and folder.cc share; no one else includes it.
namespace godwit::file_internals {

FileState state_of(const struct stat& raw);

/// A path may not hold NUL: the system would silently use what stands before it.
Status check_path(const std::string& path);

} // namespace godwit::file_internals
