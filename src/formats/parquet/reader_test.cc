#include "formats/parquet/reader.h"

#include "formats/parquet/test_files.h"

namespace godwit::parquet_format {
namespace {

using iceberg::TypeKind;

ReadOptions by_name(const iceberg::Schema& schema) {
    ReadOptions options;
    options.names = iceberg::name_mapping_of(schema);
    return options;
}

TEST(ParquetReader, FindsColumnsByNameMappingAndPromotesThem) {
    const auto file = foreign_file({{arrow::field("small", arrow::int8()), "[1,-2,null]"},
                                    {arrow::field("i", arrow::int32()), "[1,2,null]"},
                                    {arrow::field("f", arrow::float32()), "[1.5,2.5,null]"},
                                    {arrow::field("d", arrow::decimal128(5, 2)), R"(["1.23","-4.56",null])"},
                                    {arrow::field("ms", arrow::timestamp(arrow::TimeUnit::MILLI)), "[1,-1,null]"},
                                    {arrow::field("extra", arrow::utf8()), R"(["a","b","c"])"}});
    const auto schema =
        schema_of({field(7, "i", kind(TypeKind::int64)), field(8, "f", kind(TypeKind::float64)),
                   field(9, "d", iceberg::decimal(12, 2)), field(10, "ms", kind(TypeKind::timestamp)),
                   field(11, "small", kind(TypeKind::int32)), field(12, "none", kind(TypeKind::string))});
    const auto batch = read_all(file, schema, by_name(schema));
    ASSERT_NE(batch, nullptr);
    EXPECT_EQ(column_text(*batch, 0), "1|2|null");
    EXPECT_EQ(column_text(*batch, 1), "1.5|2.5|null");
    EXPECT_EQ(column_text(*batch, 2), "1.23|-4.56|null");
    EXPECT_EQ(static_cast<const arrow::TimestampArray&>(*batch->column(3)).Value(0), 1'000);
    EXPECT_EQ(static_cast<const arrow::TimestampArray&>(*batch->column(3)).Value(1), -1'000);
    EXPECT_EQ(column_text(*batch, 4), "1|-2|null");
    EXPECT_EQ(column_text(*batch, 5), "null|null|null");
}

TEST(ParquetReader, FieldIdsWinOverNames) {
    const auto written = schema_of({field(1, "old", kind(TypeKind::int32)), field(2, "b", kind(TypeKind::string))});
    StringSink sink;
    auto writer = ParquetWriter::open(sink, written);
    ASSERT_TRUE(writer.has_value());
    ASSERT_TRUE(writer
                    ->write(*make_batch(
                        {{arrow::field("old", arrow::int32()), "[5]"}, {arrow::field("b", arrow::utf8()), R"(["x"])"}}))
                    .has_value());
    ASSERT_TRUE(writer->finish().has_value());
    const auto renamed = schema_of({field(2, "old", kind(TypeKind::string)), field(1, "new", kind(TypeKind::int64)),
                                    field(3, "b", kind(TypeKind::string))});
    const auto batch = read_all(sink.bytes(), renamed, by_name(renamed));
    ASSERT_NE(batch, nullptr);
    EXPECT_EQ(column_text(*batch, 0), "x");
    EXPECT_EQ(column_text(*batch, 1), "5");
    EXPECT_EQ(column_text(*batch, 2), "null");
}

TEST(ParquetReader, ConstantsAndDefaultsFillAbsentColumns) {
    const auto file = foreign_file({{arrow::field("a", arrow::int32()), "[1,2]"}});
    auto schema = schema_of({field(1, "a", kind(TypeKind::int32)), field(2, "day", kind(TypeKind::date)),
                             field(3, "region", kind(TypeKind::string)), field(4, "n", kind(TypeKind::int64), true),
                             field(5, "price", iceberg::decimal(9, 2)), field(6, "id", kind(TypeKind::uuid))});
    schema.fields[3].initial_default = "42";
    schema.fields[2].initial_default = "\"default\"";
    auto options = by_name(schema);
    options.constants[2] = std::int32_t{19782};
    options.constants[3] = std::string("eu");
    options.constants[5] = iceberg::Decimal{-150};
    options.constants[6] = std::string(16, '\1');
    const auto batch = read_all(file, schema, options);
    ASSERT_NE(batch, nullptr);
    EXPECT_EQ(column_text(*batch, 1), "2024-02-29|2024-02-29");
    EXPECT_EQ(column_text(*batch, 2), "eu|eu");
    EXPECT_EQ(column_text(*batch, 3), "42|42");
    EXPECT_EQ(column_text(*batch, 4), "-1.50|-1.50");
    EXPECT_EQ(static_cast<const arrow::FixedSizeBinaryArray&>(*batch->column(5)).GetString(1), std::string(16, '\1'));
}

TEST(ParquetReader, NestedColumnsAreProjectedAtEveryDepth) {
    const auto inner = arrow::struct_({arrow::field("x", arrow::int32()), arrow::field("y", arrow::utf8())});
    const auto file = foreign_file(
        {{arrow::field("s", inner), R"([{"x":1,"y":"a"},null,{"x":null,"y":"c"}])"},
         {arrow::field("l", arrow::list(arrow::field("item", inner))), R"([[{"x":1,"y":"p"},null],[],null])"},
         {arrow::field("m", arrow::map(arrow::utf8(), arrow::int32())), R"([[["k",1]],[],null])"}});
    const auto point =
        nested(TypeKind::structure, {field(11, "y", kind(TypeKind::string)), field(12, "z", kind(TypeKind::int64)),
                                     field(13, "x", kind(TypeKind::int64))});
    const auto item = nested(TypeKind::structure, {field(21, "x", kind(TypeKind::int64))});
    const auto schema = schema_of({field(2, "l", nested(TypeKind::list, {field(20, "element", item)})),
                                   field(3, "m",
                                         nested(TypeKind::map, {field(30, "key", kind(TypeKind::string), true),
                                                                field(31, "value", kind(TypeKind::int64))})),
                                   field(1, "s", point)});
    const auto batch = read_all(file, schema, by_name(schema));
    ASSERT_NE(batch, nullptr);
    const auto same = [&](int column, const std::string& json) {
        const auto expected = arrow::json::ArrayFromJSONString(batch->column(column)->type(), json).ValueOrDie();
        EXPECT_TRUE(batch->column(column)->Equals(expected)) << batch->column(column)->ToString();
    };
    same(0, R"([[{"x":1},null],[],null])");
    same(1, R"([[["k",1]],[],null])");
    same(2, R"([{"y":"a","z":null,"x":1},null,{"y":"c","z":null,"x":null}])");
}

TEST(ParquetReader, KeepsNullStructsWhoseWantedFieldsAreAbsent) {
    const auto file =
        foreign_file({{arrow::field("s", arrow::struct_({arrow::field("x", arrow::int32())})), R"([{"x":1},null])"}});
    const auto schema = schema_of({field(1, "s", nested(TypeKind::structure, {field(2, "y", kind(TypeKind::int32))}))});
    const auto batch = read_all(file, schema, by_name(schema));
    ASSERT_NE(batch, nullptr);
    EXPECT_FALSE(batch->column(0)->IsNull(0));
    EXPECT_TRUE(batch->column(0)->IsNull(1));
}

TEST(ParquetReader, ReadsRowGroupsInBatchesWithPositions) {
    std::string values = "[";
    for (int i = 0; i < 2'500; ++i)
        values += (i ? "," : "") + std::to_string(i);
    const auto file = foreign_file({{arrow::field("a", arrow::int32()), values + "]"}});
    const auto schema = schema_of({field(1, "a", kind(TypeKind::int32))});
    auto options = by_name(schema);
    options.rows_per_batch = 300;
    const auto batch = read_all(file, schema, options);
    ASSERT_NE(batch, nullptr);
    ASSERT_EQ(batch->num_rows(), 2'500);
    for (int i = 0; i < 2'500; ++i)
        ASSERT_EQ(static_cast<const arrow::Int32Array&>(*batch->column(0)).Value(i), i);
    options.rows_per_batch = 999;
    const auto absent = schema_of({field(2, "b", kind(TypeKind::string))});
    EXPECT_EQ(read_all(file, absent, options)->num_rows(), 2'500);
}

TEST(ParquetReader, ReadsInt96AndNanosecondsWhereTheyFit) {
    parquet::ArrowWriterProperties::Builder int96;
    int96.enable_deprecated_int96_timestamps();
    const auto nano = arrow::timestamp(arrow::TimeUnit::NANO);
    const auto old = foreign_file({{arrow::field("t", nano), "[1500000000000001000, null]"}}, int96.build());
    const auto schema = schema_of({field(1, "t", kind(TypeKind::timestamptz))});
    const auto batch = read_all(old, schema, by_name(schema));
    ASSERT_NE(batch, nullptr);
    EXPECT_EQ(static_cast<const arrow::TimestampArray&>(*batch->column(0)).Value(0), 1'500'000'000'000'001);

    const auto exact = foreign_file({{arrow::field("t", nano), "[1000]"}});
    EXPECT_EQ(static_cast<const arrow::TimestampArray&>(*read_all(exact, schema, by_name(schema))->column(0)).Value(0),
              1);
    std::string error;
    EXPECT_EQ(read_all(foreign_file({{arrow::field("t", nano), "[1001]"}}), schema, by_name(schema), error), nullptr);
    EXPECT_NE(error.find("column t"), std::string::npos) << error;
}

TEST(ParquetReader, RefusesWhatDoesNotFit) {
    const auto file = foreign_file({{arrow::field("a", arrow::utf8()), R"(["x"])"},
                                    {arrow::field("u", arrow::uint64()), "[18446744073709551615]"},
                                    {arrow::field("l", arrow::list(arrow::int32())), "[[1]]"}});
    const auto refused = [&](const iceberg::Schema& schema) {
        std::string error;
        EXPECT_EQ(read_all(file, schema, by_name(schema), error), nullptr);
        return error;
    };
    EXPECT_NE(refused(schema_of({field(1, "a", kind(TypeKind::int32))})).find("string where int is declared"),
              std::string::npos);
    EXPECT_NE(refused(schema_of({field(1, "u", kind(TypeKind::int64))})).find("column u"), std::string::npos);
    EXPECT_NE(refused(schema_of({field(1, "l", kind(TypeKind::int32))})).find("column l"), std::string::npos);
    EXPECT_NE(refused(schema_of({field(1, "missing", kind(TypeKind::int32), true)})).find("required column"),
              std::string::npos);
}

TEST(ParquetReader, IgnoresTheArrowSchemaBesideTheColumns) {
    parquet::ArrowWriterProperties::Builder stores;
    stores.store_schema();
    const auto dictionary = arrow::dictionary(arrow::int8(), arrow::utf8());
    const auto file = foreign_file({{arrow::field("c", dictionary), R"(["x","y","x"])"},
                                    {arrow::field("l", arrow::large_utf8()), R"(["p",null,"q"])"}},
                                   stores.build());
    const auto schema = schema_of({field(1, "c", kind(TypeKind::string)), field(2, "l", kind(TypeKind::string))});
    const auto batch = read_all(file, schema, by_name(schema));
    ASSERT_NE(batch, nullptr);
    EXPECT_EQ(column_text(*batch, 0), "x|y|x");
    EXPECT_EQ(column_text(*batch, 1), "p|null|q");
}

TEST(ParquetReader, EveryTruncationIsAnError) {
    const auto file = foreign_file(
        {{arrow::field("a", arrow::int32()), "[1,2,3]"}, {arrow::field("b", arrow::utf8()), R"(["x","y","z"])"}});
    const auto schema = schema_of({field(1, "a", kind(TypeKind::int32)), field(2, "b", kind(TypeKind::string))});
    for (std::size_t size = 0; size < file.size(); ++size) {
        std::string error;
        EXPECT_EQ(read_all(file.substr(0, size), schema, by_name(schema), error), nullptr) << size;
        EXPECT_FALSE(error.empty());
    }
}

TEST(ParquetReader, MemoryIsLimited) {
    std::string values = "[";
    for (int i = 0; i < 200; ++i)
        values += std::string(i ? "," : "") + "\"" + std::string(10'000, static_cast<char>('a' + i % 26)) +
                  std::to_string(i) + "\"";
    const auto file = foreign_file({{arrow::field("s", arrow::utf8()), values + "]"}});
    const auto schema = schema_of({field(1, "s", kind(TypeKind::string))});
    auto options = by_name(schema);
    options.memory_limit = 100'000;
    std::string error;
    EXPECT_EQ(read_all(file, schema, options, error), nullptr);
    EXPECT_NE(error.find("limit"), std::string::npos) << error;
}

/// A source that fails in the middle: its own error comes back, not Arrow's words for it.
class FailingSource final : public ByteSource {
public:
    explicit FailingSource(std::string_view bytes) : inner_(bytes) {}
    std::uint64_t size() const override { return inner_.size(); }
    Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
        if (reads_left-- == 0)
            return Error::make(ErrorKind::unavailable, "the store does not answer");
        return inner_.read_at(offset, into);
    }
    const std::string& name() const override { return inner_.name(); }
    int reads_left = 0;

private:
    MemorySource inner_;
};

TEST(ParquetReader, PassesOnTheErrorOfItsSource) {
    const auto file = foreign_file({{arrow::field("a", arrow::int32()), "[1,2,3]"}});
    const auto schema = schema_of({field(1, "a", kind(TypeKind::int32))});
    int failures = 0;
    for (int reads = 0; reads < 12; ++reads) {
        FailingSource source(file);
        source.reads_left = reads;
        auto reader = ParquetReader::open(source, schema, by_name(schema));
        auto batch = reader.has_value() ? reader->next() : Result<ReadBatch>(reader.error());
        if (batch.has_value())
            break;
        ++failures;
        EXPECT_EQ(batch.error().kind(), ErrorKind::unavailable) << batch.error().to_line();
    }
    EXPECT_GT(failures, 1);
    EXPECT_LT(failures, 12);
}

} // namespace
} // namespace godwit::parquet_format
