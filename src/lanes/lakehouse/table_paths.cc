#include "lanes/lakehouse/table_paths.h"

#include "base/text.h"

#include <algorithm>

namespace godwit::lakehouse {

using clients::Location;

namespace {

constexpr std::string_view kExternal = "external";

/// Where the location lies among those that no prefix maps: one folder per place, whatever its name.
Result<std::string> external_folder(const Location& location) {
    if (location.scheme == Location::Scheme::file)
        return std::string(location.path.starts_with('/') ? "file" : "relative");
    TRY(clients::path_elements(location.bucket)); // a bucket named `..` would lead out
    return "s3/" + location.bucket;
}

/// `/external/x` as `/external~/x`, `/external~/x` as `/external~~/x`: none of these is `/external` any more.
std::string beside_external(std::string path) {
    const auto end = std::min(path.size(), path.find('/', 1));
    const auto first = std::string_view(path).substr(0, end);
    if (first.starts_with("/" + std::string(kExternal)) &&
        first.find_first_not_of('~', kExternal.size() + 1) == std::string_view::npos)
        path.insert(end, 1, '~');
    return path;
}

} // namespace

Result<TablePaths> TablePaths::create(std::string warehouse, std::string root, const Pairs& pairs) {
    TablePaths paths(std::move(warehouse), std::move(root));
    const auto table = paths.warehouse_ + "/" + paths.root_;
    for (const auto& [from, to] : pairs)
        TRY(paths.pairs_.add(from, to.empty() ? table : table + "/" + to));
    return paths;
}

Result<std::string> TablePaths::key(std::string_view location) const {
    const auto parsed = TRY(Location::parse(location));
    const auto elements = TRY(clients::path_elements(parsed.path));
    if (pairs_.find(parsed) != nullptr)
        return root_ + beside_external(TRY(pairs_.map(location)).substr(warehouse_.size() + 1 + root_.size()));
    return root_ + "/" + std::string(kExternal) + "/" + TRY(external_folder(parsed)) + "/" + join(elements, "/");
}

Result<std::string> TablePaths::uri(std::string_view location) const {
    return clients::file_uri(warehouse_ + "/" + TRY(key(location)));
}

iceberg::MetadataPathMapper TablePaths::mapper() const {
    return [this](iceberg::PathField field, std::string_view, std::string_view path) -> Result<std::string> {
        if (field == iceberg::PathField::other_property) {
            const auto location = Location::parse(path);
            if (!location || pairs_.find(*location) == nullptr)
                return std::string(path);
        }
        return uri(path);
    };
}

Status check_same_file(std::string_view key, const std::string& one, const std::string& other) {
    if (one == other || TRY(Location::parse(one)).canonical() == TRY(Location::parse(other)).canonical())
        return {};
    return Error::make(ErrorKind::conflict, "two files of the table would be moved to the same place")
        .why(printable(one) + " and " + printable(other) + " both go to " + printable(key))
        .fix("rename one of them at the source, or leave the table out with --exclude")
        .at(printable(other));
}

} // namespace godwit::lakehouse
