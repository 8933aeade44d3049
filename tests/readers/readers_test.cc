// The text and Parquet readers, and the row digest, against tests/fixtures: tables whose rows Spark has read with
// Hive's own SerDe and its own Parquet reader, and whose digest was computed in Python
// (tests/fixtures/make_fixtures.py).

#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "formats/parquet/compatibility.h"
#include "formats/parquet/reader.h"
#include "formats/text/lazy_simple_serde.h"
#include "rows/row_digest.h"

#include <arrow/record_batch.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <set>

namespace godwit {
namespace {

using iceberg::TypeKind;
using rows::ComparisonKind;
using text_format::HiveKind;
using text_format::HiveType;

/// A folder of tests/fixtures with one table.
struct Fixture {
    std::string folder;
    Json table;
    Json expected;
    std::vector<std::pair<std::string, HiveType>> columns;
    std::vector<std::string> files;
};

std::map<std::string, std::string> parameters(const Json& object) {
    std::map<std::string, std::string> result;
    for (const auto& [key, value] : object.items())
        result[key] = value.get<std::string>();
    return result;
}

Result<Fixture> load(const std::string& folder) {
    Fixture fixture;
    fixture.folder = folder;
    fixture.table = TRY(parse_json(TRY(read_file(folder + "/export/tables.json"))))["TableList"][0];
    fixture.expected = TRY(parse_json(TRY(read_file(folder + "/expected.json"))));
    for (const auto& column : fixture.table["StorageDescriptor"]["Columns"])
        fixture.columns.emplace_back(column["Name"],
                                     TRY(text_format::parse_hive_type(column["Type"].get<std::string>())));
    const auto location = fixture.table["StorageDescriptor"]["Location"].get<std::string>();
    const auto data = folder + "/data/" + location.substr(location.find("://") + 3);
    for (const auto& entry : TRY(list_folder(data)))
        if (entry.state.type == FileState::Type::file && !entry.name.starts_with("_") && !entry.name.starts_with("."))
            fixture.files.push_back(data + "/" + entry.name);
    return fixture;
}

bool is_partitioned(const Fixture& fixture) { return !fixture.table["PartitionKeys"].empty(); }

rows::ComparisonType comparison_type(const HiveType& type) {
    static const std::map<HiveKind, ComparisonKind> kinds{
        {HiveKind::boolean, ComparisonKind::boolean},    {HiveKind::tinyint, ComparisonKind::integer},
        {HiveKind::smallint, ComparisonKind::integer},   {HiveKind::integer, ComparisonKind::integer},
        {HiveKind::bigint, ComparisonKind::integer},     {HiveKind::float32, ComparisonKind::floating},
        {HiveKind::float64, ComparisonKind::floating},   {HiveKind::decimal, ComparisonKind::decimal},
        {HiveKind::string, ComparisonKind::string},      {HiveKind::character, ComparisonKind::string},
        {HiveKind::varchar, ComparisonKind::string},     {HiveKind::date, ComparisonKind::date},
        {HiveKind::timestamp, ComparisonKind::instant},  {HiveKind::binary, ComparisonKind::binary},
        {HiveKind::array, ComparisonKind::list},         {HiveKind::map, ComparisonKind::map},
        {HiveKind::structure, ComparisonKind::structure}};
    rows::ComparisonType result;
    result.kind = kinds.at(type.kind);
    result.precision = type.precision;
    result.scale = type.scale;
    for (const auto& child : type.children)
        result.children.push_back(
            {child.name.empty() ? std::to_string(result.children.size()) : child.name, comparison_type(child.type)});
    return result;
}

/// Spark's timestamps are instants; text, and the session that wrote them, is in UTC.
rows::ComparisonSchema comparison_schema(const Fixture& fixture) {
    rows::ComparisonSchema schema;
    for (const auto& [name, type] : fixture.columns) {
        rows::ComparisonColumn column{name, {name}, comparison_type(type), rows::DeclaredChange::zone_assumed, "UTC"};
        schema.columns.push_back(std::move(column));
    }
    return schema;
}

iceberg::Type iceberg_type(const HiveType& type, std::int32_t& last_id) {
    static const std::map<HiveKind, TypeKind> kinds{{HiveKind::boolean, TypeKind::boolean},
                                                    {HiveKind::tinyint, TypeKind::int32},
                                                    {HiveKind::smallint, TypeKind::int32},
                                                    {HiveKind::integer, TypeKind::int32},
                                                    {HiveKind::bigint, TypeKind::int64},
                                                    {HiveKind::float32, TypeKind::float32},
                                                    {HiveKind::float64, TypeKind::float64},
                                                    {HiveKind::decimal, TypeKind::decimal},
                                                    {HiveKind::string, TypeKind::string},
                                                    {HiveKind::character, TypeKind::string},
                                                    {HiveKind::varchar, TypeKind::string},
                                                    {HiveKind::date, TypeKind::date},
                                                    {HiveKind::timestamp, TypeKind::timestamptz},
                                                    {HiveKind::binary, TypeKind::binary},
                                                    {HiveKind::array, TypeKind::list},
                                                    {HiveKind::map, TypeKind::map},
                                                    {HiveKind::structure, TypeKind::structure}};
    auto result = iceberg::primitive(kinds.at(type.kind));
    result.precision = type.precision;
    result.scale = type.scale;
    for (const auto& child : type.children) {
        iceberg::Field field;
        field.id = ++last_id;
        field.name = type.kind == HiveKind::array ? "element"
                     : type.kind == HiveKind::map ? (result.fields.empty() ? "key" : "value")
                                                  : child.name;
        field.required = type.kind == HiveKind::map && result.fields.empty();
        field.type = iceberg_type(child.type, last_id);
        result.fields.push_back(std::move(field));
    }
    return result;
}

Status read_text_file(const Fixture& fixture, const std::string& path, rows::RowDigester& digester) {
    auto source = TRY(FileSource::open(path));
    const auto text = TRY(text_format::open_text(source, TRY(text_format::codec_of_name(path))));
    text_format::LazySimpleReader::Settings settings;
    for (const auto& [name, type] : fixture.columns)
        settings.columns.push_back({name, type});
    settings.options =
        TRY(text_format::lazy_simple_options(parameters(fixture.table["StorageDescriptor"]["SerdeInfo"]["Parameters"]),
                                             parameters(fixture.table["Parameters"])));
    settings.rows_per_batch = 3;
    auto reader = TRY(text_format::LazySimpleReader::open(*text, std::move(settings)));
    while (const auto batch = TRY(reader.next()))
        TRY(digester.add(*batch));
    return {};
}

Status read_parquet_file(const Fixture& fixture, const std::string& path, rows::RowDigester& digester) {
    iceberg::Schema schema;
    std::int32_t last_id = 0;
    for (const auto& [name, type] : fixture.columns) {
        const auto id = ++last_id;
        schema.fields.push_back({id, name, false, iceberg_type(type, last_id), {}, {}, {}});
    }
    auto source = TRY(FileSource::open(path));
    parquet_format::ReadOptions options;
    options.names = iceberg::name_mapping_of(schema);
    const auto found =
        parquet_format::check_compatibility(TRY(parquet_format::read_footer(source)), schema, options.names);
    for (const auto& issue : found.issues)
        if (needs_rewrite(issue.kind))
            return Error::make(ErrorKind::unsupported, std::string(to_string(issue.kind)))
                .why(issue.detail)
                .at(issue.column);
    auto reader = TRY(parquet_format::ParquetReader::open(source, schema, std::move(options)));
    while (const auto batch = TRY(reader.next()).batch)
        TRY(digester.add(*batch));
    return {};
}

std::string hex_of(std::uint64_t value) {
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4)
        text += "0123456789abcdef"[(value >> shift) & 15];
    return text;
}

template <typename ReadFile>
void expect_rows_of_spark(const Fixture& fixture, rows::Side side, const ReadFile& read_file) {
    auto digester = rows::RowDigester::create(comparison_schema(fixture), side);
    ASSERT_TRUE(digester.has_value()) << digester.error().to_line();
    for (const auto& file : fixture.files) {
        const auto status = read_file(fixture, file, *digester);
        ASSERT_TRUE(status.has_value()) << status.error().to_line();
    }
    const auto digest = digester->finish();
    const auto& expected = fixture.expected["digest"];
    EXPECT_EQ(digest.rows, expected["rows"].get<std::uint64_t>());
    if (digest.rows == 0)
        return;
    const auto& group = digest.groups.at("");
    EXPECT_EQ(Json(group.nulls), expected["nulls"]);
    EXPECT_EQ(hex_of(group.high), expected["first"].get<std::string>());
    EXPECT_EQ(hex_of(group.low), expected["last"].get<std::string>());
}

std::vector<Fixture> fixtures_of(const std::string& kind) {
    std::vector<Fixture> result;
    const std::string folder = GODWIT_SOURCE_DIR "/tests/fixtures/" + kind;
    const auto entries = list_folder(folder);
    EXPECT_TRUE(entries.has_value());
    for (const auto& entry : *entries) {
        auto fixture = load(folder + "/" + entry.name);
        EXPECT_TRUE(fixture.has_value()) << entry.name << ": " << fixture.error().to_line();
        if (fixture.has_value() && !is_partitioned(*fixture))
            result.push_back(*std::move(fixture));
    }
    return result;
}

TEST(Readers, TextIsReadAsHiveReadsIt) {
    // Athena reads both spellings of collection.delim, and keeps days of October 1582 as they are written.
    const std::set<std::string> athena_differs{"own-delimiters", "cells-date", "cells-timestamp"};
    const std::set<std::string> refused{"timestamp-formats"};
    std::size_t count = 0;
    for (const auto& fixture : fixtures_of("csv")) {
        const auto name = fixture.folder.substr(fixture.folder.rfind('/') + 1);
        if (athena_differs.contains(name) || refused.contains(name))
            continue;
        SCOPED_TRACE(name);
        ++count;
        expect_rows_of_spark(fixture, rows::Side::source, read_text_file);
    }
    EXPECT_GE(count, 25U);
}

TEST(Readers, ParquetIsReadAsSparkReadsIt) {
    std::size_t count = 0;
    for (const auto& fixture : fixtures_of("parquet")) {
        const auto name = fixture.folder.substr(fixture.folder.rfind('/') + 1);
        if (fixture.expected["in_place"] != "yes" || !fixture.expected.contains("digest"))
            continue;
        SCOPED_TRACE(name);
        ++count;
        expect_rows_of_spark(fixture, rows::Side::target, read_parquet_file);
    }
    EXPECT_GE(count, 6U);
}

TEST(Readers, ParquetThatCannotStayIsSeen) {
    for (const auto& fixture : fixtures_of("parquet")) {
        const auto name = fixture.folder.substr(fixture.folder.rfind('/') + 1);
        if (fixture.expected["in_place"] != "no")
            continue;
        SCOPED_TRACE(name);
        auto digester = rows::RowDigester::create(comparison_schema(fixture), rows::Side::target);
        ASSERT_TRUE(digester.has_value());
        std::size_t refused = 0;
        for (const auto& file : fixture.files)
            refused += read_parquet_file(fixture, file, *digester).is_error() ? 1 : 0;
        EXPECT_GE(refused, 1U);
    }
}

} // namespace
} // namespace godwit
