#include "base/environment.h"
#include "base/file.h"
#include "base/file_internals.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>

namespace godwit {

using file_internals::check_path;

namespace {

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

/// Nothing where the entry went away between being listed and being looked at.
Result<std::optional<FileState>> state_in(DIR* folder, const std::string& path, const char* name) {
    struct stat raw{};
    if (::fstatat(::dirfd(folder), name, &raw, AT_SYMLINK_NOFOLLOW) == 0)
        return std::optional(file_state_of(raw));
    if (errno == ENOENT)
        return std::optional<FileState>();
    return system_error(errno, "the file cannot be looked at", printable(path) + "/" + printable(name));
}

} // namespace

Result<std::vector<FolderEntry>> list_folder(const std::string& path) {
    TRY(check_path(path));
    const Folder folder(::opendir(path.c_str()));
    if (!folder)
        return system_error(errno, "the folder cannot be listed", printable(path));
    std::vector<FolderEntry> entries;
    while (true) {
        errno = 0;
        const auto* entry = ::readdir(folder.get());
        if (entry == nullptr)
            break;
        const std::string name = entry->d_name;
        if (name == "." || name == "..")
            continue;
        if (const auto state = TRY(state_in(folder.get(), path, entry->d_name)))
            entries.push_back({name, *state});
    }
    if (errno != 0)
        return system_error(errno, "the folder cannot be listed", printable(path));
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return entries;
}

Result<std::vector<std::string>> make_folders(const std::string& path, unsigned mode) {
    TRY(check_path(path));
    std::vector<std::string> made;
    for (std::size_t end = 0; end != std::string::npos && end < path.size();) {
        end = path.find('/', end + 1);
        const auto folder = path.substr(0, end);
        if (folder.back() == '/') // a double or a last slash
            continue;
        if (::mkdir(folder.c_str(), mode) == 0) {
            made.push_back(folder);
            continue;
        }
        const int problem = errno;
        struct stat raw{};
        if (::stat(folder.c_str(), &raw) == 0 && S_ISDIR(raw.st_mode)) // stat: a link to a folder will do
            continue;
        return system_error(problem, "the folder cannot be made", printable(folder));
    }
    return made;
}

namespace {

/// The group that bears this user's name and holds nobody else: many systems let it write what its user makes.
bool is_private_group(gid_t group) {
    std::array<char, 16 * 1024> user_text, group_text;
    passwd user{}, *found_user = nullptr;
    ::group named{}, *found_group = nullptr;
    if (::getpwuid_r(::geteuid(), &user, user_text.data(), user_text.size(), &found_user) != 0 ||
        ::getgrgid_r(group, &named, group_text.data(), group_text.size(), &found_group) != 0 || found_user == nullptr ||
        found_group == nullptr)
        return false;
    const std::string_view name = user.pw_name;
    auto** member = named.gr_mem;
    while (*member != nullptr && *member == name)
        ++member;
    return user.pw_gid == group && named.gr_name == name && *member == nullptr;
}

bool others_may_write(const struct stat& raw) {
    return (raw.st_mode & S_IWOTH) != 0 || ((raw.st_mode & S_IWGRP) != 0 && !is_private_group(raw.st_gid));
}

Error not_own(const std::string& path, std::string why) {
    return Error::make(ErrorKind::permission, "others have a hand in a folder that must be this user's alone")
        .why(std::move(why))
        .fix("name another folder, or take it over with chown and `chmod go-w`")
        .at(printable(path));
}

} // namespace

Status require_own_folder(const std::string& path) {
    TRY(check_path(path));
    struct stat raw{};
    if (::lstat(path.c_str(), &raw) != 0)
        return system_error(errno, "the folder cannot be examined", printable(path));
    if (!S_ISDIR(raw.st_mode))
        return not_own(path, "it is a link or no folder");
    if (raw.st_uid != ::geteuid())
        return not_own(path, "it belongs to user " + std::to_string(raw.st_uid));
    if (others_may_write(raw))
        return not_own(path, "others may write there");
    const auto parent = path.substr(0, std::max<std::size_t>(path.find_last_of('/'), 1));
    if (::stat(parent.c_str(), &raw) != 0)
        return system_error(errno, "the folder cannot be examined", printable(parent));
    if (raw.st_uid != ::geteuid() && raw.st_uid != 0)
        return not_own(parent, "it belongs to user " + std::to_string(raw.st_uid));
    if (others_may_write(raw) && (raw.st_mode & S_ISVTX) == 0)
        return not_own(parent, "others may write there");
    return {};
}

Status sync_folder(const std::string& path) {
    TRY(check_path(path));
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return system_error(errno, "the folder cannot be opened", printable(path));
    const int problem = ::fsync(descriptor) == 0 ? 0 : errno;
    ::close(descriptor);
    if (problem != 0)
        return system_error(problem, "the folder cannot be made durable", printable(path));
    return {};
}

Status rename_without_replacing(const std::string& from, const std::string& to) {
    TRY(check_path(from));
    TRY(check_path(to));
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
        return {};
    const char* what = "the file cannot be given its name";
    if (errno != EINVAL && errno != ENOSYS)
        return system_error(errno, what, printable(to));
    if (::link(from.c_str(), to.c_str()) != 0)
        return system_error(errno, what, printable(to));
    return remove_file(from);
}

Status remove_file(const std::string& path) {
    TRY(check_path(path));
    if (::unlink(path.c_str()) != 0)
        return system_error(errno, "the file cannot be removed", printable(path));
    return {};
}

Status remove_empty_folder(const std::string& path) {
    TRY(check_path(path));
    if (::rmdir(path.c_str()) != 0)
        return system_error(errno, "the folder cannot be removed", printable(path));
    return {};
}

Status remove_tree(const std::string& path) {
    TRY(check_path(path));
    std::error_code problem;
    std::filesystem::remove_all(path, problem); // by openat, following no link (libstdc++ since 12)
    if (problem)
        return system_error(problem.value(), "the folder cannot be removed", printable(path));
    return {};
}

namespace {

std::string temporary_place() { return ProcessEnvironment().get("TMPDIR").value_or("/tmp"); }

} // namespace

Result<File> File::open_temporary(std::string folder) {
    if (folder.empty())
        folder = temporary_place();
    auto nameless = open_nameless(folder, 0600);
    if (!nameless.is_error() || nameless.error().kind() != ErrorKind::unsupported)
        return nameless;
    auto path = folder + "/godwit-XXXXXX";
    const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
    if (descriptor < 0)
        return system_error(errno, "no temporary file can be made", printable(path));
    auto file = File::adopt(descriptor, path);
    TRY(remove_file(path));
    return file;
}

Result<TemporaryFolder> TemporaryFolder::create(const std::string& prefix) {
    auto path = temporary_place() + "/" + prefix + "-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr)
        return system_error(errno, "no temporary folder can be made", printable(path));
    return TemporaryFolder(std::move(path));
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
}

TemporaryFolder::~TemporaryFolder() {
    if (!path_.empty())
        (void)remove_tree(path_);
}

} // namespace godwit
