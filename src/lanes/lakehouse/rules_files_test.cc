// One test for each finding about files, partitions and the export.

#include "lanes/lakehouse/assess_world.h"

#include <gmock/gmock.h>

#include <filesystem>

using namespace godwit;
using namespace godwit::lakehouse;
using namespace godwit::lakehouse::testing_world;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

const std::string kParquetFixtures = GODWIT_SOURCE_DIR "/tests/fixtures/parquet";

/// A CSV table partitioned by a date.
Json partitioned() {
    auto table = csv_table("t");
    table["PartitionKeys"] = {{{"Name", "dt"}, {"Type", "date"}}};
    return table;
}

TEST(PlaceRules, LAKE_030_unmapped) {
    World world;
    auto table = csv_table("t");
    table["StorageDescriptor"]["Location"] = "s3a://elsewhere/x";
    world.tables({table});
    const auto found = world.assess();
    EXPECT_TRUE(found.has(type::kTable, "d.t", "LAKE-030"));
    EXPECT_EQ(found.facts<EstateFacts>(type::kEstate, "123456789012 eu-west-1").unmapped.at("s3://elsewhere"), 1u);
}

TEST(PlaceRules, LAKE_031_missing) {
    World world;
    world.tables({csv_table("t")});
    EXPECT_TRUE(world.assess().has(type::kTable, "d.t", "LAKE-031"));
}

TEST(PlaceRules, LAKE_032_unreadable) {
    World world;
    world.tables({csv_table("t")});
    world.data("elsewhere/part-0", "1\n");
    std::filesystem::create_directory_symlink(world.data_folder() + "/elsewhere", world.data_folder() + "/t");
    const auto found = world.assess();
    EXPECT_TRUE(found.has(type::kTable, "d.t", "LAKE-032")) << found.table("d.t").place.detail;
}

TEST(PlaceRules, LAKE_033_no_usable_location) {
    for (const auto* location : {"", "s3://b/../../etc", "hdfs://namenode/x", "s3://"}) {
        World world;
        auto table = csv_table("t");
        table["StorageDescriptor"]["Location"] = location;
        world.tables({table});
        EXPECT_TRUE(world.assess().has(type::kTable, "d.t", "LAKE-033")) << location;
    }
}

TEST(PlaceRules, the_longest_prefix_wins_and_schemes_are_alike) {
    World world;
    auto table = csv_table("t");
    table["StorageDescriptor"]["Location"] = "s3n://b/deep/t/";
    world.tables({table});
    world.write("other/t/part-0", "1\n");
    world.data("deep/t/part-0", "wrong");
    auto options = world.options();
    options.emplace("map", "s3a://b/deep=" + world.data_folder() + "/../other");
    EXPECT_EQ(world.assess(options).table("d.t").sizes.bytes, 2u);
}

TEST(SizeRules, LAKE_034_no_data) {
    World world;
    world.tables({csv_table("t")});
    world.data("t/_SUCCESS", "");
    EXPECT_THAT(world.assess().codes(type::kTable, "d.t"), ElementsAre("LAKE-024", "LAKE-034", "LAKE-035"));
}

TEST(SizeRules, LAKE_035_hidden_and_empty_objects_are_counted_apart) {
    World world;
    world.tables({csv_table("t")});
    world.data("t/part-0", "12345");
    world.data("t/.part-0.crc", "12");
    world.data("t/_temporary/0/x", "123");
    world.data("t/empty", "");
    world.data("t/_dt=1/part-0", "1");
    const auto found = world.assess();
    EXPECT_TRUE(found.has(type::kTable, "d.t", "LAKE-035"));
    const auto sizes = found.table("d.t").sizes;
    EXPECT_EQ(sizes.objects, 5u);
    EXPECT_EQ(sizes.bytes, 11u);
    EXPECT_EQ(sizes.data_objects, 2u);
    EXPECT_EQ(sizes.data_bytes, 6u);
    EXPECT_EQ(sizes.hidden_objects, 2u);
    EXPECT_EQ(sizes.empty_objects, 1u);
    EXPECT_EQ(sizes.largest, 5u);
}

TEST(SizeRules, LAKE_036_links_are_not_followed) {
    World world;
    world.tables({csv_table("t")});
    world.data("t/part-0", "1\n");
    std::filesystem::create_symlink("/etc/passwd", world.data_folder() + "/t/part-1");
    const auto found = world.assess();
    EXPECT_TRUE(found.has(type::kTable, "d.t", "LAKE-036"));
    EXPECT_EQ(found.table("d.t").sizes.bytes, 2u);
}

