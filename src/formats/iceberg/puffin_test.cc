#include "formats/iceberg/puffin.h"

#include "base/bytes.h"
#include "base/text.h"
#include "formats/iceberg/corpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace godwit::iceberg {
namespace {

using testing::HasSubstr;

/// Position 1 alone, as another writer stored it.
constexpr auto kOnePosition = "00000022d1d339640100000000000000000000003a3000000100000000000000100000000100eebd85f4";

std::string puffin_file(const std::string& referenced = "s3://b/data/1.parquet") {
    StringSink sink;
    auto writer = PuffinWriter::create(sink).value();
    PuffinBlob blob;
    blob.type = "deletion-vector-v1";
    blob.fields = {2147483645};
    blob.snapshot_id = -1;
    blob.sequence_number = -1;
    blob.properties = {{"referenced-data-file", referenced}, {"cardinality", "1"}};
    const auto placed = writer.add(blob, from_hex(kOnePosition).value()).value();
    EXPECT_EQ(placed.offset, 4);
    EXPECT_EQ(placed.length, 42);
    PuffinBlob sketch;
    sketch.type = "apache-datasketches-theta-v1";
    sketch.fields = {1};
    sketch.compression_codec = "zstd";
    EXPECT_TRUE(writer.add(sketch, "not really").has_value());
    const auto size = writer.finish({{"created-by", "test"}}).value();
    EXPECT_EQ(size, sink.bytes().size());
    return std::move(sink).release();
}

TEST(Puffin, ReadsWhatItWrote) {
    const auto bytes = puffin_file();
    MemorySource source(bytes);
    const auto footer = read_puffin_footer(source).value();
    ASSERT_EQ(footer.blobs.size(), 2U);
    EXPECT_EQ(footer.blobs[0].properties[0].second, "s3://b/data/1.parquet");
    EXPECT_EQ(footer.blobs[1].compression_codec, "zstd");
    EXPECT_EQ(footer.properties, (Properties{{"created-by", "test"}}));
    EXPECT_EQ(read_puffin_blob(source, footer.blobs[1]).value(), "not really");
    const auto vector = DeletionVector::decode(read_puffin_blob(source, footer.blobs[0]).value()).value();
    EXPECT_EQ(vector.positions(), std::vector<std::uint64_t>{1});
    EXPECT_TRUE(read_puffin_blob(source, footer.blobs[0], 10).is_error());
}

TEST(Puffin, RewritingMapsTheReferencedFileOnly) {
    const auto bytes = puffin_file();
    MemorySource source(bytes);
    StringSink sink;
    const auto mapped = [](std::string_view path) -> Result<std::string> {
        return "file:///w" + std::string(path.substr(6));
    };
    const auto size = rewrite_puffin(source, sink, mapped).value();
    EXPECT_EQ(size, sink.bytes().size());
    EXPECT_EQ(sink.bytes(), puffin_file("file:///w/data/1.parquet"));
    StringSink same;
    ASSERT_TRUE(rewrite_puffin(source, same, [](std::string_view path) -> Result<std::string> {
                    return std::string(path);
                }).has_value());
    EXPECT_EQ(same.bytes(), bytes);
    StringSink bare;
    const auto vector = from_hex(kOnePosition).value();
    MemorySource bare_source(vector);
    EXPECT_TRUE(is_bare_vector(bare_source).value());
    EXPECT_EQ(rewrite_puffin(bare_source, bare, mapped).value(), 42U);
    EXPECT_EQ(bare.bytes(), vector);
}

TEST(Puffin, DamageIsNamed) {
    const auto bytes = puffin_file();
    const auto why = [](const std::string& damaged) {
        MemorySource source(damaged, "x.puffin");
        const auto footer = read_puffin_footer(source);
        EXPECT_TRUE(footer.is_error());
        return footer.is_error() ? footer.error().to_line() : "";
    };
    EXPECT_THAT(why(""), HasSubstr("PFA1"));
    EXPECT_THAT(why(bytes.substr(0, bytes.size() - 1)), HasSubstr("end with"));
    auto changed = bytes;
    changed[bytes.size() - 8] = 1;
    EXPECT_THAT(why(changed), HasSubstr("LZ4"));
    changed[bytes.size() - 8] = 2;
    EXPECT_THAT(why(changed), HasSubstr("flags"));
    changed = bytes;
    changed[bytes.size() - 9] = 1;
    EXPECT_THAT(why(changed), HasSubstr("claims"));
    changed = bytes;
    changed.replace(changed.find("\"length\":42"), 11, "\"length\":99");
    EXPECT_THAT(why(changed), HasSubstr("between"));
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        MemorySource cut(std::string_view(bytes).substr(0, length));
        EXPECT_TRUE(read_puffin_footer(cut).is_error());
    }
}

