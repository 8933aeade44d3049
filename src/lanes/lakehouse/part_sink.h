#pragma once

#include "base/bytes.h"
#include "transfer/chunk_digest.h"
#include "transfer/file_parts.h"

#include <functional>
#include <string>

namespace godwit::lakehouse {

/// A new file of a part, written by a format: counts and digests what passes, then goes into the ledger.
class PartSink final : public ByteSink {
public:
    static Result<PartSink> create(transfer::OpenPart& part);

    Status write(std::string_view bytes) override;
    std::uint64_t bytes() const { return digest_.bytes(); }
    /// Closes the file and gives it its final key. Returns its size.
    Result<std::uint64_t> finish(const std::string& key);

private:
    PartSink(transfer::OpenPart& part, clients::TargetFile file, std::uint64_t number)
        : part_(&part), file_(std::move(file)), number_(number) {}

    transfer::OpenPart* part_;
    clients::TargetFile file_;
    std::uint64_t number_;
    transfer::ChunkDigest digest_;
};

} // namespace godwit::lakehouse
