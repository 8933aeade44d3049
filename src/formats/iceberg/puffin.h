#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "formats/iceberg/table_metadata.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::iceberg {

/// Puffin specification, "BlobMetadata".
struct PuffinBlob {
    std::string type;
    std::vector<std::int32_t> fields;
    std::int64_t snapshot_id = 0;
    std::int64_t sequence_number = 0;
    std::int64_t offset = 0;
    std::int64_t length = 0;
    std::string compression_codec; ///< empty: none
    Properties properties;
};

struct PuffinFooter {
    std::vector<PuffinBlob> blobs;
    Properties properties;
    std::uint32_t flags = 0;
    std::string json;                ///< the payload as it stood, decompressed
    std::uint64_t footer_offset = 0; ///< of the footer's own magic
};

/// Checks magic, sizes, flags and that blobs lie between header and footer. A footer compressed with LZ4 is
/// refused with an error of kind `unsupported`.
Result<PuffinFooter> read_puffin_footer(ByteSource& source);
/// A blob's bytes as stored; at most `limit` of them.
Result<std::string> read_puffin_blob(ByteSource& source, const PuffinBlob& blob,
                                     std::uint64_t limit = std::uint64_t{1} << 30);

/// Whether the file is one deletion vector and nothing else (its length, then the magic number of vectors), as early
/// writers left it: readers that go by the manifest's offset and size read it all the same.
Result<bool> is_bare_vector(ByteSource& source);

class PuffinWriter {
public:
    static Result<PuffinWriter> create(ByteSink& sink);
    /// Stored as given; returns where it lies. Offset and length in `blob` are ignored.
    Result<PuffinBlob> add(PuffinBlob blob, std::string_view bytes);
    /// Size of the file in bytes.
    Result<std::uint64_t> finish(const Properties& properties);

private:
    explicit PuffinWriter(ByteSink& sink) : sink_(&sink) {}
    ByteSink* sink_;
    std::uint64_t written_ = 0;
    std::vector<PuffinBlob> blobs_;
};

/// Copies a Puffin file with the property `referenced-data-file` of every blob mapped. Every byte before the footer's
/// payload stays, so blob offsets and lengths stay too; unknown fields of the footer stay. A bare deletion vector
/// names no file and is copied. Returns the new size.
Result<std::uint64_t> rewrite_puffin(ByteSource& source, ByteSink& sink,
                                     const std::function<Result<std::string>(std::string_view)>& path);

/// Deleted row positions of one data file: blob type deletion-vector-v1. The bitmap code is ours, because libroaring
/// trusts the counts of what it reads; a container stays in the form that it was read in, so that memory follows the
/// size of the blob.
class DeletionVector {
public:
    DeletionVector();
    DeletionVector(DeletionVector&&) noexcept;
    DeletionVector& operator=(DeletionVector&&) noexcept;
    ~DeletionVector();

    /// Length, magic, CRC-32 and the bitmap itself are checked.
    static Result<DeletionVector> decode(std::string_view blob);
    /// The blob's bytes: the same positions give the same bytes.
    std::string encode() const;

    void add(std::uint64_t position); ///< below 2^63
    bool contains(std::uint64_t position) const;
    std::uint64_t count() const;
    std::vector<std::uint64_t> positions() const; ///< ascending
    bool operator==(const DeletionVector& other) const;

private:
    struct Containers;
    std::unique_ptr<Containers> containers_;
};

} // namespace godwit::iceberg
