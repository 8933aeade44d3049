#pragma once

#include "base/bytes.h"
#include "formats/avro/reader.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace godwit::avro {

struct WriterOptions {
    std::string schema_json;
    /// Written after avro.schema and avro.codec, in this order.
    FileMetadata metadata;
    Codec codec = Codec::deflate;
    /// Chosen by the caller, so that the same input gives the same bytes.
    SyncMarker sync{};
    /// A block is closed when it holds at least this many bytes before compression.
    std::size_t block_bytes = 64 * 1024;
};

/// Writes an object container file. Nothing is written after an error; `finish` must be called.
class ContainerWriter {
public:
    static Result<ContainerWriter> create(ByteSink& sink, const WriterOptions& options);
    /// A file with the header, codec and sync marker of another.
    static Result<ContainerWriter> create_like(ByteSink& sink, const ContainerReader& reader);

    /// One datum, already encoded by the schema.
    Status append(std::string_view datum);
    /// A whole block of `records` data, compressed here.
    Status append_block(std::int64_t records, std::string_view raw);
    /// A whole block as it is stored; the codec must be the reader's.
    Status append_stored_block(std::int64_t records, std::string_view stored);
    /// Flushes; returns the size of the file in bytes.
    Result<std::uint64_t> finish();

private:
    ContainerWriter(ByteSink& sink, Codec codec, SyncMarker sync, std::size_t block_bytes)
        : sink_(&sink), codec_(codec), sync_(sync), block_bytes_(block_bytes) {}
    Status write(std::string_view bytes);
    Status flush();
    ByteSink* sink_;
    Codec codec_;
    SyncMarker sync_;
    std::size_t block_bytes_;
    std::string pending_;
    std::int64_t pending_records_ = 0;
    std::string stored_;
    std::uint64_t written_ = 0;
};

} // namespace godwit::avro
