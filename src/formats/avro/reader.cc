#include "formats/avro/reader.h"

#include "base/text.h"
#include "formats/avro/binary.h"

#include <algorithm>
#include <cstring>

namespace godwit::avro {

namespace {

constexpr std::string_view kMagic("Obj\1", 4);
/// All blocks together may hold 200 times what is stored. Manifests come to 6, to 75 where a table is wide and empty.
constexpr std::uint64_t kLargestRatio = 200;
constexpr std::size_t kMostMetadata = 10'000;

Error container_error(const ByteSource& source, std::uint64_t offset, std::string why) {
    return Error::make(ErrorKind::invalid_input, "the Avro file cannot be read")
        .why(std::move(why))
        .fix("check that it is a complete Avro container file; copy it again from its source")
        .at(source.name() + " at offset " + std::to_string(offset));
}

/// Reads the map of file metadata; false where the bytes end before it does.
bool parse_metadata(Cursor& cursor, FileMetadata& metadata) {
    metadata.clear();
    std::int64_t bytes = 0;
    for (auto count = cursor.read_block_count(bytes); count > 0; count = cursor.read_block_count(bytes)) {
        for (; count > 0 && !cursor.failed(); --count) {
            const auto key = cursor.read_bytes();
            const auto value = cursor.read_bytes();
            if (metadata.size() == kMostMetadata)
                cursor.fail();
            if (!cursor.failed())
                metadata.emplace_back(key, value);
        }
    }
    return !cursor.failed();
}

/// The header's bytes, read in growing pieces because nothing tells how long it is.
Result<std::string> read_header(ByteSource& source, const ReaderLimits& limits, FileMetadata& metadata) {
    std::uint64_t want = 16 * 1024;
    for (;; want *= 4) {
        const auto have = std::min({want, source.size(), limits.header_bytes});
        auto bytes = TRY(read_exactly(source, 0, have));
        if (bytes.size() < kMagic.size() || !std::string_view(bytes).starts_with(kMagic))
            return container_error(source, 0, "it does not start with Avro's magic bytes");
        Cursor cursor(bytes, kMagic.size());
        if (parse_metadata(cursor, metadata) && cursor.remaining() >= SyncMarker().size()) {
            bytes.resize(cursor.offset() + SyncMarker().size());
            return bytes;
        }
        if (have == source.size())
            return container_error(source, have, "its header is damaged or ends too early");
        if (have == limits.header_bytes)
            return container_error(source, have, "its header is longer than " + std::to_string(have) + " bytes");
    }
}

const std::string* find(const FileMetadata& metadata, std::string_view key) {
    for (const auto& [name, value] : metadata)
        if (name == key)
            return &value;
    return nullptr;
}

} // namespace

Result<ContainerReader> ContainerReader::open(ByteSource& source, const ReaderLimits& limits) {
    FileMetadata metadata;
    auto header = TRY(read_header(source, limits, metadata));
    const auto* schema_json = find(metadata, "avro.schema");
    if (schema_json == nullptr)
        return container_error(source, 0, "its header has no avro.schema");
    auto schema = Schema::parse(*schema_json);
    if (schema.is_error())
        return std::move(schema.error()).at(source.name());
    const auto* codec_name = find(metadata, "avro.codec");
    auto codec = codec_name == nullptr || codec_name->empty() ? Result<Codec>(Codec::null) : parse_codec(*codec_name);
    if (codec.is_error())
        return std::move(codec.error()).at(source.name());

    ContainerReader reader(source, limits, std::move(schema).release());
    reader.metadata_ = std::move(metadata);
    reader.codec_ = *codec;
    reader.offset_ = header.size();
    const auto sync_at = header.size() - reader.sync_.size();
    std::memcpy(reader.sync_.data(), header.data() + sync_at, reader.sync_.size());
    header.resize(sync_at);
    reader.header_bytes_ = std::move(header);
    return reader;
}

bool ContainerReader::find_metadata(std::string_view key, std::string_view& value) const {
    const auto* found = find(metadata_, key);
    value = found == nullptr ? std::string_view() : std::string_view(*found);
    return found != nullptr;
}

Result<bool> ContainerReader::next_block(Block& block) {
    if (offset_ == source_->size())
        return false;
    std::array<char, 20> head{};
    const auto head_size = std::min<std::uint64_t>(head.size(), source_->size() - offset_);
    const auto got = TRY(source_->read_at(offset_, std::span(head.data(), head_size)));
    Cursor cursor(std::string_view(head.data(), got));
    const auto records = cursor.read_long();
    const auto bytes = cursor.read_long();
    const auto body = offset_ + cursor.offset();
    if (cursor.failed() || records < 0 || bytes < 0)
        return container_error(*source_, offset_, "the head of a block is damaged");
    const auto rest = source_->size() - body;
    if (static_cast<std::uint64_t>(bytes) > rest || rest - static_cast<std::uint64_t>(bytes) < sync_.size())
        return container_error(*source_, offset_, "a block ends after the file does");
    if (static_cast<std::uint64_t>(bytes) > limits_.block_bytes)
        return container_error(*source_, offset_,
                               "a block has more than " + std::to_string(limits_.block_bytes) + " bytes");
    const auto size = static_cast<std::size_t>(bytes);
    stored_.resize(size + sync_.size());
    if (TRY(source_->read_at(body, std::span(stored_.data(), stored_.size()))) != stored_.size())
        return container_error(*source_, body, "the file became shorter while it was read");
    if (std::memcmp(stored_.data() + size, sync_.data(), sync_.size()) != 0)
        return container_error(*source_, body + size, "the sync marker behind a block is wrong");
    stored_.resize(size);
    if (codec_ == Codec::null) {
        block.raw = stored_;
    } else {
        allowance_ += stored_.size() * kLargestRatio;
        auto decompressed = decompress(codec_, stored_, std::min(limits_.block_bytes, allowance_), raw_);
        if (decompressed.is_error())
            return std::move(decompressed.error()).at(source_->name() + " at offset " + std::to_string(offset_));
        allowance_ -= raw_.size();
        block.raw = raw_;
    }
    // Records without bytes exist only for schemas that hold nothing; then too a count must not run away.
    const auto least = std::max<std::size_t>(schema_.root().least_bytes, 1);
    if (static_cast<std::uint64_t>(records) > block.raw.size() / least + 1'000'000U * (schema_.root().least_bytes == 0))
        return container_error(*source_, offset_, "a block claims more records than its bytes can hold");
    block.records = records;
    block.stored = stored_;
    block.offset = offset_;
    offset_ = body + size + sync_.size();
    return true;
}

} // namespace godwit::avro
