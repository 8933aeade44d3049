#include "lanes/lakehouse/export_reader.h"

#include "base/bytes.h"
#include "base/json.h"
#include "base/text.h"
#include "lanes/lakehouse/export_files.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace godwit::lakehouse {

namespace {

/// Below every character that percent_encode gives, so that keys sort by their parts.
constexpr char kSeparator = '\t';

std::string parent_of(const std::string& key) { return key.substr(0, key.rfind(kSeparator)); }

/// The first `count` parts of a key.
std::string_view first_parts(std::string_view key, int count) {
    std::size_t end = 0;
    for (int i = 0; i < count; ++i) {
        end = key.find(kSeparator, end + (i > 0 ? 1 : 0));
        if (end == std::string_view::npos)
            return key;
    }
    return key.substr(0, end);
}

std::string decoded(std::string_view key, std::string_view separator) {
    std::vector<std::string> parts;
    for (const auto& part : split(key, kSeparator)) {
        auto text = percent_decode(part);
        parts.push_back(printable(text.is_error() ? part : *text));
    }
    return join(parts, separator);
}

class Cursor final : public PartitionCursor {
public:
    Cursor(RecordStream& entries, const std::string& table_key) : entries_(entries), prefix_(table_key + kSeparator) {}

    Result<std::optional<glue::Partition>> next() override {
        while (entries_.peek() != nullptr && entries_.peek()->key.starts_with(prefix_)) {
            const auto record = *entries_.peek();
            TRY(entries_.pop());
            if (record.key == last_) {
                ++duplicates_;
                continue;
            }
            last_ = record.key;
            return std::optional(TRY(glue::parse_partition(TRY(parse_json(record.value)))));
        }
        return std::optional<glue::Partition>();
    }
    std::uint64_t duplicates() const override { return duplicates_; }

private:
    RecordStream& entries_;
    std::string prefix_;
    std::string last_;
    std::uint64_t duplicates_ = 0;
};

} // namespace

std::string entry_key(std::initializer_list<std::string_view> names) {
    std::string key;
    for (const auto name : names)
        key += (key.empty() ? std::string() : std::string(1, kSeparator)) + percent_encode(name);
    return key;
}

Status take_table(RecordStream& tables, RecordStream& partitions, const std::string& account,
                  const TableVisitor& visit) {
    const auto key = tables.peek()->key;
    std::optional<glue::Table> newest;
    std::uint64_t entries = 0;
    for (; tables.peek() != nullptr && tables.peek()->key == key; TRY(tables.pop())) {
        auto table = TRY(glue::parse_table(TRY(parse_json(tables.peek()->value))));
        ++entries;
        if (!newest || std::max(table.updated, table.created) > std::max(newest->updated, newest->created))
            newest = std::move(table);
    }
    if (newest->catalogue.empty())
        newest->catalogue = account;
    Cursor cursor(partitions, key);
    TRY(visit(*newest, entries - 1, cursor));
    while (TRY(cursor.next())) {
    }
    return {};
}

ExportReader::ExportReader(std::string account) : account_(std::move(account)), pages_(std::size_t{1} << 20) {}

Result<ExportReader> ExportReader::read(const std::string& folder, const std::string& account, std::stop_token stop) {
    ExportReader reader(account);
    for (const auto& file : TRY(export_files(folder))) {
        if (stop.stop_requested())
            return Error::make(ErrorKind::interrupted, "reading the export was stopped").fix("run the command again");
        TRY(reader.read_file(folder, file));
    }
    TRY(reader.databases_.sort());
    TRY(reader.tables_.sort());
    TRY(reader.partitions_.sort());
    TRY(reader.count_continued_pages());
    return reader;
}

Status ExportReader::read_file(const std::string& folder, const std::string& file) {
    ExportFileFacts facts;
    facts.file = printable(file);
    auto source = FileSource::open(folder + "/" + file);
    if (source.is_error()) {
        facts.problem = "unreadable";
        facts.detail = source.error().to_line();
        problems_.push_back({file, std::move(facts)});
        return {};
    }
    std::string group;
    const auto outcome =
        TRY(glue::scan_export(*source, [&](const glue::RawEntry& entry) { return take(entry, facts, group); }));
    if (outcome.problem) {
        facts.problem = "invalid";
        facts.detail = outcome.problem->to_line();
    } else if (outcome.lists == 0) {
        facts.problem = "unrecognised";
        facts.detail = "none of DatabaseList, TableList and Partitions stands at its top";
    }
    files_ += outcome.lists > 0 ? 1 : 0;
    if (!group.empty())
        TRY(pages_.add(group, outcome.continued ? "more" : "last"));
    if (!facts.problem.empty())
        problems_.push_back({file, std::move(facts)});
    return {};
}