TEST(SizeRules, LAKE_037_another_format) {
    World world;
    world.tables({csv_table("t")});
    world.data("t/a.csv.gz", "1");
    world.data("t/b.parquet", "1");
    const auto found = world.assess();
    EXPECT_TRUE(found.has(type::kTable, "d.t", "LAKE-037"));
    EXPECT_EQ(found.table("d.t").suffix_example, "t/b.parquet");
}

TEST(SizeRules, LAKE_038_codec) {
    World world;
    world.tables({csv_table("t")});
    world.data("t/a.csv.snappy", "1");
    EXPECT_TRUE(world.assess().has(type::kTable, "d.t", "LAKE-038"));
}

TEST(SizeRules, LAKE_039_nested) {
    World world;
    world.tables({csv_table("t")});
    world.data("t/a/b/part-0", "1");
    EXPECT_TRUE(world.assess().has(type::kTable, "d.t", "LAKE-039"));
}

TEST(PartitionRules, a_whole_table_has_none_of_these) {
    World world;
    world.tables({partitioned()});
    world.partitions(
        {glue_partition(partitioned(), {"2024-01-01"}, "s3://b/t/dt=2024-01-01"),
         glue_partition(partitioned(), {"__HIVE_DEFAULT_PARTITION__"}, "s3://b/t/dt=__HIVE_DEFAULT_PARTITION__/")});
    world.data("t/dt=2024-01-01/part-0", "1\n");
    world.data("t/dt=__HIVE_DEFAULT_PARTITION__/part-0", "22\n");
    const auto found = world.assess();
    EXPECT_THAT(found.codes(type::kTable, "d.t"), ElementsAre("LAKE-024"));
    EXPECT_EQ(found.table("d.t").partitions.count, 2u);
    EXPECT_EQ(found.table("d.t").sizes.bytes, 5u);
}

TEST(PartitionRules, LAKE_040_unreadable) {
    World world;
    world.tables({partitioned()});
    world.partitions({glue_partition(partitioned(), {"2024-01-01"}, "s3://b/t/dt=2024-01-01"),
                      glue_partition(partitioned(), {"2024-01-02"}, "s3://gone/x")});
    world.data("t/dt=2024-01-01/part-0", "1\n");
    const auto found = world.assess();
    EXPECT_TRUE(found.has(type::kTable, "d.t", "LAKE-040"));
    EXPECT_EQ(found.table("d.t").partitions.example, "d.t/dt=2024-01-02");
}

TEST(PartitionRules, LAKE_041_and_LAKE_043_other_storage_and_columns) {
    World world;
    world.tables({partitioned()});
    auto serde = glue_partition(partitioned(), {"2024-01-01"}, "s3://b/t/1"),
         columns = glue_partition(partitioned(), {"2024-01-02"}, "s3://b/t/2");
    serde["StorageDescriptor"]["SerdeInfo"]["Parameters"]["field.delim"] = "|";
    columns["StorageDescriptor"]["Columns"].push_back({{"Name", "b"}, {"Type", "int"}});
    world.partitions({serde, columns});
    world.data("t/1/part-0", "1\n");
    world.data("t/2/part-0", "1\n");
    const auto found = world.assess();
    EXPECT_THAT(found.codes(type::kTable, "d.t"), ElementsAre("LAKE-024", "LAKE-041", "LAKE-043"));
    EXPECT_EQ(
        found.facts<PartitionFacts>(type::kPartition, "d.t/dt=2024-01-01").storage->serde_parameters.at("field.delim"),
        "|");
}

TEST(PartitionRules, LAKE_042_parquet_is_read_by_name) {
    World world;
    auto table = glue_table("t", kParquetSerde, kParquetInput);
    table["PartitionKeys"] = {{{"Name", "dt"}, {"Type", "date"}}};
    auto partition = glue_partition(table, {"2024-01-01"}, "s3://b/t/1");
    partition["StorageDescriptor"]["Columns"] = Json::array({{{"Name", "z"}, {"Type", "int"}}});
    world.tables({table});
    world.partitions({partition});
    EXPECT_TRUE(world.assess().has(type::kTable, "d.t", "LAKE-042"));
}

