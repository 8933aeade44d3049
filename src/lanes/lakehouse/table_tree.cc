#include "lanes/lakehouse/table_tree.h"

#include "base/text.h"

#include <set>

namespace godwit::lakehouse {

namespace {

constexpr std::uint64_t kMetadataLimit = std::uint64_t{512} << 20;

std::set<std::int64_t> needed_snapshots(const iceberg::TableMetadata& metadata) {
    std::set<std::int64_t> needed;
    for (const auto& reference : metadata.references())
        needed.insert(reference.snapshot_id);
    if (const auto* current = metadata.current_snapshot())
        needed.insert(current->id);
    return needed;
}

} // namespace

/// What the metadata files name, each once.
struct TableTree::Named {
    std::map<std::string, bool> lists; ///< whether needed
    std::map<std::string, Manifest> manifests;
    std::set<std::string> statistics;

    void add(const iceberg::TableMetadata& metadata, const std::set<std::int64_t>& needed) {
        for (const auto& snapshot : metadata.snapshots()) {
            if (!snapshot.manifest_list.empty())
                lists[snapshot.manifest_list] |= needed.contains(snapshot.id);
            for (const auto& location : snapshot.manifests) {
                auto& manifest = manifests[location];
                manifest.location = location;
                manifest.needed |= needed.contains(snapshot.id);
            }
        }
        for (const auto& file : metadata.statistics())
            statistics.insert(file.path);
        for (const auto& file : metadata.partition_statistics())
            statistics.insert(file.path);
    }
};

Result<TableTree> TableTree::read(const TableFiles& files, const std::string& metadata_location) {
    TableTree tree(files);
    Named named;
    TRY(tree.read_documents(metadata_location, named));
    TRY(tree.read_lists(named));
    tree.statistics_.assign(named.statistics.begin(), named.statistics.end());
    return tree;
}

Result<iceberg::TableMetadata> TableTree::document(const std::string& location) const {
    const auto bytes = TRY(files_->read(location, kMetadataLimit));
    return iceberg::TableMetadata::parse(bytes, location);
}

Status TableTree::read_documents(const std::string& metadata_location, Named& named) {
    std::set<std::string> earlier;
    {
        const auto current = TRY(document(metadata_location));
        named.add(current, needed_snapshots(current));
        for (const auto& entry : current.metadata_log())
            earlier.insert(entry.metadata_file);
    }
    documents_.push_back(metadata_location);
    earlier.erase(metadata_location);
    for (const auto& location : earlier) {
        if (!TRY(is_there(location, false, "an earlier metadata file")))
            continue;
        named.add(TRY(document(location)), {}); // only the current document has a say in what must be there
        documents_.push_back(location);
    }
    return {};
}

Result<bool> TableTree::is_there(const std::string& location, bool needed, std::string_view what) {
    const auto there = files_->exists(location);
    if (there && *there)
        return true;
    if (needed)
        return Error::make(ErrorKind::not_found, std::string(what) + " that the table needs cannot be read")
            .why(there ? "it is missing at the source" : there.error().to_line())
            .fix("restore it, or leave the table out with --exclude")
            .at(printable(location));
    ++missing_history_;
    return false;
}

Status TableTree::read_lists(Named& named) {
    auto& manifests = named.manifests;
    for (const auto& [location, needed] : named.lists) {
        if (!TRY(is_there(location, needed, "a manifest list")))
            continue;
        lists_.push_back({location, needed});
        const auto source = TRY(files_->open(location));
        auto reader = TRY(iceberg::ManifestListReader::open(*source));
        iceberg::ManifestFile file;
        while (TRY(reader.next(file))) {
            auto& manifest = manifests[file.path];
            manifest.location = file.path;
            manifest.needed |= needed;
            manifest.deletes |= file.content == iceberg::ManifestContent::deletes;
        }
    }
    for (auto& [location, manifest] : manifests)
        if (TRY(is_there(location, manifest.needed, "a manifest")))
            manifests_.push_back(std::move(manifest));
    return {};
}

Status TableTree::each_entry(const Manifest& manifest,
                             const std::function<Status(const iceberg::ManifestEntry&)>& visit) const {
    const auto source = TRY(files_->open(manifest.location));
    auto reader = TRY(iceberg::ManifestReader::open(*source));
    iceberg::ManifestEntry entry;
    while (TRY(reader.next(entry)))
        TRY(visit(entry));
    return {};
}

Status TableTree::each_file(const std::function<Status(const TakenFile&)>& visit) const {
    for (const auto& location : documents_)
        TRY(visit({location, true, true}));
    for (const auto& list : lists_)
        TRY(visit({list.location, list.needed, true}));
    for (const auto& manifest : manifests_) {
        TRY(visit({manifest.location, manifest.needed, true}));
        TRY(each_entry(manifest, [&](const iceberg::ManifestEntry& entry) {
            return visit({entry.file.file_path, manifest.needed && entry.status != iceberg::EntryStatus::deleted,
                          entry.file.content == iceberg::FileContent::position_deletes});
        }));
    }
    for (const auto& location : statistics_)
        TRY(visit({location, false, false}));
    return {};
}

} // namespace godwit::lakehouse
