#pragma once

#include "lanes/lakehouse/record_file.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace godwit::lakehouse {

/// Sorts records by key as bytes, equal keys in the order in which they came, on disk: memory stays at `block_bytes`
/// whatever comes in. Add everything, then `sort`, then take with `peek` and `pop`. Its files have no names: a process
/// that is killed leaves none of them.
class SortedSpill final : public RecordStream {
public:
    /// `folder` takes the files; empty: the system's place for temporary files.
    explicit SortedSpill(std::size_t block_bytes = std::size_t{32} << 20, std::string folder = {});
    SortedSpill(SortedSpill&&) noexcept;
    ~SortedSpill() override;

    Status add(std::string key, std::string value);
    Status sort();
    /// The smallest record that was not popped yet.
    const SpillRecord* peek() const override;
    Status pop() override;
    std::uint64_t size() const { return records_; }

private:
    Status write_run();
    Status merge_runs();
    std::size_t smallest() const;

    std::string folder_;
    std::size_t block_bytes_;
    std::vector<SpillRecord> block_;
    std::size_t held_ = 0;
    std::uint64_t records_ = 0;
    std::vector<std::unique_ptr<RecordReader>> runs_; ///< oldest first: equal keys are taken from the first
    std::size_t front_ = 0;                           ///< index of the run that holds the smallest record
};

} // namespace godwit::lakehouse
