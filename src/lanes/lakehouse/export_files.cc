#include "lanes/lakehouse/export_files.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "clients/location.h"
#include "formats/glue/export_scanner.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>

namespace godwit::lakehouse {

namespace {

using FileVisitor = std::function<void(const std::string& path, const FileState& state)>;

Status find_files(const std::string& folder, const std::string& prefix, int depth, const FileVisitor& visit) {
    constexpr int kDeepest = 64;
    for (const auto& entry : TRY(list_folder(prefix.empty() ? folder : folder + "/" + prefix))) {
        const auto path = prefix.empty() ? entry.name : prefix + "/" + entry.name;
        if (entry.state.type == FileState::Type::folder && depth < kDeepest)
            TRY(find_files(folder, path, depth + 1, visit));
        else if (entry.state.type == FileState::Type::file && entry.name.ends_with(".json") &&
                 path != kExportSettingsFile)
            visit(path, entry.state);
    }
    return {};
}

Error bad_settings(std::string why, const std::string& path) {
    return Error::make(ErrorKind::usage, "the settings of the export cannot be read")
        .why(std::move(why))
        .fix("write {\"account\": \"123456789012\", \"region\": \"eu-west-1\", \"map\": {\"s3://bucket\": \"folder\"}}")
        .at(path);
}

Status read_maps(const Json& maps, const std::string& folder, const std::string& path, ExportSettings& into) {
    if (!maps.is_object())
        return bad_settings("`map` is no object", path);
    for (const auto& [prefix, target] : maps.items()) {
        if (!target.is_string() || target.get_ref<const std::string&>().empty())
            return bad_settings("`map` has an entry that names no folder", path);
        const auto& text = target.get_ref<const std::string&>();
        into.maps.emplace_back(prefix, text[0] == '/' ? text : folder + "/" + text);
    }
    return {};
}

} // namespace

Result<ExportSettings> read_export_settings(const std::string& folder) {
    ExportSettings settings;
    const auto path = folder + "/" + std::string(kExportSettingsFile);
    if (!file_exists(path))
        return settings;
    const auto text = TRY(read_file(path, std::uint64_t{1} << 20));
    const auto json = parse_json(text);
    if (json.is_error())
        return bad_settings(json.error().why(), path);
    if (!json->is_object())
        return bad_settings("it is no JSON object", path);
    for (const auto& [name, value] : json->items()) {
        if (name == "map")
            TRY(read_maps(value, folder, path, settings));
        else if (name != "account" && name != "region")
            return bad_settings("it has the field '" + printable(name) + "', which means nothing here", path);
        else if (!value.is_string())
            return bad_settings("`" + name + "` is no text (account numbers stand in quotes)", path);
        else
            (name == "account" ? settings.account : settings.region) = value.get<std::string>();
    }
    return settings;
}

Result<std::vector<std::string>> export_files(const std::string& folder) {
    std::vector<std::string> files;
    TRY(find_files(folder, "", 0, [&](const std::string& path, const FileState&) { files.push_back(path); }));
    std::sort(files.begin(), files.end());
    return files;
}

Result<std::string> export_state(const std::string& folder) {
    Sha256 digest;
    TRY(find_files(folder, "", 0, [&](const std::string& path, const FileState& state) {
        digest.update(percent_encode(path) + " " + std::to_string(state.size) + " " + std::to_string(state.mtime_ns) +
                      " " + std::to_string(state.inode) + "\n");
    }));
    return hex(digest.finish());
}

Result<std::optional<std::string>> first_catalogue(const std::string& folder) {
    for (const auto& file : TRY(export_files(folder))) {
        auto source = FileSource::open(folder + "/" + file);
        if (source.is_error())
            continue;
        std::string found;
        const auto scanned = glue::scan_export(*source, [&](const glue::RawEntry& entry) -> Status {
            const auto json = parse_json(entry.text);
            if (json.is_error() || !json->is_object())
                return {};
            const auto id = json->find("CatalogId");
            if (id == json->end() || !id->is_string() || id->get_ref<const std::string&>().empty())
                return {};
            found = id->get<std::string>();
            return Error::make(ErrorKind::interrupted, "found");
        });
        if (!found.empty())
            return std::optional(found);
        if (scanned.is_error())
            return scanned.error();
    }
    return std::optional<std::string>();
}

} // namespace godwit::lakehouse
