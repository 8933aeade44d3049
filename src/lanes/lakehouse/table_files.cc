#include "lanes/lakehouse/table_files.h"

#include "base/text.h"

namespace godwit::lakehouse {

Result<TableFiles::Located> TableFiles::locate(std::string_view location) const {
    const auto path = TRY(map_.map(location)); // refuses what has no mapping, and `..`
    const auto* pair = map_.find(TRY(clients::Location::parse(location)));
    auto key = path.substr(std::min(path.size(), pair->to.size()));
    key.erase(0, key.find_first_not_of('/'));
    if (key.empty())
        return Error::make(ErrorKind::not_found, "the location is a folder, not a file").at(printable(location));
    return Located{pair->to, std::move(key)};
}

Result<const clients::FileSource*> TableFiles::root(const std::string& folder) const {
    const std::scoped_lock lock(mutex_);
    auto found = roots_.find(folder);
    if (found == roots_.end())
        found = roots_.emplace(folder, TRY(clients::FileSource::open(folder))).first;
    return &found->second;
}

Result<std::unique_ptr<ByteSource>> TableFiles::open(std::string_view location) const {
    const auto located = TRY(locate(location));
    const auto* files = TRY(root(located.folder));
    return std::unique_ptr<ByteSource>(std::make_unique<clients::SourceFile>(TRY(files->open_file(located.key))));
}

Result<FileState> TableFiles::state(std::string_view location) const {
    const auto located = TRY(locate(location));
    return TRY(root(located.folder))->state(located.key);
}

Result<bool> TableFiles::exists(std::string_view location) const {
    const auto located = TRY(locate(location));
    return TRY(root(located.folder))->exists(located.key);
}

Result<std::string> TableFiles::read(std::string_view location, std::uint64_t limit) const {
    const auto located = TRY(locate(location));
    return TRY(root(located.folder))->read(located.key, limit);
}

} // namespace godwit::lakehouse
