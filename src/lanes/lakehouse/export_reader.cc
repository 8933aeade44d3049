#include "lanes/lakehouse/export_reader.h"

#include "base/bytes.h"
#include "base/json.h"
#include "base/text.h"

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

Status find_files(const std::string& folder, const std::string& prefix, int depth, std::vector<std::string>& into) {
    constexpr int kDeepest = 64;
    for (const auto& entry : TRY(list_folder(prefix.empty() ? folder : folder + "/" + prefix))) {
        const auto path = prefix.empty() ? entry.name : prefix + "/" + entry.name;
        if (entry.state.type == FileState::Type::folder && depth < kDeepest)
            TRY(find_files(folder, path, depth + 1, into));
        else if (entry.state.type == FileState::Type::file && entry.name.ends_with(".json") &&
                 path != kExportSettingsFile)
            into.push_back(path);
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
    TRY(find_files(folder, "", 0, files));
    std::sort(files.begin(), files.end());
    return files;
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

ExportReader::ExportReader(std::string account, const std::string& scratch)
    : account_(std::move(account)),
      databases_(scratch, "databases"),
      tables_(scratch, "tables"),
      partitions_(scratch, "partitions"),
      pages_(scratch, "pages", std::size_t{1} << 20) {}

Result<ExportReader> ExportReader::read(const std::string& folder, const std::string& account,
                                        const std::string& scratch, std::stop_token stop) {
    ExportReader reader(account, scratch);
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
        return databases_.add(key(database.catalogue, {database.name}), std::string(entry.text));
    }
    if (entry.kind == glue::EntryKind::table) {
        const auto table = TRY(glue::parse_table(json));
        group = "tables" + std::string(1, kSeparator) + key(table.catalogue, {table.database});
        return tables_.add(key(table.catalogue, {table.database, table.name}), std::string(entry.text));
    }
    const auto partition = TRY(glue::parse_partition(json));
    const auto table = key(partition.catalogue, {partition.database, partition.table});
    group = "partitions" + std::string(1, kSeparator) + table;
    auto path = table;
    for (const auto& value : partition.values)
        path += kSeparator + percent_encode(value);
    return partitions_.add(std::move(path), std::string(entry.text));
}

std::string ExportReader::key(const std::string& catalogue, std::initializer_list<std::string_view> names) const {
    std::string out = percent_encode(catalogue.empty() ? account_ : catalogue);
    for (const auto name : names)
        out += kSeparator + percent_encode(name);
    return out;
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

class ExportReader::Cursor final : public PartitionCursor {
public:
    Cursor(SortedSpill& spill, const std::string& table_key) : spill_(spill), prefix_(table_key + kSeparator) {}

    Result<std::optional<glue::Partition>> next() override {
        while (spill_.peek() != nullptr && spill_.peek()->key.starts_with(prefix_)) {
            const auto record = *spill_.peek();
            TRY(spill_.pop());
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
    SortedSpill& spill_;
    std::string prefix_;
    std::string last_;
    std::uint64_t duplicates_ = 0;
};

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
    while (tables_.peek() != nullptr && parent_of(tables_.peek()->key) == key)
        TRY(visit_table(visitor));
    return visitor.end_database();
}

Status ExportReader::visit_table(EstateVisitor& visitor) {
    const auto key = tables_.peek()->key;
    std::optional<glue::Table> newest;
    std::uint64_t entries = 0;
    for (; tables_.peek() != nullptr && tables_.peek()->key == key; TRY(tables_.pop())) {
        auto table = TRY(glue::parse_table(TRY(parse_json(tables_.peek()->value))));
        ++entries;
        if (!newest || std::max(table.updated, table.created) > std::max(newest->updated, newest->created))
            newest = std::move(table);
    }
    if (newest->catalogue.empty())
        newest->catalogue = account_;
    TRY(skip_orphans(&key));
    Cursor partitions(partitions_, key);
    TRY(visitor.table(*newest, entries - 1, partitions));
    while (TRY(partitions.next())) {
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
