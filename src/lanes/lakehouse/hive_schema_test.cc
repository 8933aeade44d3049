#include "lanes/lakehouse/hive_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace godwit;
using namespace godwit::lakehouse;
using iceberg::TypeKind;
using iceberg::Value;
using testing::ElementsAre;

namespace {

TEST(HiveSchema, ids_are_fresh_and_partition_keys_come_last) {
    const auto schema = iceberg_schema_of({{"a", "tinyint", ""},
                                           {"s", "struct<x:varchar(3),l:array<map<string,decimal(9,2)>>>", "c"},
                                           {"t", "timestamp", ""}},
                                          {{"dt", "date", ""}}, [](std::string_view name) { return name == "t"; });
    ASSERT_FALSE(schema.is_error()) << schema.error().to_line();
    // Ids as the reference implementation gives them: all fields of a struct, then what lies inside them.
    const std::vector<std::pair<std::string, std::int32_t>> ids{{"a", 1},   {"s", 2},   {"t", 3},          {"dt", 4},
                                                                {"s.x", 5}, {"s.l", 6}, {"s.l.element", 7}};
    for (const auto& [name, id] : ids) {
        const auto* field = schema->schema.find(name);
        ASSERT_NE(field, nullptr) << name;
        EXPECT_EQ(field->id, id) << name;
        EXPECT_FALSE(field->required) << name;
    }
    EXPECT_EQ(iceberg::type_text(schema->schema.find("a")->type), "int");
    EXPECT_EQ(iceberg::type_text(schema->schema.find("s.x")->type), "string");
    EXPECT_EQ(iceberg::type_text(schema->schema.find("t")->type), "timestamptz");
    EXPECT_EQ(iceberg::type_text(schema->schema.find("s.l.element.value")->type), "decimal(9, 2)");
    EXPECT_TRUE(schema->schema.find("s.l.element.key")->required);
    EXPECT_EQ(schema->schema.find("s")->doc, "c");
    EXPECT_THAT(schema->partition_ids, ElementsAre(4));
}

TEST(HiveSchema, an_unknown_type_names_the_column) {
    const auto schema = iceberg_schema_of({{"u", "uniontype<int>", ""}}, {});
    ASSERT_TRUE(schema.is_error());
    EXPECT_THAT(schema.error().where(), testing::HasSubstr("column u"));
}

Value value(const iceberg::Type& type, std::string_view text) {
    const auto value = partition_value(type, text);
    EXPECT_FALSE(value.is_error()) << text;
    return value.is_error() ? Value() : *value;
}

TEST(PartitionValue, is_the_text_as_its_type) {
    using iceberg::primitive;
    EXPECT_EQ(value(primitive(TypeKind::int32), "-7"), Value(std::int32_t{-7}));
    EXPECT_EQ(value(primitive(TypeKind::int64), "9223372036854775807"), Value(std::int64_t{9223372036854775807}));
    EXPECT_EQ(value(primitive(TypeKind::string), "a%2Fb"), Value(std::string("a%2Fb")));
    EXPECT_EQ(value(primitive(TypeKind::string), ""), Value(std::string()));
    EXPECT_EQ(value(primitive(TypeKind::boolean), "True"), Value(true));
    EXPECT_EQ(value(primitive(TypeKind::date), "1969-12-31"), Value(std::int32_t{-1}));
    EXPECT_EQ(value(primitive(TypeKind::date), "1970-01-01"), Value(std::int32_t{0}));
    EXPECT_EQ(value(primitive(TypeKind::timestamp), "2024-04-30 12:30:00"), Value(std::int64_t{1'714'480'200'000'000}));
    EXPECT_EQ(value(primitive(TypeKind::timestamp), "2024-04-30 12:30:00.5"),
              Value(std::int64_t{1'714'480'200'500'000}));
    EXPECT_EQ(value(primitive(TypeKind::timestamp), "1970-01-01"), Value(std::int64_t{0}));
    EXPECT_EQ(value(iceberg::decimal(9, 2), "1.5"), Value(iceberg::Decimal{150}));
    EXPECT_EQ(value(iceberg::decimal(9, 2), "-0.01"), Value(iceberg::Decimal{-1}));
    EXPECT_EQ(value(iceberg::decimal(2, 2), "0.99"), Value(iceberg::Decimal{99}));
    EXPECT_EQ(value(primitive(TypeKind::float64), "1e3"), Value(1000.0));
    for (const auto kind : {TypeKind::int32, TypeKind::string, TypeKind::date, TypeKind::decimal})
        EXPECT_EQ(value(primitive(kind), kNullPartition), Value());
}

TEST(PartitionValue, refuses_what_is_none) {
    using iceberg::primitive;
    const std::vector<std::pair<iceberg::Type, const char*>> wrong{
        {primitive(TypeKind::int32), "2147483648"},
        {primitive(TypeKind::int32), ""},
        {primitive(TypeKind::int32), "1.0"},
        {primitive(TypeKind::int64), " 1"},
        {primitive(TypeKind::boolean), "1"},
        {primitive(TypeKind::date), "2023-02-29"},
        {primitive(TypeKind::date), "2023-2-1"},
        {primitive(TypeKind::date), "2023-02-01Z"},
        {primitive(TypeKind::timestamp), "2023-02-01T00:00:00"},
        {primitive(TypeKind::timestamp), "2023-02-01 00:00:00+01:00"},
        {iceberg::decimal(4, 2), "100.00"},
        {iceberg::decimal(4, 2), "1.234"},
        {iceberg::decimal(4, 2), ".5"},
        {iceberg::decimal(4, 2), "1.x"},
        {primitive(TypeKind::float64), "x"},
        {primitive(TypeKind::binary), "x"}};
    for (const auto& [type, text] : wrong)
        EXPECT_TRUE(partition_value(type, text).is_error()) << iceberg::type_text(type) << " " << text;
}

TEST(HiveSchema, partition_keys_are_not_looked_for_in_files) {
    const auto schema = iceberg_schema_of({{"id", "int", ""}}, {{"day", "date", ""}});
    ASSERT_FALSE(schema.is_error());
    const auto names = names_in_files(*schema);
    ASSERT_EQ(names.size(), 1u);
    EXPECT_EQ(names.front().names, std::vector<std::string>{"id"});
}

} // namespace
