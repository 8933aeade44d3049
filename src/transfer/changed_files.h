#pragma once

#include "base/result.h"

#include <map>
#include <string>

/// Files of a step that are not as they were made. Their list lies beside the step's ledgers from the moment when a
/// person is asked until the last of them is settled, so that his decision covers each file as he was shown it, also
/// after a crash halfway.
namespace godwit::transfer {

/// What stands under a name, so that just this is known again.
struct Occupant {
    enum class Kind { file, unreadable, changing, folder, special, hidden };
    Kind kind = Kind::file;
    std::string identity; ///< ChunkDigest of a file; why something is hidden; else its inode and time

    /// Never what may hold more than a person was shown.
    bool may_be_removed() const { return kind != Kind::folder && kind != Kind::hidden; }
    bool operator==(const Occupant&) const = default;
};
/// For people: `a folder, 2049:131 of 1700000000`.
std::string to_words(const Occupant& occupant);

/// By key below the target's root, any bytes.
using ChangedFiles = std::map<std::string, Occupant>;

std::string changed_files_path(const std::string& run_files, const std::string& marker);
/// Durably, mode 0600.
Status write_changed_files(const std::string& path, const ChangedFiles& files);
/// None where there is no list.
Result<ChangedFiles> read_changed_files(const std::string& path);
/// Stands for the whole list, whatever its length: canonical JSON of the count, the list's digest and the first file.
std::string value_of(const ChangedFiles& files);

} // namespace godwit::transfer