TEST(PartitionRules, LAKE_044_outside_of_the_table) {
    World world;
    world.tables({partitioned()});
    world.partitions({glue_partition(partitioned(), {"2024-01-01"}, "s3://b/elsewhere"),
                      glue_partition(partitioned(), {"2024-01-02"}, "s3://b/t/2")});
    world.data("elsewhere/part-0", "333");
    world.data("t/2/part-0", "1");
    const auto found = world.assess();
    EXPECT_TRUE(found.has(type::kTable, "d.t", "LAKE-044"));
    EXPECT_EQ(found.table("d.t").sizes.bytes, 4u);
}

TEST(PartitionRules, LAKE_045_and_LAKE_046_values) {
    World world;
    world.tables({partitioned()});
    world.partitions({glue_partition(partitioned(), {"2024-01-01", "x"}, "s3://b/t/1"),
                      glue_partition(partitioned(), {"soon"}, "s3://b/t/2")});
    world.data("t/1/part-0", "1");
    world.data("t/2/part-0", "1");
    const auto codes = world.assess().codes(type::kTable, "d.t");
    EXPECT_THAT(codes, Contains("LAKE-045"));
    EXPECT_THAT(codes, Contains("LAKE-046"));
}

TEST(PartitionRules, LAKE_047_the_same_partition_in_two_files) {
    World world;
    world.tables({partitioned()});
    world.partitions({glue_partition(partitioned(), {"2024-01-01"}, "s3://b/t/1")}, "a.json");
    world.partitions({glue_partition(partitioned(), {"2024-01-01"}, "s3://b/t/1")}, "deep/b.json");
    world.data("t/1/part-0", "1");
    const auto found = world.assess();
    EXPECT_TRUE(found.has(type::kTable, "d.t", "LAKE-047"));
    EXPECT_EQ(found.table("d.t").partitions.count, 1u);
}

TEST(PartitionRules, LAKE_048_and_LAKE_050_unregistered_and_empty) {
    World world;
    world.tables({partitioned()});
    world.partitions({glue_partition(partitioned(), {"2024-01-01"}, "s3://b/t/1"),
                      glue_partition(partitioned(), {"2024-01-03"}, "s3://b/t/3")});
    world.data("t/1/part-0", "1");
    world.data("t/2/part-0", "22");
    world.data("t/3/_SUCCESS", "");
    const auto found = world.assess();
    EXPECT_TRUE(found.has(type::kTable, "d.t", "LAKE-048"));
    EXPECT_TRUE(found.has(type::kTable, "d.t", "LAKE-050"));
    EXPECT_EQ(found.table("d.t").partitions.unregistered_objects, 1u);
    EXPECT_EQ(found.table("d.t").partitions.unregistered_bytes, 2u);
}

TEST(PartitionRules, LAKE_049_no_partitions) {
    World world;
    world.tables({partitioned()});
    world.data("t/dt=2024-01-01/part-0", "1");
    EXPECT_TRUE(world.assess().has(type::kTable, "d.t", "LAKE-049"));
}

TEST(PartitionRules, LAKE_051_additional_locations_are_not_left_behind) {
    World world;
    auto table = csv_table("t"), iceberg = csv_table("i");
    table["StorageDescriptor"]["AdditionalLocations"] = {"s3://b/more"};
    iceberg["StorageDescriptor"]["AdditionalLocations"] = {"s3://b/more"};
    iceberg["Parameters"]["table_type"] = "ICEBERG";
    auto partition = glue_partition(partitioned(), {"2024-01-01"}, "s3://b/p/1");
    partition["TableName"] = "p";
    partition["StorageDescriptor"]["AdditionalLocations"] = {"s3://b/more"};
    auto keyed = partitioned();
    keyed["Name"] = "p";
    world.tables({table, iceberg, keyed, csv_table("whole")});
    world.partitions({partition});
    for (const auto* key : {"t/part-0", "more/part-0", "p/1/part-0", "whole/part-0"})
        world.data(key, "1\n");
    const auto found = world.assess();
    EXPECT_TRUE(found.has(type::kTable, "d.t", "LAKE-051"));
    EXPECT_EQ(found.readiness(type::kTable, "d.t"), core::Readiness::blocked);
    EXPECT_TRUE(found.has(type::kTable, "d.p", "LAKE-051"));
    EXPECT_EQ(found.table("d.p").partitions.example, "d.p/dt=2024-01-01");
    EXPECT_FALSE(found.has(type::kTable, "d.i", "LAKE-051")) << "its metadata names its files";
    EXPECT_FALSE(found.has(type::kTable, "d.whole", "LAKE-051"));
}

