#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "clients/file_source.h"
#include "clients/location.h"
#include "lanes/lakehouse/sizes.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace godwit::lakehouse {

/// The files of a source by the locations that tables spell. Each mapped root is opened once. One thread at a time.
class SourceFiles {
public:
    explicit SourceFiles(const clients::PrefixMap& map) : map_(map) {}

    Result<FileState> state(const std::string& location);
    Result<std::string> read(const std::string& location, std::uint64_t limit);
    /// Opens the file for the time of the call.
    Status with(const std::string& location, const std::function<Status(ByteSource&)>& use);

private:
    struct Found {
        clients::FileSource* source = nullptr;
        std::string key;
    };
    Result<Found> find(const std::string& location);

    const clients::PrefixMap& map_;
    std::map<std::string, clients::FileSource> roots_;
};

} // namespace godwit::lakehouse
