#pragma once

#include "base/file.h"
#include "base/result.h"

#include <string>
#include <string_view>
#include <sys/stat.h>
#include <utility>

/// Opening names below a folder without ever leaving it: element by element with O_NOFOLLOW, so that neither `..` nor a
/// symbolic link nor a folder that is swapped meanwhile leads out.
namespace godwit::clients::beneath {

/// A descriptor that closes itself; unlike File it may be a folder.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor();
    int get() const { return number_; }
    int release() { return std::exchange(number_, -1); }

private:
    int number_ = -1;
};

/// A key as its folder and its last element. Empty elements, `.`, `..`, NUL and a leading or trailing slash are errors.
struct SplitKey {
    std::string folder;
    std::string name;
};
Result<SplitKey> split_key(std::string_view key);

std::string join(std::string_view root, std::string_view key);

/// The folder `key` (empty: the root itself) opened for reading.
Result<Descriptor> open_folder(int root, std::string_view root_path, std::string_view key);
/// The regular file `key`, with O_NOFOLLOW and O_CLOEXEC added. Anything but a regular file is an error.
Result<File> open_file(int root, std::string_view root_path, std::string_view key, int flags, unsigned mode = 0);

} // namespace godwit::clients::beneath