Collector assess_fixture(const std::string& name) {
    const auto folder = kParquetFixtures + "/" + name;
    return World().assess({{"export", folder + "/export"}, {"map", "s3://fixtures=" + folder + "/data/fixtures"}});
}

std::vector<std::string> codes_of_fixture(const std::string& name) {
    const auto found = assess_fixture(name);
    for (const auto& [key, resource] : found.resources) {
        if (resource.type == type::kTable)
            return found.codes(type::kTable, resource.display);
    }
    return {};
}

TEST(ParquetRules, LAKE_060_unreadable_files) {
    EXPECT_THAT(codes_of_fixture("unreadable-file"), Contains("LAKE-060"));
}
TEST(ParquetRules, LAKE_061_files_that_do_not_fit) {
    EXPECT_THAT(codes_of_fixture("wrong-type"), Contains("LAKE-061"));
}
TEST(ParquetRules, LAKE_062_int96) { EXPECT_THAT(codes_of_fixture("int96"), Contains("LAKE-062")); }
TEST(ParquetRules, LAKE_063_other_columns) { EXPECT_THAT(codes_of_fixture("missing-column"), Contains("LAKE-063")); }

TEST(ExportRules, LAKE_120_a_broken_file_keeps_what_came_before) {
    World world;
    auto text = Json{{"TableList", {csv_table("t"), csv_table("u")}}}.dump();
    world.write("export/tables.json", text.substr(0, text.size() - 20));
    world.data("t/part-0", "1");
    const auto found = world.assess();
    EXPECT_THAT(found.codes(type::kExportFile, "tables.json"), ElementsAre("LAKE-120"));
    EXPECT_NE(found.find(type::kTable, "d.t"), nullptr);
    EXPECT_EQ(found.find(type::kTable, "d.u"), nullptr);
    EXPECT_THAT(found.facts<ExportFileFacts>(type::kExportFile, "tables.json").detail, HasSubstr("byte"));
}

TEST(ExportRules, LAKE_120_other_broken_files) {
    World world;
    world.write("export/empty.json", "");
    world.write("export/utf16.json", std::string("\xff\xfe{\0}\0", 6));
    world.write("export/text.json", "An error occurred (AccessDeniedException)");
    const auto found = world.assess();
    for (const auto* file : {"empty.json", "utf16.json", "text.json"})
        EXPECT_THAT(found.codes(type::kExportFile, file), ElementsAre("LAKE-120")) << file;
}

TEST(ExportRules, LAKE_121_an_entry_is_refused_alone) {
    World world;
    world.tables({csv_table("t"), {{"DatabaseName", "d"}}, {{"Name", 1}, {"DatabaseName", "d"}}});
    world.data("t/part-0", "1");
    const auto found = world.assess();
    EXPECT_THAT(found.codes(type::kExportFile, "tables.json"), ElementsAre("LAKE-121"));
    const auto facts = found.facts<ExportFileFacts>(type::kExportFile, "tables.json");
    EXPECT_EQ(facts.refused, 2u);
    EXPECT_EQ(facts.entries, 1u);
}

TEST(ExportRules, LAKE_122_unrecognised) {
    World world;
    world.write("export/other.json", R"({"Crawlers":[]})");
    EXPECT_THAT(world.assess().codes(type::kExportFile, "other.json"), ElementsAre("LAKE-122"));
}

TEST(ExportRules, LAKE_123_the_last_page_is_missing) {
    World world;
    world.write("export/1.json", Json{{"TableList", {csv_table("t")}}, {"NextToken", "x"}}.dump());
    EXPECT_TRUE(world.assess().has(type::kEstate, "123456789012 eu-west-1", "LAKE-123"));
    world.write("export/2.json", Json{{"TableList", {csv_table("u")}}}.dump());
    EXPECT_FALSE(world.assess().has(type::kEstate, "123456789012 eu-west-1", "LAKE-123"));
}

TEST(ExportRules, LAKE_124_partitions_without_a_table) {
    World world;
    world.tables({csv_table("b"), csv_table("d")});
    for (const auto* name : {"a", "c", "e"})
        world.partitions({glue_partition(csv_table(name), {"1"}, "s3://b/x")}, std::string(name) + ".json");
    const auto found = world.assess();
    EXPECT_TRUE(found.has(type::kEstate, "123456789012 eu-west-1", "LAKE-124"));
    EXPECT_EQ(found.facts<EstateFacts>(type::kEstate, "123456789012 eu-west-1").orphan_partitions, 3u);
}

} // namespace
