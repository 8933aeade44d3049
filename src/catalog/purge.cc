#include "catalog/purge.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "formats/iceberg/manifest.h"

#include <algorithm>
#include <set>
#include <string>

namespace godwit::catalog {

namespace {

/// Whoever sets it to false says that the files belong to others too, as those of a snapshot procedure do. Anything but
/// "true" is false, as Iceberg reads it.
bool may_remove_data(const iceberg::TableMetadata& metadata) {
    const auto property =
        std::ranges::find(metadata.properties(), "gc.enabled", &std::pair<std::string, std::string>::first);
    return property == metadata.properties().end() || equals_ignoring_case(property->second, "true");
}

class Purge {
public:
    Purge(const Warehouse& warehouse, std::string folder) : warehouse_(warehouse), folder_(std::move(folder)) {}

    Status run(const CommittedTable& table) {
        removes_data_ = may_remove_data(table.metadata);
        std::set<std::string> manifests;
        for (const iceberg::Snapshot& snapshot : table.metadata.snapshots())
            TRY(remove_data(snapshot, manifests));
        for (const std::string& manifest : manifests)
            remove(manifest);
        for (const iceberg::Snapshot& snapshot : table.metadata.snapshots())
            remove(snapshot.manifest_list);
        for (const iceberg::StatisticsFile& file : table.metadata.statistics())
            remove(file.path);
        for (const iceberg::PartitionStatisticsFile& file : table.metadata.partition_statistics())
            remove(file.path);
        for (const iceberg::MetadataLogEntry& entry : table.metadata.metadata_log())
            remove(entry.metadata_file);
        remove(table.row.metadata_location);
        remove_folders();
        return {};
    }

private:
    Status remove_data(const iceberg::Snapshot& snapshot, std::set<std::string>& manifests) {
        for (const std::string& manifest : snapshot.manifests)
            TRY(remove_files_of(manifest, manifests));
        if (snapshot.manifest_list.empty())
            return {};
        FileSource source = TRY(FileSource::open(TRY(warehouse_.local_path(snapshot.manifest_list))));
        iceberg::ManifestListReader reader = TRY(iceberg::ManifestListReader::open(source));
        iceberg::ManifestFile manifest;
        while (TRY(reader.next(manifest)))
            TRY(remove_files_of(manifest.path, manifests));
        return {};
    }

    Status remove_files_of(const std::string& manifest, std::set<std::string>& manifests) {
        if (!manifests.insert(manifest).second || !removes_data_)
            return {};
        FileSource source = TRY(FileSource::open(TRY(warehouse_.local_path(manifest))));
        iceberg::ManifestReader reader = TRY(iceberg::ManifestReader::open(source));
        iceberg::ManifestEntry entry;
        while (TRY(reader.next(entry)))
            remove(entry.file.file_path);
        return {};
    }

    void remove(const std::string& location) {
        if (location.empty())
            return;
        const auto path = warehouse_.local_path(location);
        if (path.is_error() || !path->starts_with(folder_ + "/"))
            return;
        if (!remove_file(*path).is_error())
            emptied_.insert(path->substr(0, path->rfind('/')));
    }

    /// From the innermost outwards, as long as they are empty, up to the table's folder.
    void remove_folders() {
        for (auto folder = emptied_.rbegin(); folder != emptied_.rend(); ++folder) {
            std::string path = *folder;
            while (path.size() >= folder_.size() && !remove_empty_folder(path).is_error())
                path.resize(path.rfind('/'));
        }
    }

    const Warehouse& warehouse_;
    std::string folder_;
    bool removes_data_ = true;
    std::set<std::string> emptied_;
};

} // namespace

void purge_table(const Warehouse& warehouse, CatalogDatabase& database, const CommittedTable& table) {
    const std::string& folder = table.row.location;
    const auto sharing = database.tables_sharing(folder);
    if (!warehouse.is_in_warehouse(folder) || sharing.is_error() || !sharing->empty()) {
        log_warning("the files of a dropped table were left: its folder is shared or outside of the warehouse",
                    {{"table", table.row.id.display()}, {"folder", folder}});
        return;
    }
    if (Status purged = Purge(warehouse, folder).run(table); purged.is_error())
        log_warning("not all files of a dropped table were removed",
                    {{"table", table.row.id.display()}, {"reason", purged.error().to_line()}});
}

} // namespace godwit::catalog
