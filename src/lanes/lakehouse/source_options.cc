#include "lanes/lakehouse/source_options.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "formats/iceberg/table_metadata.h"
#include "lanes/lakehouse/export_files.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace godwit::lakehouse {

namespace {

constexpr const char* kExportKind = "glue-export";
constexpr const char* kMetadataKind = "iceberg-metadata";

Error usage(std::string what, std::string why, std::string fix) {
    return Error::make(ErrorKind::usage, std::move(what)).why(std::move(why)).fix(std::move(fix));
}

std::string option(const core::Options& options, const std::string& name) {
    const auto found = options.find(name);
    return found == options.end() ? "" : found->second;
}

Result<std::string> existing_folder(const std::string& path, const std::string& option_name) {
    auto folder = clients::canonical_folder(path);
    if (folder.is_error())
        return usage("the folder of " + option_name + " cannot be used", folder.error().what() + ": " + printable(path),
                     "name a folder that exists and may be read");
    if (!is_storable_text(*folder))
        return usage("the folder of " + option_name + " has a name that is not UTF-8", printable(*folder),
                     "rename the folder");
    return folder;
}

/// Options win over the settings file: a prefix that is mapped already is left alone.
Status add_map(clients::PrefixMap& map, const std::string& prefix, const std::string& folder,
               const std::string& source) {
    const auto location = clients::Location::parse(prefix);
    if (location.is_error())
        return usage("the prefix of " + source + " cannot be understood", location.error().to_line(),
                     location.error().fix());
    const auto canonical = location->canonical();
    const bool known =
        std::any_of(map.pairs().begin(), map.pairs().end(), [&](const auto& pair) { return pair.from == canonical; });
    if (known && source != "--map")
        return {};
    return map.add(prefix, TRY(existing_folder(folder, source)));
}

using Maps = std::vector<std::pair<std::string, std::string>>;

/// `PREFIX=FOLDER`: both may hold `=`, so the last one with an existing folder behind it divides them.
Result<Maps> map_options(const core::Options& options) {
    Maps maps;
    const auto [first, last] = options.equal_range("map");
    for (auto i = first; i != last; ++i) {
        const auto& text = i->second;
        auto equals = text.rfind('=');
        for (auto at = equals; at != std::string::npos && at > 0; at = text.rfind('=', at - 1)) {
            if (!clients::canonical_folder(text.substr(at + 1)).is_error()) {
                equals = at;
                break;
            }
        }
        if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
            return usage("--map needs a prefix and a folder", "'" + printable(text) + "' is not PREFIX=FOLDER",
                         "write it as --map s3://bucket/prefix=FOLDER");
        maps.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return maps;
}

Status add_maps(const Maps& maps, clients::PrefixMap& map) {
    for (const auto& [prefix, folder] : maps)
        TRY(add_map(map, prefix, folder, "--map"));
    return {};
}

Status complete_account(SourceOptions& source) {
    if (source.account.empty()) {
        const auto catalogue = TRY(first_catalogue(source.folder));
        if (!catalogue)
            return usage("the account of the export is not known", "no entry of the export has a CatalogId",
                         "add --account 123456789012, or write it into godwit-export.json beside the exported files");
        source.account = *catalogue;
    }
    if (source.region.empty())
        return usage("the region of the export is not known", "what the AWS command line prints does not say it",
                     "add --region eu-west-1, or write it into godwit-export.json beside the exported files");
    for (const auto& part : {source.account, source.region}) {
        if (!is_storable_text(part) || printable(part) != part)
            return usage("account or region cannot be used", "'" + printable(part) + "' holds hidden characters",
                         "write it plainly");
    }
    return {};
}

Result<SourceOptions> export_source(const core::Options& options, const Maps& maps) {
    SourceOptions source;
    source.folder = TRY(existing_folder(option(options, "export"), "--export"));
    auto settings = TRY(read_export_settings(source.folder));
    source.account = option(options, "account").empty() ? settings.account : option(options, "account");
    source.region = option(options, "region").empty() ? settings.region : option(options, "region");
    TRY(add_maps(maps, source.map));
    for (const auto& [prefix, folder] : settings.maps)
        TRY(add_map(source.map, prefix, folder, std::string(kExportSettingsFile)));
    if (TRY(export_files(source.folder)).empty())
        return usage("the export is empty", "no *.json lies below " + printable(source.folder),
                     "write what `aws glue get-databases`, `get-tables` and `get-partitions` print into files there");
    TRY(complete_account(source));
    return source;
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }
std::string parent(const std::string& path) { return path.substr(0, path.rfind('/')); }

/// `s3://bucket/warehouse/sales.db/orders` is sales.orders.
void name_table(const core::Options& options, const std::string& location, SourceOptions& source) {
    const auto given = option(options, "table");
    const auto dot = given.rfind('.');
    source.table = dot == std::string::npos ? given : given.substr(dot + 1);
    source.database = dot == std::string::npos ? "" : given.substr(0, dot);
    std::vector<std::string> elements;
    if (const auto parsed = clients::Location::parse(location); !parsed.is_error()) {
        for (auto& element : split(parsed->path, '/')) {
            if (!element.empty())
                elements.push_back(std::move(element));
        }
    }
    if (source.table.empty())
        source.table = elements.empty() ? "table" : elements.back();
    if (source.database.empty())
        source.database = elements.size() > 1 ? elements[elements.size() - 2] : "default";
    if (source.database.size() > 3 && source.database.ends_with(".db"))
        source.database.resize(source.database.size() - 3);
}

/// The location whose image under the map is this file; else its local URI.
std::string unmapped(const clients::PrefixMap& map, const std::string& file) {
    for (const auto& pair : map.pairs()) {
        if (file.starts_with(pair.to + "/"))
            return pair.from + file.substr(pair.to.size());
    }
    return clients::file_uri(file);
}

Result<SourceOptions> metadata_source(const core::Options& options, const Maps& maps) {
    SourceOptions source;
    source.kind = SourceOptions::Kind::iceberg_metadata;
    const auto file = option(options, "metadata");
    const auto slash = file.rfind('/');
    const auto folder = TRY(existing_folder(slash == std::string::npos ? "."
                                            : slash == 0               ? "/"
                                                                       : file.substr(0, slash),
                                            "--metadata"));
    source.metadata_file = (folder == "/" ? "" : folder) + "/" + base_name(file);
    auto bytes = read_file(source.metadata_file);
    if (bytes.is_error())
        return usage("the file of --metadata cannot be read", bytes.error().to_line(),
                     "name a metadata.json that exists");
    const auto parsed = iceberg::TableMetadata::parse(*bytes, source.metadata_file);
    if (parsed.is_error())
        return Error(parsed.error())
            .fix("name an older metadata file of the table, or have it repaired by the engine "
                 "that wrote it");
    const auto& metadata = *parsed;
    source.table_uuid =
        metadata.uuid().empty() ? godwit_uuid("table without uuid at " + metadata.location()) : metadata.uuid();
    TRY(add_maps(maps, source.map));
    const auto location = clients::Location::parse(metadata.location());
    if (!location.is_error() && source.map.find(*location) == nullptr && base_name(folder) == "metadata")
        TRY(add_map(source.map, metadata.location(), parent(folder).empty() ? "/" : parent(folder),
                    "the table's own folder"));
    source.metadata_location = unmapped(source.map, source.metadata_file);
    name_table(options, metadata.location(), source);
    return source;
}

} // namespace

std::string SourceOptions::identity() const {
    if (kind == Kind::glue_export)
        return canonical_json({{"kind", kExportKind}, {"account", account}, {"region", region}});
    return canonical_json({{"kind", kMetadataKind}, {"table_uuid", table_uuid}});
}

std::string SourceOptions::reference() const {
    Json json = {{"kind", kind == Kind::glue_export ? kExportKind : kMetadataKind}};
    Json maps = Json::array();
    for (const auto& pair : map.pairs())
        maps.push_back({{"from", pair.from}, {"to", pair.to}});
    json["map"] = maps;
    if (kind == Kind::glue_export) {
        json["export"] = folder;
        json["account"] = account;
        json["region"] = region;
    } else {
        json["metadata"] = metadata_file;
        json["metadata_location"] = metadata_location;
        json["table_uuid"] = table_uuid;
        json["database"] = database;
        json["table"] = table;
    }
    return canonical_json(json);
}

std::vector<std::string> SourceOptions::key_parts() const {
    if (kind == Kind::glue_export)
        return {account, region};
    return {"iceberg", table_uuid};
}

Result<SourceOptions> read_source_options(const core::Options& options) {
    const bool exported = !option(options, "export").empty(), metadata = !option(options, "metadata").empty();
    if (exported == metadata)
        return usage("name one source",
                     exported ? "--export and --metadata were both given" : "neither --export nor --metadata was given",
                     "godwit assess lakehouse --export DIR --map s3://bucket=FOLDER");
    const auto maps = TRY(map_options(options));
    return exported ? export_source(options, maps) : metadata_source(options, maps);
}

Result<SourceOptions> source_from_reference(std::string_view reference) {
    const auto json = TRY(parse_json(reference));
    SourceOptions source;
    const auto read = [&json](std::initializer_list<std::pair<const char*, std::string*>> fields) -> Status {
        for (const auto& [name, text] : fields)
            *text = TRY(json_string(json, name));
        return {};
    };
    if (TRY(json_string(json, "kind")) == kExportKind) {
        TRY(read({{"export", &source.folder}, {"account", &source.account}, {"region", &source.region}}));
    } else {
        source.kind = SourceOptions::Kind::iceberg_metadata;
        TRY(read({{"metadata", &source.metadata_file},
                  {"metadata_location", &source.metadata_location},
                  {"table_uuid", &source.table_uuid},
                  {"database", &source.database},
                  {"table", &source.table}}));
    }
    if (const auto pairs = json.find("map"); pairs != json.end() && pairs->is_array())
        for (const auto& pair : *pairs)
            TRY(source.map.add(TRY(json_string(pair, "from")), TRY(json_string(pair, "to"))));
    return source;
}

Status require_source(const SourceOptions& source) {
    auto folders = source.map.pairs();
    if (!source.folder.empty())
        folders.push_back({{}, source.folder});
    for (const auto& pair : folders) {
        const auto found = clients::canonical_folder(pair.to);
        if (found.is_error())
            return Error::make(ErrorKind::not_found, "the source cannot be reached")
                .why(found.error().to_line())
                .fix("mount or restore the folder; a rollback does without it")
                .at(printable(pair.to));
    }
    return {};
}

} // namespace godwit::lakehouse
