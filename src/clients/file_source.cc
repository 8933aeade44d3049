#include "clients/file_source.h"

#include "base/text.h"
#include "clients/beneath.h"
#include "clients/location.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace godwit::clients {

using beneath::Descriptor;

/// One folder on the way down. Its names are held in windows: the smallest ones after the last that was handed out.
/// Sorting folders as if their name ended in '/' makes the walk come out in byte order of whole keys.
struct FileLister::Folder {
    std::string key;
    Descriptor descriptor;
    std::vector<std::string> names; ///< sorted; folders end in '/'
    std::size_t position = 0;
    std::string last;
    bool complete = false; ///< nothing lies behind this window

    Status fill(std::size_t window, const std::string& root_path);
    Result<std::string> sort_name(const dirent& entry, const std::string& root_path) const;
};

namespace {

Error listing_error(int number, const std::string& root_path, std::string_view key) {
    return system_error(number, "the folder cannot be listed", printable(beneath::join(root_path, key)));
}

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

} // namespace

Result<std::string> FileLister::Folder::sort_name(const dirent& entry, const std::string& root_path) const {
    std::string name = entry.d_name;
    bool is_folder = entry.d_type == DT_DIR;
    if (entry.d_type == DT_UNKNOWN) {
        struct ::stat native{};
        if (::fstatat(descriptor.get(), name.c_str(), &native, AT_SYMLINK_NOFOLLOW) == 0)
            is_folder = S_ISDIR(native.st_mode);
        else if (errno != ENOENT)
            return listing_error(errno, root_path, key);
    }
    if (is_folder)
        name += '/';
    return name;
}

Status FileLister::Folder::fill(std::size_t window, const std::string& root_path) {
    if (!names.empty())
        last = names.back();
    names.clear();
    position = 0;
    // A descriptor of its own: fdopendir takes it over, and its read position belongs to this pass.
    const int fresh = ::openat(descriptor.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fresh < 0)
        return listing_error(errno, root_path, key);
    const std::unique_ptr<DIR, CloseFolder> folder(::fdopendir(fresh));
    if (!folder) {
        ::close(fresh);
        return listing_error(errno, root_path, key);
    }
    bool dropped = false;
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(folder.get());
        if (entry == nullptr) {
            if (errno != 0)
                return listing_error(errno, root_path, key);
            break;
        }
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..")
            continue;
        std::string sorted = TRY(sort_name(*entry, root_path));
        if (!last.empty() && sorted <= last)
            continue;
        // A heap with the largest on top, cut back to the window.
        if (names.size() == window) {
            dropped = true;
            if (sorted >= names.front())
                continue;
            std::ranges::pop_heap(names);
            names.pop_back();
        }
        names.push_back(std::move(sorted));
        std::ranges::push_heap(names);
    }
    std::ranges::sort_heap(names);
    complete = !dropped;
    return {};
}

FileLister::FileLister(int root, std::string root_path, std::size_t window)
    : root_(root), root_path_(std::move(root_path)), window_(std::max<std::size_t>(window, 1)) {}
FileLister::FileLister(FileLister&& other) noexcept
    : root_(std::exchange(other.root_, -1)),
      root_path_(std::move(other.root_path_)),
      window_(other.window_),
      folders_(std::move(other.folders_)) {}
FileLister& FileLister::operator=(FileLister&& other) noexcept {
    std::swap(root_, other.root_);
    std::swap(root_path_, other.root_path_);
    std::swap(window_, other.window_);
    std::swap(folders_, other.folders_);
    return *this;
}
FileLister::~FileLister() {
    if (root_ >= 0)
        ::close(root_);
}

/// False where the folder has gone since its name was read.
Result<bool> FileLister::descend(std::string key, bool required) {
    auto opened = beneath::open_folder(root_, root_path_, key);
    if (opened.is_error()) {
        if (!required && opened.error().kind() == ErrorKind::not_found)
            return false;
        return std::move(opened).error();
    }
    auto folder = std::make_unique<Folder>();
    folder->key = std::move(key);
    folder->descriptor = std::move(*opened);
    TRY(folder->fill(window_, root_path_));
    folders_.push_back(std::move(folder));
    return true;
}

Result<std::optional<FileEntry>> FileLister::next() {
    while (!folders_.empty()) {
        Folder& folder = *folders_.back();
        if (folder.position == folder.names.size()) {
            if (folder.complete)
                folders_.pop_back();
            else
                TRY(folder.fill(window_, root_path_));
            continue;
        }
        const std::string& name = folder.names[folder.position++];
        std::string key = beneath::join(folder.key, name);
        if (key.ends_with('/')) {
            key.pop_back();
            TRY(descend(std::move(key), false));
            continue;
        }
        struct ::stat native{};
        if (::fstatat(folder.descriptor.get(), name.c_str(), &native, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT)
                continue;
            return system_error(errno, "the file cannot be examined", printable(beneath::join(root_path_, key)));
        }
        return std::optional(FileEntry{std::move(key), file_state_of(native)});
    }
    return std::optional<FileEntry>();
}

Result<FileState> SourceFile::state() const {
    struct ::stat native{};
    if (::fstat(file_.descriptor(), &native) != 0)
        return system_error(errno, "the file cannot be examined", printable(file_.path()));
    return file_state_of(native);
}

Result<FileSource> FileSource::open(const std::string& root) {
    std::string path = TRY(canonical_folder(root));
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return system_error(errno, "the folder cannot be opened", printable(path));
    return FileSource(descriptor, std::move(path));
}

FileSource::FileSource(FileSource&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), root_(std::move(other.root_)) {}
FileSource& FileSource::operator=(FileSource&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(root_, other.root_);
    return *this;
}
FileSource::~FileSource() {
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

std::string FileSource::path_of(std::string_view key) const { return beneath::join(root_, key); }

Result<FileLister> FileSource::list(const std::string& prefix, std::size_t window) const {
    const int root = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
    if (root < 0)
        return system_error(errno, "the folder cannot be opened", printable(root_));
    FileLister lister(root, root_, window);
    TRY(lister.descend(prefix, true));
    return lister;
}

Result<FileState> FileSource::state(const std::string& key) const {
    const beneath::SplitKey parts = TRY(beneath::split_key(key));
    const Descriptor folder = TRY(beneath::open_folder(descriptor_, root_, parts.folder));
    struct ::stat native{};
    if (::fstatat(folder.get(), parts.name.c_str(), &native, AT_SYMLINK_NOFOLLOW) != 0)
        return system_error(errno, "the file cannot be examined", printable(path_of(key)));
    return file_state_of(native);
}

Result<bool> FileSource::exists(const std::string& key) const {
    auto found = state(key);
    if (!found.is_error())
        return true;
    if (found.error().kind() == ErrorKind::not_found)
        return false;
    return std::move(found).error();
}

Result<SourceFile> FileSource::open_file(const std::string& key) const {
    File file = TRY(beneath::open_file(descriptor_, root_, key, O_RDONLY));
    const std::uint64_t size = TRY(file.size());
    return SourceFile(std::move(file), size);
}

Result<std::string> FileSource::read(const std::string& key, std::uint64_t limit) const {
    SourceFile file = TRY(open_file(key));
    return read_everything(file, limit);
}

} // namespace godwit::clients
