#include "rows/comparison_schema.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace godwit::rows {
namespace {

ComparisonType simple(ComparisonKind kind) {
    ComparisonType type;
    type.kind = kind;
    return type;
}

ComparisonSchema everything() {
    ComparisonType decimal = simple(ComparisonKind::decimal);
    decimal.precision = 12;
    decimal.scale = 2;
    ComparisonType json = simple(ComparisonKind::json);
    json.normalised = true;
    ComparisonType list = simple(ComparisonKind::list);
    list.children = {{"element", simple(ComparisonKind::string)}};
    ComparisonType structure = simple(ComparisonKind::structure);
    structure.children = {{"a", decimal}, {"b", list}};
    ComparisonSchema schema;
    schema.columns = {
        {"id", {"ID"}, simple(ComparisonKind::integer), DeclaredChange::renamed, ""},
        {"at", {"at"}, simple(ComparisonKind::instant), DeclaredChange::zone_assumed, "+02:00"},
        {"nested", {"outer", "inner"}, structure, DeclaredChange::none, ""},
        {"doc", {"doc"}, json, DeclaredChange::none, ""},
    };
    schema.grouping = {"at"};
    schema.identifiers = {"id"};
    return schema;
}

TEST(ComparisonSchema, HasOneCanonicalForm) {
    EXPECT_EQ(
        canonical_json(to_json(everything())),
        R"({"columns":[{"change":"renamed","name":"id","source":["ID"],"type":"integer"},)"
        R"({"change":"zone-assumed","detail":"+02:00","name":"at","source":["at"],"type":"instant"},)"
        R"~({"name":"nested","source":["outer","inner"],"type":{"children":[{"name":"a","type":"decimal(12,2)"},)~"
        R"({"name":"b","type":{"children":[{"name":"element","type":"string"}],"kind":"list"}}],"kind":"struct"}},)"
        R"({"name":"doc","source":["doc"],"type":"json-normalised"}],)"
        R"("grouping":["at"],"identifiers":["id"],"version":1})");
}

TEST(ComparisonSchema, SurvivesTheWayThroughJson) {
    const auto read = comparison_schema_from_json(to_json(everything()));
    ASSERT_TRUE(read.has_value()) << read.error().to_line();
    EXPECT_EQ(*read, everything());
}

TEST(ComparisonSchema, EveryKindHasAName) {
    for (const auto kind :
         {ComparisonKind::boolean, ComparisonKind::integer, ComparisonKind::floating, ComparisonKind::string,
          ComparisonKind::binary, ComparisonKind::fixed, ComparisonKind::date, ComparisonKind::time,
          ComparisonKind::timestamp, ComparisonKind::instant, ComparisonKind::interval, ComparisonKind::json}) {
        ComparisonSchema schema;
        schema.columns = {{"c", {"c"}, simple(kind), DeclaredChange::none, ""}};
        const auto read = comparison_schema_from_json(to_json(schema));
        ASSERT_TRUE(read.has_value()) << to_string(kind);
        EXPECT_EQ(read->columns[0].type.kind, kind);
    }
}

TEST(ComparisonSchema, RefusesWhatIsNotValid) {
    const auto refuse = [](const char* text, const char* why) {
        const auto read = comparison_schema_from_json(*parse_json(text));
        ASSERT_FALSE(read.has_value()) << text;
        EXPECT_NE(read.error().to_line().find(why), std::string::npos) << read.error().to_line();
    };
    const std::string tail = R"(,"grouping":[],"identifiers":[],"version":1})";
    refuse((R"({"columns":[])" + tail).c_str(), "no columns");
    refuse((R"({"columns":[{"name":"a","source":["a"],"type":"number"}])" + tail).c_str(), "unknown type: number");
    refuse((R"({"columns":[{"name":"a","source":[],"type":"date"}])" + tail).c_str(), "source path");
    refuse((R"~({"columns":[{"name":"a","source":["a"],"type":"decimal(2,3)"}])~" + tail).c_str(), "out of range");
    refuse((R"({"columns":[{"name":"a","source":["a"],"type":"list"}])" + tail).c_str(), "needs children");
    refuse((R"({"columns":[{"name":"a","source":["a"],"type":{"kind":"map","children":[]}}])" + tail).c_str(),
           "two children");
    refuse((R"({"columns":[{"name":"a","source":["a"],"type":"date","change":"magic"}])" + tail).c_str(),
           "unknown change");
    const std::string twice = R"({"name":"a","source":["a"],"type":"date"})";
    refuse((R"({"columns":[)" + twice + "," + twice + "]" + tail).c_str(), "two columns");
    refuse((R"({"columns":[)" + twice + R"(],"grouping":["b"],"identifiers":[],"version":1})").c_str(), "no column");
    refuse((R"({"columns":[)" + twice + R"(],"grouping":[],"identifiers":[],"version":2})").c_str(), "version 2");
}

} // namespace
} // namespace godwit::rows
