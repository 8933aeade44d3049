#include "rows/row_difference.h"

#include "rows/test_batches.h"

#include <gtest/gtest.h>

namespace godwit::rows {
namespace {

using Kind = RowDifference::Kind;

ComparisonSchema schema_of(std::vector<std::string> identifiers) {
    ComparisonSchema schema;
    for (const auto& [name, kind] :
         {std::pair{"id", ComparisonKind::integer}, std::pair{"name", ComparisonKind::string},
          std::pair{"city", ComparisonKind::string}}) {
        ComparisonColumn column;
        column.name = name;
        column.source_path = {name};
        column.type.kind = kind;
        schema.columns.push_back(column);
    }
    schema.identifiers = std::move(identifiers);
    return schema;
}

BatchPtr batch_of(const std::string& ids, const std::string& names, const std::string& cities) {
    return make_batch({{"id", arrow::int64(), ids}, {"name", arrow::utf8(), names}, {"city", arrow::utf8(), cities}});
}

OpenSide side_of(const std::string& file, std::vector<BatchPtr> batches) {
    return [=]() -> Result<AddressedStream> {
        return AddressedStream(
            [batches, file, next = std::size_t{0}, row = std::int64_t{0}]() mutable -> Result<AddressedBatch> {
                if (next == batches.size())
                    return AddressedBatch{};
                AddressedBatch batch{batches[next++], file, row};
                row += batch.batch->num_rows();
                return batch;
            });
    };
}

Narrowing run(const ComparisonSchema& schema, const std::vector<BatchPtr>& source, const std::vector<BatchPtr>& target,
              const NarrowOptions& options = {}) {
    const auto a = digest_rows(schema, Side::source, stream_of(source));
    const auto b = digest_rows(schema, Side::target, stream_of(target));
    EXPECT_TRUE(a.has_value() && b.has_value());
    auto narrowing = narrow(schema, compare(schema, *a, *b), side_of("s", source), side_of("t", target), options);
    EXPECT_TRUE(narrowing.has_value()) << narrowing.error().to_line();
    return narrowing.has_value() ? *narrowing : Narrowing{};
}

TEST(RowDifference, PairsRowsByIdentifier) {
    const auto found = run(schema_of({"id"}),
                           {batch_of("[1,2]", R"(["a","b"])", R"(["x","x"])"), batch_of("[3]", R"(["c"])", R"(["y"])")},
                           {batch_of("[3,2,4]", R"(["c","B","d"])", R"(["y","x","z"])")});
    EXPECT_TRUE(found.complete);
    EXPECT_EQ(found.different, 3U);
    ASSERT_EQ(found.rows.size(), 3U);
    for (const auto& row : found.rows) {
        EXPECT_EQ(row.row_hash.size(), 12U);
        if (row.kind == Kind::changed) {
            EXPECT_EQ(row.columns, std::vector<std::string>{"name"});
            EXPECT_EQ(row.source.row, 1);
            EXPECT_EQ(row.target.row, 1);
        } else if (row.kind == Kind::only_in_source) {
            EXPECT_EQ(row.source.row, 0);
            EXPECT_EQ(row.target.row, -1);
        } else {
            EXPECT_EQ(row.target.row, 2);
            EXPECT_EQ(row.target.file, "t");
        }
    }
}

TEST(RowDifference, PairsNearRowsWithoutIdentifiers) {
    const auto found = run(schema_of({}), {batch_of("[1,2,7]", R"(["a","b","g"])", R"(["x","y","z"])")},
                           {batch_of("[2,1,9]", R"(["b","a","i"])", R"(["Y","x","w"])")});
    EXPECT_EQ(found.different, 3U);
    std::size_t changed = 0;
    for (const auto& row : found.rows) {
        if (row.kind != Kind::changed)
            continue;
        ++changed;
        EXPECT_EQ(row.columns, std::vector<std::string>{"city"});
        EXPECT_EQ(row.source.row, 1);
        EXPECT_EQ(row.target.row, 0);
    }
    EXPECT_EQ(changed, 1U);
}

TEST(RowDifference, CountsRepeatedRows) {
    const auto row = batch_of("[1]", R"(["a"])", R"(["x"])");
    const auto found = run(schema_of({}), {row, row, row}, {row});
    EXPECT_EQ(found.different, 2U);
    ASSERT_EQ(found.rows.size(), 2U);
    EXPECT_EQ(found.rows[0].kind, Kind::only_in_source);
}

TEST(RowDifference, LooksIntoDifferingGroupsOnly) {
    auto schema = schema_of({"id"});
    schema.grouping = {"city"};
    const auto source = batch_of("[1,2]", R"(["a","b"])", R"(["x","y"])");
    const auto target = batch_of("[1,2]", R"(["a","c"])", R"(["x","y"])");
    const auto found = run(schema, {source}, {target});
    ASSERT_EQ(found.rows.size(), 1U);
    EXPECT_EQ(found.rows[0].group, "city=y");
    EXPECT_EQ(found.rows[0].columns, std::vector<std::string>{"name"});
}

TEST(RowDifference, ReportsColumnsThatCannotBeRepresented) {
    const auto schema = schema_of({"id"});
    const auto source = make_batch(
        {{"id", arrow::int64(), "[1]"}, {"name", arrow::int32(), "[5]"}, {"city", arrow::utf8(), R"(["x"])"}});
    const auto found = run(schema, {source}, {source});
    ASSERT_EQ(found.rows.size(), 1U);
    EXPECT_EQ(found.rows[0].kind, Kind::changed);
    EXPECT_EQ(found.rows[0].columns, std::vector<std::string>{"name"});
}

TEST(RowDifference, SaysWhenItDidNotLookAtAll) {
    std::string ids = "[";
    std::string names = "[";
    std::string cities = "[";
    for (int i = 0; i < 500; ++i) {
        ids += (i ? "," : "") + std::to_string(i);
        names += i ? ",\"n\"" : "\"n\"";
        cities += i ? ",\"c\"" : "\"c\"";
    }
    const auto source = batch_of(ids + "]", names + "]", cities + "]");
    NarrowOptions options;
    options.max_candidates = 100;
    options.max_rows = 10;
    const auto found = run(schema_of({"id"}), {source}, {batch_of("[]", "[]", "[]")}, options);
    EXPECT_FALSE(found.complete);
    EXPECT_EQ(found.rows.size(), 10U);
    EXPECT_EQ(found.different, 500U);
}

TEST(RowDifference, NothingDiffersNothingIsRead) {
    const OpenSide never = []() -> Result<AddressedStream> { return Error::make(ErrorKind::bug, "read"); };
    const auto found = narrow(schema_of({}), DigestComparison{}, never, never);
    ASSERT_TRUE(found.has_value());
    EXPECT_TRUE(found->rows.empty());
}

} // namespace
} // namespace godwit::rows
