#include "base/bytes.h"
#include "formats/iceberg/manifest.h"
#include "formats/iceberg/manifest_rewrite.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

/// Manifests and manifest lists: read without a crash, and rewritten with the identity to what reads the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace godwit;
    using namespace godwit::iceberg;
    avro::ReaderLimits limits;
    limits.block_bytes = 1 << 20;
    MemorySource source(std::string_view(reinterpret_cast<const char*>(data), size));
    if (auto list = ManifestListReader::open(source, limits); list.has_value()) {
        ManifestFile file;
        for (int i = 0; i < 1000; ++i)
            if (const auto more = list->next(file); more.is_error() || !*more)
                break;
        StringSink sink;
        static_cast<void>(rewrite_manifest_list(
            source, sink,
            [](std::string_view path, std::int64_t length) -> Result<MovedManifest> {
                return MovedManifest{"x" + std::string(path), length / 2};
            },
            limits));
    }
    auto reader = ManifestReader::open(source, limits);
    if (reader.is_error())
        return 0;
    ManifestEntry entry;
    std::int64_t entries = 0;
    for (; entries < 1000; ++entries)
        if (const auto more = reader->next(entry); more.is_error() || !*more)
            break;
    ManifestEdits edits;
    edits.path = [](std::string_view path) -> Result<std::string> { return "x" + std::string(path); };
    edits.rewritten = [](const DeleteFileKey& key) -> Result<std::optional<RewrittenFile>> {
        if (key.path.size() % 2 == 0)
            return std::optional<RewrittenFile>();
        return std::optional(RewrittenFile{7, {}, {}, "a", "b"});
    };
    StringSink sink;
    const auto counts = rewrite_manifest(source, sink, edits, limits);
    if (counts.is_error())
        return 0;
    MemorySource rewritten(sink.bytes());
    auto again = ManifestReader::open(rewritten, limits);
    if (again.is_error())
        std::abort();
    std::int64_t seen = 0;
    for (; seen < entries; ++seen)
        if (const auto more = again->next(entry); more.is_error() || !*more)
            break;
    if (seen != entries)
        std::abort();
    return 0;
}
