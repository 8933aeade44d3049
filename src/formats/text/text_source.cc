#include "formats/text/text_source.h"

#include "base/text.h"

#include <bzlib.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace godwit::text_format {

namespace {

constexpr std::size_t kInputBlock = std::size_t{64} << 10;
constexpr unsigned kLargestStep = 1U << 30; // zlib and bzip2 count in unsigned int

Error damaged(std::string_view codec, std::string why, const std::string& name) {
    return Error::make(ErrorKind::invalid_input, "a compressed file cannot be unpacked")
        .why(std::string(codec) + ": " + std::move(why))
        .fix("copy the file again from its source")
        .at(name);
}

class PlainSource final : public TextSource {
public:
    explicit PlainSource(ByteSource& source) : source_(source) {}
    Result<std::size_t> read(std::span<char> into) override {
        const auto count = TRY(source_.read_at(offset_, into));
        offset_ += count;
        return count;
    }
    const std::string& name() const override { return source_.name(); }

private:
    ByteSource& source_;
    std::uint64_t offset_ = 0;
};

/// Feeds a decoder with blocks of input. `Codec` has `static constexpr name`, `bool ready() const`,
/// `Result<Step> step(input, output)`; a member that ends with the file is a good end.
template <typename Codec>
class PackedSource final : public TextSource {
public:
    explicit PackedSource(ByteSource& source) : source_(source), input_(kInputBlock) {}

    Result<std::size_t> read(std::span<char> into) override {
        if (!codec_.ready())
            return Error::make(ErrorKind::unavailable, "a decompressor cannot be started").why(Codec::kName).at(name());
        into = into.first(std::min<std::size_t>(into.size(), kLargestStep));
        while (true) {
            if (begin_ == end_)
                TRY(fill());
            const bool input_is_over = begin_ == end_;
            if (input_is_over && codec_.between_members())
                return std::size_t{0};
            std::size_t used = 0;
            std::size_t made = 0;
            const auto problem = codec_.step(std::span(input_).subspan(begin_, end_ - begin_), into, used, made);
            if (!problem.empty())
                return damaged(Codec::kName, problem, name());
            begin_ += used;
            if (made > 0)
                return made;
            if (input_is_over && !codec_.between_members())
                return damaged(Codec::kName, "the data ends too early", name());
        }
    }
    const std::string& name() const override { return source_.name(); }

private:
    Status fill() {
        begin_ = 0;
        end_ = TRY(source_.read_at(offset_, input_));
        offset_ += end_;
        return {};
    }

    ByteSource& source_;
    std::vector<char> input_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t offset_ = 0;
    Codec codec_;
};

class Gzip {
public:
    static constexpr const char* kName = "gzip";
    Gzip() : ready_(inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK) {}
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;
    ~Gzip() { inflateEnd(&stream_); }
    bool ready() const { return ready_; }
    bool between_members() const { return fresh_; }

    std::string step(std::span<char> input, std::span<char> output, std::size_t& used, std::size_t& made) {
        stream_.next_in = reinterpret_cast<Bytef*>(input.data());
        stream_.avail_in = static_cast<uInt>(input.size());
        stream_.next_out = reinterpret_cast<Bytef*>(output.data());
        stream_.avail_out = static_cast<uInt>(output.size());
        fresh_ = fresh_ && input.empty();
        const int code = inflate(&stream_, Z_NO_FLUSH);
        used = input.size() - stream_.avail_in;
        made = output.size() - stream_.avail_out;
        if (code == Z_STREAM_END) {
            fresh_ = true;
            inflateReset2(&stream_, 16 + MAX_WBITS);
            return {};
        }
        if (code == Z_OK || code == Z_BUF_ERROR)
            return {};
        return stream_.msg != nullptr ? stream_.msg : "error " + std::to_string(code);
    }

private:
    z_stream stream_{};
    bool ready_;
    bool fresh_ = true;
};

class Bzip2 {
public:
    static constexpr const char* kName = "bzip2";
    Bzip2() : ready_(BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK) {}
    Bzip2(const Bzip2&) = delete;
    Bzip2& operator=(const Bzip2&) = delete;
    ~Bzip2() { BZ2_bzDecompressEnd(&stream_); }
    bool ready() const { return ready_; }
    bool between_members() const { return fresh_; }

