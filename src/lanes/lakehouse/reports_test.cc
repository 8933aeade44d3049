#include "lanes/lakehouse/reports.h"

#include "lanes/lakehouse/assess_world.h"

#include "base/text.h"
#include "base/utf8.h"

#include <gmock/gmock.h>

using namespace godwit;
using namespace godwit::lakehouse;
using namespace godwit::lakehouse::testing_world;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace {

Assessed assessed(const Collector& found) {
    return {[&found](const Assessed::Visitor& visit) -> Status {
                for (const auto& [key, resource] : found.resources)
                    TRY(visit(resource, found.findings.at(key)));
                return {};
            },
            "assessment", std::string(64, 'a'), 1'795'272'883'603'000};
}

std::string rendered(const std::function<Status(ByteSink&)>& write) {
    StringSink sink;
    const auto status = write(sink);
    EXPECT_FALSE(status.is_error()) << (status.is_error() ? status.error().to_line() : "");
    return sink.bytes();
}

/// One table of each readiness.
Collector small_estate() {
    World world;
    auto parquet = glue_table("p", kParquetSerde, kParquetInput);
    parquet["PartitionKeys"] = {{{"Name", "dt"}, {"Type", "date"}}};
    parquet["UpdateTime"] = "2026-11-21T14:54:43+00:00";
    auto iceberg = glue_table("i", "", "");
    iceberg["Parameters"]["table_type"] = "iceberg";
    auto elsewhere = iceberg;
    elsewhere["Name"] = "j";
    elsewhere["StorageDescriptor"]["Location"] = "s3a://b/j";
    auto avro = glue_table("a", "org.apache.hadoop.hive.serde2.avro.AvroSerDe", "");
    world.tables(
        {parquet,
         iceberg,
         elsewhere,
         avro,
         csv_table("c"),
         {{"Name", "v"}, {"DatabaseName", "d"}, {"TableType", "VIRTUAL_VIEW"}, {"ViewOriginalText", "SELECT 1"}}});
    world.write("export/db.json", R"({"DatabaseList":[{"Name":"d","Description":"all","LocationUri":"s3://b"}]})");
    world.data("p/dt=1/x", std::string(1 << 20, 'x'));
    world.data("a/x.avro", "12345");
    world.data("c/x.csv", "1\n");
    return world.assess();
}

TEST(SeedReport, has_the_fields_and_the_rule_of_the_seed) {
    const auto found = small_estate();
    const auto input = assessed(found);
    const auto summary = *summarise(input);
    const auto text = rendered([&](ByteSink& sink) { return write_seed_json(input, summary, sink); });
    EXPECT_THAT(text, StartsWith(R"({
  "metadata": {
    "timestamp": "2026-11-21T14:54:43.603000Z",
    "region": "eu-west-1",
    "aws_account_id": "123456789012",
    "tool_version": ")"));
    EXPECT_THAT(text, HasSubstr(R"(
  "summary": {
    "total_databases": 1,
    "total_tables": 6,
    "iceberg_tables": 2,
    "migration_ready": 1,
    "needs_conversion": 2,
    "unknown": 3,
    "total_estimated_size_gb": 0.000977
  },
  "databases": [
    {
      "database_name": "d",
      "description": "all",
      "location_uri": "s3://b",
      "table_count": 6
    }
  ],
  "tables": [
)"));
    EXPECT_THAT(text, HasSubstr(R"(
    {
      "database_name": "d",
      "table_name": "p",
      "table_format": "PARQUET",
      "storage_location": "s3://b/p",
      "estimated_size_gb": 0.000977,
      "partition_keys": [
        "dt"
      ],
      "column_count": 1,
      "last_updated": "2026-11-21T14:54:43.000000Z",
      "is_iceberg": false,
      "migration_readiness": "NEEDS_CONVERSION",
      "notes": [
        "PARQUET format requires conversion to Iceberg"
      ]
    })"));
}

TEST(SeedReport, readiness_follows_the_rule_of_the_seed) {
    const auto found = small_estate();
    const auto input = assessed(found);
    const auto text = rendered([&](ByteSink& sink) { return write_seed_json(input, *summarise(input), sink); });
    const auto json = parse_json(text);
    ASSERT_FALSE(json.is_error()) << json.error().to_line();
    std::map<std::string, Json> tables;
    for (const auto& table : json->at("tables"))
        tables[table["table_name"]] = table;
    EXPECT_EQ(tables["i"]["migration_readiness"], "READY");
    EXPECT_EQ(tables["i"]["is_iceberg"], true);
    EXPECT_EQ(tables["j"]["migration_readiness"], "UNKNOWN");
    EXPECT_EQ(tables["j"]["notes"][0], "Non-S3 storage location");
    EXPECT_EQ(tables["a"]["migration_readiness"], "NEEDS_CONVERSION");
    EXPECT_EQ(tables["c"]["migration_readiness"], "UNKNOWN");
    EXPECT_EQ(tables["v"]["table_format"], "UNKNOWN");
}

TEST(SeedReport, markdown_has_its_sections) {
    const auto found = small_estate();
    const auto input = assessed(found);
    const auto summary = *summarise(input);
    const auto text = rendered([&](ByteSink& sink) { return write_seed_markdown(input, summary, sink); });
    for (const auto* heading :
         {"# AWS Glue Catalog Assessment Report", "## Executive Summary", "## Migration Readiness Breakdown",
          "## Database Overview", "## Detailed Table Inventory", "### d", "## Recommendations", "## Next Steps"})
        EXPECT_THAT(text, HasSubstr(heading));
    EXPECT_THAT(text, HasSubstr("| READY | 1 | 17% |"));
}

TEST(FullReport, is_versioned_json_with_everything) {
    const auto found = small_estate();
    const auto input = assessed(found);
    const auto text = rendered([&](ByteSink& sink) { return write_full_json(input, *summarise(input), sink); });
    const auto json = parse_json(text);
    ASSERT_FALSE(json.is_error()) << json.error().to_line();
    EXPECT_EQ(json->at("schema"), "godwit.assessment/v1");
    EXPECT_EQ(json->at("resources").size(), found.resources.size());
    EXPECT_EQ(json->at("summary")["tables"]["count"], "5");
    for (const auto& resource : json->at("resources"))
        EXPECT_EQ(canonical_json(resource["facts"]), found.resources.at(resource["key"]).facts);
}

TEST(CsvReports, have_a_row_for_each_table_and_finding) {
    const auto found = small_estate();
    const auto input = assessed(found);
    const auto lines = [](const std::string& text) {
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    };
    EXPECT_EQ(lines(rendered([&](ByteSink& sink) { return write_tables_csv(input, sink); })), 1 + 6u);
    std::size_t findings = 0;
    for (const auto& [key, list] : found.findings)
        findings += list.size();
    EXPECT_EQ(lines(rendered([&](ByteSink& sink) { return write_findings_csv(input, sink); })), 1 + findings);
}

TEST(Console, says_what_there_is_and_what_to_do) {
    const auto found = small_estate();
    const auto input = assessed(found);
    const auto text = console_text(input, *summarise(input));
    EXPECT_THAT(text, HasSubstr("AWS account 123456789012, eu-west-1"));
    EXPECT_THAT(text, HasSubstr("1 database, 5 tables, 1 view"));
    EXPECT_THAT(text, HasSubstr("LAKE-080"));
    EXPECT_THAT(text, HasSubstr("What to do"));
    EXPECT_TRUE(is_utf8(text));
}

TEST(Figures, are_honest_at_the_edges) {
    EXPECT_EQ(percent(0, 0), 0u);
    EXPECT_EQ(percent(1, 1'000'000), 1u);
    EXPECT_EQ(percent(999'999, 1'000'000), 99u);
    EXPECT_EQ(percent(5, 5), 100u);
    EXPECT_EQ(counted(1, "table"), "1 table");
    EXPECT_EQ(counted(0, "table"), "0 tables");
    EXPECT_EQ(human_effort(0), "0 min");
    EXPECT_EQ(human_effort(150), "3 h");
    EXPECT_EQ(human_effort(8 * 60 * 4), "4 days");
}

/// Everything that a catalogue lets through as a name.
const std::vector<std::string>& hostile_names() {
    static const std::vector<std::string> kNames{"<script>alert(1)</script>",
                                                 "\"><img src=x onerror=alert(1)>",
                                                 "a\nb",
                                                 "${jndi:x}",
                                                 "../../etc",
                                                 "=1+1",
                                                 "a|b`c*d",
                                                 "\xE2\x80\xAE"
                                                 "gnp.exe",
                                                 std::string("nul\0byte", 8),
                                                 "'; DROP TABLE x;--",
                                                 "</title>",
                                                 std::string(255, 'x'),
                                                 "%2e%2e"};
    return kNames;
}

Collector hostile_estate() {
    World world;
    std::vector<Json> tables;
    for (const auto& name : hostile_names()) {
        auto table = csv_table("t");
        table["Name"] = name;
        table["DatabaseName"] = "db " + name;
        table["Description"] = name;
        table["StorageDescriptor"]["Location"] = "s3://b/" + name;
        table["StorageDescriptor"]["Columns"][0]["Name"] = name;
        table["StorageDescriptor"]["Columns"][0]["Type"] = name;
        table["StorageDescriptor"]["SerdeInfo"]["Parameters"][name] = name;
        tables.push_back(table);
    }
    world.tables(tables);
    return world.assess();
}

TEST(HostileNames, every_report_keeps_its_shape) {
    const auto found = hostile_estate();
    const auto input = assessed(found);
    const auto summary = *summarise(input);
    EXPECT_EQ(summary.tables.count, hostile_names().size());
    const auto html = rendered([&](ByteSink& sink) { return write_html(input, summary, sink); });
    for (const auto* hostile : {"<script>alert", "<img", "onerror=alert(1)>", "</title><", "\xE2\x80\xAE"})
        EXPECT_THAT(html, Not(HasSubstr(hostile)));
    EXPECT_EQ(html.find('\0'), std::string::npos);
    EXPECT_TRUE(is_utf8(html));
    const auto markdown = rendered([&](ByteSink& sink) { return write_seed_markdown(input, summary, sink); });
    EXPECT_THAT(markdown, Not(HasSubstr("<script>")));
    EXPECT_THAT(markdown, Not(HasSubstr("a\nb")));
    const auto csv = rendered([&](ByteSink& sink) { return write_tables_csv(input, sink); });
    EXPECT_THAT(csv, HasSubstr("\"'=1+1\""));
    for (const auto& text : {rendered([&](ByteSink& sink) { return write_full_json(input, summary, sink); }),
                             rendered([&](ByteSink& sink) { return write_seed_json(input, summary, sink); })})
        EXPECT_FALSE(parse_json(text).is_error());
    for (const auto& [key, resource] : found.resources) {
        EXPECT_TRUE(is_storable_text(resource.facts));
        EXPECT_TRUE(is_storable_text(resource.display));
        EXPECT_TRUE(std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 127; })) << key;
    }
    EXPECT_THAT(console_text(input, summary), Not(HasSubstr("\xE2\x80\xAE")));
}

TEST(Html, lets_nothing_in_and_shows_the_first_rows) {
    const auto found = small_estate();
    const auto input = assessed(found);
    const auto summary = *summarise(input);
    const auto html = rendered([&](ByteSink& sink) { return write_html(input, summary, sink, 3); });
    EXPECT_THAT(html, HasSubstr("default-src &#39;none&#39;; style-src &#39;sha256-"));
    for (const auto* outside : {"http://", "https://", "src=", "@import", "url(", "style=\"", "unsafe-inline"})
        EXPECT_THAT(html, Not(HasSubstr(outside))) << outside;
    EXPECT_THAT(html, HasSubstr("Shown are the 3 that matter most"));
    EXPECT_THAT(html, HasSubstr("3 more are in tables.csv"));
    EXPECT_LT(html.find("data-readiness=\"blocked\""), html.find("data-readiness=\"manual\""));
}

TEST(Reports, are_written_beside_each_other_and_again) {
    const auto found = small_estate();
    const auto folder = TemporaryFolder::create().release();
    for (int round = 0; round < 2; ++round) {
        const auto files = write_reports(assessed(found), folder.path());
        ASSERT_FALSE(files.is_error()) << files.error().to_line();
        EXPECT_EQ(files->size(), 6u);
        EXPECT_EQ(list_folder(folder.path())->size(), 6u);
        for (const auto& file : *files)
            EXPECT_GT(file_state(file)->size, 100u) << file;
    }
}

} // namespace
