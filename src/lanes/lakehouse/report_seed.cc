#include "lanes/lakehouse/reports.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "emit/markdown.h"
#include "lanes/lakehouse/sorted_spill.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <optional>

namespace godwit::lakehouse {

namespace {

/// A table by the seed's rules.
struct SeedTable {
    std::string database;
    std::string name;
    std::string format = "UNKNOWN";
    std::string location;
    std::uint64_t bytes = 0;
    std::vector<std::string> partition_keys;
    std::uint64_t columns = 0;
    std::string updated_at;
    std::string readiness = "UNKNOWN";
    std::vector<std::string> notes;
};

std::string seed_format(TableKind kind) {
    switch (kind) {
    case TableKind::iceberg: return "ICEBERG";
    case TableKind::parquet: return "PARQUET";
    case TableKind::orc: return "ORC";
    case TableKind::avro: return "AVRO";
    default: return "UNKNOWN";
    }
}

SeedTable seed_table(const TableFacts& facts) {
    SeedTable table;
    table.database = facts.database;
    table.name = facts.name;
    table.format = seed_format(facts.kind);
    table.location = facts.place.location;
    table.bytes = facts.sizes.bytes;
    for (const auto& key : facts.partition_keys)
        table.partition_keys.push_back(key.name);
    table.columns = facts.columns.size();
    table.updated_at = facts.updated_at.empty() ? facts.created_at : facts.updated_at;
    if (table.format == "ICEBERG" && table.location.starts_with("s3://")) {
        table.readiness = "READY";
    } else if (table.format == "ICEBERG") {
        table.notes.push_back("Non-S3 storage location");
    } else if (table.format != "UNKNOWN") {
        table.readiness = "NEEDS_CONVERSION";
        table.notes.push_back(table.format + " format requires conversion to Iceberg");
    } else {
        table.notes.push_back("Format is " + std::string(to_string(facts.kind)));
    }
    return table;
}

SeedTable seed_table(const ViewFacts& facts) {
    SeedTable table;
    table.database = facts.database;
    table.name = facts.name;
    table.columns = facts.columns.size();
    table.updated_at = facts.updated_at;
    table.notes.push_back("Not a table: " + std::string(to_string(facts.kind)) + " view");
    return table;
}

SeedTable seed_table(const LinkFacts& facts) {
    SeedTable table;
    table.database = facts.database;
    table.name = facts.name;
    table.notes.push_back("Not a table: resource link to " + facts.target_database + "." + facts.target_name);
    return table;
}

/// Nothing for what GetTables would not have listed.
Result<std::optional<SeedTable>> seed_table(const core::Resource& resource) {
    if (resource.type == type::kTable)
        return std::optional(seed_table(TRY(facts_from_json<TableFacts>(resource.facts))));
    if (resource.type == type::kView)
        return std::optional(seed_table(TRY(facts_from_json<ViewFacts>(resource.facts))));
    if (resource.type == type::kLink) {
        const auto facts = TRY(facts_from_json<LinkFacts>(resource.facts));
        if (!facts.name.empty())
            return std::optional(seed_table(facts));
    }
    return std::optional<SeedTable>();
}

double gib(std::uint64_t bytes) { return std::round(static_cast<double>(bytes) / (1 << 30) * 1e6) / 1e6; }

std::string gib_text(std::uint64_t bytes) {
    char text[32];
    std::snprintf(text, sizeof text, bytes < 10'737'418 ? "%.6f" : "%.2f", gib(bytes));
    return text;
}

struct Counts {
    std::uint64_t databases = 0;
    std::uint64_t tables = 0;
    std::uint64_t iceberg = 0;
    std::uint64_t ready = 0;
    std::uint64_t needs_conversion = 0;
    std::uint64_t unknown = 0;
    std::uint64_t bytes = 0;
    struct Database {
        std::uint64_t tables = 0;
        std::uint64_t iceberg = 0;
        std::uint64_t bytes = 0;
    };
    std::map<std::string, Database> by_database;
};

Result<Counts> count(const Assessed& assessed) {
    Counts counts;
    TRY(assessed.each_resource([&](const core::Resource& resource, std::span<const core::Finding>) -> Status {
        counts.databases += resource.type == type::kDatabase ? 1 : 0;
        const auto table = TRY(seed_table(resource));
        if (!table)
            return {};
        ++counts.tables;
        counts.iceberg += table->format == "ICEBERG" ? 1 : 0;
        ++(table->readiness == "READY"              ? counts.ready
           : table->readiness == "NEEDS_CONVERSION" ? counts.needs_conversion
                                                    : counts.unknown);
        counts.bytes += table->bytes;
        auto& database = counts.by_database[table->database];
        ++database.tables;
        database.iceberg += table->format == "ICEBERG" ? 1 : 0;
        database.bytes += table->bytes;
        return {};
    }));
    return counts;
}

OrderedJson head(const Assessed& assessed, const Summary& summary, const Counts& counts) {
    OrderedJson json;
    json["metadata"] = {{"timestamp", format_time(assessed.taken_at)},
                        {"region", summary.estate.region},
                        {"aws_account_id", summary.estate.account},
                        {"tool_version", GODWIT_VERSION}};
    json["summary"] = {{"total_databases", counts.databases},
                       {"total_tables", counts.tables},
                       {"iceberg_tables", counts.iceberg},
                       {"migration_ready", counts.ready},
                       {"needs_conversion", counts.needs_conversion},
                       {"unknown", counts.unknown},
                       {"total_estimated_size_gb", gib(counts.bytes)}};
    return json;
}

OrderedJson to_json(const SeedTable& table) {
    const auto text_or_null = [](const std::string& text) {
        return text.empty() ? OrderedJson(nullptr) : OrderedJson(text);
    };
    return {{"database_name", table.database},
            {"table_name", table.name},
            {"table_format", table.format},
            {"storage_location", text_or_null(table.location)},
            {"estimated_size_gb", gib(table.bytes)},
            {"partition_keys", table.partition_keys},
            {"column_count", table.columns},
            {"last_updated", text_or_null(table.updated_at)},
            {"is_iceberg", table.format == "ICEBERG"},
            {"migration_readiness", table.readiness},
            {"notes", table.notes}};
}

/// The elements of a list, each indented as the seed's own two-space JSON is.
class ListWriter {
public:
    explicit ListWriter(ByteSink& sink) : sink_(sink) {}
    Status add(const OrderedJson& element) {
        std::string text = first_ ? "\n    " : ",\n    ";
        first_ = false;
        for (const char c : element.dump(2)) {
            text += c;
            if (c == '\n')
                text += "    ";
        }
        return sink_.write(text);
    }
    Status end(std::string_view after) { return sink_.write((first_ ? "]" : "\n  ]") + std::string(after)); }

private:
    ByteSink& sink_;
    bool first_ = true;
};

Status write_databases(const Assessed& assessed, const Counts& counts, ByteSink& sink) {
    ListWriter list(sink);
    TRY(assessed.each_resource([&](const core::Resource& resource, std::span<const core::Finding>) -> Status {
        if (resource.type != type::kDatabase)
            return {};
        const auto facts = TRY(facts_from_json<DatabaseFacts>(resource.facts));
        const auto found = counts.by_database.find(facts.name);
        return list.add({{"database_name", facts.name},
                         {"description", facts.description},
                         {"location_uri", facts.location},
                         {"table_count", found == counts.by_database.end() ? 0 : found->second.tables}});
    }));
    return list.end(",\n");
}

/// Tables, views and links of one database stand together: resources come in another order, so they are sorted on disk.
Status write_inventory(const Assessed& assessed, emit::MarkdownWriter& markdown) {
    SortedSpill rows(std::size_t{8} << 20);
    TRY(assessed.each_resource([&](const core::Resource& resource, std::span<const core::Finding>) -> Status {
        const auto table = TRY(seed_table(resource));
        return table ? rows.add(percent_encode(table->database) + "\t" + percent_encode(table->name),
                                to_json(*table).dump())
                     : Status();
    }));
    TRY(rows.sort());
    std::string database;
    for (; rows.peek() != nullptr; TRY(rows.pop())) {
        const auto table = TRY(parse_json(rows.peek()->value));
        if (const auto name = TRY(json_string(table, "database_name")); name != database) {
            if (!database.empty())
                markdown.end_block();
            database = name;
            markdown.heading(3, name);
            markdown.table_header({"Table", "Format", "Status", "Size (GB)", "Columns", "Location", "Notes"});
        }
        std::vector<std::string> notes;
        for (const auto& note : table.at("notes"))
            notes.push_back(note.get<std::string>());
        const auto name = TRY(json_string(table, "table_name"));
        const auto format = TRY(json_string(table, "table_format"));
        const auto readiness = TRY(json_string(table, "migration_readiness"));
        const auto location = TRY(json_string_or(table, "storage_location", ""));
        markdown.table_row({name, format, readiness, canonical_json(table.at("estimated_size_gb")),
                            canonical_json(table.at("column_count")), location, join(notes, "; ")});
    }
    markdown.end_block();
    return {};
}

void write_recommendations(const Counts& counts, emit::MarkdownWriter& markdown) {
    markdown.heading(2, "Recommendations");
    if (counts.ready > 0)
        markdown.bullet("Move the " + counted(counts.ready, "Iceberg table") +
                        " as they are: godwit copies the files, rewrites every path in their metadata, and registers "
                        "them in the target's catalogue.");
    if (counts.needs_conversion > 0)
        markdown.bullet("Convert " + counted(counts.needs_conversion, "table") +
                        ": godwit makes Parquet an Iceberg table in place; rewrite ORC and Avro with Spark or Athena "
                        "before the move.");
    if (counts.unknown > 0)
        markdown.bullet("Look at " + counted(counts.unknown, "entry") +
                        " of unknown format: findings.csv and assessment.html say what each is and what to do.");
    markdown.end_block();
}

} // namespace

Status write_seed_json(const Assessed& assessed, const Summary& summary, ByteSink& sink) {
    const auto counts = TRY(count(assessed));
    auto text = head(assessed, summary, counts).dump(2);
    text.resize(text.size() - 2); // without the closing brace and its line end
    TRY(sink.write(text + ",\n  \"databases\": ["));
    TRY(write_databases(assessed, counts, sink));
    TRY(sink.write("  \"tables\": ["));
    ListWriter list(sink);
    TRY(assessed.each_resource([&](const core::Resource& resource, std::span<const core::Finding>) -> Status {
        const auto table = TRY(seed_table(resource));
        return table ? list.add(to_json(*table)) : Status();
    }));
    return list.end("\n}\n");
}

Status write_seed_markdown(const Assessed& assessed, const Summary& summary, ByteSink& sink) {
    const auto counts = TRY(count(assessed));
    emit::MarkdownWriter markdown(sink);
    markdown.heading(1, "AWS Glue Catalog Assessment Report");
    markdown.field("Assessment Date", format_time(assessed.taken_at));
    markdown.field("AWS Region", summary.estate.region);
    markdown.field("AWS Account", summary.estate.account);
    markdown.field("Tool Version", GODWIT_VERSION).end_block();

    markdown.heading(2, "Executive Summary");
    markdown.field("Total Databases", std::to_string(counts.databases));
    markdown.field("Total Tables", std::to_string(counts.tables));
    markdown.field("Iceberg Tables", std::to_string(counts.iceberg) + " (" +
                                         std::to_string(percent(counts.iceberg, counts.tables)) + "%)");
    markdown.field("Total Size", gib_text(counts.bytes) + " GB").end_block();

    markdown.heading(2, "Migration Readiness Breakdown");
    markdown.table_header({"Status", "Tables", "Share"});
    const auto row = [&](const char* status, std::uint64_t tables) {
        markdown.table_row({status, std::to_string(tables), std::to_string(percent(tables, counts.tables)) + "%"});
    };
    row("READY", counts.ready);
    row("NEEDS_CONVERSION", counts.needs_conversion);
    row("UNKNOWN", counts.unknown);
    markdown.end_block();

    markdown.heading(2, "Database Overview");
    markdown.table_header({"Database", "Tables", "Iceberg Tables", "Size (GB)"});
    for (const auto& [name, database] : counts.by_database)
        markdown.table_row(
            {name, std::to_string(database.tables), std::to_string(database.iceberg), gib_text(database.bytes)});
    markdown.end_block();

    markdown.heading(2, "Detailed Table Inventory");
    TRY(write_inventory(assessed, markdown));
    write_recommendations(counts, markdown);
    markdown.heading(2, "Next Steps");
    int number = 0;
    for (const auto& step : next_steps(summary))
        markdown.numbered(++number, step);
    return markdown.end_block().finish();
}

} // namespace godwit::lakehouse
