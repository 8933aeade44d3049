#pragma once

#include "rows/row_digest.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace godwit::rows {

/// One row that is not equal on both sides. Names positions and columns, never values (spine, section 1, point 10).
struct RowDifference {
    enum class Kind { changed, only_in_source, only_in_target };
    struct Address {
        std::string file;
        std::int64_t row = -1; ///< -1: no such row on this side
    };
    Kind kind = Kind::changed;
    std::string group;
    std::uint32_t bucket = 0;
    std::string row_hash;             ///< first 12 hex digits of the row's MD5, of the source where it is there
    std::vector<std::string> columns; ///< that differ, or hold a value that is not representable; changed only
    Address source;
    Address target;
};

struct Narrowing {
    std::vector<RowDifference> rows; ///< sorted by group, bucket, hash; at most `max_rows`
    std::uint64_t different = 0;     ///< rows that differ: pairs that changed, and rows without a partner
    bool complete = true;            ///< false: more rows differ than were looked at, `different` is a lower bound
};

struct NarrowOptions {
    std::size_t max_groups = 16;          ///< differing groups that are looked into
    std::size_t max_rows = 1'000;         ///< rows reported
    std::size_t max_candidates = 200'000; ///< rows of differing buckets held in memory on each side
};

/// Reads a side once more. Called twice for each side.
using OpenSide = std::function<Result<AddressedStream>()>;

/// Finds the rows behind a comparison: first the hash buckets whose sums differ, then the rows in them.
/// With identifier columns a bucket holds the same rows on both sides, and rows are paired by identifier; without
/// them rows are paired where more than half of their columns agree.
Result<Narrowing> narrow(const ComparisonSchema& schema, const DigestComparison& comparison, const OpenSide& source,
                         const OpenSide& target, const NarrowOptions& options = {});

} // namespace godwit::rows
