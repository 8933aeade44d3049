#include "base/file.h"

#include "base/digest.h"
#include "base/file_internals.h"
#include "base/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <limits>
#include <utility>

namespace godwit {

namespace {

/// 64 bits of nanoseconds reach from 1677 to 2262; a file system holds more.
std::int64_t nanoseconds_of(const timespec& time) {
    std::int64_t nanoseconds = 0;
    if (__builtin_mul_overflow(std::int64_t{time.tv_sec}, std::int64_t{1'000'000'000}, &nanoseconds) ||
        __builtin_add_overflow(nanoseconds, std::int64_t{time.tv_nsec}, &nanoseconds))
        return time.tv_sec < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
    return nanoseconds;
}

} // namespace

FileState file_state_of(const struct stat& raw) {
    FileState state;
    state.type = S_ISREG(raw.st_mode)   ? FileState::Type::file
                 : S_ISDIR(raw.st_mode) ? FileState::Type::folder
                 : S_ISLNK(raw.st_mode) ? FileState::Type::link
                                        : FileState::Type::other;
    state.size = static_cast<std::uint64_t>(raw.st_size);
    state.mtime_ns = nanoseconds_of(raw.st_mtim);
    state.inode = raw.st_ino;
    state.device = raw.st_dev;
    state.mode = raw.st_mode & 07777u;
    return state;
}

namespace file_internals {

Status check_path(const std::string& path) {
    if (path.find('\0') == std::string::npos)
        return {};
    return Error::make(ErrorKind::invalid_input, "the file name holds a NUL byte").at(printable(path));
}

} // namespace file_internals

using file_internals::check_path;

namespace {

Result<int> open_descriptor(const std::string& path, int flags, unsigned mode, const char* what) {
    TRY(check_path(path));
    int descriptor = -1;
    do
        descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0)
        return system_error(errno, what, printable(path));
    return descriptor;
}

} // namespace

Result<File> File::open_for_reading(const std::string& path) {
    // O_NONBLOCK: else opening a pipe waits for its writer.
    File file(TRY(open_descriptor(path, O_RDONLY | O_NONBLOCK, 0, "the file cannot be opened")), path);
    struct stat raw{};
    if (::fstat(file.descriptor_, &raw) != 0)
        return system_error(errno, "the file cannot be looked at", printable(path));
    if (!S_ISREG(raw.st_mode))
        return Error::make(ErrorKind::invalid_input, "the file cannot be opened")
            .why(S_ISDIR(raw.st_mode) ? "it is a folder" : "it is not a regular file")
            .fix("name a regular file")
            .at(printable(path));
    return file;
}

Result<File> File::create(const std::string& path, unsigned mode) {
    return File(TRY(open_descriptor(path, O_RDWR | O_CREAT | O_EXCL, mode, "the file cannot be created")), path);
}

Result<File> File::open_or_create(const std::string& path, unsigned mode) {
    return File(TRY(open_descriptor(path, O_RDWR | O_CREAT, mode, "the file cannot be opened")), path);
}

Result<File> File::open_for_appending(const std::string& path, unsigned mode) {
    return File(TRY(open_descriptor(path, O_WRONLY | O_CREAT | O_APPEND, mode, "the file cannot be opened")), path);
}

Result<File> File::open_nameless(const std::string& folder, unsigned mode) {
    TRY(check_path(folder));
    const int descriptor = ::open(folder.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, mode);
    if (descriptor >= 0)
        return File(descriptor, folder);
    if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)
        return Error::make(ErrorKind::unsupported, "the file system has no nameless files").at(printable(folder));
    return system_error(errno, "no file can be created in the folder", printable(folder));
}

File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(path_, other.path_);
    return *this;
}

File::~File() {
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

Result<std::uint64_t> File::size() const {
    struct stat raw{};
    if (::fstat(descriptor_, &raw) != 0)
        return system_error(errno, "the file cannot be looked at", printable(path_));
    return static_cast<std::uint64_t>(raw.st_size);
}

Result<std::size_t> File::read_at(std::uint64_t offset, char* into, std::size_t bytes) const {
    std::size_t done = 0;
    while (done < bytes) {
        if (offset + done < offset || offset + done > std::uint64_t{std::numeric_limits<off_t>::max()})
            break; // no file reaches this far
        const auto got = ::pread(descriptor_, into + done, bytes - done, static_cast<off_t>(offset + done));
        if (got == 0)
            break;
        if (got > 0)
            done += static_cast<std::size_t>(got);
        else if (errno != EINTR)
            return system_error(errno, "the file cannot be read",
                                printable(path_) + ", offset " + std::to_string(offset + done));
    }
    return done;
}

Status File::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR)
            return system_error(errno, "the file cannot be written", printable(path_));
    }
    return {};
}

