#include "formats/parquet/footer.h"

#include "base/file.h"
#include "base/text.h"
#include "formats/parquet/compatibility.h"
#include "formats/parquet/test_files.h"

#include <cmath>
#include <limits>
#include <map>

namespace godwit::parquet_format {
namespace {

using iceberg::TypeKind;

FileMetrics metrics(const std::string& bytes, const std::vector<iceberg::Type>& types) {
    MemorySource source(bytes, "test.parquet");
    const auto footer = read_footer(source);
    EXPECT_TRUE(footer.has_value()) << footer.error().to_line();
    std::vector<LeafMapping> mapping;
    for (std::size_t i = 0; i < types.size(); ++i)
        mapping.push_back({static_cast<std::int32_t>(i), static_cast<std::int32_t>(i) + 1, types[i]});
    auto result = metrics_of(*footer, mapping);
    EXPECT_TRUE(result.has_value()) << result.error().to_line();
    return *result;
}

std::string bounds(const FileMetrics& found, std::int32_t id) {
    std::string text;
    for (const auto* list : {&found.lower_bounds, &found.upper_bounds}) {
        text += text.empty() ? "" : " ";
        std::string value = "-";
        for (const auto& [field_id, bytes] : *list)
            if (field_id == id)
                value = hex(bytes);
        text += value;
    }
    return text;
}

TEST(Footer, SaysWhatTheFileHolds) {
    parquet::WriterProperties::Builder properties;
    properties.created_by("somebody version 1.2");
    const auto file = foreign_file({{arrow::field("a", arrow::int32(), false), "[1,2,3]"},
                                    {arrow::field("t", arrow::list(arrow::utf8())), R"([["x"],[],null])"},
                                    {arrow::field("d", arrow::decimal128(10, 2)), R"(["1.00",null,null])"}},
                                   parquet::default_arrow_writer_properties(), properties.build(), 2);
    MemorySource source(file);
    const auto footer = read_footer(source);
    ASSERT_TRUE(footer.has_value()) << footer.error().to_line();
    EXPECT_EQ(footer->row_count, 3);
    EXPECT_EQ(footer->row_groups, 2);
    EXPECT_EQ(footer->file_size, file.size());
    EXPECT_EQ(footer->created_by, "somebody version 1.2");
    EXPECT_FALSE(footer->has_field_ids);
    ASSERT_EQ(footer->split_offsets.size(), 2U);
    EXPECT_EQ(footer->split_offsets[0], 4);
    ASSERT_EQ(footer->leaves.size(), 3U);
    EXPECT_FALSE(footer->leaves[0].optional);
    EXPECT_EQ(footer->leaves[1].dotted(), "t.list.element");
    EXPECT_TRUE(footer->leaves[1].repeated);
    EXPECT_EQ(footer->leaves[1].logical, "String");
    EXPECT_EQ(footer->leaves[1].converted, "UTF8");
    EXPECT_EQ(footer->leaves[2].precision, 10);
    EXPECT_EQ(footer->leaves[2].type_length, 5);
}

TEST(Footer, RefusesWhatIsNoParquetFile) {
    for (const std::string bytes : {"", "PAR1", "PAR1PAR1PAR1", "hello, this is a csv file\n"}) {
        MemorySource source(bytes, "x.csv");
        const auto footer = read_footer(source);
        ASSERT_TRUE(footer.is_error()) << bytes;
        EXPECT_EQ(footer.error().kind(), ErrorKind::invalid_input);
        EXPECT_EQ(footer.error().where(), "x.csv");
    }
    MemorySource encrypted(std::string_view("PARE00000000PARE"));
    EXPECT_EQ(read_footer(encrypted).error().kind(), ErrorKind::unsupported);
}

TEST(Metrics, BoundsAreSingleValuesOfTheIcebergType) {
    const auto file = foreign_file({{arrow::field("i", arrow::int32()), "[3,-1,null]"},
                                    {arrow::field("dec", arrow::decimal128(9, 2)), R"(["1.00","-300.00",null])"},
                                    {arrow::field("date", arrow::date32()), "[0,19782,null]"},
                                    {arrow::field("ms", arrow::timestamp(arrow::TimeUnit::MILLI)), "[-1,5,null]"},
                                    {arrow::field("f", arrow::float32()), "[1.5,-2,null]"},
                                    {arrow::field("b", arrow::boolean()), "[true,true,null]"},
                                    {arrow::field("u", arrow::uint32()), "[4294967295,1,null]"},
                                    {arrow::field("s", arrow::utf8()), R"(["b","a",null])"}});
    const auto found = metrics(file, {kind(TypeKind::int64), iceberg::decimal(20, 2), kind(TypeKind::date),
                                      kind(TypeKind::timestamp), kind(TypeKind::float64), kind(TypeKind::boolean),
                                      kind(TypeKind::int64), kind(TypeKind::string)});
    EXPECT_EQ(bounds(found, 1), "ffffffffffffffff 0300000000000000");
    EXPECT_EQ(bounds(found, 2), "8ad0 64");
    EXPECT_EQ(bounds(found, 3), "00000000 464d0000");
    EXPECT_EQ(bounds(found, 4), "18fcffffffffffff 8813000000000000");
    EXPECT_EQ(bounds(found, 5), "00000000000000c0 000000000000f83f");
    EXPECT_EQ(bounds(found, 6), "01 01");
    EXPECT_EQ(bounds(found, 7), "0100000000000000 ffffffff00000000");
    EXPECT_EQ(bounds(found, 8), "61 62");
    EXPECT_EQ(found.null_value_counts[0], (std::pair<std::int32_t, std::int64_t>{1, 1}));
    EXPECT_EQ(found.value_counts[7], (std::pair<std::int32_t, std::int64_t>{8, 3}));
    EXPECT_GT(found.column_sizes[0].second, 0);
    EXPECT_TRUE(found.without_bounds.empty());
}

TEST(Metrics, DecimalsAreReadFromEveryStorage) {
    parquet::WriterProperties::Builder properties;
    properties.enable_store_decimal_as_integer();
    const auto file = foreign_file({{arrow::field("a", arrow::decimal128(9, 2)), R"(["-1.00","1.28"])"},
                                    {arrow::field("b", arrow::decimal128(18, 2)), R"(["-1.00","1.28"])"}},
                                   parquet::default_arrow_writer_properties(), properties.build());
    const auto found = metrics(file, {iceberg::decimal(9, 2), iceberg::decimal(20, 2)});
    EXPECT_EQ(bounds(found, 1), "9c 0080");
    EXPECT_EQ(bounds(found, 2), "9c 0080");
    const auto other = metrics(file, {iceberg::decimal(9, 3), iceberg::decimal(10, 2)});
    EXPECT_EQ(bounds(other, 1), "- -");
    EXPECT_EQ(bounds(other, 2), "- -");
    ASSERT_EQ(other.without_bounds.size(), 2U);
    EXPECT_EQ(other.without_bounds[0].second, NoBounds::type_differs);
}

TEST(Metrics, StringsAreCutToSixteenCodePoints) {
    const auto file =
        foreign_file({{arrow::field("s", arrow::utf8()), R"(["aaaaaaaaaaaaaaaaaa","üüüüüüüüüüüüüüüüüü"])"},
                      {arrow::field("b", arrow::binary()), R"(["00000000000000000","11111111111111111"])"}});
    const auto found = metrics(file, {kind(TypeKind::string), kind(TypeKind::binary)});
    EXPECT_EQ(found.lower_bounds[0].second, "aaaaaaaaaaaaaaaa");
    EXPECT_EQ(found.upper_bounds[0].second, "üüüüüüüüüüüüüüüý");
    EXPECT_EQ(found.lower_bounds[1].second, "0000000000000000");
    EXPECT_EQ(found.upper_bounds[1].second, "1111111111111112");
}

TEST(Metrics, BoundsCoverAllRowGroupsOrNone) {
    const auto file = foreign_file({{arrow::field("a", arrow::int32()), "[5,1,null,null,9,7]"}},
                                   parquet::default_arrow_writer_properties(), parquet::default_writer_properties(), 2);
    const auto found = metrics(file, {kind(TypeKind::int32)});
    EXPECT_EQ(bounds(found, 1), "01000000 09000000") << "a row group of nulls takes nothing away";
    EXPECT_EQ(found.null_value_counts[0].second, 2);

    parquet::WriterProperties::Builder silent;
    silent.disable_statistics();
    const auto without = metrics(foreign_file({{arrow::field("a", arrow::int32()), "[1]"}},
                                              parquet::default_arrow_writer_properties(), silent.build()),
                                 {kind(TypeKind::int32)});
    EXPECT_EQ(bounds(without, 1), "- -");
    EXPECT_TRUE(without.null_value_counts.empty());
    EXPECT_EQ(without.value_counts[0].second, 1);
    EXPECT_EQ(without.without_bounds[0].second, NoBounds::no_statistics);
}

TEST(Metrics, ZerosAreWidenedAndNestedColumnsHaveNoBounds) {
    const auto inner = arrow::struct_({arrow::field("x", arrow::int32())});
    const auto file = foreign_file({{arrow::field("z", arrow::float64()), "[0.0,0.0]"},
                                    {arrow::field("s", inner), R"([{"x":4},null])"},
                                    {arrow::field("l", arrow::list(arrow::int32())), "[[1,2],[3]]"}});
    const auto found = metrics(file, {kind(TypeKind::float64), kind(TypeKind::int32), kind(TypeKind::int32)});
    EXPECT_EQ(bounds(found, 1), "0000000000000080 0000000000000000");
    EXPECT_EQ(bounds(found, 2), "04000000 04000000");
    EXPECT_EQ(bounds(found, 3), "- -");
    EXPECT_EQ(found.value_counts[2].second, 3);
    EXPECT_EQ(found.without_bounds.back().second, NoBounds::nested);
}

TEST(Metrics, Int96HasNoBounds) {
    parquet::ArrowWriterProperties::Builder int96;
    int96.enable_deprecated_int96_timestamps();
    const auto file =
        foreign_file({{arrow::field("t", arrow::timestamp(arrow::TimeUnit::NANO)), "[1,2]"}}, int96.build());
    const auto found = metrics(file, {kind(TypeKind::timestamptz)});
    EXPECT_EQ(bounds(found, 1), "- -");
    EXPECT_EQ(found.without_bounds[0].second, NoBounds::int96);
    EXPECT_EQ(found.value_counts[0].second, 2);
}

/// Files of other writers in which readers have found trouble.
class Corpus : public testing::Test {
protected:
    void SetUp() override {
        if (!file_exists(folder_ + "/data"))
            GTEST_SKIP() << "the corpus is not at " << folder_;
    }
    const std::string folder_ = GODWIT_SOURCE_DIR "/../shared/corpus/lakehouse/parquet";
};

TEST_F(Corpus, NotANumberIsNoBound) {
    auto source = FileSource::open(folder_ + "/data/nan_in_stats.parquet");
    const auto footer = read_footer(*source);
    ASSERT_TRUE(footer.has_value());
    const auto found = metrics_of(*footer, {{0, 1, kind(TypeKind::float64)}});
    ASSERT_TRUE(found.has_value());
    EXPECT_TRUE(found->lower_bounds.empty());
    EXPECT_FALSE(found->without_bounds.empty());
}

/// The type that a reader of plain Iceberg would give a leaf.
iceberg::Type plain_type(const LeafColumn& leaf) {
    if (leaf.logical.starts_with("Decimal"))
        return iceberg::decimal(std::max(1, std::min(leaf.precision, 38)), leaf.scale);
    switch (leaf.physical) {
    case PhysicalType::boolean: return kind(TypeKind::boolean);
    case PhysicalType::int32: return kind(leaf.logical == "Date" ? TypeKind::date : TypeKind::int32);
    case PhysicalType::int64:
        return kind(leaf.logical.starts_with("Timestamp") ? TypeKind::timestamptz : TypeKind::int64);
    case PhysicalType::int96: return kind(TypeKind::timestamptz);
    case PhysicalType::float32: return kind(TypeKind::float32);
    case PhysicalType::float64: return kind(TypeKind::float64);
    case PhysicalType::byte_array: return kind(leaf.logical == "None" ? TypeKind::binary : TypeKind::string);
    case PhysicalType::fixed_len_byte_array: return iceberg::fixed(leaf.type_length);
    }
    return {};
}

/// Reads a whole file under a schema made from its flat leaves; the number of rows, or an error.
Result<std::int64_t> read_flat(const std::string& path) {
    auto source = TRY(FileSource::open(path));
    const auto footer = TRY(read_footer(source));
    iceberg::Schema schema;
    for (const auto& leaf : footer.leaves)
        if (leaf.path.size() == 1)
            schema.fields.push_back(field(leaf.index + 1, leaf.path[0], plain_type(leaf)));
    ReadOptions options;
    options.names = iceberg::name_mapping_of(schema);
    TRY(metrics_of(footer, check_compatibility(footer, schema, options.names).leaves));
    auto reader = TRY(ParquetReader::open(source, schema, std::move(options)));
    std::int64_t rows = 0;
    while (true) {
        const auto read = TRY(reader.next());
        if (!read.batch)
            return rows;
        rows += read.batch->num_rows();
        if (!read.batch->ValidateFull().ok())
            return Error::make(ErrorKind::bug, read.batch->ValidateFull().ToString());
    }
}

TEST_F(Corpus, IsReadOrRefusedAndNeverCrashes) {
    const auto good = list_folder(folder_ + "/data");
    ASSERT_TRUE(good.has_value());
    std::map<std::string, std::string> refused;
    std::size_t read = 0;
    for (const auto& entry : *good) {
        if (!entry.name.ends_with(".parquet"))
            continue;
        const auto rows = read_flat(folder_ + "/data/" + entry.name);
        if (rows.has_value()) {
            ++read;
            continue;
        }
        EXPECT_NE(rows.error().kind(), ErrorKind::bug) << entry.name << ": " << rows.error().to_line();
        refused[entry.name] = rows.error().to_line();
    }
    EXPECT_EQ(read, 44U);
    // Half floats have no Iceberg type, and Arrow refuses map keys that may be null.
    std::vector<std::string> names;
    for (const auto& [name, error] : refused)
        names.push_back(name);
    EXPECT_EQ(names,
              (std::vector<std::string>{"byte_stream_split_extended.gzip.parquet", "float16_zeros_and_nans.parquet",
                                        "floating_orders_nan_count.parquet", "incorrect_map_schema.parquet"}))
        << testing::PrintToString(refused);

    const auto bad = list_folder(folder_ + "/bad_data");
    ASSERT_TRUE(bad.has_value());
    for (const auto& entry : *bad) {
        const auto rows = read_flat(folder_ + "/bad_data/" + entry.name);
        if (rows.has_value())
            continue;
        EXPECT_NE(rows.error().kind(), ErrorKind::bug) << entry.name << ": " << rows.error().to_line();
    }
}

} // namespace
} // namespace godwit::parquet_format
