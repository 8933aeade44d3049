#include "formats/iceberg/table_metadata.h"

#include <zlib.h>

#include <algorithm>
#include <memory>

namespace godwit::iceberg {

namespace {

constexpr int kGzipWindow = MAX_WBITS + 16;

Error gzip_error(std::string why) {
    return Error::make(ErrorKind::invalid_input, "the gzip-compressed metadata cannot be read")
        .why(std::move(why))
        .fix("copy the file again from its source");
}

} // namespace

Result<std::string> gzip(std::string_view bytes) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return Error::make(ErrorKind::bug, "zlib cannot be started").fix("report this, with the version of zlib");
    std::string out(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const auto outcome = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (outcome != Z_STREAM_END || bytes.size() > UINT32_MAX)
        return Error::make(ErrorKind::unsupported, "the metadata is too large for gzip")
            .why("it has " + std::to_string(bytes.size()) + " bytes")
            .fix("expire snapshots of the table");
    return out;
}

Result<std::string> gunzip(std::string_view bytes, std::size_t limit) {
    z_stream stream{};
    if (inflateInit2(&stream, kGzipWindow) != Z_OK)
        return Error::make(ErrorKind::bug, "zlib cannot be started").fix("report this, with the version of zlib");
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), UINT32_MAX));
    std::string out;
    for (;;) {
        const auto had = out.size();
        out.resize(had + std::max<std::size_t>(std::size_t{64} << 10, had / 2));
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + had);
        stream.avail_out = static_cast<uInt>(out.size() - had);
        const auto outcome = inflate(&stream, Z_NO_FLUSH);
        out.resize(out.size() - stream.avail_out);
        if (out.size() > limit)
            return gzip_error("it holds more than " + std::to_string(limit) + " bytes");
        if (outcome == Z_STREAM_END)
            return out;
        if (outcome != Z_OK || (stream.avail_in == 0 && out.size() == had))
            return gzip_error(stream.msg != nullptr ? stream.msg : "the data ends too early");
    }
}

} // namespace godwit::iceberg
