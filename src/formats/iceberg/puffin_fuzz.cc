#include "base/bytes.h"
#include "formats/iceberg/puffin.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

/// Puffin files and deletion vectors: what is read is written to something that reads the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace godwit;
    using namespace godwit::iceberg;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto check = [](std::string_view blob) {
        const auto vector = DeletionVector::decode(blob);
        if (vector.is_error())
            return;
        const auto encoded = vector->encode();
        const auto again = DeletionVector::decode(encoded);
        if (again.is_error() || again->encode() != encoded || again->count() != vector->count())
            std::abort();
    };
    check(bytes);
    MemorySource source(bytes);
    if (const auto footer = read_puffin_footer(source); footer.has_value())
        for (const auto& blob : footer->blobs)
            if (const auto content = read_puffin_blob(source, blob); content.has_value())
                check(*content);
    StringSink sink;
    const auto rewritten = rewrite_puffin(
        source, sink, [](std::string_view path) -> Result<std::string> { return "x" + std::string(path); });
    if (rewritten.has_value() && *rewritten != sink.bytes().size())
        std::abort();
    return 0;
}
