#include "base/json.h"
#include "base/text.h"
#include "formats/iceberg/puffin.h"
#include "lanes/lakehouse/decoders.h"
#include "lanes/lakehouse/position_deletes.h"
#include "lanes/lakehouse/steps.h"
#include "lanes/lakehouse/table_steps.h"
#include "lanes/lakehouse/table_tree.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace godwit::lakehouse {

namespace {

using iceberg::DataFile;
using iceberg::ManifestEntry;
using iceberg::ManifestFile;

constexpr std::uint64_t kMetadataLimit = std::uint64_t{512} << 20;

/// Structural equality of everything that can be reached, both sides read afresh: the target must be the source with
/// every path mapped, and nothing else may differ but what had to (spine, section 7, "metadata rewritten").
class StructureCheck {
public:
    StructureCheck(core::StepContext& context, const Ends& ends, const TableTree& tree, const TablePaths& paths)
        : context_(&context), ends_(&ends), tree_(&tree), paths_(&paths) {}

    Result<core::Verdict> run() {
        for (const auto& location : tree_->documents())
            TRY(check("metadata file", location, [&] { return same_document(location); }));
        for (const auto& list : tree_->lists())
            TRY(check("manifest list", list.location, [&] { return same_list(list.location); }));
        for (const auto& manifest : tree_->manifests()) {
            if (context_->stop().stop_requested())
                return Error::make(ErrorKind::interrupted, "interrupted between two manifests");
            TRY(check("manifest", manifest.location, [&] { return same_manifest(manifest); }));
        }
        TRY(context_->record(core::Comparison{
            "metadata", core::Verdict::equal(),
            canonical_json({{"method", "both sides read again; target equals source after the prefix mapping"},
                            {"decoders", decoders_json(our_decoder("Iceberg"), our_decoder("Iceberg"))},
                            {"equal", std::to_string(equal_)},
                            {"entries", std::to_string(entries_)},
                            {"delete_files", std::to_string(checked_deletes_.size())},
                            {"missing_in_history", std::to_string(tree_->missing_history())}})}));
        return verdict_;
    }

private:
    /// `compare` gives an empty text when both are equal, else what differs.
    template <typename Compare>
    Status check(std::string_view what, const std::string& location, const Compare& compare) {
        const std::string difference = TRY(compare());
        if (difference.empty()) {
            ++equal_;
            return {};
        }
        const auto verdict = core::Verdict::different(1);
        verdict_ = core::weaker(verdict_, verdict);
        return context_->record(core::Comparison{std::string(what) + " " + printable(location), verdict,
                                                 canonical_json({{"why", printable(difference)}})});
    }

    Result<std::unique_ptr<ByteSource>> open_target(std::string_view location) const {
        return std::unique_ptr<ByteSource>(
            std::make_unique<clients::SourceFile>(TRY(ends_->warehouse.files().open_file(TRY(paths_->key(location))))));
    }

    Result<bool> target_exists(const std::string& location) const {
        return ends_->warehouse.files().exists(TRY(paths_->key(location)));
    }

    Result<std::string> same_document(const std::string& location) const {
        const auto key = TRY(paths_->key(location));
        if (!TRY(ends_->warehouse.files().exists(key)))
            return std::string("it is missing at the target");
        const auto bytes = TRY(ends_->warehouse.files().read(key, kMetadataLimit));
        const auto present = TRY(iceberg::TableMetadata::parse(bytes, key));
        const auto expected = TRY(TRY(tree_->document(location)).map_paths(paths_->mapper()));
        return std::string(present.document() == expected.document() ? "" : "a field differs beyond the mapped paths");
    }

    Result<std::string> same_list(const std::string& location) {
        if (!TRY(target_exists(location)))
            return std::string("it is missing at the target");
        const auto source = TRY(tree_->files().open(location));
        const auto target = TRY(open_target(location));
        auto source_reader = TRY(iceberg::ManifestListReader::open(*source));
        auto target_reader = TRY(iceberg::ManifestListReader::open(*target));
        if (source_reader.metadata() != target_reader.metadata())
            return std::string("its file metadata differs");
        ManifestFile expected;
        ManifestFile present;
        while (TRY(source_reader.next(expected))) {
            if (!TRY(target_reader.next(present)))
                return std::string("it ends too early");
            const bool moved = TRY(target_exists(expected.path));
            if (moved)
                expected.length = static_cast<std::int64_t>(TRY(open_target(expected.path))->size());
            else if (TRY(tree_->files().exists(expected.path)))
                return "it names " + expected.path + ", which did not arrive";
            expected.path = TRY(paths_->uri(expected.path));
            if (!(expected == present))
                return "its entry for " + expected.path + " differs";
        }
        return std::string(TRY(target_reader.next(present)) ? "it has more entries" : "");
    }

    Result<std::string> same_manifest(const TableTree::Manifest& manifest) {
        if (!TRY(target_exists(manifest.location)))
            return std::string("it is missing at the target");
        const auto source = TRY(tree_->files().open(manifest.location));
        const auto target = TRY(open_target(manifest.location));
        auto source_reader = TRY(iceberg::ManifestReader::open(*source));
        auto target_reader = TRY(iceberg::ManifestReader::open(*target));
        if (source_reader.metadata() != target_reader.metadata())
            return std::string("its file metadata differs");
        ManifestEntry expected;
        ManifestEntry present;
        while (TRY(source_reader.next(expected))) {
            if (!TRY(target_reader.next(present)))
                return std::string("it ends too early");
            auto difference = TRY(same_entry(expected, present));
            if (!difference.empty())
                return difference;
            ++entries_;
        }
        return std::string(TRY(target_reader.next(present)) ? "it has more entries" : "");
    }

