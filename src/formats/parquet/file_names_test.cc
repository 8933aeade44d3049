#include "formats/parquet/file_names.h"

#include "formats/parquet/test_files.h"

#include <arrow/util/key_value_metadata.h>

namespace godwit::parquet_format {
namespace {

using iceberg::TypeKind;

Footer footer_of(const std::string& bytes) {
    MemorySource source(bytes, "test.parquet");
    auto footer = read_footer(source);
    EXPECT_TRUE(footer.has_value()) << footer.error().to_line();
    return std::move(footer).release();
}

TEST(FileNames, EveryColumnOfAFileWithoutIdsIsNamed) {
    parquet::ArrowWriterProperties::Builder properties;
    properties.disable_compliant_nested_types();
    const auto old_list = arrow::list(arrow::field("array_element", arrow::int32()));
    const auto inner = arrow::struct_({arrow::field("a", arrow::int32()), arrow::field("b", arrow::int32())});
    const auto file = foreign_file({{arrow::field("surplus", old_list), "[[1]]"},
                                    {arrow::field("l", old_list), "[[1]]"},
                                    {arrow::field("s", inner), R"([{"a": 1, "b": 2}])"}},
                                   properties.build());
    const auto schema = schema_of({field(1, "l", nested(TypeKind::list, {field(3, "element", kind(TypeKind::int32))})),
                                   field(2, "s", nested(TypeKind::structure, {field(4, "a", kind(TypeKind::int32))}))});
    auto names = iceberg::name_mapping_of(schema);
    std::int32_t next = 5;
    const auto footer = footer_of(file);
    ASSERT_TRUE(name_all_columns(footer, names, next).has_value());
    const iceberg::NameMapping expected = {
        {1, {"l"}, {{3, {"element", "array_element"}, {}}}},
        {2, {"s"}, {{4, {"a"}, {}}, {7, {"b"}, {}}}},
        {5, {"surplus"}, {{6, {"element", "array_element"}, {}}}},
    };
    EXPECT_EQ(iceberg::to_json_text(names), iceberg::to_json_text(expected));
    EXPECT_EQ(next, 8);
    ASSERT_TRUE(name_all_columns(footer, names, next).has_value());
    EXPECT_EQ(names, expected) << "a second file of the same columns teaches nothing";
    EXPECT_EQ(next, 8);
}

TEST(FileNames, FilesWithIdsNeedNoMapping) {
    const auto id = arrow::key_value_metadata({"PARQUET:field_id"}, {"9"});
    const auto file = foreign_file({{arrow::field("x", arrow::int32(), true, id), "[1]"}});
    iceberg::NameMapping names;
    std::int32_t next = 1;
    ASSERT_TRUE(name_all_columns(footer_of(file), names, next).has_value());
    EXPECT_TRUE(names.empty());
}

} // namespace
} // namespace godwit::parquet_format
