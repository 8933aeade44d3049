#include "formats/parquet/writer.h"

#include "base/digest.h"
#include "base/text.h"
#include "formats/parquet/arrow_schema.h"
#include "formats/parquet/test_files.h"

#include <parquet/metadata.h>

namespace godwit::parquet_format {
namespace {

using iceberg::TypeKind;

iceberg::Schema everything() {
    const auto element = field(21, "element", kind(TypeKind::string));
    const auto key = field(31, "key", kind(TypeKind::int32), true);
    const auto value = field(32, "value", kind(TypeKind::uuid));
    return schema_of({
        field(1, "b", kind(TypeKind::boolean)),
        field(2, "i", kind(TypeKind::int32), true),
        field(3, "l", kind(TypeKind::int64)),
        field(4, "f", kind(TypeKind::float32)),
        field(5, "d", kind(TypeKind::float64)),
        field(6, "dec", iceberg::decimal(9, 2)),
        field(7, "big", iceberg::decimal(38, 4)),
        field(8, "date", kind(TypeKind::date)),
        field(9, "time", kind(TypeKind::time)),
        field(10, "ts", kind(TypeKind::timestamp)),
        field(11, "tz", kind(TypeKind::timestamptz)),
        field(12, "s", kind(TypeKind::string)),
        field(13, "u", kind(TypeKind::uuid)),
        field(14, "fx", iceberg::fixed(3)),
        field(15, "bin", kind(TypeKind::binary)),
        field(16, "ns", kind(TypeKind::timestamp_ns)),
        field(20, "list", nested(TypeKind::list, {element})),
        field(30, "map", nested(TypeKind::map, {key, value})),
        field(
            40, "st",
            nested(TypeKind::structure, {field(41, "x", kind(TypeKind::uuid)), field(42, "y", kind(TypeKind::int32))})),
    });
}

std::shared_ptr<arrow::RecordBatch> rows_of(const iceberg::Schema& schema) {
    const std::string uuid = R"("0123456789abcdef")";
    const std::vector<std::string> values{"[true,null]",
                                          "[-1,2]",
                                          "[9000000000,null]",
                                          "[1.5,null]",
                                          "[-0.5,null]",
                                          R"(["-12.34",null])",
                                          R"(["123456789012345678901234567890.1234",null])",
                                          "[-1,null]",
                                          "[86399999999,null]",
                                          "[-1,null]",
                                          "[1700000000000000,null]",
                                          R"(["äöü",null])",
                                          "[" + uuid + ",null]",
                                          R"(["abc",null])",
                                          R"(["zz",null])",
                                          "[1700000000000000001,null]",
                                          R"([["a",null],null])",
                                          "[[[1," + uuid + "]],null]",
                                          R"([{"x":)" + uuid + R"(,"y":7},null])"};
    const auto types = *arrow_schema(schema);
    std::vector<TestColumn> columns;
    for (int i = 0; i < types->num_fields(); ++i)
        columns.push_back({types->field(i), values[static_cast<std::size_t>(i)]});
    return make_batch(columns);
}

TEST(ParquetWriter, WhatIsWrittenIsRead) {
    const auto schema = everything();
    const auto rows = rows_of(schema);
    StringSink sink;
    auto writer = ParquetWriter::open(sink, schema);
    ASSERT_TRUE(writer.has_value()) << writer.error().to_line();
    const auto status = writer->write(*rows);
    ASSERT_TRUE(status.has_value()) << status.error().to_line();
    const auto file = writer->finish();
    ASSERT_TRUE(file.has_value()) << file.error().to_line();
    EXPECT_EQ(file->metrics.record_count, 2);
    EXPECT_EQ(file->metrics.file_size, sink.bytes().size());
    const auto read = read_all(sink.bytes(), schema);
    ASSERT_NE(read, nullptr);
    EXPECT_TRUE(read->Equals(*rows)) << read->ToString();
}

TEST(ParquetWriter, GivesIdsAndAnnotationsToEveryColumn) {
    const auto schema = everything();
    StringSink sink;
    auto writer = ParquetWriter::open(sink, schema);
    ASSERT_TRUE(writer->write(*rows_of(schema)).has_value());
    ASSERT_TRUE(writer->finish().has_value());
    MemorySource source(sink.bytes());
    const auto footer = read_footer(source);
    ASSERT_TRUE(footer.has_value());
    EXPECT_EQ(footer->created_by, "godwit version " GODWIT_VERSION);
    std::map<std::string, std::string> leaves;
    for (const auto& leaf : footer->leaves)
        leaves[leaf.dotted()] =
            std::to_string(leaf.field_id) + " " + std::string(to_string(leaf.physical)) + " " + leaf.logical;
    EXPECT_EQ(leaves["dec"], "6 FIXED_LEN_BYTE_ARRAY Decimal(precision=9, scale=2)");
    EXPECT_EQ(leaves["u"], "13 FIXED_LEN_BYTE_ARRAY UUID");
    EXPECT_EQ(leaves["fx"], "14 FIXED_LEN_BYTE_ARRAY None");
    EXPECT_NE(leaves["tz"].find("11 INT64 Timestamp(isAdjustedToUTC=true, timeUnit=microseconds"), std::string::npos)
        << leaves["tz"];
    EXPECT_NE(leaves["ts"].find("10 INT64 Timestamp(isAdjustedToUTC=false, timeUnit=microseconds"), std::string::npos)
        << leaves["ts"];
    EXPECT_EQ(leaves["list.list.element"], "21 BYTE_ARRAY String");
    EXPECT_EQ(leaves["map.key_value.key"], "31 INT32 None");
    EXPECT_EQ(leaves["map.key_value.value"], "32 FIXED_LEN_BYTE_ARRAY UUID");
    EXPECT_EQ(leaves["st.x"], "41 FIXED_LEN_BYTE_ARRAY UUID");
    const auto& root = *footer->metadata->schema()->group_node();
    EXPECT_EQ(root.field(root.FieldIndex("list"))->field_id(), 20);
    EXPECT_EQ(root.field(root.FieldIndex("map"))->field_id(), 30);
    EXPECT_EQ(root.field(root.FieldIndex("st"))->field_id(), 40);
    EXPECT_TRUE(root.field(root.FieldIndex("i"))->is_required());
    EXPECT_TRUE(root.field(root.FieldIndex("l"))->is_optional());
    EXPECT_EQ(footer->metadata->RowGroup(0)->ColumnChunk(0)->compression(), arrow::Compression::ZSTD);
}

std::shared_ptr<arrow::RecordBatch> numbers(int count) {
    std::string ids = "[";
    std::string names = "[";
    for (int i = 0; i < count; ++i) {
        ids += (i ? "," : "") + std::to_string(i);
        names += std::string(i ? "," : "") + "\"" + std::string(static_cast<std::size_t>(i % 40), 'x') +
                 std::to_string(i * 7919 % count) + "\"";
    }
    return make_batch(
        {{arrow::field("id", arrow::int64()), ids + "]"}, {arrow::field("name", arrow::utf8()), names + "]"}});
}

TEST(ParquetWriter, BytesDoNotDependOnTheCutOfBatches) {
    const auto schema = schema_of({field(1, "id", kind(TypeKind::int64)), field(2, "name", kind(TypeKind::string))});
    const auto rows = numbers(20'000);
    WriteOptions options;
    options.rows_per_group = 9'001;
    options.key_values["b"] = "2";
    options.key_values["a"] = "1";
    const auto written = [&](const std::vector<std::int64_t>& cuts) {
        StringSink sink;
        auto writer = ParquetWriter::open(sink, schema, options);
        std::int64_t at = 0;
        for (std::size_t i = 0; at < rows->num_rows(); ++i) {
            const auto count = std::min(cuts[i % cuts.size()], rows->num_rows() - at);
            EXPECT_TRUE(writer->write(*rows->Slice(at, count)).has_value());
            at += count;
        }
        const auto file = writer->finish();
        EXPECT_TRUE(file.has_value());
        EXPECT_EQ(file->footer.row_groups, 3);
        EXPECT_EQ(file->metrics.split_offsets.size(), 3U);
        EXPECT_EQ(file->metrics.split_offsets[0], 4);
        return sink.bytes();
    };
    const auto whole = written({20'000});
    EXPECT_EQ(sha256_hex(whole), sha256_hex(written({1, 8'191, 1'000, 8'192, 3})));
    EXPECT_EQ(sha256_hex(whole), sha256_hex(written({77})));
    EXPECT_TRUE(read_all(whole, schema)->Equals(*rows, false));
}

TEST(ParquetWriter, MetricsAreThoseOfTheFooter) {
    const auto schema = everything();
    StringSink sink;
    auto writer = ParquetWriter::open(sink, schema);
    ASSERT_TRUE(writer->write(*rows_of(schema)).has_value());
    const auto file = writer->finish();
    ASSERT_TRUE(file.has_value());
    MemorySource source(sink.bytes());
    const auto footer = read_footer(source);
    std::vector<LeafMapping> mapping;
    for (const auto& leaf : footer->leaves)
        mapping.push_back({leaf.index, leaf.field_id, schema.find(leaf.field_id)->type});
    const auto again = metrics_of(*footer, mapping);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->lower_bounds, file->metrics.lower_bounds);
    EXPECT_EQ(again->upper_bounds, file->metrics.upper_bounds);
    EXPECT_EQ(again->value_counts, file->metrics.value_counts);
    EXPECT_EQ(again->null_value_counts, file->metrics.null_value_counts);
    EXPECT_EQ(again->column_sizes, file->metrics.column_sizes);
    std::map<std::int32_t, std::string> lower(file->metrics.lower_bounds.begin(), file->metrics.lower_bounds.end());
    EXPECT_EQ(hex(lower.at(6)), "fb2e");
    EXPECT_EQ(hex(lower.at(2)), "ffffffff");
    EXPECT_EQ(lower.at(12), "äöü");
    EXPECT_EQ(lower.at(41), "0123456789abcdef");
    EXPECT_FALSE(lower.contains(21)) << "no bounds in lists";
    EXPECT_FALSE(lower.contains(31)) << "no bounds in maps";
}

TEST(ParquetWriter, AFileWithoutRowsIsAFile) {
    const auto schema = everything();
    StringSink sink;
    auto writer = ParquetWriter::open(sink, schema);
    const auto file = writer->finish();
    ASSERT_TRUE(file.has_value()) << file.error().to_line();
    EXPECT_EQ(file->metrics.record_count, 0);
    EXPECT_EQ(read_all(sink.bytes(), schema)->num_rows(), 0);
}

TEST(ParquetWriter, RefusesWhatTheSchemaForbids) {
    const auto schema = schema_of({field(1, "a", kind(TypeKind::int32), true)});
    StringSink sink;
    auto writer = ParquetWriter::open(sink, schema);
    const auto null = writer->write(*make_batch({{arrow::field("a", arrow::int32()), "[1,null]"}}));
    ASSERT_TRUE(null.is_error());
    EXPECT_EQ(null.error().kind(), ErrorKind::invalid_input);
    EXPECT_TRUE(writer->write(*make_batch({{arrow::field("a", arrow::int64()), "[1]"}})).is_error());
    EXPECT_TRUE(ParquetWriter::open(sink, schema_of({field(1, "v", kind(TypeKind::variant))})).is_error());
}

class FullSink final : public ByteSink {
public:
    Status write(std::string_view) override { return Error::make(ErrorKind::no_space, "the disk is full"); }
};

TEST(ParquetWriter, PassesOnTheErrorOfItsSink) {
    const auto schema = schema_of({field(1, "id", kind(TypeKind::int64)), field(2, "name", kind(TypeKind::string))});
    FullSink sink;
    auto writer = ParquetWriter::open(sink, schema);
    if (writer.is_error()) {
        EXPECT_EQ(writer.error().kind(), ErrorKind::no_space);
        return;
    }
    static_cast<void>(writer->write(*numbers(10)));
    const auto file = writer->finish();
    ASSERT_TRUE(file.is_error());
    EXPECT_EQ(file.error().kind(), ErrorKind::no_space);
}

} // namespace
} // namespace godwit::parquet_format
