#include "lanes/lakehouse/sorted_spill.h"

#include <algorithm>
#include <cstring>
#include <optional>

namespace godwit::lakehouse {

namespace {

constexpr std::size_t kFanIn = 64;
constexpr std::size_t kReadBlock = std::size_t{128} << 10;

void append_text(std::string& out, const std::string& text) {
    const auto size = static_cast<std::uint64_t>(text.size());
    out.append(reinterpret_cast<const char*>(&size), sizeof size);
    out += text;
}

void append_record(std::string& out, const SpillRecord& record) {
    append_text(out, record.key);
    append_text(out, record.value);
}

bool before(const SpillRecord& a, const SpillRecord& b) { return a.key < b.key; }

} // namespace

/// A sorted file, read from its beginning. The file has no name any more: it ends with the object.
class SortedSpill::Run {
public:
    static Result<std::unique_ptr<Run>> open(const std::string& path) {
        auto file = TRY(File::open_for_reading(path));
        TRY(remove_file(path));
        auto run = std::unique_ptr<Run>(new Run(std::move(file)));
        TRY(run->advance());
        return run;
    }

    const SpillRecord* front() const { return front_ ? &*front_ : nullptr; }

    Status advance() {
        const auto more = TRY(have(sizeof(std::uint64_t)));
        if (!more) {
            front_.reset();
            return {};
        }
        if (!front_)
            front_.emplace();
        TRY(take(front_->key));
        return take(front_->value);
    }

private:
    explicit Run(File file) : file_(std::move(file)) {}

    /// Whether `bytes` more bytes can be had.
    Result<bool> have(std::size_t bytes) {
        if (buffer_.size() - position_ >= bytes)
            return true;
        buffer_.erase(0, position_);
        position_ = 0;
        while (buffer_.size() < bytes) {
            const auto held = buffer_.size();
            buffer_.resize(held + std::max(kReadBlock, bytes - held));
            const auto got = TRY(file_.read_at(offset_, buffer_.data() + held, buffer_.size() - held));
            buffer_.resize(held + got);
            offset_ += got;
            if (got == 0)
                return false;
        }
        return true;
    }

    Status take(std::string& into) {
        std::uint64_t size = 0;
        if (!TRY(have(sizeof size)))
            return cut_off();
        std::memcpy(&size, buffer_.data() + position_, sizeof size);
        position_ += sizeof size;
        if (!TRY(have(size)))
            return cut_off();
        into.assign(buffer_, position_, size);
        position_ += size;
        return {};
    }

    Error cut_off() const {
        return Error::make(ErrorKind::io, "a temporary file ends too early")
            .fix("look for a full or failing disk")
            .at(file_.path());
    }

    File file_;
    std::string buffer_;
    std::size_t position_ = 0;
    std::uint64_t offset_ = 0;
    std::optional<SpillRecord> front_;
};

SortedSpill::SortedSpill(std::string folder, std::string name, std::size_t block_bytes)
    : folder_(std::move(folder)), name_(std::move(name)), block_bytes_(block_bytes) {}
SortedSpill::SortedSpill(SortedSpill&&) noexcept = default;
SortedSpill::~SortedSpill() = default;

Status SortedSpill::add(std::string key, std::string value) {
    held_ += key.size() + value.size() + sizeof(SpillRecord);
    block_.push_back({std::move(key), std::move(value)});
    ++records_;
    return held_ < block_bytes_ ? Status() : write_run();
}

Result<std::string> SortedSpill::next_file() { return folder_ + "/" + name_ + "." + std::to_string(files_++); }

Status SortedSpill::write_run() {
    if (block_.empty())
        return {};
    std::stable_sort(block_.begin(), block_.end(), before);
    const auto path = TRY(next_file());
    auto file = TRY(File::create(path, 0600));
    std::string buffer;
    for (const auto& record : block_) {
        append_record(buffer, record);
        if (buffer.size() >= kReadBlock) {
            TRY(file.write(buffer));
            buffer.clear();
        }
    }
    TRY(file.write(buffer));
    TRY(file.close());
    block_.clear();
    held_ = 0;
    runs_.push_back(TRY(Run::open(path)));
    return runs_.size() < kFanIn ? Status() : merge_runs();
}

/// Many runs become one, so that few files are open at once. The result is older than whatever follows.
Status SortedSpill::merge_runs() {
    const auto path = TRY(next_file());
    auto file = TRY(File::create(path, 0600));
    std::string buffer;
    front_ = smallest();
    while (const auto* record = peek()) {
        append_record(buffer, *record);
        TRY(pop());
        if (buffer.size() >= kReadBlock) {
            TRY(file.write(buffer));
            buffer.clear();
        }
    }
    TRY(file.write(buffer));
    TRY(file.close());
    runs_.clear();
    runs_.push_back(TRY(Run::open(path)));
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
        const auto* candidate = runs_[i]->front();
        if (candidate != nullptr && (found == runs_.size() || before(*candidate, *runs_[found]->front())))
            found = i;
    }
    return found;
}

const SpillRecord* SortedSpill::peek() const { return front_ < runs_.size() ? runs_[front_]->front() : nullptr; }

Status SortedSpill::pop() {
    TRY(runs_[front_]->advance());
    front_ = smallest();
    return {};
}

} // namespace godwit::lakehouse
