#include "lanes/lakehouse/source_files.h"

#include "base/text.h"

namespace godwit::lakehouse {

Result<SourceFiles::Found> SourceFiles::find(const std::string& location) {
    const auto path = TRY(map_.map(location));
    const auto* pair = map_.find(TRY(clients::Location::parse(location)));
    auto root = roots_.find(pair->to);
    if (root == roots_.end())
        root = roots_.emplace(pair->to, TRY(clients::FileSource::open(pair->to))).first;
    auto key = path.substr(pair->to.size());
    while (key.starts_with('/'))
        key.erase(0, 1);
    if (key.empty())
        return Error::make(ErrorKind::not_found, "the location is a folder, not a file").at(printable(location));
    return Found{&root->second, std::move(key)};
}

Result<FileState> SourceFiles::state(const std::string& location) {
    const auto found = TRY(find(location));
    return found.source->state(found.key);
}

Result<std::string> SourceFiles::read(const std::string& location, std::uint64_t limit) {
    const auto found = TRY(find(location));
    return found.source->read(found.key, limit);
}

Status SourceFiles::with(const std::string& location, const std::function<Status(ByteSource&)>& use) {
    const auto found = TRY(find(location));
    auto file = TRY(found.source->open_file(found.key));
    return use(file);
}

} // namespace godwit::lakehouse
