#pragma once

#include "base/file.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace godwit::lakehouse {

struct SpillRecord {
    std::string key;
    std::string value;
};

/// Sorts records by key as bytes, equal keys in the order in which they came, on disk: memory stays at `block_bytes`
/// whatever comes in. Add everything, then `sort`, then take with `peek` and `pop`.
class SortedSpill {
public:
    /// `folder` holds its temporary files and must outlive it; `name` is unique there.
    SortedSpill(std::string folder, std::string name, std::size_t block_bytes = std::size_t{32} << 20);
    SortedSpill(SortedSpill&&) noexcept;
    ~SortedSpill();

    Status add(std::string key, std::string value);
    Status sort();
    /// The smallest record that was not popped yet, or nullptr at the end. Valid until `pop`.
    const SpillRecord* peek() const;
    Status pop();
    std::uint64_t size() const { return records_; }

private:
    class Run;
    Status write_run();
    Status merge_runs();
    Result<std::string> next_file();
    std::size_t smallest() const;

    std::string folder_;
    std::string name_;
    std::size_t block_bytes_;
    std::vector<SpillRecord> block_;
    std::size_t held_ = 0;
    std::uint64_t records_ = 0;
    std::uint64_t files_ = 0;
    std::vector<std::unique_ptr<Run>> runs_; ///< oldest first: equal keys are taken from the first
    std::size_t front_ = 0;                  ///< index of the run that holds the smallest record
};

} // namespace godwit::lakehouse
