#include "formats/avro/codec.h"

#include "base/text.h"

#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>

namespace godwit::avro {

namespace {

// Level 1 of both is what keeps a rewrite of a million entries near the speed of reading them; manifests hold long
// shared prefixes, of which the higher levels gain only a tenth.
constexpr int kDeflateLevel = 1;
constexpr int kZstandardLevel = 1;
constexpr std::size_t kChunk = 64 * 1024;

Error codec_error(Codec codec, std::string why) {
    return Error::make(ErrorKind::invalid_input, "a block of the Avro file cannot be decompressed")
        .why(std::string(to_string(codec)) + ": " + std::move(why))
        .fix("copy the file again from its source");
}

Error too_large(Codec codec, std::size_t limit) {
    return Error::make(ErrorKind::unsupported, "a block of the Avro file is too large")
        .why(std::string(to_string(codec)) + ": it holds more than " + std::to_string(limit) +
             " bytes when decompressed")
        .fix("check that the file is what it should be; if so, have its writer make smaller blocks");
}

Status deflate_into(std::string_view raw, std::string& into) {
    z_stream stream{};
    if (deflateInit2(&stream, kDeflateLevel, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return Error::make(ErrorKind::bug, "zlib cannot be started").fix("report this, with the version of zlib");
    into.resize(deflateBound(&stream, raw.size()));
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(raw.data()));
    stream.avail_in = static_cast<uInt>(raw.size());
    stream.next_out = reinterpret_cast<Bytef*>(into.data());
    stream.avail_out = static_cast<uInt>(into.size());
    const auto outcome = deflate(&stream, Z_FINISH);
    into.resize(stream.total_out);
    deflateEnd(&stream);
    if (outcome != Z_STREAM_END)
        return Error::make(ErrorKind::bug, "zlib did not finish a block").fix("report this, with the version of zlib");
    return {};
}

Status inflate_into(std::string_view stored, std::size_t limit, std::string& into) {
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        return Error::make(ErrorKind::bug, "zlib cannot be started").fix("report this, with the version of zlib");
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(stored.data()));
    stream.avail_in = static_cast<uInt>(stored.size());
    into.clear();
    for (;;) {
        const auto had = into.size();
        if (had > limit)
            return too_large(Codec::deflate, limit);
        into.resize(had + std::max<std::size_t>(kChunk, had / 2));
        stream.next_out = reinterpret_cast<Bytef*>(into.data() + had);
        stream.avail_out = static_cast<uInt>(into.size() - had);
        const auto outcome = inflate(&stream, Z_NO_FLUSH);
        into.resize(into.size() - stream.avail_out);
        if (outcome == Z_STREAM_END)
            break;
        if (outcome != Z_OK || (stream.avail_in == 0 && into.size() == had))
            return codec_error(Codec::deflate, stream.msg != nullptr ? stream.msg : "the data ends too early");
    }
    if (into.size() > limit)
        return too_large(Codec::deflate, limit);
    return {};
}

/// Big-endian CRC-32 of the raw data, behind a snappy block.
std::array<char, 4> checksum_of(std::string_view raw) {
    const auto crc =
        static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(raw.data()), static_cast<uInt>(raw.size())));
    return {static_cast<char>(crc >> 24), static_cast<char>(crc >> 16), static_cast<char>(crc >> 8),
            static_cast<char>(crc)};
}

void snappy_into(std::string_view raw, std::string& into) {
    into.resize(snappy::MaxCompressedLength(raw.size()));
    std::size_t length = 0;
    snappy::RawCompress(raw.data(), raw.size(), into.data(), &length);
    into.resize(length);
    const auto checksum = checksum_of(raw);
    into.append(checksum.data(), checksum.size());
}

