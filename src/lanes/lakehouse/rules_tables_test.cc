// One test for each finding about what a table, a view, a link or a database is.

#include "lanes/lakehouse/assess_world.h"

#include "base/text.h"

#include <gmock/gmock.h>

using namespace godwit;
using namespace godwit::lakehouse;
using namespace godwit::lakehouse::testing_world;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;

namespace {

/// Assesses one table with one CSV row as data.
Collector assess(const Json& table) {
    World world;
    world.tables({table});
    world.data(table["Name"].get<std::string>() + "/part-0", "1\n");
    return world.assess();
}

Json with_parameter(Json table, const char* name, const char* value) {
    table["Parameters"][name] = value;
    return table;
}

Json with_column(Json table, const char* name, const char* type) {
    table["StorageDescriptor"]["Columns"].push_back({{"Name", name}, {"Type", type}});
    return table;
}

struct Kind {
    const char* what;
    Json table;
    TableKind kind;
    const char* code;
};

const std::vector<Kind> kKinds{
    {"Hudi by input format, before Parquet",
     glue_table("t", kParquetSerde, "org.apache.hudi.hadoop.HoodieParquetInputFormat"), TableKind::hudi, "LAKE-001"},
    {"Hudi merge on read",
     glue_table("t", kParquetSerde, "org.apache.hudi.hadoop.realtime.HoodieParquetRealtimeInputFormat"),
     TableKind::hudi, "LAKE-001"},
    {"Hudi of old", glue_table("t", kParquetSerde, "com.uber.hoodie.hadoop.HoodieInputFormat"), TableKind::hudi,
     "LAKE-001"},
    {"Hudi by provider",
     with_parameter(glue_table("t", kParquetSerde, kParquetInput), "spark.sql.sources.provider", "hudi"),
     TableKind::hudi, "LAKE-001"},
    {"Delta by provider",
     with_parameter(glue_table("t", kTextSerde, "org.apache.hadoop.mapred.SequenceFileInputFormat"),
                    "spark.sql.sources.provider", "DELTA"),
     TableKind::delta, "LAKE-002"},
    {"Delta by table_type", with_parameter(glue_table("t", kParquetSerde, kParquetInput), "table_type", "delta"),
     TableKind::delta, "LAKE-002"},
    {"symlink manifests", glue_table("t", kParquetSerde, "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat"),
     TableKind::delta_manifest, "LAKE-003"},
    {"ORC",
     glue_table("t", "org.apache.hadoop.hive.ql.io.orc.OrcSerde", "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat"),
     TableKind::orc, "LAKE-004"},
    {"Avro",
     glue_table("t", "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
                "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat"),
     TableKind::avro, "LAKE-005"},
    {"OpenCSV", glue_table("t", "org.apache.hadoop.hive.serde2.OpenCSVSerde", kTextInput), TableKind::open_csv,
     "LAKE-006"},
    {"JSON of OpenX", glue_table("t", "org.openx.data.jsonserde.JsonSerDe", kTextInput), TableKind::json, "LAKE-007"},
    {"JSON of Hive", glue_table("t", "org.apache.hive.hcatalog.data.JsonSerDe", kTextInput), TableKind::json,
     "LAKE-007"},
    {"regular expressions", glue_table("t", "org.apache.hadoop.hive.serde2.RegexSerDe", kTextInput), TableKind::regex,
     "LAKE-008"},
    {"Grok", glue_table("t", "com.amazonaws.glue.serde.GrokSerDe", kTextInput), TableKind::grok, "LAKE-008"},
    {"Ion", glue_table("t", "com.amazon.ionhiveserde.IonHiveSerDe", "com.amazon.ionhiveserde.formats.IonInputFormat"),
     TableKind::ion, "LAKE-008"},
    {"CloudTrail",
     glue_table("t", "com.amazon.emr.hive.serde.CloudTrailSerde", "com.amazon.emr.cloudtrail.CloudTrailInputFormat"),
     TableKind::cloudtrail, "LAKE-008"},
    {"RCFile",
     glue_table("t", "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe",
                "org.apache.hadoop.hive.ql.io.RCFileInputFormat"),
     TableKind::rcfile, "LAKE-009"},
    {"SequenceFile", glue_table("t", kTextSerde, "org.apache.hadoop.mapred.SequenceFileInputFormat"),
     TableKind::sequence_file, "LAKE-009"},
    {"DynamoDB", with_parameter(glue_table("t", "", ""), "classification", "dynamodb"), TableKind::other_store,
     "LAKE-010"},
    {"nobody knows", glue_table("t", "com.example.OwnSerDe", "com.example.OwnInputFormat"), TableKind::unknown,
     "LAKE-011"},
    {"text SerDe over Parquet files", glue_table("t", kTextSerde, kParquetInput), TableKind::unknown, "LAKE-011"},
    {"Parquet", glue_table("t", kParquetSerde, kParquetInput), TableKind::parquet, "LAKE-023"},
    {"Parquet of old",
     glue_table("t", "parquet.hive.serde.ParquetHiveSerDe", "parquet.hive.DeprecatedParquetInputFormat"),
     TableKind::parquet, "LAKE-023"},
    {"the SerDe counts", glue_table("t", kParquetSerde, kTextInput), TableKind::parquet, "LAKE-023"},
    {"text", csv_table("t"), TableKind::csv, "LAKE-024"},
    {"Iceberg, whatever the case", with_parameter(glue_table("t", "", ""), "table_type", "IceBerg"), TableKind::iceberg,
     "LAKE-080"},
};

TEST(TableRules, every_kind_is_told_apart_and_has_its_finding) {
    for (const auto& expected : kKinds) {
        const auto found = assess(expected.table);
        EXPECT_EQ(found.table("d.t").kind, expected.kind) << expected.what;
        EXPECT_THAT(found.codes(type::kTable, "d.t"), Contains(expected.code)) << expected.what;
    }
}

TEST(TableRules, only_what_moves_is_ready_or_convertible) {
    EXPECT_EQ(assess(csv_table("t")).readiness(type::kTable, "d.t"), core::Readiness::convertible);
    EXPECT_EQ(assess(glue_table("t", "org.openx.data.jsonserde.JsonSerDe", kTextInput)).readiness(type::kTable, "d.t"),
              core::Readiness::manual);
}

TEST(TableRules, LAKE_012_projection) {
    EXPECT_TRUE(
        assess(with_parameter(csv_table("t"), "projection.enabled", "TRUE")).has(type::kTable, "d.t", "LAKE-012"));
    EXPECT_FALSE(
        assess(with_parameter(csv_table("t"), "projection.enabled", "false")).has(type::kTable, "d.t", "LAKE-012"));
}

TEST(TableRules, LAKE_013_transactional) {
    const auto orc =
        glue_table("t", "org.apache.hadoop.hive.ql.io.orc.OrcSerde", "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat");
    EXPECT_TRUE(assess(with_parameter(orc, "transactional", "true")).has(type::kTable, "d.t", "LAKE-013"));
}

TEST(TableRules, LAKE_014_bucketed) {
    auto table = csv_table("t");
    table["StorageDescriptor"]["BucketColumns"] = {"a"};
    table["StorageDescriptor"]["NumberOfBuckets"] = 8;
    const auto found = assess(table);
    EXPECT_TRUE(found.has(type::kTable, "d.t", "LAKE-014"));
    EXPECT_EQ(found.table("d.t").buckets, 8);
}

TEST(TableRules, LAKE_015_spark_format) {
    const auto table = with_parameter(glue_table("t", kTextSerde, "org.apache.hadoop.mapred.SequenceFileInputFormat"),
                                      "spark.sql.sources.provider", "csv");
    EXPECT_TRUE(assess(table).has(type::kTable, "d.t", "LAKE-015"));
}

TEST(TableRules, LAKE_016_and_LAKE_017_no_columns) {
    auto table = csv_table("t");
    table["StorageDescriptor"]["Columns"] = Json::array();
    EXPECT_TRUE(assess(table).has(type::kTable, "d.t", "LAKE-017")); // "LAKE-017"
    table["StorageDescriptor"]["SchemaReference"] = {{"SchemaVersionNumber", 1}};
    EXPECT_TRUE(assess(table).has(type::kTable, "d.t", "LAKE-016"));
    EXPECT_FALSE(assess(table).has(type::kTable, "d.t", "LAKE-017"));
}

TEST(TableRules, LAKE_018_and_LAKE_019_types) {
    EXPECT_TRUE(assess(with_column(csv_table("t"), "u", "uniontype<int,string>")).has(type::kTable, "d.t", "LAKE-018"));
    const auto found = assess(with_column(csv_table("t"), "s", "struct<a:array<tinyint>>"));
    EXPECT_TRUE(found.has(type::kTable, "d.t", "LAKE-019"));
    EXPECT_EQ(found.table("d.t").type_example, "s struct<a:array<tinyint>>");
}

TEST(TableRules, LAKE_020_names_that_differ_by_case) {
    EXPECT_TRUE(assess(with_column(csv_table("t"), "A", "int")).has(type::kTable, "d.t", "LAKE-020"));
    auto table = csv_table("t");
    table["PartitionKeys"] = {{{"Name", "a"}, {"Type", "int"}}};
    EXPECT_TRUE(assess(table).has(type::kTable, "d.t", "LAKE-020"));
}

TEST(TableRules, LAKE_021_the_newest_of_two_entries_counts) {
    World world;
    auto old = csv_table("t"), fresh = csv_table("t");
    old["UpdateTime"] = "2026-01-01T00:00:00+00:00";
    old["Description"] = "old";
    fresh["UpdateTime"] = 1795272883.603;
    fresh["Description"] = "fresh";
    world.tables({fresh}, "a.json");
    world.tables({old}, "b.json");
    const auto found = world.assess();
    EXPECT_TRUE(found.has(type::kTable, "d.t", "LAKE-021"));
    EXPECT_EQ(found.table("d.t").description, "fresh");
}

TEST(TableRules, LAKE_022_lake_formation) {
    auto table = csv_table("t");
    table["IsRegisteredWithLakeFormation"] = true;
    EXPECT_TRUE(assess(table).has(type::kTable, "d.t", "LAKE-022"));
}

TEST(TableRules, LAKE_070_text_options) {
    EXPECT_TRUE(assess(with_parameter(csv_table("t"), "serialization.encoding", "Shift_JIS"))
                    .has(type::kTable, "d.t", "LAKE-070"));
    EXPECT_FALSE(
        assess(with_parameter(csv_table("t"), "skip.header.line.count", "1")).has(type::kTable, "d.t", "LAKE-070"));
}

Json view(const std::string& text, const char* parameter) {
    Json view = {{"Name", "v"},
                 {"DatabaseName", "d"},
                 {"TableType", "VIRTUAL_VIEW"},
                 {"ViewOriginalText", text},
                 {"Parameters", Json::object()}};
    if (*parameter != '\0')
        view["Parameters"][parameter] = "true";
    return view;
}

TEST(ViewRules, LAKE_100_an_athena_view_is_decoded) {
    const auto json =
        R"({"originalSql":"SELECT '</script>' FROM t","catalog":"awsdatacatalog","schema":"d","columns":[{"name":"x","type":"varchar"}]})";
    World world;
    world.tables({view("/* Presto View: " + base64(json) + " */", "presto_view")});
    const auto found = world.assess();
    EXPECT_THAT(found.codes(type::kView, "d.v"), testing::ElementsAre("LAKE-100"));
    const auto facts = found.facts<ViewFacts>(type::kView, "d.v");
    EXPECT_EQ(facts.sql, "SELECT '</script>' FROM t");
    EXPECT_EQ(facts.columns.at(0).type, "varchar");
}

TEST(ViewRules, LAKE_101_and_LAKE_102_other_views) {
    World world;
    auto multi = view("", ""), materialized = view("SELECT 1", "");
    multi["Name"] = "m";
    multi["IsMultiDialectView"] = true;
    multi["ViewDefinition"] = {
        {"Representations", {{{"Dialect", "SPARK"}, {"DialectVersion", "3.3"}, {"ViewOriginalText", "SELECT 2"}}}}};
    materialized["Name"] = "z";
    materialized["IsMaterializedView"] = true;
    world.tables({view("SELECT 1", ""), multi, materialized});
    const auto found = world.assess();
    EXPECT_THAT(found.codes(type::kView, "d.v"), testing::ElementsAre("LAKE-101"));
    EXPECT_THAT(found.codes(type::kView, "d.m"), testing::ElementsAre("LAKE-101"));
    EXPECT_EQ(found.facts<ViewFacts>(type::kView, "d.m").dialects.at(0), "SPARK 3.3");
    EXPECT_THAT(found.codes(type::kView, "d.z"), testing::ElementsAre("LAKE-102"));
}

TEST(ViewRules, LAKE_103_a_hostile_definition_is_a_finding) {
    for (const auto& text :
         {std::string("/* Presto View: !!! */"), "/* Presto View: " + base64("[1]") + " */", std::string("")}) {
        World world;
        world.tables({view(text, "presto_view")});
        const auto found = world.assess();
        EXPECT_TRUE(found.has(type::kView, "d.v", "LAKE-103")) << text;
        EXPECT_EQ(found.readiness(type::kView, "d.v"), core::Readiness::blocked);
    }
}

TEST(LinkRules, LAKE_110_links_are_not_tables) {
    World world;
    world.tables({{{"Name", "l"},
                   {"DatabaseName", "d"},
                   {"TargetTable", {{"CatalogId", "210987654321"}, {"DatabaseName", "x"}, {"Name", "y"}}}}});
    world.write(
        "export/db.json",
        R"({"DatabaseList":[{"Name":"shared","TargetDatabase":{"CatalogId":"210987654321","DatabaseName":"x"}}]})");
    const auto found = world.assess();
    EXPECT_THAT(found.codes(type::kLink, "d.l"), testing::ElementsAre("LAKE-110"));
    EXPECT_THAT(found.codes(type::kLink, "shared"), testing::ElementsAre("LAKE-110"));
    EXPECT_EQ(found.find(type::kTable, "d.l"), nullptr);
    EXPECT_EQ(found.find(type::kDatabase, "shared"), nullptr);
}

TEST(DatabaseRules, LAKE_111_and_LAKE_112) {
    World world;
    world.tables({csv_table("t")});
    world.data("t/part-0", "1\n");
    world.write("export/db.json",
                R"({"DatabaseList":[{"Name":"f","FederatedDatabase":{"Identifier":"x"}},{"Name":"e"}]})");
    const auto found = world.assess();
    EXPECT_THAT(found.codes(type::kDatabase, "f"), testing::ElementsAre("LAKE-111"));
    EXPECT_THAT(found.codes(type::kDatabase, "d"), testing::ElementsAre("LAKE-112"));
    EXPECT_THAT(found.codes(type::kDatabase, "e"), IsEmpty());
}

} // namespace
