#pragma once

#include "clients/file_source.h"

#include <string>
#include <string_view>
#include <vector>

namespace godwit::clients {

/// A new file of a target, open for writing until it is closed. Nothing is durable before `sync` or FileTarget::sync.
class TargetFile final : public ByteSink {
public:
    Status write(std::string_view bytes) override { return file_.write(bytes); }
    Status write_at(std::uint64_t offset, std::string_view bytes) { return file_.write_at(offset, bytes); }
    Status sync() { return file_.sync(); }
    Result<FileState> state() const;
    Status close() { return file_.close(); }
    const std::string& path() const { return file_.path(); }
    int descriptor() const { return file_.descriptor(); }

private:
    friend class FileTarget;
    explicit TargetFile(File file) : file_(std::move(file)) {}
    File file_;
};

/// A folder to write into: confined like FileSource, and nothing is ever overwritten: what stands under a name is a
/// conflict. A change of names is durable when the call returns. Thread-safe.
class FileTarget {
public:
    static Result<FileTarget> open(const std::string& root);

    const FileSource& files() const { return files_; }
    const std::string& root() const { return files_.root(); }

    /// Created anew, as readable as the root is; a taken name is a conflict. The folder must exist.
    Result<TargetFile> create(const std::string& key) const;
    /// A new file with these bytes: written under a temporary name beside it, synced, renamed without replacing.
    Status write_durably(const std::string& key, std::string_view bytes) const;
    /// Missing parents too; returns the keys of the folders that were absent, outermost first.
    Result<std::vector<std::string>> make_folders(const std::string& key) const;
    /// `sync_folders` false leaves the fsync of both folders to the caller (many renames, then sync_folder once).
    Status rename_without_replacing(const std::string& from, const std::string& to, bool sync_folders = true) const;
    /// A file; not_found when there is none, an error when it is a folder.
    Status remove(const std::string& key) const;
    /// Conflict when it is not empty.
    Status remove_empty_folder(const std::string& key) const;
    Status sync_folder(const std::string& key) const;
    /// The whole file system that the root lies on (syncfs).
    Status sync() const;

private:
    FileTarget(FileSource files, unsigned mode) : files_(std::move(files)), mode_(mode) {}
    FileSource files_;
    unsigned mode_; // of the root: whoever may not enter it may not read what is copied there
};

} // namespace godwit::clients
