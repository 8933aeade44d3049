#include "base/text.h"
#include "formats/iceberg/json_access.h"
#include "formats/iceberg/table_metadata.h"

#include <array>

namespace godwit::iceberg {

namespace {

/// Table properties that the specification and the reference implementation read as locations.
constexpr std::array<std::string_view, 4> kPathProperties{"write.data.path", "write.metadata.path",
                                                          "write.object-storage.path", "write.folder-storage.path"};

class PathWalk {
public:
    PathWalk(OrderedJson& document, const MetadataPathMapper& mapper) : document_(document), mapper_(mapper) {}

    Status run() {
        TRY(map(document_["location"], PathField::location, "", "location"));
        TRY(map_members("metadata-log", "metadata-file", PathField::metadata_log));
        TRY(map_members("snapshots", "manifest-list", PathField::manifest_list));
        TRY(map_manifests());
        TRY(map_members("statistics", "statistics-path", PathField::statistics));
        TRY(map_members("partition-statistics", "statistics-path", PathField::partition_statistics));
        return map_properties();
    }

private:
    Status map(OrderedJson& value, PathField field, std::string_view name, const std::string& where) {
        if (!value.is_string() || value.get_ref<const std::string&>().empty())
            return {};
        auto mapped = mapper_(field, name, value.get_ref<const std::string&>());
        if (mapped.is_error())
            return std::move(mapped.error()).at(where);
        value = std::move(mapped).release();
        return {};
    }

    OrderedJson* array(const char* name) {
        const auto found = document_.find(name);
        return found == document_.end() || !found->is_array() ? nullptr : &*found;
    }

    Status map_members(const char* list, const char* member, PathField field) {
        auto* items = array(list);
        for (std::size_t i = 0; items != nullptr && i < items->size(); ++i)
            if (const auto found = (*items)[i].find(member); found != (*items)[i].end())
                TRY(map(*found, field, "", at_index(list, i) + "." + member));
        return {};
    }

    Status map_manifests() {
        auto* snapshots = array("snapshots");
        for (std::size_t i = 0; snapshots != nullptr && i < snapshots->size(); ++i) {
            const auto found = (*snapshots)[i].find("manifests");
            if (found == (*snapshots)[i].end() || !found->is_array())
                continue;
            for (auto& manifest : *found)
                TRY(map(manifest, PathField::manifest, "", at_index("snapshots", i) + ".manifests"));
        }
        return {};
    }

    Status map_properties() {
        const auto found = document_.find("properties");
        if (found == document_.end() || !found->is_object())
            return {};
        for (const auto& [name, value] : found->items()) {
            bool known = false;
            for (const auto candidate : kPathProperties)
                known = known || candidate == name;
            const bool looks_like_path =
                value.is_string() && (value.template get_ref<const std::string&>().starts_with('/') ||
                                      value.template get_ref<const std::string&>().find("://") != std::string::npos);
            if (known || looks_like_path)
                TRY(map(value, known ? PathField::known_property : PathField::other_property, name,
                        "properties." + printable(name)));
        }
        return {};
    }

    OrderedJson& document_;
    const MetadataPathMapper& mapper_;
};

} // namespace

Result<TableMetadata> TableMetadata::map_paths(const MetadataPathMapper& mapper) const {
    auto copy = document();
    TRY(PathWalk(copy, mapper).run());
    return from_document(std::move(copy));
}

std::optional<std::int64_t> metadata_version_of(std::string_view file_name) {
    if (const auto slash = file_name.rfind('/'); slash != std::string_view::npos)
        file_name.remove_prefix(slash + 1);
    if (file_name.find(".metadata.json") == std::string_view::npos && !file_name.ends_with(".json"))
        return std::nullopt;
    if (file_name.starts_with('v'))
        file_name.remove_prefix(1);
    const auto end = file_name.find_first_not_of("0123456789");
    if (end == 0 || end == std::string_view::npos || (file_name[end] != '-' && file_name[end] != '.'))
        return std::nullopt;
    const auto number = parse_int64(file_name.substr(0, end));
    if (number.is_error())
        return std::nullopt;
    return *number;
}

} // namespace godwit::iceberg
