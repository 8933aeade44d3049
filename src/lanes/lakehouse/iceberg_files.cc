#include "base/text.h"
#include "lanes/lakehouse/sorted_spill.h"
#include "lanes/lakehouse/steps.h"
#include "lanes/lakehouse/table_steps.h"
#include "lanes/lakehouse/table_tree.h"

namespace godwit::lakehouse {

namespace {

/// Sorted by target key on disk; a location that several snapshots name comes once, in whatever spelling.
class SpilledListing final : public transfer::CopyListing {
public:
    SpilledListing(const TableFiles& files, SortedSpill spill) : files_(&files), spill_(std::move(spill)) {}

    Result<std::optional<transfer::CopyObject>> next() override {
        if (spill_.peek() == nullptr)
            return std::optional<transfer::CopyObject>();
        const auto record = *spill_.peek();
        while (spill_.peek() != nullptr && spill_.peek()->key == record.key) {
            TRY(check_same_file(record.key, record.value, spill_.peek()->value));
            TRY(spill_.pop());
        }
        auto located = TRY(files_->locate(record.value));
        return std::optional(
            transfer::CopyObject{record.key, std::move(located.folder), std::move(located.key), record.value});
    }

private:
    const TableFiles* files_;
    SortedSpill spill_;
};

/// Collects what is copied as it is: no path stands in these files.
class Collector {
public:
    Collector(const TableTree& tree, const TablePaths& paths, SortedSpill& spill)
        : tree_(&tree), paths_(&paths), spill_(&spill) {}

    Status collect() {
        TRY(tree_->each_file([this](const TableTree::TakenFile& file) { return add(file); }));
        return spill_->sort();
    }

private:
    Status add(const TableTree::TakenFile& file) {
        const auto there = tree_->files().exists(file.location);
        if (!there || !*there) {
            if (!file.needed)
                return {};
            return Error::make(ErrorKind::not_found, "a file that the table needs cannot be read")
                .why(there ? "it is missing at the source" : there.error().to_line())
                .fix("restore it, or leave the table out with --exclude")
                .at(printable(file.location));
        }
        return file.rewritten ? Status{} : spill_->add(TRY(paths_->key(file.location)), file.location);
    }

    const TableTree* tree_;
    const TablePaths* paths_;
    SortedSpill* spill_;
};

class IcebergFiles final : public TableListing {
public:
    using TableListing::TableListing;

    Result<std::unique_ptr<transfer::CopyListing>> list(core::StepContext& context) override {
        const auto move = TRY(table_move_from_json(context.step().body));
        const auto paths = TRY(ends().paths(move));
        const auto tree = TRY(TableTree::read(ends().source, move.metadata_location));
        SortedSpill spill;
        TRY(Collector(tree, paths, spill).collect());
        return std::unique_ptr<transfer::CopyListing>(
            std::make_unique<SpilledListing>(ends().source, std::move(spill)));
    }
};

} // namespace

std::unique_ptr<transfer::CopyPlanner> make_iceberg_files(Ends& ends) { return std::make_unique<IcebergFiles>(ends); }

} // namespace godwit::lakehouse
