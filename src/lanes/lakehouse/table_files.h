#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "clients/file_source.h"
#include "clients/location.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace godwit::lakehouse {

/// The source's bytes by location, through the prefix map, each mapped root opened once. Reads only. Thread-safe.
class TableFiles {
public:
    explicit TableFiles(clients::PrefixMap map) : map_(std::move(map)) {}

    struct Located {
        std::string folder; ///< the mapped root
        std::string key;    ///< below it
    };
    /// Of a file; an error names the location and the `--map` that is missing.
    Result<Located> locate(std::string_view location) const;
    Result<std::unique_ptr<ByteSource>> open(std::string_view location) const;
    Result<FileState> state(std::string_view location) const;
    Result<bool> exists(std::string_view location) const;
    Result<std::string> read(std::string_view location, std::uint64_t limit = std::uint64_t{1} << 30) const;
    const clients::PrefixMap& map() const { return map_; }

private:
    Result<const clients::FileSource*> root(const std::string& folder) const;

    clients::PrefixMap map_;
    mutable std::mutex mutex_;
    mutable std::map<std::string, clients::FileSource> roots_;
};

} // namespace godwit::lakehouse