Status unsnappy_into(std::string_view stored, std::size_t limit, std::string& into) {
    if (stored.size() < 4)
        return codec_error(Codec::snappy, "the block is shorter than its checksum");
    const auto body = stored.substr(0, stored.size() - 4);
    std::size_t length = 0;
    // No snappy element expands more than 64 bytes out of 2, so that a longer claim is a lie.
    if (!snappy::GetUncompressedLength(body.data(), body.size(), &length) || length > body.size() * 32 + 64)
        return codec_error(Codec::snappy, "the block's length is wrong");
    if (length > limit)
        return too_large(Codec::snappy, limit);
    into.resize(length);
    if (!snappy::RawUncompress(body.data(), body.size(), into.data()))
        return codec_error(Codec::snappy, "the data is damaged");
    const auto checksum = checksum_of(into);
    if (stored.substr(body.size()) != std::string_view(checksum.data(), checksum.size()))
        return codec_error(Codec::snappy, "the checksum does not match the data");
    return {};
}

Status zstandard_into(std::string_view raw, std::string& into) {
    into.resize(ZSTD_compressBound(raw.size()));
    const auto length = ZSTD_compress(into.data(), into.size(), raw.data(), raw.size(), kZstandardLevel);
    if (ZSTD_isError(length) != 0)
        return Error::make(ErrorKind::bug, "zstandard did not finish a block")
            .why(ZSTD_getErrorName(length))
            .fix("report this");
    into.resize(length);
    return {};
}

Status unzstandard_into(std::string_view stored, std::size_t limit, std::string& into) {
    const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
    // Without this a frame may ask for a window of 128 MiB before a byte has been decoded.
    ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, 26);
    ZSTD_inBuffer in{stored.data(), stored.size(), 0};
    into.clear();
    std::size_t outcome = 1;
    while (outcome != 0 || in.pos < in.size) {
        const auto had = into.size();
        if (had > limit)
            return too_large(Codec::zstandard, limit);
        into.resize(had + std::max<std::size_t>(kChunk, had / 2));
        ZSTD_outBuffer out{into.data() + had, into.size() - had, 0};
        outcome = ZSTD_decompressStream(stream.get(), &out, &in);
        into.resize(had + out.pos);
        if (ZSTD_isError(outcome) != 0)
            return codec_error(Codec::zstandard, ZSTD_getErrorName(outcome));
        if (out.pos == 0 && in.pos == in.size && outcome != 0)
            return codec_error(Codec::zstandard, "the data ends too early");
    }
    if (into.size() > limit)
        return too_large(Codec::zstandard, limit);
    return {};
}

} // namespace

std::string_view to_string(Codec codec) {
    switch (codec) {
    case Codec::null: return "null";
    case Codec::deflate: return "deflate";
    case Codec::snappy: return "snappy";
    case Codec::zstandard: return "zstandard";
    }
    return "null";
}

Result<Codec> parse_codec(std::string_view name) {
    for (const auto codec : {Codec::null, Codec::deflate, Codec::snappy, Codec::zstandard})
        if (to_string(codec) == name)
            return codec;
    const bool known = name == "bzip2" || name == "xz";
    return Error::make(known ? ErrorKind::unsupported : ErrorKind::invalid_input,
                       "the Avro file's codec cannot be read")
        .why("it is '" + printable(name) + "'; null, deflate, snappy and zstandard are supported")
        .fix("have the table's writer rewrite its manifests with deflate or zstandard")
        .at("avro.codec");
}

Status compress(Codec codec, std::string_view raw, std::string& into) {
    if (raw.size() > (std::size_t{1} << 31))
        return Error::make(ErrorKind::unsupported, "a block is too large for an Avro file")
            .why("it has " + std::to_string(raw.size()) + " bytes, the limit is 2 GiB")
            .fix("write smaller blocks");
    switch (codec) {
    case Codec::null: into = raw; return {};
    case Codec::deflate: return deflate_into(raw, into);
    case Codec::snappy: snappy_into(raw, into); return {};
    case Codec::zstandard: return zstandard_into(raw, into);
    }
    return {};
}

Status decompress(Codec codec, std::string_view stored, std::size_t limit, std::string& into) {
    switch (codec) {
    case Codec::null:
        if (stored.size() > limit)
            return too_large(codec, limit);
        into = stored;
        return {};
    case Codec::deflate: return inflate_into(stored, limit, into);
    case Codec::snappy: return unsnappy_into(stored, limit, into);
    case Codec::zstandard: return unzstandard_into(stored, limit, into);
    }
    return {};
}

} // namespace godwit::avro
