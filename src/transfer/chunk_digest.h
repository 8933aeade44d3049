#pragma once

#include "base/digest.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace godwit::transfer {

inline constexpr std::uint64_t kChunkBytes = std::uint64_t{64} << 20;

/// The digest of an object: SHA-256 of every chunk of 64 MiB, and over those, concatenated, the Merkle root; for one
/// chunk too (spine, section 7).
class ChunkDigest {
public:
    void update(std::string_view bytes);
    std::uint64_t bytes() const { return bytes_; }
    /// The root as hex; the object starts anew. No bytes give the root over one empty chunk.
    std::string finish();

private:
    Sha256 chunk_;
    std::uint64_t in_chunk_ = 0;
    std::uint64_t bytes_ = 0;
    std::string roots_;
};

} // namespace godwit::transfer
