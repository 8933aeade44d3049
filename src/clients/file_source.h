#pragma once

#include "base/bytes.h"
#include "base/file.h"
#include "base/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::clients {

/// What a listing says about one name below the root. A key is the path below the root: elements joined by '/', any
/// bytes but NUL. On `file://` there is no ETag: size, mtime and inode stand for it.
struct FileEntry {
    std::string key;
    FileState state;
};

/// Goes through everything below a prefix, one entry at a time, in byte order of keys (not of folders: `a-b` comes
/// before `a/b`). Holds at most `kWindow` names of each open folder, whatever its size: a larger folder is read several
/// times. Folders are not listed; links, sockets and devices are, with their type, and never followed.
class FileLister {
public:
    static constexpr std::size_t kWindow = 65'536;

    FileLister(FileLister&&) noexcept;
    FileLister& operator=(FileLister&&) noexcept;
    ~FileLister();
    /// The next entry, or nothing at the end. A folder that vanished meanwhile has no entries; one that cannot be read
    /// is an error.
    Result<std::optional<FileEntry>> next();

private:
    friend class FileSource;
    struct Folder;
    FileLister(int root, std::string root_path, std::size_t window);
    Result<bool> descend(std::string key, bool required);

    int root_;
    std::string root_path_;
    std::size_t window_;
    std::vector<std::unique_ptr<Folder>> folders_; ///< from the prefix inwards
};

/// An open file of a source: nothing here writes. Formats read from it.
class SourceFile final : public ByteSource {
public:
    /// When it was opened.
    std::uint64_t size() const override { return size_; }
    Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
        return file_.read_at(offset, into.data(), into.size());
    }
    /// Its path.
    const std::string& name() const override { return file_.path(); }
    /// Of the open file, also when its name has gone: compare with what the listing said.
    Result<FileState> state() const;
    /// Open for reading only; stays ours.
    int descriptor() const { return file_.descriptor(); }

private:
    friend class FileSource;
    SourceFile(File file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
    File file_;
    std::uint64_t size_;
};

/// A folder to read from. It has no mutating method, and no name leads out of it: keys with `..`, `.`, empty elements,
/// NUL or a leading slash are refused, and so is every symbolic link below the root (the root itself may be one).
/// Thread-safe.
class FileSource {
public:
    static Result<FileSource> open(const std::string& root);
    FileSource(FileSource&& other) noexcept;
    FileSource& operator=(FileSource&& other) noexcept;
    ~FileSource();

    /// Absolute, links resolved.
    const std::string& root() const { return root_; }
    /// For messages.
    std::string path_of(std::string_view key) const;

    /// Everything below the folder `prefix` (empty: the root). A prefix that is no folder is not_found.
    Result<FileLister> list(const std::string& prefix = "", std::size_t window = FileLister::kWindow) const;
    /// Of the name itself; a link is not followed.
    Result<FileState> state(const std::string& key) const;
    Result<bool> exists(const std::string& key) const;
    Result<SourceFile> open_file(const std::string& key) const;
    Result<std::string> read(const std::string& key, std::uint64_t limit = std::uint64_t{1} << 30) const;

private:
    friend class FileTarget;
    FileSource(int descriptor, std::string root) : descriptor_(descriptor), root_(std::move(root)) {}
    int descriptor_ = -1;
    std::string root_;
};

} // namespace godwit::clients
