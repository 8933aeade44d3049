#pragma once

#include "base/bytes.h"
#include "formats/avro/codec.h"
#include "formats/avro/schema.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace godwit::avro {

using SyncMarker = std::array<char, 16>;

/// File metadata in the order of the file: key and raw bytes.
using FileMetadata = std::vector<std::pair<std::string, std::string>>;

struct ReaderLimits {
    std::uint64_t header_bytes = std::uint64_t{16} << 20;
    std::uint64_t block_bytes = std::uint64_t{128} << 20; ///< stored, and again decompressed
};

/// One block of a container file. The views hold until the next call on the reader.
struct Block {
    std::int64_t records = 0;
    std::string_view raw;     ///< decompressed
    std::string_view stored;  ///< as it lies in the file
    std::uint64_t offset = 0; ///< of the block in the file, for messages
};

/// Avro object container file (specification, "Object Container Files"), block by block: memory is one block.
class ContainerReader {
public:
    /// The source must outlive the reader.
    static Result<ContainerReader> open(ByteSource& source, const ReaderLimits& limits = {});

    const Schema& schema() const { return schema_; }
    const FileMetadata& metadata() const { return metadata_; }
    /// Empty view and false if the key is absent.
    bool find_metadata(std::string_view key, std::string_view& value) const;
    Codec codec() const { return codec_; }
    const SyncMarker& sync_marker() const { return sync_; }
    /// The header up to, without, its sync marker, byte for byte.
    const std::string& header_bytes() const { return header_bytes_; }
    const std::string& name() const { return source_->name(); }

    /// False at the end of the file.
    Result<bool> next_block(Block& block);

private:
    ContainerReader(ByteSource& source, ReaderLimits limits, Schema schema)
        : source_(&source), limits_(limits), schema_(std::move(schema)) {}
    ByteSource* source_;
    ReaderLimits limits_;
    Schema schema_;
    FileMetadata metadata_;
    Codec codec_ = Codec::null;
    SyncMarker sync_{};
    std::string header_bytes_;
    std::uint64_t offset_ = 0;
    std::uint64_t allowance_ = std::uint64_t{16} << 20; ///< what may still be decompressed
    std::string stored_;
    std::string raw_;
};

} // namespace godwit::avro
