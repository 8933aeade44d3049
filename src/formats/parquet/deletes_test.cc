#include "formats/parquet/deletes.h"

#include "formats/iceberg/manifest.h"
#include "formats/parquet/arrow_schema.h"
#include "formats/parquet/test_files.h"

namespace godwit::parquet_format {
namespace {

using iceberg::TypeKind;

std::string written(const iceberg::Schema& schema, const std::vector<std::string>& values) {
    const auto types = *arrow_schema(schema);
    std::vector<TestColumn> columns;
    for (int i = 0; i < types->num_fields(); ++i)
        columns.push_back({types->field(i), values[static_cast<std::size_t>(i)]});
    StringSink sink;
    auto writer = ParquetWriter::open(sink, schema);
    EXPECT_TRUE(writer->write(*make_batch(columns)).has_value());
    EXPECT_TRUE(writer->finish().has_value());
    return std::move(sink).release();
}

TEST(PositionDeletes, AreReadByTheirReservedIds) {
    const auto schema = schema_of({field(iceberg::kDeleteFilePathId, "file_path", kind(TypeKind::string), true),
                                   field(iceberg::kDeletePositionId, "pos", kind(TypeKind::int64), true)});
    const auto file = written(schema, {R"(["a","a","b"])", "[0,7,3]"});
    MemorySource source(file);
    std::vector<std::pair<std::string, std::int64_t>> found;
    const auto status = read_position_deletes(source, [&](std::string_view path, std::int64_t position) -> Status {
        found.emplace_back(path, position);
        return {};
    });
    ASSERT_TRUE(status.has_value()) << status.error().to_line();
    EXPECT_EQ(found, (std::vector<std::pair<std::string, std::int64_t>>{{"a", 0}, {"a", 7}, {"b", 3}}));
}

TEST(PositionDeletes, OtherFilesAreRefused) {
    const auto file = foreign_file({{arrow::field("x", arrow::int32()), "[1]"}});
    MemorySource source(file);
    EXPECT_TRUE(read_position_deletes(source, [](std::string_view, std::int64_t) -> Status { return {}; }).is_error());
}

TEST(PositionDeletes, CountFromTheStartOfTheFile) {
    const auto batch = make_batch({{arrow::field("a", arrow::int32()), "[10,11,12,13]"},
                                   {arrow::field("s", arrow::utf8()), R"(["p",null,"r","s"])"}});
    DeletedPositions deleted;
    for (const std::int64_t position : {103, 99, 101, 104, 103})
        deleted.add(position);
    deleted.seal();
    EXPECT_EQ(deleted.positions(), (std::vector<std::int64_t>{99, 101, 103, 104}));
    const auto left = without_positions(batch, 100, deleted);
    ASSERT_TRUE(left.has_value()) << left.error().to_line();
    EXPECT_EQ(column_text(**left, 0), "10|12");
    EXPECT_EQ(column_text(**left, 1), "p|r");
    EXPECT_EQ(*without_positions(batch, 200, deleted), batch);
    const auto first = without_positions(batch, 99, deleted);
    EXPECT_EQ(column_text(**first, 0), "11|13");
}

TEST(PositionDeletes, ADeletionVectorCountsBesideThem) {
    const auto batch = make_batch({{arrow::field("a", arrow::int32()), "[10,11,12,13]"}});
    iceberg::DeletionVector vector;
    for (const std::uint64_t position : {101, 103, 104})
        vector.add(position);
    DeletedPositions deleted;
    deleted.add(std::move(vector));
    deleted.add(103);
    deleted.add(100);
    deleted.seal();
    EXPECT_EQ(column_text(**without_positions(batch, 100, deleted), 0), "12");
    EXPECT_EQ(*without_positions(batch, 200, deleted), batch);
}

TEST(EqualityDeletes, NullEqualsNull) {
    const auto types = schema_of({field(1, "id", kind(TypeKind::int32)), field(2, "name", kind(TypeKind::string))});
    const auto file = written(types, {"[1,2,null]", R"(["a",null,null])"});
    // The table has widened the column since.
    auto deletes = EqualityDeletes::create(
        {field(1, "id", kind(TypeKind::int64), true), field(2, "name", kind(TypeKind::string))});
    ASSERT_TRUE(deletes.has_value());
    MemorySource source(file);
    const auto added = deletes->add(source);
    ASSERT_TRUE(added.has_value()) << added.error().to_line();
    EXPECT_EQ(deletes->size(), 3U);

    const auto table =
        *arrow_schema(schema_of({field(9, "x", kind(TypeKind::boolean)), field(2, "renamed", kind(TypeKind::string)),
                                 field(1, "id", kind(TypeKind::int64))}));
    const auto batch = make_batch({{table->field(0), "[true,true,true,true,true]"},
                                   {table->field(1), R"(["a","b",null,null,"a"])"},
                                   {table->field(2), "[1,1,2,null,null]"}});
    const auto left = deletes->apply(batch);
    ASSERT_TRUE(left.has_value()) << left.error().to_line();
    EXPECT_EQ(column_text(**left, 2), "1|null");
    EXPECT_EQ(column_text(**left, 1), "b|a");
}

TEST(EqualityDeletes, RefusesWhatItCannotCompare) {
    EXPECT_TRUE(EqualityDeletes::create({}).is_error());
    EXPECT_TRUE(
        EqualityDeletes::create({field(1, "l", nested(TypeKind::list, {field(2, "element", kind(TypeKind::int32))}))})
            .is_error());
    const auto deletes = EqualityDeletes::create({field(1, "id", kind(TypeKind::int64))});
    EXPECT_TRUE(deletes->apply(make_batch({{arrow::field("id", arrow::int64()), "[1]"}})).is_error());
}

} // namespace
} // namespace godwit::parquet_format