    std::string step(std::span<char> input, std::span<char> output, std::size_t& used, std::size_t& made) {
        stream_.next_in = input.data();
        stream_.avail_in = static_cast<unsigned>(input.size());
        stream_.next_out = output.data();
        stream_.avail_out = static_cast<unsigned>(output.size());
        fresh_ = fresh_ && input.empty();
        const int code = BZ2_bzDecompress(&stream_);
        used = input.size() - stream_.avail_in;
        made = output.size() - stream_.avail_out;
        if (code == BZ_STREAM_END) {
            fresh_ = true;
            BZ2_bzDecompressEnd(&stream_);
            stream_ = {};
            ready_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK;
            return ready_ ? "" : "no memory";
        }
        return code == BZ_OK ? "" : "error " + std::to_string(code);
    }

private:
    bz_stream stream_{};
    bool ready_;
    bool fresh_ = true;
};

class Zstandard {
public:
    static constexpr const char* kName = "zstd";
    Zstandard() : stream_(ZSTD_createDStream()) {}
    Zstandard(const Zstandard&) = delete;
    Zstandard& operator=(const Zstandard&) = delete;
    ~Zstandard() { ZSTD_freeDStream(stream_); }
    bool ready() const { return stream_ != nullptr; }
    bool between_members() const { return fresh_; }

    std::string step(std::span<char> input, std::span<char> output, std::size_t& used, std::size_t& made) {
        ZSTD_inBuffer in{input.data(), input.size(), 0};
        ZSTD_outBuffer out{output.data(), output.size(), 0};
        const auto code = ZSTD_decompressStream(stream_, &out, &in);
        used = in.pos;
        made = out.pos;
        if (ZSTD_isError(code) != 0)
            return ZSTD_getErrorName(code);
        fresh_ = code == 0 || (fresh_ && used == 0);
        return {};
    }

private:
    ZSTD_DStream* stream_;
    bool fresh_ = true;
};

} // namespace

Result<TextCodec> codec_of_name(std::string_view file_name) {
    static constexpr std::array<std::pair<std::string_view, TextCodec>, 3> kCodecs{
        {{".gz", TextCodec::gzip}, {".bz2", TextCodec::bzip2}, {".zst", TextCodec::zstandard}}};
    for (const auto& [suffix, codec] : kCodecs)
        if (file_name.ends_with(suffix))
            return codec;
    for (const std::string_view suffix : {".snappy", ".lz4", ".lzo", ".lzo_deflate", ".deflate", ".xz"})
        if (file_name.ends_with(suffix))
            return Error::make(ErrorKind::unsupported, "a text file is packed with an unsupported codec")
                .why("the suffix '" + std::string(suffix) + "' stands for it")
                .fix("unpack the file, or pack it with gzip, bzip2 or zstd")
                .at(printable(file_name));
    return TextCodec::none;
}

Result<std::unique_ptr<TextSource>> open_text(ByteSource& source, TextCodec codec) {
    switch (codec) {
    case TextCodec::gzip: return std::unique_ptr<TextSource>(std::make_unique<PackedSource<Gzip>>(source));
    case TextCodec::bzip2: return std::unique_ptr<TextSource>(std::make_unique<PackedSource<Bzip2>>(source));
    case TextCodec::zstandard: return std::unique_ptr<TextSource>(std::make_unique<PackedSource<Zstandard>>(source));
    case TextCodec::none: break;
    }
    return std::unique_ptr<TextSource>(std::make_unique<PlainSource>(source));
}

} // namespace godwit::text_format
