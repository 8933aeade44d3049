#include "lanes/lakehouse/table_paths.h"

#include "base/text.h"

namespace godwit::lakehouse {

using clients::Location;

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
        return TRY(pairs_.map(location)).substr(warehouse_.size() + 1);
    return root_ + "/external/" + (parsed.bucket.empty() ? "file" : parsed.bucket) + "/" + join(elements, "/");
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

} // namespace godwit::lakehouse
