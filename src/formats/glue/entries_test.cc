#include "formats/glue/entries.h"

#include "base/digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace godwit;
using namespace godwit::glue;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

namespace {

Json json(std::string_view text) {
    auto parsed = parse_json(text);
    EXPECT_FALSE(parsed.is_error()) << text;
    return parsed.is_error() ? Json() : std::move(parsed).release();
}

TEST(GlueEntries, reads_a_table_and_ignores_what_it_does_not_know) {
    const auto entry = json(R"({
        "Name": "orders", "DatabaseName": "sales", "CatalogId": "123456789012", "TableType": "EXTERNAL_TABLE",
        "CreateTime": "2026-11-21T14:54:20.106000+00:00", "UpdateTime": 1795272883.603, "Retention": 0, "NewField": {"a": []},
        "StorageDescriptor": {
            "Columns": [{"Name": "a", "Type": "int", "Comment": "c", "Parameters": {"iceberg.field.current": "false"}}, {"Name": "b"}],
            "Location": "s3://b/p/", "AdditionalLocations": ["s3://b/q"], "NumberOfBuckets": 4, "Compressed": true,
            "InputFormat": "in", "OutputFormat": "out", "SortColumns": [{"Column": "a", "SortOrder": 0}],
            "SerdeInfo": {"SerializationLibrary": "lib", "Parameters": {"field.delim": ","}}, "BucketColumns": ["a"],
            "SchemaReference": {"SchemaVersionNumber": 1}},
        "PartitionKeys": [{"Name": "dt", "Type": "date"}],
        "Parameters": {"classification": "csv", "none": null}, "IsRegisteredWithLakeFormation": true})");
    const auto table = parse_table(entry);
    ASSERT_FALSE(table.is_error()) << table.error().to_line();
    EXPECT_EQ(table->name, "orders");
    EXPECT_EQ(table->database, "sales");
    EXPECT_EQ(table->catalogue, "123456789012");
    EXPECT_EQ(format_time(table->created), "2026-11-21T14:54:20.106000Z");
    EXPECT_EQ(format_time(table->updated), "2026-11-21T14:54:43.603000Z");
    ASSERT_EQ(table->storage.columns.size(), 2u);
    EXPECT_EQ(table->storage.columns[0].parameters.at("iceberg.field.current"), "false");
    EXPECT_EQ(table->storage.columns[1].type, "");
    EXPECT_THAT(table->storage.additional_locations, ElementsAre("s3://b/q"));
    EXPECT_EQ(table->storage.buckets, 4);
    EXPECT_TRUE(table->storage.compressed);
    EXPECT_FALSE(table->storage.sort_columns.at(0).ascending);
    EXPECT_EQ(table->storage.serde.parameters.at("field.delim"), ",");
    EXPECT_TRUE(table->storage.has_schema_reference);
    EXPECT_THAT(table->parameters, ElementsAre(Pair("classification", "csv")));
    EXPECT_TRUE(table->is_lake_formation);
    EXPECT_EQ(table->digest, sha256_hex(canonical_json(entry)));
}

TEST(GlueEntries, links_and_federated_entries_are_told) {
    const auto table = parse_table(json(R"({"Name":"l","DatabaseName":"d","FederatedTable":{},
        "TargetTable":{"CatalogId":"1","DatabaseName":"x","Name":"y","Region":"eu-west-1"}})"));
    ASSERT_FALSE(table.is_error());
    EXPECT_EQ(table->link->name, "y");
    EXPECT_TRUE(table->is_federated);
    const auto database = parse_database(json(R"({"Name":"l","TargetDatabase":{"CatalogId":"1","DatabaseName":"x"}})"));
    ASSERT_FALSE(database.is_error());
    EXPECT_EQ(database->link->database, "x");
}

TEST(GlueEntries, partitions_name_their_table) {
    const auto entry =
        json(R"({"DatabaseName":"d","TableName":"t","Values":["a","b"],"StorageDescriptor":{"Location":"s3://b/p"}})");
    const auto partition = parse_partition(entry);
    ASSERT_FALSE(partition.is_error());
    EXPECT_EQ(partition->table, "t");
    EXPECT_THAT(partition->values, ElementsAre("a", "b"));
    EXPECT_TRUE(parse_partition(json(R"({"DatabaseName":"d","TableName":"t"})")).is_error());
    EXPECT_TRUE(parse_partition(json(R"({"DatabaseName":"d","Values":["a"]})")).is_error());
}

TEST(GlueEntries, a_wrong_type_names_the_field) {
    for (const auto* text : {R"({"Name":1,"DatabaseName":"d"})", R"({"DatabaseName":"d"})", R"({"Name":"n"})", "[]",
                             "1", R"({"Name":"n","DatabaseName":"d","StorageDescriptor":[]})",
                             R"({"Name":"n","DatabaseName":"d","StorageDescriptor":{"Columns":[{"Type":"int"}]}})",
                             R"({"Name":"n","DatabaseName":"d","Parameters":{"a":1}})",
                             R"({"Name":"n","DatabaseName":"d","PartitionKeys":{}})"})
        EXPECT_TRUE(parse_table(json(text)).is_error()) << text;
    const auto error = parse_table(
        json(R"({"Name":"n","DatabaseName":"d","StorageDescriptor":{"SerdeInfo":{"Parameters":{"a":1}}}})"));
    ASSERT_TRUE(error.is_error());
    EXPECT_THAT(error.error().where(), HasSubstr("StorageDescriptor"));
}

TEST(GlueEntries, both_spellings_of_time_agree) {
    EXPECT_EQ(parse_aws_time(json("1795272883.603")), parse_iso_time("2026-11-21T14:54:43.603+00:00"));
    EXPECT_EQ(parse_iso_time("2026-11-21T16:54:43.603000+02:00"), parse_iso_time("2026-11-21T14:54:43.603Z"));
    EXPECT_EQ(parse_iso_time("2026-11-21T09:24:43-0530"), parse_iso_time("2026-11-21T14:54:43Z"));
    EXPECT_EQ(parse_aws_time(json("0")), 0);
    EXPECT_EQ(parse_iso_time("1970-01-01T00:00:01Z"), 1'000'000);
    EXPECT_EQ(parse_iso_time("2024-02-29T00:00:00Z"), std::int64_t{1'709'164'800'000'000});
}

TEST(GlueEntries, a_broken_time_is_not_known) {
    for (const auto* text : {"\"\"", "\"2023-02-29T00:00:00Z\"", "\"2023-02-28\"", "\"2023-02-28T25:00:00Z\"", "-1",
                             "1e300", "\"2023-02-28T00:00:00+2\"", "{}", "true", "\"2023-02-28T00:00:00Zx\""})
        EXPECT_EQ(parse_aws_time(json(text)), 0) << text;
}

} // namespace
