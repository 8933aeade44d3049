#include "formats/parquet/compatibility.h"

#include "formats/parquet/test_files.h"

#include <parquet/file_writer.h>

#include <map>

namespace godwit::parquet_format {
namespace {

using iceberg::TypeKind;

Compatibility check(const std::string& bytes, const iceberg::Schema& schema,
                    const std::vector<std::int32_t>& partition_ids = {}) {
    MemorySource source(bytes, "test.parquet");
    const auto footer = read_footer(source);
    EXPECT_TRUE(footer.has_value()) << footer.error().to_line();
    return check_compatibility(*footer, schema, iceberg::name_mapping_of(schema), partition_ids);
}

std::map<std::string, IssueKind> by_column(const Compatibility& found) {
    std::map<std::string, IssueKind> result;
    for (const auto& issue : found.issues)
        result.emplace(issue.column, issue.kind);
    return result;
}

TEST(Compatibility, AFileThatFitsHasItsLeavesMapped) {
    const auto file = foreign_file({{arrow::field("i", arrow::int32()), "[1]"},
                                    {arrow::field("s", arrow::utf8()), R"(["x"])"},
                                    {arrow::field("l", arrow::list(arrow::float32())), "[[1]]"}});
    const auto found =
        check(file, schema_of({field(1, "i", kind(TypeKind::int64)), field(2, "s", kind(TypeKind::string)),
                               field(3, "l", nested(TypeKind::list, {field(4, "element", kind(TypeKind::float64))}))}));
    EXPECT_FALSE(found.needs_rewrite());
    ASSERT_EQ(found.issues.size(), 1U);
    EXPECT_EQ(found.issues[0].kind, IssueKind::no_field_ids);
    ASSERT_EQ(found.leaves.size(), 3U);
    EXPECT_EQ(found.leaves[2].field_id, 4);
    EXPECT_EQ(found.leaves[2].leaf, 2);
}

TEST(Compatibility, TypesThatIcebergCannotReadNeedARewrite) {
    parquet::ArrowWriterProperties::Builder int96;
    int96.enable_deprecated_int96_timestamps();
    const auto old = foreign_file({{arrow::field("t", arrow::timestamp(arrow::TimeUnit::NANO)), "[1]"}}, int96.build());
    EXPECT_EQ(by_column(check(old, schema_of({field(1, "t", kind(TypeKind::timestamp))}))).at("t"),
              IssueKind::int96_timestamp);

    const auto file =
        foreign_file({{arrow::field("ns", arrow::timestamp(arrow::TimeUnit::NANO)), "[1]"},
                      {arrow::field("ms", arrow::timestamp(arrow::TimeUnit::MILLI)), "[1]"},
                      {arrow::field("tz", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")), "[1]"},
                      {arrow::field("u32", arrow::uint32()), "[1]"},
                      {arrow::field("u64", arrow::uint64()), "[1]"},
                      {arrow::field("u8", arrow::uint8()), "[1]"},
                      {arrow::field("wide", arrow::uint32()), "[1]"},
                      {arrow::field("dec", arrow::decimal128(10, 2)), R"(["1.00"])"},
                      {arrow::field("dec2", arrow::decimal128(10, 2)), R"(["1.00"])"},
                      {arrow::field("big", arrow::int64()), "[1]"},
                      {arrow::field("half", arrow::float16()), "[1]"},
                      {arrow::field("st", arrow::struct_({arrow::field("x", arrow::int32())})), R"([{"x":1}])"}});
    const auto found =
        check(file, schema_of({field(1, "ns", kind(TypeKind::timestamp)), field(2, "tz", kind(TypeKind::timestamp)),
                               field(3, "u32", kind(TypeKind::int32)), field(4, "u64", kind(TypeKind::int64)),
                               field(5, "u8", kind(TypeKind::int32)), field(6, "wide", kind(TypeKind::int64)),
                               field(7, "dec", iceberg::decimal(9, 2)), field(8, "dec2", iceberg::decimal(12, 3)),
                               field(9, "big", kind(TypeKind::int32)), field(10, "half", kind(TypeKind::float32)),
                               field(11, "st", kind(TypeKind::int32)), field(12, "ms", kind(TypeKind::timestamp))}));
    const auto issues = by_column(found);
    EXPECT_TRUE(found.needs_rewrite());
    EXPECT_EQ(issues.at("ns"), IssueKind::nanosecond_timestamp);
    EXPECT_EQ(issues.at("ms"), IssueKind::millisecond_timestamp);
    EXPECT_EQ(issues.at("tz"), IssueKind::zone_differs);
    EXPECT_EQ(issues.at("u32"), IssueKind::unsigned_integer);
    EXPECT_EQ(issues.at("u64"), IssueKind::unsigned_integer);
    EXPECT_FALSE(issues.contains("u8"));
    EXPECT_FALSE(issues.contains("wide"));
    EXPECT_EQ(issues.at("dec"), IssueKind::decimal_differs);
    EXPECT_EQ(issues.at("dec2"), IssueKind::decimal_differs);
    EXPECT_EQ(issues.at("big"), IssueKind::type_differs);
    EXPECT_EQ(issues.at("half"), IssueKind::type_differs);
    EXPECT_EQ(issues.at("st"), IssueKind::nested_differs);
    EXPECT_EQ(found.leaves.size(), 3U);
    for (const auto& issue : found.issues) {
        if (issue.column == "dec") {
            EXPECT_EQ(issue.detail, "FIXED_LEN_BYTE_ARRAY(5) Decimal(precision=10, scale=2) under decimal(9, 2)");
        }
    }
}

TEST(Compatibility, ColumnsThatDoNotMeetAreNamed) {
    const auto file = foreign_file({{arrow::field("UserId", arrow::int32()), "[1]"},
                                    {arrow::field("more", arrow::int32()), "[1]"},
                                    {arrow::field("raw", arrow::binary()), R"(["x"])"}});
    auto schema = schema_of({field(1, "userid", kind(TypeKind::int32)), field(2, "day", kind(TypeKind::date)),
                             field(3, "note", kind(TypeKind::string)), field(4, "must", kind(TypeKind::string), true),
                             field(5, "raw", kind(TypeKind::string))});
    const auto issues = by_column(check(file, schema, {2}));
    EXPECT_EQ(issues.at("userid"), IssueKind::name_differs_in_case);
    EXPECT_FALSE(issues.contains("UserId"));
    EXPECT_FALSE(issues.contains("day"));
    EXPECT_EQ(issues.at("note"), IssueKind::missing_column);
    EXPECT_EQ(issues.at("must"), IssueKind::required_column_missing);
    EXPECT_EQ(issues.at("more"), IssueKind::extra_column);
    EXPECT_EQ(issues.at("raw"), IssueKind::unannotated_string);
    EXPECT_FALSE(needs_rewrite(IssueKind::missing_column));
    EXPECT_TRUE(needs_rewrite(IssueKind::name_differs_in_case));
    EXPECT_FALSE(needs_rewrite(IssueKind::millisecond_timestamp));
}

TEST(Compatibility, BytesInDeltaEncodingAreReadRowByRow) {
    parquet::WriterProperties::Builder delta;
    delta.disable_dictionary()->encoding("s", parquet::Encoding::DELTA_BYTE_ARRAY);
    const auto columns = std::vector<TestColumn>{{arrow::field("i", arrow::int32()), "[1]"},
                                                 {arrow::field("s", arrow::utf8()), R"(["x"])"}};
    const auto schema = schema_of({field(1, "i", kind(TypeKind::int32)), field(2, "s", kind(TypeKind::string))});
    const auto found = check(foreign_file(columns, parquet::default_arrow_writer_properties(), delta.build()), schema);
    EXPECT_EQ(by_column(found).at("s"), IssueKind::delta_encoded_bytes);
    EXPECT_FALSE(found.needs_rewrite());
    EXPECT_TRUE(forbids_batches(IssueKind::delta_encoded_bytes));
    EXPECT_FALSE(forbids_batches(IssueKind::missing_column));
    EXPECT_FALSE(by_column(check(foreign_file(columns), schema)).contains("s"));
}

TEST(Compatibility, RequiredFieldsNeedRequiredColumns) {
    const auto schema = schema_of({field(1, "a", kind(TypeKind::int32), true)});
    EXPECT_EQ(by_column(check(foreign_file({{arrow::field("a", arrow::int32()), "[1]"}}), schema)).at("a"),
              IssueKind::required_column_optional);
    EXPECT_FALSE(
        by_column(check(foreign_file({{arrow::field("a", arrow::int32(), false), "[1]"}}), schema)).contains("a"));
}

TEST(Compatibility, ForeignFieldIdsAreSeen) {
    const auto other = schema_of({field(1, "b", kind(TypeKind::int32)), field(2, "a", kind(TypeKind::int32))});
    StringSink sink;
    auto writer = ParquetWriter::open(sink, other);
    ASSERT_TRUE(writer
                    ->write(*make_batch(
                        {{arrow::field("b", arrow::int32()), "[1]"}, {arrow::field("a", arrow::int32()), "[1]"}}))
                    .has_value());
    ASSERT_TRUE(writer->finish().has_value());
    const auto issues = by_column(
        check(sink.bytes(), schema_of({field(1, "a", kind(TypeKind::int32)), field(3, "b", kind(TypeKind::int32))})));
    EXPECT_EQ(issues.at("a"), IssueKind::field_id_differs);
    EXPECT_FALSE(issues.contains(""));
}

TEST(Compatibility, ListsOfTwoLevelsAreSeen) {
    using parquet::Repetition;
    namespace nodes = parquet::schema;
    const auto element = nodes::PrimitiveNode::Make("array", Repetition::REPEATED, parquet::Type::INT32);
    const auto list = nodes::GroupNode::Make("l", Repetition::OPTIONAL, {element}, parquet::LogicalType::List());
    const auto root =
        std::static_pointer_cast<nodes::GroupNode>(nodes::GroupNode::Make("schema", Repetition::REQUIRED, {list}));
    const auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
    parquet::ParquetFileWriter::Open(stream, root)->Close();
    const auto bytes = stream->Finish().ValueOrDie()->ToString();
    const auto schema =
        schema_of({field(1, "l", nested(TypeKind::list, {field(2, "element", kind(TypeKind::int32))}))});
    const auto found = check(bytes, schema);
    EXPECT_EQ(by_column(found).at("l"), IssueKind::old_list_structure);
    EXPECT_TRUE(found.needs_rewrite());
    ReadOptions options;
    options.names = iceberg::name_mapping_of(schema);
    EXPECT_EQ(read_all(bytes, schema, options)->num_rows(), 0);
}

} // namespace
} // namespace godwit::parquet_format