Status ExportReader::take(const glue::RawEntry& entry, ExportFileFacts& facts, std::string& group) {
    const auto refuse = [&](const Error& error) {
        if (facts.refused++ == 0)
            facts.detail = std::string(glue::list_name(entry.kind)) + "[" + std::to_string(entry.index) + "] at byte " +
                           std::to_string(entry.offset) + ": " + error.to_line();
        facts.problem = "entry";
        return Status();
    };
    if (entry.text.empty())
        return refuse(Error::make(ErrorKind::invalid_input, "the entry is too large"));
    const auto json = parse_json(entry.text);
    if (json.is_error())
        return refuse(json.error());
    auto status = spill(entry, *json, group);
    if (status.is_error()) {
        if (status.error().kind() != ErrorKind::invalid_input)
            return status;
        return refuse(status.error());
    }
    ++facts.entries;
    return {};
}

/// The sorter keeps the entry's own text; it is parsed again when its turn comes.
Status ExportReader::spill(const glue::RawEntry& entry, const Json& json, std::string& group) {
    if (entry.kind == glue::EntryKind::database) {
        const auto database = TRY(glue::parse_database(json));
        group = "databases";
        return databases_.add(entry_key({catalogue_or_account(database.catalogue), database.name}),
                              std::string(entry.text));
    }
    if (entry.kind == glue::EntryKind::table) {
        const auto table = TRY(glue::parse_table(json));
        const auto& catalogue = catalogue_or_account(table.catalogue);
        group = "tables" + std::string(1, kSeparator) + entry_key({catalogue, table.database});
        return tables_.add(entry_key({catalogue, table.database, table.name}), std::string(entry.text));
    }
    const auto partition = TRY(glue::parse_partition(json));
    const auto table = entry_key({catalogue_or_account(partition.catalogue), partition.database, partition.table});
    group = "partitions" + std::string(1, kSeparator) + table;
    auto path = table;
    for (const auto& value : partition.values)
        path += kSeparator + percent_encode(value);
    return partitions_.add(std::move(path), std::string(entry.text));
}

const std::string& ExportReader::catalogue_or_account(const std::string& catalogue) const {
    return catalogue.empty() ? account_ : catalogue;
}

/// A list whose pages all say that more follow was not exported to its end.
Status ExportReader::count_continued_pages() {
    TRY(pages_.sort());
    while (pages_.peek() != nullptr) {
        const auto group = pages_.peek()->key;
        bool ended = false;
        for (; pages_.peek() != nullptr && pages_.peek()->key == group; TRY(pages_.pop()))
            ended = ended || pages_.peek()->value == "last";
        continued_pages_ += ended ? 0 : 1;
    }
    return {};
}

Status ExportReader::walk(EstateVisitor& visitor) {
    for (;;) {
        const auto* database = databases_.peek();
        const auto* table = tables_.peek();
        if (database == nullptr && table == nullptr)
            return skip_orphans(nullptr);
        auto next = table == nullptr ? database->key : parent_of(table->key);
        if (database != nullptr && database->key < next)
            next = database->key;
        TRY(visit_database(visitor, next));
    }
}

Status ExportReader::visit_database(EstateVisitor& visitor, const std::string& key) {
    std::optional<glue::Database> declared;
    for (; databases_.peek() != nullptr && databases_.peek()->key == key; TRY(databases_.pop())) {
        if (!declared)
            declared = TRY(glue::parse_database(TRY(parse_json(databases_.peek()->value))));
    }
    const auto parts = split(key, kSeparator);
    TRY(visitor.begin_database(TRY(percent_decode(parts[0])), TRY(percent_decode(parts[1])),
                               declared ? &*declared : nullptr));
    while (tables_.peek() != nullptr && parent_of(tables_.peek()->key) == key) {
        const auto table_key = tables_.peek()->key;
        TRY(skip_orphans(&table_key));
        TRY(take_table(tables_, partitions_, account_,
                       [&](const glue::Table& table, std::uint64_t duplicates, PartitionCursor& partitions) {
                           return visitor.table(table, duplicates, partitions);
                       }));
    }
    return visitor.end_database();
}

Status ExportReader::drain(EntrySink& sink) {
    while (tables_.peek() != nullptr) {
        const auto key = tables_.peek()->key;
        for (; tables_.peek() != nullptr && tables_.peek()->key == key; TRY(tables_.pop()))
            TRY(sink.table(*tables_.peek()));
        TRY(skip_orphans(&key));
        for (; partitions_.peek() != nullptr && first_parts(partitions_.peek()->key, 3) == key; TRY(partitions_.pop()))
            TRY(sink.partition(*partitions_.peek()));
    }
    return {};
}

/// Partitions come in the order of tables: what sorts before the table at hand belongs to none.
Status ExportReader::skip_orphans(const std::string* table_key) {
    while (const auto* front = partitions_.peek()) {
        if (table_key != nullptr && first_parts(front->key, 3) >= std::string_view(*table_key))
            return {};
        if (orphans_++ == 0)
            orphan_example_ = decoded(front->key, ".");
        TRY(partitions_.pop());
    }
    return {};
}

} // namespace godwit::lakehouse
