#include "clients/beneath.h"

#include "base/text.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace godwit::clients::beneath {

namespace {

Error refused_key(std::string_view key, std::string why) {
    return Error::make(ErrorKind::invalid_input, "the name is refused")
        .why(std::move(why))
        .fix("use names below the folder, elements joined by single slashes")
        .at(printable(key));
}

Status check_element(std::string_view element, std::string_view key) {
    if (element.empty())
        return refused_key(key, "an element between slashes is empty");
    if (element == "." || element == "..")
        return refused_key(key, "it has the element '" + std::string(element) + "'");
    return {};
}

Error open_error(int number, std::string what, std::string_view root_path, std::string_view key) {
    // ELOOP: O_NOFOLLOW met a link; ENOTDIR: a link or a file where a folder should be.
    if (number == ELOOP)
        return Error::make(ErrorKind::invalid_input, std::move(what))
            .why("a symbolic link stands there, and links are not followed")
            .fix("put the data itself below the folder, or name the folder that the link leads to")
            .at(printable(join(root_path, key)));
    return system_error(number, std::move(what), printable(join(root_path, key)));
}

} // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0)
        ::close(number_);
}

std::string join(std::string_view root, std::string_view key) {
    std::string path(root);
    if (!key.empty()) {
        if (!path.empty() && !path.ends_with('/'))
            path += '/';
        path += key;
    }
    return path;
}

Result<SplitKey> split_key(std::string_view key) {
    if (key.find('\0') != std::string_view::npos)
        return refused_key(key, "it contains a NUL byte");
    for (const std::string& element : split(key, '/'))
        TRY(check_element(element, key));
    const std::size_t slash = key.rfind('/');
    if (slash == std::string_view::npos)
        return SplitKey{"", std::string(key)};
    return SplitKey{std::string(key.substr(0, slash)), std::string(key.substr(slash + 1))};
}

Result<Descriptor> open_folder(int root, std::string_view root_path, std::string_view key) {
    Descriptor current(::fcntl(root, F_DUPFD_CLOEXEC, 0));
    if (current.get() < 0)
        return system_error(errno, "the folder cannot be opened", printable(root_path));
    if (key.empty())
        return current;
    TRY(split_key(key));
    for (const std::string& element : split(key, '/')) {
        const int next = ::openat(current.get(), element.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0) {
            const int number = errno;
            struct ::stat native{};
            // With O_DIRECTORY a link answers ENOTDIR: say what it is.
            const bool link = number == ENOTDIR &&
                              ::fstatat(current.get(), element.c_str(), &native, AT_SYMLINK_NOFOLLOW) == 0 &&
                              S_ISLNK(native.st_mode);
            return open_error(link ? ELOOP : number, "the folder cannot be opened", root_path, key);
        }
        current = Descriptor(next);
    }
    return current;
}

Result<File> open_file(int root, std::string_view root_path, std::string_view key, int flags, unsigned mode) {
    const SplitKey parts = TRY(split_key(key));
    const Descriptor folder = TRY(open_folder(root, root_path, parts.folder));
    // O_NONBLOCK: opening a named pipe must not wait for its other end.
    const int number =
        ::openat(folder.get(), parts.name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, mode);
    if (number < 0) {
        const char* what = (flags & O_CREAT) != 0 ? "the file cannot be created" : "the file cannot be opened";
        return open_error(errno, what, root_path, key);
    }
    File file = File::adopt(number, join(root_path, key));
    struct ::stat native{};
    if (::fstat(number, &native) != 0)
        return open_error(errno, "the file cannot be examined", root_path, key);
    if (!S_ISREG(native.st_mode))
        return Error::make(ErrorKind::invalid_input, "a file is needed")
            .why("a folder or a special file stands there")
            .fix("name a regular file")
            .at(printable(file.path()));
    return file;
}

} // namespace godwit::clients::beneath
