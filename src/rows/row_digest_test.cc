#include "rows/row_digest.h"

#include "base/file.h"
#include "base/text.h"
#include "rows/test_batches.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>

namespace godwit::rows {
namespace {

std::shared_ptr<arrow::DataType> type_of(const std::string& text) {
    static const std::map<std::string, std::shared_ptr<arrow::DataType>> types{
        {"bool", arrow::boolean()},
        {"int8", arrow::int8()},
        {"int32", arrow::int32()},
        {"int64", arrow::int64()},
        {"uint64", arrow::uint64()},
        {"float", arrow::float32()},
        {"double", arrow::float64()},
        {"utf8", arrow::utf8()},
        {"binary", arrow::binary()},
        {"fixed3", arrow::fixed_size_binary(3)},
        {"decimal(5,2)", arrow::decimal128(5, 2)},
        {"decimal(10,2)", arrow::decimal128(10, 2)},
        {"decimal(38,3)", arrow::decimal128(38, 3)},
        {"date32", arrow::date32()},
        {"time64[us]", arrow::time64(arrow::TimeUnit::MICRO)},
        {"timestamp[s]", arrow::timestamp(arrow::TimeUnit::SECOND)},
        {"timestamp[us]", arrow::timestamp(arrow::TimeUnit::MICRO)},
        {"timestamp[us, UTC]", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
        {"timestamp[ns]", arrow::timestamp(arrow::TimeUnit::NANO)},
        {"list<int32>", arrow::list(arrow::int32())},
        {"struct<age:int32,name:utf8>",
         arrow::struct_({arrow::field("age", arrow::int32()), arrow::field("name", arrow::utf8())})},
        {"map<utf8,int32>", arrow::map(arrow::utf8(), arrow::int32())},
    };
    return types.at(text);
}

/// Arrow's JSON reader takes dates and times of day as numbers only.
std::string values_text(const std::string& type, const Json& values) {
    Json numbers = Json::array();
    for (const auto& value : values) {
        if (value.is_null()) {
            numbers.push_back(nullptr);
            continue;
        }
        const auto text = value.get<std::string>();
        std::int64_t number = 0;
        if (type == "date32") {
            const auto days =
                arrow::json::ArrayFromJSONString(arrow::timestamp(arrow::TimeUnit::SECOND), "[\"" + text + "\"]");
            number = static_cast<const arrow::TimestampArray&>(**days).Value(0) / 86'400;
        } else {
            const auto moment = "1970-01-01 " + text;
            const auto time =
                arrow::json::ArrayFromJSONString(arrow::timestamp(arrow::TimeUnit::MICRO), "[\"" + moment + "\"]");
            number = static_cast<const arrow::TimestampArray&>(**time).Value(0);
        }
        numbers.push_back(number);
    }
    return numbers.dump();
}

BatchPtr batch_of(const Json& columns) {
    std::vector<TestColumn> list;
    for (const auto& column : columns) {
        const auto type = column["arrow"].get<std::string>();
        const bool as_numbers = type == "date32" || type == "time64[us]";
        list.push_back({column["name"], type_of(type),
                        as_numbers ? values_text(type, column["values"]) : column["values"].dump()});
    }
    return make_batch(list);
}

TEST(RowDigest, AgreesWithTheGoldenVectors) {
    const auto text = read_file(GODWIT_SOURCE_DIR "/tests/golden/row_digest.json");
    ASSERT_TRUE(text.has_value()) << text.error().to_line();
    const auto vectors = parse_json(*text);
    ASSERT_TRUE(vectors.has_value()) << vectors.error().to_line();
    ASSERT_EQ(vectors->size(), 5U);
    for (const auto& vector : *vectors) {
        SCOPED_TRACE(vector["name"].get<std::string>());
        const auto schema = comparison_schema_from_json(vector["schema"]);
        ASSERT_TRUE(schema.has_value()) << schema.error().to_line();
        const auto side = vector["side"] == "source" ? Side::source : Side::target;
        const auto batch = batch_of(vector["columns"]);
        for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
            const auto bytes = encode_row(*schema, side, *batch, row);
            ASSERT_TRUE(bytes.has_value()) << bytes.error().to_line();
            EXPECT_EQ(hex(*bytes), vector["rows"][static_cast<std::size_t>(row)].get<std::string>()) << "row " << row;
        }
        const auto digest = digest_rows(*schema, side, stream_of({batch}));
        ASSERT_TRUE(digest.has_value()) << digest.error().to_line();
        const auto& group = digest->groups.at("");
        EXPECT_EQ(std::to_string(group.high), vector["high"].get<std::string>());
        EXPECT_EQ(std::to_string(group.low), vector["low"].get<std::string>());
        EXPECT_EQ(Json(group.nulls), vector["nulls"]);
        EXPECT_EQ(Json(group.unrepresentable), vector["unrepresentable"]);
    }
}

ComparisonColumn column(const std::string& name, ComparisonKind kind) {
    ComparisonColumn result;
    result.name = name;
    result.source_path = {name};
    result.type.kind = kind;
    return result;
}

ComparisonSchema people() {
    ComparisonSchema schema;
    schema.columns = {column("id", ComparisonKind::integer), column("name", ComparisonKind::string),
                      column("city", ComparisonKind::string), column("weight", ComparisonKind::floating)};
    schema.grouping = {"city"};
    return schema;
}

BatchPtr people_batch(const std::string& ids, const std::string& names, const std::string& cities,
                      const std::string& weights, std::shared_ptr<arrow::DataType> id_type = arrow::int64()) {
    return make_batch({{"weight", arrow::float64(), weights},
                       {"id", std::move(id_type), ids},
                       {"name", arrow::utf8(), names},
                       {"city", arrow::utf8(), cities}});
}

TableDigest digest(const ComparisonSchema& schema, Side side, std::vector<BatchPtr> batches) {
    auto result = digest_rows(schema, side, stream_of(std::move(batches)));
    EXPECT_TRUE(result.has_value()) << result.error().to_line();
    return result.has_value() ? *result : TableDigest{};
}

TEST(RowDigest, DoesNotDependOnOrderBatchesOrWidth) {
    const auto schema = people();
    const auto one =
        digest(schema, Side::source, {people_batch("[1,2,3]", R"(["a","b",null])", R"(["x","y","x"])", "[1,2,NaN]")});
    const auto other = digest(schema, Side::target,
                              {people_batch("[3]", "[null]", R"(["x"])", "[NaN]", arrow::int32()),
                               people_batch("[2,1]", R"(["b","a"])", R"(["y","x"])", "[2,1]", arrow::int16())});
    EXPECT_TRUE(compare(schema, one, other).equal());
    EXPECT_EQ(one.rows, 3U);
    EXPECT_EQ(one.groups, other.groups);
    EXPECT_EQ(one.groups.size(), 2U);
    EXPECT_TRUE(one.groups.contains("city=x"));
}

TEST(RowDigest, SumsKeepRepeatedRowsApart) {
    const auto schema = people();
    const auto row = people_batch("[1]", R"(["a"])", R"(["x"])", "[1]");
    const auto once = digest(schema, Side::source, {row});
    const auto thrice = digest(schema, Side::target, {row, row, row});
    const auto comparison = compare(schema, once, thrice);
    ASSERT_EQ(comparison.differences.size(), 1U);
    EXPECT_EQ(comparison.differences[0].source_rows, 1U);
    EXPECT_EQ(comparison.differences[0].target_rows, 3U);
    EXPECT_TRUE(comparison.differences[0].minimum_differs.empty());
}

TEST(RowDigest, ComparisonNamesWhatDiffers) {
    const auto schema = people();
    const auto a =
        digest(schema, Side::source, {people_batch("[1,2,3]", R"(["a",null,"c"])", R"(["x","y","z"])", "[1,-1,3]")});
    const auto b =
        digest(schema, Side::target, {people_batch("[1,2,4]", R"(["a","b","c"])", R"(["x","y","w"])", "[1,-2,3]")});
    const auto comparison = compare(schema, a, b);
    EXPECT_FALSE(comparison.equal());
    EXPECT_EQ(comparison.groups, 4U);
    ASSERT_EQ(comparison.differences.size(), 3U);
    EXPECT_EQ(comparison.differences[0].group, "city=w");
    EXPECT_EQ(comparison.differences[0].source_rows, 0U);
    const auto& changed = comparison.differences[1];
    EXPECT_EQ(changed.group, "city=y");
    EXPECT_TRUE(changed.rows_differ);
    EXPECT_EQ(changed.null_counts_differ, std::vector<std::string>{"name"});
    EXPECT_EQ(changed.minimum_differs, (std::vector<std::string>{"name", "weight"}));
    EXPECT_EQ(changed.maximum_differs, (std::vector<std::string>{"name", "weight"}));
    EXPECT_EQ(comparison.differences[2].group, "city=z");
    EXPECT_EQ(comparison.differences[2].target_rows, 0U);
}

TEST(RowDigest, ValuesThatDoNotFitAreNeverEqual) {
    ComparisonSchema schema;
    schema.columns = {column("n", ComparisonKind::integer)};
    const auto batch = make_batch({{"n", arrow::float64(), "[1.5]"}});
    const auto comparison =
        compare(schema, digest(schema, Side::source, {batch}), digest(schema, Side::target, {batch}));
    ASSERT_EQ(comparison.differences.size(), 1U);
    EXPECT_EQ(comparison.differences[0].unrepresentable, std::vector<std::string>{"n"});
}

TEST(RowDigest, OrderOfValuesIsThatOfTheirType) {
    ComparisonSchema schema;
    schema.columns = {column("i", ComparisonKind::integer), column("f", ComparisonKind::floating),
                      column("t", ComparisonKind::timestamp), column("d", ComparisonKind::date)};
    const auto type = arrow::timestamp(arrow::TimeUnit::MICRO);
    const auto wide = digest(schema, Side::target,
                             {make_batch({{"i", arrow::int32(), "[-2,10,3]"},
                                          {"f", arrow::float64(), "[-2.5,10,NaN]"},
                                          {"t", type, "[-1,0,5]"},
                                          {"d", arrow::date32(), "[-3,0,2]"}})});
    const auto ends = digest(schema, Side::target,
                             {make_batch({{"i", arrow::int64(), "[10,-2]"},
                                          {"f", arrow::float32(), "[10,-2.5]"},
                                          {"t", type, "[5,-1]"},
                                          {"d", arrow::date32(), "[2,-3]"}})});
    EXPECT_EQ(wide.groups.at("").minimum, ends.groups.at("").minimum);
    EXPECT_EQ(wide.groups.at("").maximum, ends.groups.at("").maximum);
    EXPECT_LT(wide.groups.at("").minimum, wide.groups.at("").maximum);
}

TEST(RowDigest, GroupNamesArePartitionPaths) {
    ComparisonSchema schema;
    schema.columns = {column("day", ComparisonKind::date), column("a b", ComparisonKind::string)};
    schema.grouping = {"day", "a b"};
    const auto found = digest(
        schema, Side::target,
        {make_batch({{"day", arrow::date32(), "[0,19782,null]"}, {"a b", arrow::utf8(), R"(["x/y","",null])"}})});
    std::vector<std::string> names;
    for (const auto& [name, group] : found.groups)
        names.push_back(name);
    EXPECT_EQ(names, (std::vector<std::string>{"day=1970-01-01/a%20b=x%2Fy", "day=2024-02-29/a%20b=",
                                               "day=__HIVE_DEFAULT_PARTITION__/a%20b=__HIVE_DEFAULT_PARTITION__"}));
}

TEST(RowDigest, TooManyGroupsAreAnError) {
    auto schema = people();
    schema.grouping = {"id"};
    DigestOptions options;
    options.max_groups = 2;
    const auto result =
        digest_rows(schema, Side::source,
                    stream_of({people_batch("[1,2,3]", R"(["a","b","c"])", R"(["x","y","x"])", "[1,2,3]")}), options);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind(), ErrorKind::unsupported);
}

TEST(RowDigest, SourcePathsReachIntoStructs) {
    ComparisonSchema schema;
    schema.columns = {column("age", ComparisonKind::integer)};
    schema.columns[0].source_path = {"person", "age"};
    schema.columns[0].change = DeclaredChange::renamed;
    const auto type = arrow::struct_({arrow::field("age", arrow::int32())});
    const auto source =
        digest(schema, Side::source, {make_batch({{"person", type, R"([{"age":1},null,{"age":null}])"}})});
    const auto target = digest(schema, Side::target, {make_batch({{"age", arrow::int64(), "[null,1,null]"}})});
    EXPECT_TRUE(compare(schema, source, target).equal());
    EXPECT_EQ(source.groups.at("").nulls, std::vector<std::uint64_t>{2});
}

TEST(RowDigest, MissingColumnsAreAnError) {
    const auto schema = people();
    auto digester = RowDigester::create(schema, Side::source);
    ASSERT_TRUE(digester.has_value());
    const auto status = digester->add(*make_batch({{"id", arrow::int32(), "[1]"}}));
    ASSERT_TRUE(status.is_error());
    EXPECT_NE(status.error().to_line().find("no column is called name"), std::string::npos);
    auto unknown = schema;
    unknown.grouping = {"street"};
    EXPECT_TRUE(RowDigester::create(unknown, Side::source).is_error());
    auto zone = schema;
    zone.columns[0].change = DeclaredChange::zone_assumed;
    zone.columns[0].detail = "Europe/Berlin";
    EXPECT_TRUE(RowDigester::create(zone, Side::source).is_error());
    EXPECT_TRUE(RowDigester::create(zone, Side::target).has_value());
}

} // namespace
} // namespace godwit::rows
