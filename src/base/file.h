#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

struct stat;

namespace godwit {

/// An open file descriptor that closes itself. Every open uses O_CLOEXEC.
class File {
public:
    /// Regular files only: a pipe or a device could block for ever.
    static Result<File> open_for_reading(const std::string& path);
    /// Created anew; a name that is taken is a conflict.
    static Result<File> create(const std::string& path, unsigned mode = 0644);
    static Result<File> open_or_create(const std::string& path, unsigned mode = 0644);
    /// Made if it is missing; every write goes to the end.
    static Result<File> open_for_appending(const std::string& path, unsigned mode = 0644);
    /// A file in this folder that has no name and goes with its descriptor; unsupported on some file systems.
    static Result<File> open_nameless(const std::string& folder, unsigned mode = 0644);
    /// For reading and writing, mode 0600, without a name from the start or from right after: whoever is killed leaves
    /// nothing behind. An empty `folder` is the system's place for temporary files.
    static Result<File> open_temporary(std::string folder = {});
    /// Takes over an open descriptor; `path` is for messages.
    static File adopt(int descriptor, std::string path) { return {descriptor, std::move(path)}; }

    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File();

    int descriptor() const { return descriptor_; }
    const std::string& path() const { return path_; }
    Result<std::uint64_t> size() const;
    /// Up to `bytes` from `offset`; shorter only at the end of the file.
    Result<std::size_t> read_at(std::uint64_t offset, char* into, std::size_t bytes) const;
    Status write(std::string_view bytes);
    Status write_at(std::uint64_t offset, std::string_view bytes);
    Status sync();
    /// Closes and reports what close said. The destructor closes silently.
    Status close();

private:
    File(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
    int descriptor_ = -1;
    std::string path_;
};

struct FileState {
    enum class Type { file, folder, link, other };
    Type type = Type::file;
    std::uint64_t size = 0;
    std::int64_t mtime_ns = 0;
    std::uint64_t inode = 0;
    std::uint64_t device = 0;
    unsigned mode = 0;
    bool operator==(const FileState&) const = default;
};

/// A time beyond what 64 bits of nanoseconds hold becomes the last that they do.
FileState file_state_of(const struct ::stat& raw);
/// Does not follow a symbolic link.
Result<FileState> file_state(const std::string& path);
bool file_exists(const std::string& path);
/// Whoever may put files into a folder has a hand in what is read from it. Refuses a link, and a folder that is not of
/// this user or that others may write; and likewise the folder that it lies in, which may be root's, or sticky as /tmp.
Status require_own_folder(const std::string& path);
/// Refuses files larger than `limit` before allocating.
Result<std::string> read_file(const std::string& path, std::uint64_t limit = std::uint64_t{1} << 30);
/// Temporary file beside it, fsync, rename, fsync of the folder: the old or the new content, never a mixture. Where the
/// file system has nameless files (O_TMPFILE) a crash leaves no temporary file, or one that the next write replaces.
Status write_file_durably(const std::string& path, std::string_view bytes, unsigned mode = 0644);

struct FolderEntry {
    std::string name; ///< one path element, any bytes but '/' and NUL
    FileState state;
};
/// Sorted by name as bytes, without `.` and `..`.
Result<std::vector<FolderEntry>> list_folder(const std::string& path);
/// Creates missing parents too; returns the ones that were absent, outermost first.
Result<std::vector<std::string>> make_folders(const std::string& path, unsigned mode = 0755);
Status sync_folder(const std::string& path);
/// renameat2(RENAME_NOREPLACE), or link and unlink where that is missing: a taken name is a conflict.
Status rename_without_replacing(const std::string& from, const std::string& to);
Status remove_file(const std::string& path);
Status remove_empty_folder(const std::string& path);
/// Removes a folder of ours with everything in it, following no link.
Status remove_tree(const std::string& path);

/// A folder that is removed with its content at the end of the scope.
class TemporaryFolder {
public:
    static Result<TemporaryFolder> create(const std::string& prefix = "godwit");
    TemporaryFolder(TemporaryFolder&& other) noexcept;
    TemporaryFolder& operator=(TemporaryFolder&&) = delete;
    ~TemporaryFolder();
    const std::string& path() const { return path_; }

private:
    explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

} // namespace godwit
