#include "clients/file_target.h"

#include "base/text.h"
#include "clients/beneath.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace godwit::clients {

using beneath::Descriptor;
using beneath::SplitKey;

namespace {

/// The folder of a key, open, and the last element.
struct Place {
    Descriptor folder;
    std::string name;
};

Error taken(const std::string& path) {
    return Error::make(ErrorKind::conflict, "the name is taken")
        .why("something stands there already, and nothing is overwritten")
        .fix("move it away if it is not needed, then go on")
        .at(printable(path));
}

Error change_error(int number, std::string what, const std::string& path) {
    if (number == EEXIST)
        return taken(path);
    return system_error(number, std::move(what), printable(path));
}

Result<Place> find_place(int root, const std::string& root_path, const std::string& key) {
    SplitKey parts = TRY(beneath::split_key(key));
    Descriptor folder = TRY(beneath::open_folder(root, root_path, parts.folder));
    return Place{std::move(folder), std::move(parts.name)};
}

Status sync_descriptor(int descriptor, const std::string& path) {
    if (::fsync(descriptor) != 0)
        return system_error(errno, "the folder cannot be made durable", printable(path));
    return {};
}

} // namespace

Result<FileState> TargetFile::state() const {
    struct ::stat native{};
    if (::fstat(file_.descriptor(), &native) != 0)
        return system_error(errno, "the file cannot be examined", printable(file_.path()));
    return file_state_of(native);
}

Result<FileTarget> FileTarget::open(const std::string& root) {
    auto files = TRY(FileSource::open(root));
    struct ::stat native{};
    if (::fstat(files.descriptor_, &native) != 0)
        return system_error(errno, "the folder cannot be examined", printable(root));
    return FileTarget(std::move(files), native.st_mode & 0777);
}

Result<TargetFile> FileTarget::create(const std::string& key) const {
    return TargetFile(
        TRY(beneath::open_file(files_.descriptor_, root(), key, O_RDWR | O_CREAT | O_EXCL, mode_ & 0666)));
}

Status FileTarget::write_durably(const std::string& key, std::string_view bytes) const {
    const Place place = TRY(find_place(files_.descriptor_, root(), key));
    const std::string path = files_.path_of(key);
    // Without a name until it is complete: a crash leaves nothing behind.
    const int number = ::openat(place.folder.get(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode_ & 0666);
    if (number < 0 && errno != EOPNOTSUPP && errno != EISDIR)
        return change_error(errno, "the file cannot be created", path);
    if (number < 0) {
        TargetFile file = TRY(create(key + ".new"));
        TRY(file.write(bytes));
        TRY(file.sync());
        TRY(file.close());
        return rename_without_replacing(key + ".new", key);
    }
    File file = File::adopt(number, path);
    TRY(file.write(bytes));
    TRY(file.sync());
    const std::string unnamed = "/proc/self/fd/" + std::to_string(number);
    if (::linkat(AT_FDCWD, unnamed.c_str(), place.folder.get(), place.name.c_str(), AT_SYMLINK_FOLLOW) != 0)
        return change_error(errno, "the file cannot be named", path);
    return sync_descriptor(place.folder.get(), path);
}

Result<std::vector<std::string>> FileTarget::make_folders(const std::string& key) const {
    TRY(beneath::split_key(key));
    std::vector<std::string> made;
    std::size_t end = 0;
    while (end != std::string::npos) {
        end = key.find('/', end + 1);
        const std::string folder = key.substr(0, end);
        const Place place = TRY(find_place(files_.descriptor_, root(), folder));
        if (::mkdirat(place.folder.get(), place.name.c_str(), mode_) == 0) {
            TRY(sync_descriptor(place.folder.get(), files_.path_of(folder)));
            made.push_back(folder);
        } else if (errno != EEXIST) {
            return change_error(errno, "the folder cannot be made", files_.path_of(folder));
        }
    }
    // What stood there already may be a file or a link.
    TRY(beneath::open_folder(files_.descriptor_, root(), key));
    return made;
}

Status FileTarget::rename_without_replacing(const std::string& from, const std::string& to, bool sync_folders) const {
    const Place source = TRY(find_place(files_.descriptor_, root(), from));
    const Place target = TRY(find_place(files_.descriptor_, root(), to));
    const long renamed = ::syscall(SYS_renameat2, source.folder.get(), source.name.c_str(), target.folder.get(),
                                   target.name.c_str(), RENAME_NOREPLACE);
    if (renamed != 0) {
        // File systems without RENAME_NOREPLACE answer EINVAL; a link is exclusive everywhere.
        if (errno != EINVAL && errno != ENOSYS)
            return change_error(errno, "the file cannot be renamed", files_.path_of(to));
        if (::linkat(source.folder.get(), source.name.c_str(), target.folder.get(), target.name.c_str(), 0) != 0)
            return change_error(errno, "the file cannot be renamed", files_.path_of(to));
        if (::unlinkat(source.folder.get(), source.name.c_str(), 0) != 0)
            return change_error(errno, "the old name cannot be removed", files_.path_of(from));
    }
    if (sync_folders) {
        TRY(sync_descriptor(target.folder.get(), files_.path_of(to)));
        TRY(sync_descriptor(source.folder.get(), files_.path_of(from)));
    }
    return {};
}

Status FileTarget::remove(const std::string& key) const {
    const Place place = TRY(find_place(files_.descriptor_, root(), key));
    if (::unlinkat(place.folder.get(), place.name.c_str(), 0) != 0)
        return change_error(errno, "the file cannot be removed", files_.path_of(key));
    return sync_descriptor(place.folder.get(), files_.path_of(key));
}

Status FileTarget::remove_empty_folder(const std::string& key) const {
    const Place place = TRY(find_place(files_.descriptor_, root(), key));
    if (::unlinkat(place.folder.get(), place.name.c_str(), AT_REMOVEDIR) != 0)
        return system_error(errno, "the folder cannot be removed", printable(files_.path_of(key)));
    return sync_descriptor(place.folder.get(), files_.path_of(key));
}

Status FileTarget::sync_folder(const std::string& key) const {
    const Descriptor folder = TRY(beneath::open_folder(files_.descriptor_, root(), key));
    return sync_descriptor(folder.get(), files_.path_of(key));
}

Status FileTarget::sync() const {
    if (::syncfs(files_.descriptor_) != 0)
        return system_error(errno, "the file system cannot be made durable", printable(root()));
    return {};
}

} // namespace godwit::clients