Status File::write_at(std::uint64_t offset, std::string_view bytes) {
    if (offset > std::uint64_t{std::numeric_limits<off_t>::max()} - bytes.size())
        return system_error(EFBIG, "the file cannot be written", printable(path_));
    while (!bytes.empty()) {
        const auto written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
            offset += static_cast<std::uint64_t>(written);
        } else if (errno != EINTR) {
            return system_error(errno, "the file cannot be written",
                                printable(path_) + ", offset " + std::to_string(offset));
        }
    }
    return {};
}

Status File::sync() {
    if (::fsync(descriptor_) != 0)
        return system_error(errno, "the file cannot be made durable", printable(path_));
    return {};
}

Status File::close() {
    const int descriptor = std::exchange(descriptor_, -1);
    if (descriptor >= 0 && ::close(descriptor) != 0 && errno != EINTR) // after EINTR Linux has closed it
        return system_error(errno, "the file cannot be closed", printable(path_));
    return {};
}

Result<FileState> file_state(const std::string& path) {
    TRY(check_path(path));
    struct stat raw{};
    if (::lstat(path.c_str(), &raw) != 0)
        return system_error(errno, "the file cannot be looked at", printable(path));
    return file_state_of(raw);
}

bool file_exists(const std::string& path) { return !file_state(path).is_error(); }

Result<std::string> read_file(const std::string& path, std::uint64_t limit) {
    const auto file = TRY(File::open_for_reading(path));
    const auto size = TRY(file.size());
    const auto too_large = [&](const std::string& has) {
        return Error::make(ErrorKind::invalid_input, "the file is too large")
            .why("it has " + has + "; at most " + human_bytes(limit) + " are read")
            .at(printable(path));
    };
    if (size > limit)
        return too_large(human_bytes(size));
    constexpr std::size_t kStep = std::size_t{64} << 10;
    std::string bytes;
    std::size_t filled = 0;
    auto want = static_cast<std::size_t>(size) + 1; // one more than it says: it may grow, and /proc says 0
    while (true) {
        bytes.resize(want);
        filled += TRY(file.read_at(filled, bytes.data() + filled, want - filled));
        if (filled > limit)
            return too_large("more");
        if (filled < want)
            break;
        want += kStep;
    }
    bytes.resize(filled);
    return bytes;
}

namespace {

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos)
        return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

/// The name depends on the target's alone, so that what a crash leaves is found and replaced by the next write.
std::string temporary_name(const std::string& path) {
    return folder_of(path) + "/.godwit-" + base32(sha256(path.substr(path.rfind('/') + 1)).substr(0, 10));
}

/// Gives a written, nameless file its name; what stood there is replaced in one step. False: another writer of the same
/// file took the temporary name, and a file that has lost its only name can get none any more.
Result<bool> link_over(const File& nameless, const std::string& path) {
    const auto source = "/proc/self/fd/" + std::to_string(nameless.descriptor());
    const auto link_as = [&source](const std::string& name) {
        return ::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
    };
    int problem = link_as(path);
    if (problem == EEXIST) {
        const auto temporary = temporary_name(path);
        ::unlink(temporary.c_str()); // a crash left it, or it belongs to another writer, who then tries again
        problem = link_as(temporary);
        if (problem == EEXIST)
            return false;
        if (problem == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) {
            problem = errno;
            if (problem == ENOENT)
                return false;
            ::unlink(temporary.c_str());
        }
    }
    if (problem != 0)
        return system_error(problem, "the file cannot be put in its place", printable(path));
    return true;
}

} // namespace

Status file_internals::write_and_rename(const std::string& path, std::string_view bytes, unsigned mode) {
    static std::atomic<std::uint64_t> counter{0};
    const auto temporary =
        temporary_name(path) + "-" + std::to_string(::getpid()) + "-" + std::to_string(counter.fetch_add(1));
    auto file = TRY(File::create(temporary, mode));
    auto status = file.write(bytes);
    if (!status.is_error())
        status = file.sync();
    if (!status.is_error())
        status = file.close();
    if (!status.is_error() && ::rename(temporary.c_str(), path.c_str()) != 0)
        status = system_error(errno, "the file cannot be put in its place", printable(path));
    if (status.is_error())
        ::unlink(temporary.c_str());
    return status;
}

Status write_file_durably(const std::string& path, std::string_view bytes, unsigned mode) {
    TRY(check_path(path));
    for (int attempt = 0; attempt < 1000; ++attempt) {
        auto nameless = File::open_nameless(folder_of(path), mode);
        if (nameless.is_error() && nameless.error().kind() != ErrorKind::unsupported)
            return std::move(nameless).error();
        if (nameless.is_error()) {
            TRY(file_internals::write_and_rename(path, bytes, mode));
            return sync_folder(folder_of(path));
        }
        TRY(nameless->write(bytes));
        TRY(nameless->sync());
        if (TRY(link_over(*nameless, path)))
            return sync_folder(folder_of(path));
    }
    return Error::make(ErrorKind::conflict, "the file cannot be put in its place")
        .why("others write the same file all the time")
        .at(printable(path));
}

} // namespace godwit
