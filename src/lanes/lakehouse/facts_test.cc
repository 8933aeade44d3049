#include "lanes/lakehouse/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace godwit;
using namespace godwit::lakehouse;
using testing::HasSubstr;

namespace {

TEST(Facts, come_back_as_they_were) {
    TableFacts table;
    table.name = std::string("quote\" nul\0 \xE2\x80\xAE", 15);
    table.kind = TableKind::open_csv;
    table.parameters = {{"a\nb", "c"}};
    table.columns = {{"c", "int", "why"}};
    table.buckets = -1;
    table.sizes.bytes = 18'446'744'073'709'551'615u;
    table.iceberg.emplace().references = {{"main", "branch", "9223372036854775807"}};
    table.iceberg->file_formats = {{"data parquet", 3}};
    table.parquet.emplace().partition_ids = {7, 8};
    const auto text = to_json(table);
    const auto again = facts_from_json<TableFacts>(text);
    ASSERT_FALSE(again.is_error()) << again.error().to_line();
    EXPECT_EQ(to_json(*again), text);
    EXPECT_EQ(again->name, table.name);
    EXPECT_EQ(again->sizes, table.sizes);
    EXPECT_EQ(again->iceberg->references.at(0).snapshot_id, "9223372036854775807");
    EXPECT_THAT(text, HasSubstr("\"bytes\":\"18446744073709551615\""));
}

TEST(Facts, newer_fields_are_ignored_and_missing_ones_have_defaults) {
    const auto facts = facts_from_json<DatabaseFacts>(R"({"version":1,"name":"d","later":[1]})");
    ASSERT_FALSE(facts.is_error());
    EXPECT_EQ(facts->name, "d");
    EXPECT_TRUE(facts->declared);
}

TEST(Facts, what_is_no_fact_names_the_field) {
    const auto version = facts_from_json<DatabaseFacts>(R"({"version":2})");
    ASSERT_TRUE(version.is_error());
    EXPECT_EQ(version.error().kind(), ErrorKind::unsupported);
    for (const auto* text :
         {R"({"place":{"folder":1}})", R"({"kind":"zip"})", R"({"columns":{}})", R"({"sizes":{"bytes":5}})",
          R"({"sizes":{"bytes":"-5"}})", R"({"projection":"yes"})", R"({"parameters":[]})", "[]", "{"})
        EXPECT_TRUE(facts_from_json<TableFacts>(text).is_error()) << text;
    EXPECT_THAT(facts_from_json<TableFacts>(R"({"place":{"folder":1}})").error().where(), HasSubstr("place: folder"));
}

TEST(Facts, every_kind_has_a_name_of_its_own) {
    for (int i = 0; i <= static_cast<int>(TableKind::unknown); ++i) {
        const auto kind = static_cast<TableKind>(i);
        const auto parsed = parse_table_kind(to_string(kind));
        ASSERT_FALSE(parsed.is_error());
        EXPECT_EQ(*parsed, kind);
    }
    EXPECT_TRUE(parse_table_kind("zip").is_error());
}

} // namespace
