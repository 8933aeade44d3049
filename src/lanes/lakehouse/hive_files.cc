#include "lanes/lakehouse/hive_files.h"

#include "base/json.h"
#include "base/text.h"
#include "lanes/lakehouse/planner.h"
#include "lanes/lakehouse/sizes.h"
#include "lanes/lakehouse/steps.h"
#include "lanes/lakehouse/table_steps.h"

#include <nlohmann/json.hpp>

namespace godwit::lakehouse {

namespace {

std::string encode(const HiveFile& file) {
    Json values = Json::array();
    for (const auto& value : file.values)
        values.push_back(percent_encode(value));
    return Json::array({percent_encode(file.source_folder), percent_encode(file.source_key),
                        percent_encode(file.source), values})
        .dump();
}

Result<HiveFile> decode(const SpillRecord& record) {
    const auto json = TRY(parse_json(record.value));
    HiveFile file;
    file.target_key = record.key;
    file.source_folder = TRY(percent_decode(json[0].get<std::string>()));
    file.source_key = TRY(percent_decode(json[1].get<std::string>()));
    file.source = TRY(percent_decode(json[2].get<std::string>()));
    for (const auto& value : json[3])
        file.values.push_back(TRY(percent_decode(value.get<std::string>())));
    return file;
}

/// Element by element, so that no name of an object leads anywhere else.
std::string target_name(std::string_view key) {
    std::vector<std::string> elements;
    for (const auto& element : split(key, '/'))
        elements.push_back(folder_name(element));
    return join(elements, "/");
}

class Lister {
public:
    Lister(const Ends& ends, const TableMove& move, const TableFacts& table, SortedSpill& spill, std::stop_token stop)
        : ends_(&ends), move_(&move), table_(&table), spill_(&spill), stop_(std::move(stop)) {}

    Status add(const PartitionFacts& partition) {
        if (!partition.place.problem.empty())
            return Error::make(ErrorKind::not_found, "a partition cannot be read")
                .why(partition.place.detail)
                .fix("restore it or map its location, or leave the table out with --exclude")
                .at(printable(partition.place.location));
        const auto opened = TRY(open_place(partition.place, ends_->options.map));
        const auto folder = partition_folder(table_->partition_keys, partition.values);
        const auto base = move_->root + "/data" + (folder.empty() ? "" : "/" + folder);
        Sha256 unused;
        TRY(list_place(
            opened, unused,
            [&](const ListedObject& object, const clients::FileSource& source, const std::string& key) -> Status {
                if (!object.data)
                    return {};
                const HiveFile file{base + "/" + target_name(object.key), source.root(), key,
                                    partition.place.location + "/" + std::string(object.key), partition.values};
                return spill_->add(file.target_key, encode(file));
            },
            stop_));
        return {};
    }

private:
    const Ends* ends_;
    const TableMove* move_;
    const TableFacts* table_;
    SortedSpill* spill_;
    std::stop_token stop_;
};

class Listing final : public transfer::CopyListing {
public:
    explicit Listing(HiveFiles files) : files_(std::move(files)) {}
    Result<std::optional<transfer::CopyObject>> next() override {
        auto file = TRY(files_.next());
        if (!file)
            return std::optional<transfer::CopyObject>();
        return std::optional(transfer::CopyObject{std::move(file->target_key), std::move(file->source_folder),
                                                  std::move(file->source_key), std::move(file->source)});
    }

private:
    HiveFiles files_;
};

class TableFilesPlanner final : public TableListing {
public:
    using TableListing::TableListing;

    Result<std::unique_ptr<transfer::CopyListing>> list(core::StepContext& context) override {
        const auto move = TRY(table_move_from_json(context.step().body));
        return std::unique_ptr<transfer::CopyListing>(
            std::make_unique<Listing>(TRY(HiveFiles::list(ends(), move, context.stop()))));
    }
};

} // namespace

std::string partition_folder(const std::vector<Column>& keys, const std::vector<std::string>& values) {
    std::vector<std::string> elements;
    for (std::size_t i = 0; i < std::min(keys.size(), values.size()); ++i)
        elements.push_back(folder_name(keys[i].name) + "=" + folder_name(values[i]));
    return join(elements, "/");
}

Result<HiveFiles> HiveFiles::list(const Ends& ends, const TableMove& move, std::stop_token stop) {
    SortedSpill spill;
    const auto table = TRY(facts_from_json<TableFacts>(move.table));
    Lister lister(ends, move, table, spill, stop);
    TRY(each_partition(ends, move, stop, [&](const PartitionFacts& partition) { return lister.add(partition); }));
    TRY(spill.sort());
    return HiveFiles(std::move(spill));
}

Result<std::optional<HiveFile>> HiveFiles::next() {
    if (spill_.peek() == nullptr)
        return std::optional<HiveFile>();
    auto file = TRY(decode(*spill_.peek()));
    TRY(spill_.pop());
    return std::optional(std::move(file));
}

std::unique_ptr<transfer::CopyPlanner> make_table_files(Ends& ends) {
    return std::make_unique<TableFilesPlanner>(ends);
}

} // namespace godwit::lakehouse
