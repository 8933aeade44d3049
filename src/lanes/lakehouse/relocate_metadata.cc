#include "base/fault_point.h"
#include "base/text.h"
#include "formats/iceberg/manifest_rewrite.h"
#include "formats/iceberg/puffin.h"
#include "lanes/lakehouse/part_sink.h"
#include "lanes/lakehouse/position_deletes.h"
#include "lanes/lakehouse/steps.h"
#include "lanes/lakehouse/table_steps.h"
#include "lanes/lakehouse/table_tree.h"

#include <map>
#include <utility>

namespace godwit::lakehouse {

namespace {

using iceberg::MovedManifest;
using iceberg::RewrittenFile;

constexpr std::uint64_t kMetadataLimit = std::uint64_t{512} << 20;

bool is_gzip_name(std::string_view location) {
    return location.ends_with(".gz.metadata.json") || location.ends_with(".metadata.json.gz");
}

/// Writes every file of the table that paths stand in, once: delete files, then manifests, lists and metadata files.
/// What was written to which key is remembered, because several snapshots share manifests and delete files.
class Relocation {
public:
    Relocation(core::StepContext& context, const TableTree& tree, const TablePaths& paths, transfer::OpenPart& part)
        : context_(&context), tree_(&tree), paths_(&paths), part_(&part) {}

    Status write_all() {
        for (const auto& manifest : tree_->manifests()) {
            if (context_->stop().stop_requested())
                return Error::make(ErrorKind::interrupted, "interrupted between two manifests");
            TRY(write_manifest(manifest));
        }
        for (const auto& list : tree_->lists())
            TRY(write_list(list));
        // The current metadata file comes last: without it nothing of the table can be seen.
        for (auto document = tree_->documents().rbegin(); document != tree_->documents().rend(); ++document)
            TRY(write_document(*document));
        return {};
    }

private:
    Status write_manifest(const TableTree::Manifest& manifest) {
        if (manifest.deletes)
            TRY(tree_->each_entry(manifest,
                                  [this](const iceberg::ManifestEntry& entry) { return write_deletes(entry.file); }));
        const auto key = TRY(paths_->key(manifest.location));
        if (!TRY(is_first(key, manifest.location)))
            return {};
        const auto source = TRY(tree_->files().open(manifest.location));
        auto sink = TRY(PartSink::create(*part_));
        const iceberg::ManifestEdits edits{
            [this](std::string_view path) { return paths_->uri(path); },
            [this](const iceberg::DeleteFileKey& file) { return rewritten(file); },
        };
        TRY(iceberg::rewrite_manifest(*source, sink, edits));
        const auto length = TRY(sink.finish(key));
        manifests_[key] = {TRY(paths_->uri(manifest.location)), static_cast<std::int64_t>(length)};
        context_->progress(part_->objects(), part_->bytes());
        return {};
    }

    Result<std::optional<RewrittenFile>> rewritten(const iceberg::DeleteFileKey& file) const {
        const auto found = deletes_.find(TRY(paths_->key(file.path)));
        if (found == deletes_.end())
            return std::optional<RewrittenFile>();
        auto copy = found->second;
        copy.content_offset = file.content_offset;
        return std::optional(std::move(copy));
    }

    Status write_deletes(const iceberg::DataFile& file) {
        if (file.content != iceberg::FileContent::position_deletes)
            return {};
        const auto key = TRY(paths_->key(file.file_path));
        if (!TRY(is_first(key, file.file_path)) || !TRY(tree_->files().exists(file.file_path)))
            return {}; // gone with an expired snapshot; a needed one was found missing by the copy
        const auto source = TRY(tree_->files().open(file.file_path));
        auto sink = TRY(PartSink::create(*part_));
        const auto map = [this](std::string_view path) { return paths_->uri(path); };
        RewrittenFile result;
        if (equals_ignoring_case(file.file_format, "puffin"))
            result.file_size_in_bytes = static_cast<std::int64_t>(TRY(iceberg::rewrite_puffin(*source, sink, map)));
        else
            result = TRY(rewrite_position_deletes(*source, sink, file.file_format, map));
        TRY(sink.finish(key));
        FAULT_POINT("relocate.after-deletes");
        deletes_.emplace(key, std::move(result));
        return {};
    }

    Status write_list(const TableTree::ManifestList& list) {
        const auto key = TRY(paths_->key(list.location));
        if (!TRY(is_first(key, list.location)))
            return {};
        const auto source = TRY(tree_->files().open(list.location));
        auto sink = TRY(PartSink::create(*part_));
        const auto map = [this](std::string_view path, std::int64_t length) -> Result<MovedManifest> {
            const auto found = manifests_.find(TRY(paths_->key(path)));
            // Missing at the source and needed by nothing that can be reached: the name moves, the length stays.
            return found == manifests_.end() ? MovedManifest{TRY(paths_->uri(path)), length} : found->second;
        };
        TRY(iceberg::rewrite_manifest_list(*source, sink, map));
        TRY(sink.finish(key));
        return {};
    }

    Status write_document(const std::string& location) {
        const auto key = TRY(paths_->key(location));
        if (!TRY(is_first(key, location)))
            return {};
        auto text = TRY(moved_text(location));
        if (is_gzip_name(location))
            text = TRY(iceberg::gzip(text));
        auto sink = TRY(PartSink::create(*part_));
        TRY(sink.write(text));
        TRY(sink.finish(key));
        FAULT_POINT("relocate.after-document");
        return {};
    }

    /// The parsed document is gone before the text is compressed or written.
    Result<std::string> moved_text(const std::string& location) const {
        const auto document = TRY(tree_->document(location));
        const auto moved = TRY(document.map_paths(paths_->mapper()));
        return moved.to_json_text();
    }

    /// False where the file was written before, in whatever spelling it was named.
    Result<bool> is_first(const std::string& key, const std::string& location) {
        const auto [known, first] = written_.emplace(key, location);
        if (!first)
            TRY(check_same_file(key, known->second, location));
        return first;
    }

    core::StepContext* context_;
    const TableTree* tree_;
    const TablePaths* paths_;
    transfer::OpenPart* part_;
    std::map<std::string, std::string> written_;     ///< target key to the location that it was made of
    std::map<std::string, MovedManifest> manifests_; ///< by target key, as are
    std::map<std::string, RewrittenFile> deletes_;
};

class RelocateMetadata final : public WriteStep {
public:
    explicit RelocateMetadata(Ends& ends) : WriteStep(ends, kind::kRelocateMetadata) {}

private:
    Status write(core::StepContext& context, const TableMove& move, transfer::OpenPart& part) override {
        const auto paths = TRY(ends().paths(move));
        const auto tree = TRY(TableTree::read(ends().source, move.metadata_location));
        return Relocation(context, tree, paths, part).write_all();
    }

    Result<WrittenTable> written(core::StepContext&, const TableMove& move) override {
        const auto paths = TRY(ends().paths(move));
        const auto bytes = TRY(ends().source.read(move.metadata_location, kMetadataLimit));
        const auto metadata = TRY(iceberg::TableMetadata::parse(bytes, move.metadata_location));
        const auto* snapshot = metadata.current_snapshot();
        auto location = TRY(paths.uri(move.metadata_location));
        return WrittenTable{std::move(location), metadata.uuid(),
                            snapshot == nullptr ? "" : std::to_string(snapshot->id)};
    }
};

} // namespace

std::unique_ptr<core::StepKind> make_relocate_metadata(Ends& ends) { return std::make_unique<RelocateMetadata>(ends); }

} // namespace godwit::lakehouse
