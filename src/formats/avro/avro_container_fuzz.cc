#include "formats/avro/fields.h"
#include "formats/avro/reader.h"
#include "formats/avro/value.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

/// Whatever the bytes are: no crash, and what decodes encodes to something that decodes to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace godwit;
    MemorySource source(std::string_view(reinterpret_cast<const char*>(data), size));
    avro::ReaderLimits limits;
    limits.block_bytes = 1 << 20;
    auto reader = avro::ContainerReader::open(source, limits);
    if (reader.is_error())
        return 0;
    avro::DecodeLimits decode_limits;
    decode_limits.values = 10'000;
    avro::Block block;
    for (int blocks = 0; blocks < 16; ++blocks) {
        const auto more = reader->next_block(block);
        if (more.is_error() || !*more)
            break;
        avro::Cursor cursor(block.raw);
        for (std::int64_t record = 0; record < block.records && record < 100; ++record) {
            const auto value = avro::decode(reader->schema().root(), cursor, decode_limits);
            if (value.is_error())
                break;
            std::string encoded;
            if (avro::encode(reader->schema().root(), *value, encoded).is_error())
                std::abort();
            avro::Cursor again(encoded);
            const auto decoded = avro::decode(reader->schema().root(), again, decode_limits);
            std::string encoded_again;
            if (decoded.is_error() || avro::encode(reader->schema().root(), *decoded, encoded_again).is_error() ||
                encoded_again != encoded)
                std::abort();
        }
    }
    MemorySource twice(std::string_view(reinterpret_cast<const char*>(data), size));
    auto rewriter = avro::ContainerReader::open(twice, limits);
    const auto locator = avro::FieldLocator::compile(
        rewriter->schema(), {{{2, "data_file"}, {100, "file_path"}}, {{500, "manifest_path"}}});
    if (locator.is_error())
        return 0;
    StringSink sink;
    const auto nothing = [](std::string_view, std::span<const avro::Slice>, std::vector<avro::Edit>&) -> Status {
        return {};
    };
    static_cast<void>(avro::rewrite_container(*rewriter, *locator, nothing, sink));
    return 0;
}
