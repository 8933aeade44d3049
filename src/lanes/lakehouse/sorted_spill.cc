#include "lanes/lakehouse/sorted_spill.h"

#include <algorithm>

namespace godwit::lakehouse {

namespace {

constexpr std::size_t kFanIn = 64;

bool before(const SpillRecord& a, const SpillRecord& b) { return a.key < b.key; }

} // namespace

SortedSpill::SortedSpill(std::size_t block_bytes, std::string folder)
    : folder_(std::move(folder)), block_bytes_(block_bytes) {}
SortedSpill::SortedSpill(SortedSpill&&) noexcept = default;
SortedSpill::~SortedSpill() = default;

Status SortedSpill::add(std::string key, std::string value) {
    held_ += key.size() + value.size() + sizeof(SpillRecord);
    block_.push_back({std::move(key), std::move(value)});
    ++records_;
    return held_ < block_bytes_ ? Status() : write_run();
}

Status SortedSpill::write_run() {
    if (block_.empty())
        return {};
    std::stable_sort(block_.begin(), block_.end(), before);
    auto writer = TRY(RecordWriter::create(folder_));
    for (const auto& record : block_)
        TRY(writer.add(record));
    block_.clear();
    held_ = 0;
    runs_.push_back(TRY(RecordReader::open(TRY(writer.finish()))));
    return runs_.size() < kFanIn ? Status() : merge_runs();
}

/// Many runs become one, so that few files are open at once. The result is older than whatever follows.
Status SortedSpill::merge_runs() {
    auto writer = TRY(RecordWriter::create(folder_));
    front_ = smallest();
    for (; peek() != nullptr; TRY(pop()))
        TRY(writer.add(*peek()));
    runs_.clear();
    runs_.push_back(TRY(RecordReader::open(TRY(writer.finish()))));
    return {};
}

Status SortedSpill::sort() {
    TRY(write_run());
    front_ = smallest();
    return {};
}

std::size_t SortedSpill::smallest() const {
    std::size_t found = runs_.size();
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        const auto* candidate = runs_[i]->peek();
        if (candidate != nullptr && (found == runs_.size() || before(*candidate, *runs_[found]->peek())))
            found = i;
    }
    return found;
}

const SpillRecord* SortedSpill::peek() const { return front_ < runs_.size() ? runs_[front_]->peek() : nullptr; }

Status SortedSpill::pop() {
    TRY(runs_[front_]->pop());
    front_ = smallest();
    return {};
}

} // namespace godwit::lakehouse