std::vector<std::uint64_t> mixed_positions() {
    std::vector<std::uint64_t> positions = {0, 1, 5, 65'535};
    for (std::uint64_t i = 0; i < 30'000; ++i)
        positions.push_back(65'536 + i * 2); // bits
    for (std::uint64_t i = 0; i < 65'536; ++i)
        positions.push_back(3 * 65'536 + i); // one run
    for (std::uint64_t i = 0; i < 4'096; ++i)
        positions.push_back(5 * 65'536 + i * 3); // the largest array
    for (std::uint64_t i = 0; i < 10; ++i)
        positions.push_back((std::uint64_t{7} << 32) + i * i); // another 32-bit bitmap
    return positions;
}

TEST(DeletionVector, GoldenBytes) {
    const auto blob = from_hex(kOnePosition).value();
    const auto vector = DeletionVector::decode(blob).value();
    EXPECT_EQ(vector.positions(), std::vector<std::uint64_t>{1});
    EXPECT_EQ(hex(vector.encode()), kOnePosition);
}

TEST(DeletionVector, EveryKindOfContainerRoundTrips) {
    const auto positions = mixed_positions();
    DeletionVector vector;
    for (auto at = positions.rbegin(); at != positions.rend(); ++at)
        vector.add(*at);
    vector.add(positions.front());
    EXPECT_EQ(vector.count(), positions.size());
    EXPECT_EQ(vector.positions(), positions);
    const auto blob = vector.encode();
    const auto decoded = DeletionVector::decode(blob);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().to_line();
    EXPECT_EQ(decoded->positions(), positions);
    EXPECT_EQ(decoded->encode(), blob);
    EXPECT_TRUE(*decoded == vector);
    for (const auto position :
         {std::uint64_t{5}, std::uint64_t{65'538}, std::uint64_t{200'000}, (std::uint64_t{7} << 32) + 81})
        EXPECT_TRUE(decoded->contains(position)) << position;
    for (const auto position :
         {std::uint64_t{2}, std::uint64_t{65'537}, std::uint64_t{140'000}, (std::uint64_t{7} << 32) + 82})
        EXPECT_FALSE(decoded->contains(position)) << position;
    auto added = DeletionVector::decode(blob).value();
    added.add(65'537);
    EXPECT_FALSE(added == vector);
    EXPECT_EQ(added.count(), positions.size() + 1);
    EXPECT_EQ(DeletionVector::decode(DeletionVector().encode()).value().count(), 0U);
}

TEST(DeletionVector, DamageIsNamed) {
    const auto blob = from_hex(kOnePosition).value();
    for (std::size_t i = 0; i < blob.size(); ++i) {
        auto damaged = blob;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
        EXPECT_TRUE(DeletionVector::decode(damaged).is_error()) << i;
        EXPECT_TRUE(DeletionVector::decode(blob.substr(0, i)).is_error()) << i;
    }
    EXPECT_THAT(DeletionVector::decode(std::string(30, '\0')).error().why(), HasSubstr("length"));
}

TEST(Corpus, PuffinFilesAreReadAndKept) {
    const auto files = corpus_files(GODWIT_SOURCE_DIR, {".puffin", ".stats"});
    if (files.empty())
        FAIL() << "the fixtures of the project are not here";
    for (const auto& path : files) {
        const auto bytes = read_file(path).value();
        MemorySource source(bytes, path);
        StringSink sink;
        const auto rewritten =
            rewrite_puffin(source, sink, [](std::string_view p) -> Result<std::string> { return std::string(p); });
        ASSERT_TRUE(rewritten.has_value()) << rewritten.error().to_line();
        EXPECT_EQ(sink.bytes(), bytes) << path;
        if (!bytes.starts_with("PFA1")) {
            EXPECT_EQ(DeletionVector::decode(bytes).value().positions(), std::vector<std::uint64_t>{1}) << path;
            continue;
        }
        const auto footer = read_puffin_footer(source).value();
        for (const auto& blob : footer.blobs) {
            const auto content = read_puffin_blob(source, blob).value();
            if (blob.type != "deletion-vector-v1")
                continue;
            const auto vector = DeletionVector::decode(content);
            ASSERT_TRUE(vector.has_value()) << path << vector.error().to_line();
            EXPECT_EQ(std::to_string(vector->count()), *find_property(blob.properties, "cardinality")) << path;
            EXPECT_EQ(vector->encode(), content) << path;
        }
    }
}

} // namespace
} // namespace godwit::iceberg
