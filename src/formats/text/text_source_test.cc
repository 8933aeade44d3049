#include "formats/text/text_source.h"

#include "base/text.h"

#include <bzlib.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

namespace godwit::text_format {
namespace {

/// Gives a few bytes at a time, so that everything falls on a border once.
class SlowSource final : public TextSource {
public:
    SlowSource(std::string text, std::size_t step) : text_(std::move(text)), step_(step) {}
    Result<std::size_t> read(std::span<char> into) override {
        const auto count = std::min({step_, into.size(), text_.size() - at_});
        std::copy_n(text_.data() + at_, count, into.data());
        at_ += count;
        return count;
    }
    const std::string& name() const override { return name_; }

private:
    std::string text_;
    std::size_t step_;
    std::size_t at_ = 0;
    std::string name_ = "slow";
};

std::vector<std::string> lines_of(const std::string& text, std::size_t step) {
    SlowSource source(text, step);
    LineReader reader(source);
    std::vector<std::string> lines;
    std::string_view line;
    while (*reader.next(line))
        lines.emplace_back(line);
    EXPECT_EQ(reader.line_number(), static_cast<std::int64_t>(lines.size()));
    return lines;
}

TEST(LineReader, EndsLinesAsHadoopDoes) {
    const std::vector<std::pair<std::string, std::vector<std::string>>> cases{
        {"", {}},
        {"\n", {""}},
        {"a", {"a"}},
        {"a\n", {"a"}},
        {"a\nb", {"a", "b"}},
        {"a\r\nb\r\n", {"a", "b"}},
        {"a\rb\r", {"a", "b"}},
        {"a\n\nb", {"a", "", "b"}},
        {"a\r\r\nb", {"a", "", "b"}},
        {"a\n\rb", {"a", "", "b"}},
        {"\r\n\r\n", {"", ""}},
        {"\xef\xbb\xbf"
         "a\n\xef\xbb\xbf"
         "b\n",
         {"a", "\xef\xbb\xbf"
               "b"}},
        {"\xef\xbb\xbf", {""}},
        {std::string("a\0b\nc", 5), {std::string("a\0b", 3), "c"}},
    };
    for (const auto& [text, expected] : cases)
        for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{1'000}})
            EXPECT_EQ(lines_of(text, step), expected) << printable(text) << " in steps of " << step;
}

TEST(LineReader, LinesMayBeLongUpToALimit) {
    const std::string text = std::string(700'000, 'x') + "\n" + std::string(300'000, 'y') + "\r\nz";
    EXPECT_EQ(lines_of(text, 65'536),
              (std::vector<std::string>{std::string(700'000, 'x'), std::string(300'000, 'y'), "z"}));
    SlowSource source(text, 65'536);
    LineReader reader(source, 10'000);
    std::string_view line;
    const auto next = reader.next(line);
    ASSERT_TRUE(next.is_error());
    EXPECT_EQ(next.error().kind(), ErrorKind::invalid_input);
}

std::string gzip(const std::string& text) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string out(compressBound(static_cast<uLong>(text.size())) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    return out;
}

std::string bzip2(const std::string& text) {
    std::string out(text.size() * 2 + 1'000, '\0');
    auto size = static_cast<unsigned>(out.size());
    BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(text.data()), static_cast<unsigned>(text.size()), 1,
                             0, 0);
    out.resize(size);
    return out;
}

std::string zstd(const std::string& text) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
    return out;
}

Result<std::string> unpack(std::string_view bytes, TextCodec codec) {
    MemorySource source(bytes, "file");
    const auto text = TRY(open_text(source, codec));
    std::string result;
    std::vector<char> block(1'000);
    while (const auto count = TRY(text->read(block)))
        result.append(block.data(), count);
    return result;
}

TEST(TextSource, UnpacksMembersOneAfterAnother) {
    std::string text;
    for (int i = 0; i < 30'000; ++i)
        text += std::to_string(i * 7919) + ",";
    for (const auto& [codec, pack] : {std::pair{TextCodec::gzip, &gzip}, std::pair{TextCodec::bzip2, &bzip2},
                                      std::pair{TextCodec::zstandard, &zstd}}) {
        const auto one = unpack(pack(text), codec);
        ASSERT_TRUE(one.has_value()) << one.error().to_line();
        EXPECT_EQ(*one, text);
        const auto two = unpack(pack(text) + pack("") + pack("tail"), codec);
        ASSERT_TRUE(two.has_value()) << two.error().to_line();
        EXPECT_EQ(*two, text + "tail");
        EXPECT_EQ(*unpack("", codec), "");
    }
    EXPECT_EQ(*unpack(text, TextCodec::none), text);
}

TEST(TextSource, DamageIsAnError) {
    const std::string text(5'000, 'x');
    for (const auto& [codec, pack] : {std::pair{TextCodec::gzip, &gzip}, std::pair{TextCodec::bzip2, &bzip2},
                                      std::pair{TextCodec::zstandard, &zstd}}) {
        const auto packed = pack(text);
        for (std::size_t size = 1; size < packed.size(); ++size) {
            const auto cut = unpack(std::string_view(packed).substr(0, size), codec);
            ASSERT_TRUE(cut.is_error()) << static_cast<int>(codec) << " cut to " << size;
            EXPECT_EQ(cut.error().kind(), ErrorKind::invalid_input);
        }
        EXPECT_TRUE(unpack("plain text, not packed", codec).is_error());
        EXPECT_TRUE(unpack(packed + "garbage", codec).is_error());
    }
}

TEST(TextSource, TheSuffixDecides) {
    EXPECT_EQ(*codec_of_name("a/b/part-0.csv.gz"), TextCodec::gzip);
    EXPECT_EQ(*codec_of_name("x.bz2"), TextCodec::bzip2);
    EXPECT_EQ(*codec_of_name("x.zst"), TextCodec::zstandard);
    EXPECT_EQ(*codec_of_name("x.csv"), TextCodec::none);
    EXPECT_EQ(*codec_of_name("gz"), TextCodec::none);
    const auto snappy = codec_of_name("part-0.snappy");
    ASSERT_TRUE(snappy.is_error());
    EXPECT_EQ(snappy.error().kind(), ErrorKind::unsupported);
}

} // namespace
} // namespace godwit::text_format
