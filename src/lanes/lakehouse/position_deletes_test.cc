#include "lanes/lakehouse/position_deletes.h"

#include "base/file.h"
#include "formats/avro/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

using namespace godwit;
using namespace godwit::lakehouse;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

using Rows = std::vector<std::pair<std::string, std::int64_t>>;

const std::string kFixtures = GODWIT_SOURCE_DIR "/tests/fixtures/iceberg/";

/// The delete files of a fixture, as Spark wrote them.
std::vector<std::string> delete_files(const std::string& fixture, const std::string& suffix) {
    std::vector<std::string> found;
    for (const auto& file : std::filesystem::recursive_directory_iterator(kFixtures + fixture + "/data"))
        if (file.path().string().ends_with(suffix))
            found.push_back(file.path());
    std::sort(found.begin(), found.end());
    return found;
}

Rows rows_of(ByteSource& source, std::string_view format) {
    Rows rows;
    const auto status = each_position_delete(source, format, [&](std::string_view path, std::int64_t position) {
        rows.emplace_back(path, position);
        return Status();
    });
    EXPECT_FALSE(status.is_error()) << (status.is_error() ? status.error().to_line() : "");
    return rows;
}

/// A prefix that sorts the other way round than what it replaces.
Result<std::string> turned(std::string_view path) {
    const auto name = std::string(path.substr(path.rfind('/') + 1));
    return "file:///w/" + std::string(name.rbegin(), name.rend());
}

TEST(PositionDeletes, are_written_anew_in_their_format_sorted_by_the_new_paths) {
    for (const auto& [fixture, suffix, format] : std::vector<std::tuple<std::string, std::string, std::string>>{
             {"position-deletes-parquet", "-deletes.parquet", "PARQUET"},
             {"position-deletes-shared", "-deletes.parquet", "parquet"},
             {"position-deletes-avro", "-deletes.avro", "AVRO"}}) {
        const auto files = delete_files(fixture, suffix);
        ASSERT_FALSE(files.empty()) << fixture;
        for (const auto& file : files) {
            SCOPED_TRACE(file);
            auto source = FileSource::open(file).release();
            auto expected = rows_of(source, format);
            ASSERT_FALSE(expected.empty());
            for (auto& [path, position] : expected)
                path = turned(path).value();
            std::sort(expected.begin(), expected.end());
            EXPECT_FALSE(check_position_deletes(source, format).is_error());
            StringSink sink;
            const auto rewritten = rewrite_position_deletes(source, sink, format, turned);
            ASSERT_FALSE(rewritten.is_error()) << rewritten.error().to_line();
            EXPECT_EQ(rewritten->file_size_in_bytes, static_cast<std::int64_t>(sink.bytes().size()));
            EXPECT_EQ(rewritten->lowest_path, expected.front().first);
            EXPECT_EQ(rewritten->highest_path, expected.back().first);
            MemorySource written(sink.bytes());
            EXPECT_EQ(rows_of(written, format), expected);
        }
    }
}

TEST(PositionDeletes, orc_is_refused_before_anything_is_read_of_it) {
    const auto files = delete_files("position-deletes-orc", "-deletes.orc");
    ASSERT_FALSE(files.empty());
    auto source = FileSource::open(files.front()).release();
    const auto checked = check_position_deletes(source, "ORC");
    ASSERT_TRUE(checked.is_error());
    EXPECT_EQ(checked.error().kind(), ErrorKind::unsupported);
    StringSink sink;
    EXPECT_EQ(rewrite_position_deletes(source, sink, "orc", turned).error().kind(), ErrorKind::unsupported);
    EXPECT_TRUE(sink.bytes().empty());
}

std::string avro_file(const char* schema_text) {
    StringSink sink;
    avro::WriterOptions options;
    options.schema_json = schema_text;
    auto writer = avro::ContainerWriter::create(sink, options).release();
    EXPECT_FALSE(writer.finish().is_error());
    return std::move(sink).release();
}

TEST(PositionDeletes, copies_of_the_deleted_rows_are_refused) {
    const auto file = avro_file(
        R"({"type":"record","name":"d","fields":[{"name":"file_path","type":"string"},{"name":"pos","type":"long"},{"name":"row","type":"string"}]})");
    MemorySource source(file);
    const auto checked = check_position_deletes(source, "avro");
    ASSERT_TRUE(checked.is_error());
    EXPECT_EQ(checked.error().kind(), ErrorKind::unsupported);
    EXPECT_THAT(checked.error().why(), HasSubstr("copies of the deleted rows"));
}

TEST(PositionDeletes, columns_in_the_other_order_are_found_by_name) {
    const auto file = avro_file(
        R"({"type":"record","name":"d","fields":[{"name":"pos","type":"long"},{"name":"file_path","type":"string"}]})");
    MemorySource source(file);
    EXPECT_FALSE(check_position_deletes(source, "avro").is_error());
    EXPECT_TRUE(rows_of(source, "avro").empty());
}

TEST(PositionDeletes, what_is_no_delete_file_is_an_error) {
    for (const auto* format : {"avro", "parquet"}) {
        MemorySource source("not at all");
        EXPECT_TRUE(check_position_deletes(source, format).is_error()) << format;
        StringSink sink;
        EXPECT_TRUE(rewrite_position_deletes(source, sink, format, turned).is_error()) << format;
    }
}

} // namespace