    Result<std::string> same_entry(ManifestEntry expected, ManifestEntry present) {
        const auto location = expected.file.file_path;
        const bool stands = TRY(target_exists(location));
        if (!stands && TRY(tree_->files().exists(location)))
            return "it names " + location + ", which did not arrive";
        if (expected.file.content == iceberg::FileContent::position_deletes && stands) {
            auto difference = TRY(same_deletes(expected.file));
            if (!difference.empty())
                return difference;
            expected.file.file_size_in_bytes = static_cast<std::int64_t>(TRY(open_target(location))->size());
        }
        expected.file.file_path = TRY(paths_->uri(location));
        if (expected.file.referenced_data_file)
            expected.file.referenced_data_file = TRY(paths_->uri(*expected.file.referenced_data_file));
        if (!bounds_of_paths_hold(expected.file, present.file))
            return "the bounds of file_path of " + location + " lie outside of the table";
        drop_path_bounds(expected.file);
        drop_path_bounds(present.file);
        return expected == present ? std::string() : "its entry for " + location + " differs";
    }

    /// The bounds of column file_path must not exclude a data file that the delete file names; same_deletes proved the
    /// content, so it is enough that they are mapped paths or absent.
    static bool bounds_of_paths_hold(const DataFile& expected, const DataFile& present) {
        if (expected.content != iceberg::FileContent::position_deletes || !present.lower_bounds)
            return true;
        return std::ranges::all_of(*present.lower_bounds, [](const auto& bound) {
            return bound.first != iceberg::kDeleteFilePathId || bound.second.starts_with("file://");
        });
    }

    static void drop_path_bounds(DataFile& file) {
        for (auto* bounds : {&file.lower_bounds, &file.upper_bounds})
            if (*bounds)
                std::erase_if(**bounds, [](const auto& bound) { return bound.first == iceberg::kDeleteFilePathId; });
        for (auto* bounds : {&file.lower_bounds, &file.upper_bounds})
            if (*bounds && (*bounds)->empty())
                bounds->reset();
    }

    Result<std::string> same_deletes(const DataFile& file) {
        if (!checked_deletes_.insert(file.file_path).second)
            return std::string();
        const auto source = TRY(tree_->files().open(file.file_path));
        const auto target = TRY(open_target(file.file_path));
        const bool same = equals_ignoring_case(file.file_format, "puffin")
                              ? TRY(same_puffin(*source, *target))
                              : TRY(same_positions(*source, *target, file));
        return same ? std::string() : "the delete file " + file.file_path + " deletes other rows";
    }

    Result<bool> same_puffin(ByteSource& source, ByteSource& target) const {
        if (TRY(iceberg::is_bare_vector(source)))
            return TRY(read_everything(source)) == TRY(read_everything(target));
        const auto expected = TRY(iceberg::read_puffin_footer(source));
        const auto present = TRY(iceberg::read_puffin_footer(target));
        if (expected.blobs.size() != present.blobs.size())
            return false;
        for (std::size_t i = 0; i < expected.blobs.size(); ++i) {
            if (TRY(iceberg::read_puffin_blob(source, expected.blobs[i])) !=
                TRY(iceberg::read_puffin_blob(target, present.blobs[i])))
                return false;
            const auto* from = iceberg::find_property(expected.blobs[i].properties, "referenced-data-file");
            const auto* to = iceberg::find_property(present.blobs[i].properties, "referenced-data-file");
            if ((from == nullptr) != (to == nullptr) || (from != nullptr && TRY(paths_->uri(*from)) != *to))
                return false;
        }
        return true;
    }

    /// Both sorted by mapped path and position on disk, then compared row by row.
    Result<bool> same_positions(ByteSource& source, ByteSource& target, const DataFile& file) const {
        SortedSpill expected;
        SortedSpill present;
        const auto key = [](std::string_view path, std::int64_t position) {
            return std::string(path) + '\0' + std::to_string(position);
        };
        TRY(each_position_delete(source, file.file_format, [&](std::string_view path, std::int64_t position) -> Status {
            return expected.add(key(TRY(paths_->uri(path)), position), {});
        }));
        TRY(each_position_delete(target, file.file_format, [&](std::string_view path, std::int64_t position) {
            return present.add(key(path, position), {});
        }));
        TRY(expected.sort());
        TRY(present.sort());
        while (expected.peek() != nullptr && present.peek() != nullptr && expected.peek()->key == present.peek()->key) {
            TRY(expected.pop());
            TRY(present.pop());
        }
        return expected.peek() == nullptr && present.peek() == nullptr;
    }

    core::StepContext* context_;
    const Ends* ends_;
    const TableTree* tree_;
    const TablePaths* paths_;
    core::Verdict verdict_ = core::Verdict::equal();
    std::set<std::string> checked_deletes_;
    std::uint64_t equal_ = 0;
    std::uint64_t entries_ = 0;
};

class CheckMetadata final : public CheckStep {
public:
    explicit CheckMetadata(Ends& ends) : CheckStep(ends, kind::kCheckMetadata, "metadata") {}

private:
    Result<core::Verdict> check(core::StepContext& context, const TableMove& move) override {
        const auto paths = TRY(ends().paths(move));
        const auto tree = TRY(TableTree::read(ends().source, move.metadata_location));
        return StructureCheck(context, ends(), tree, paths).run();
    }
};

} // namespace

std::unique_ptr<core::StepKind> make_check_metadata(Ends& ends) { return std::make_unique<CheckMetadata>(ends); }

} // namespace godwit::lakehouse
