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

Result<TableTree> TableTree::read(const TableFiles& files, const std::string& metadata_location) {
    TableTree tree(files);
    TRY(tree.read_documents(metadata_location));
    TRY(tree.read_lists());
    return tree;
}

Status TableTree::read_documents(const std::string& metadata_location) {
    const auto read = [this](const std::string& location) -> Status {
        const auto bytes = TRY(files_->read(location, kMetadataLimit));
        auto metadata = TRY(iceberg::TableMetadata::parse(bytes, location));
        documents_.push_back({location, std::move(metadata)});
        return {};
    };
    TRY(read(metadata_location));
    std::set<std::string> earlier;
    for (const auto& entry : documents_.front().metadata.metadata_log())
        earlier.insert(entry.metadata_file);
    earlier.erase(metadata_location);
    for (const auto& location : earlier)
        if (TRY(is_there(location, false, "an earlier metadata file")))
            TRY(read(location));
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

Status TableTree::read_lists() {
    std::map<std::string, bool> lists;
    std::map<std::string, Manifest> manifests;
    for (std::size_t i = 0; i < documents_.size(); ++i) {
        const auto& metadata = documents_[i].metadata;
        // Only the current document has a say in what must be there.
        const auto needed = i == 0 ? needed_snapshots(metadata) : std::set<std::int64_t>();
        for (const auto& snapshot : metadata.snapshots()) {
            if (!snapshot.manifest_list.empty())
                lists[snapshot.manifest_list] |= needed.contains(snapshot.id);
            for (const auto& location : snapshot.manifests) {
                auto& manifest = manifests[location];
                manifest.location = location;
                manifest.needed |= needed.contains(snapshot.id);
            }
        }
    }
    for (const auto& [location, needed] : lists) {
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

} // namespace godwit::lakehouse
