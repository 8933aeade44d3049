#include "transfer/chunk_digest.h"

#include "base/text.h"

#include <algorithm>

namespace godwit::transfer {

void ChunkDigest::update(std::string_view bytes) {
    bytes_ += bytes.size();
    while (!bytes.empty()) {
        const auto count = std::min<std::uint64_t>(bytes.size(), kChunkBytes - in_chunk_);
        chunk_.update(bytes.substr(0, count));
        in_chunk_ += count;
        bytes.remove_prefix(count);
        if (in_chunk_ == kChunkBytes) {
            roots_ += chunk_.finish();
            in_chunk_ = 0;
        }
    }
}

std::string ChunkDigest::finish() {
    if (in_chunk_ > 0 || roots_.empty())
        roots_ += chunk_.finish();
    auto root = sha256_hex(roots_);
    roots_.clear();
    in_chunk_ = 0;
    bytes_ = 0;
    return root;
}

} // namespace godwit::transfer
