#include "lanes/lakehouse/export_index.h"

#include "lanes/lakehouse/export_files.h"

#include <array>
#include <cstring>
#include <optional>

namespace godwit::lakehouse {

namespace {

constexpr std::size_t kPositionBytes = 2 * sizeof(std::uint64_t);

Error cut_off(const File& file) {
    return Error::make(ErrorKind::io, "a temporary file ends too early")
        .fix("look for a full or failing disk")
        .at(file.path());
}

} // namespace

class ExportIndex::Builder final : public EntrySink {
public:
    Builder(RecordWriter tables, RecordWriter partitions, File positions)
        : tables_(std::move(tables)), partitions_(std::move(partitions)), positions_(std::move(positions)) {}

    Status table(const SpillRecord& entry) override {
        if (entry.key != key_) {
            key_ = entry.key;
            ++count_;
            const std::array<std::uint64_t, 2> position{tables_.position(), partitions_.position()};
            static_assert(sizeof position == kPositionBytes);
            buffer_.append(reinterpret_cast<const char*>(position.data()), sizeof position);
            if (buffer_.size() >= kBuffer)
                TRY(flush());
        }
        return tables_.add(entry);
    }

    Status partition(const SpillRecord& entry) override { return partitions_.add(entry); }

    Status finish(ExportIndex& index) {
        TRY(flush());
        index.count_ = count_;
        index.positions_ = std::make_shared<File>(std::move(positions_));
        index.tables_ = TRY(tables_.finish());
        index.partitions_ = TRY(partitions_.finish());
        return {};
    }

private:
    static constexpr std::size_t kBuffer = std::size_t{64} << 10;

    Status flush() {
        TRY(positions_.write(buffer_));
        buffer_.clear();
        return {};
    }

    RecordWriter tables_;
    RecordWriter partitions_;
    File positions_;
    std::string key_;
    std::string buffer_;
    std::uint64_t count_ = 0;
};

Result<ExportIndex> ExportIndex::build(const std::string& folder, const std::string& account, std::stop_token stop) {
    auto reader = TRY(ExportReader::read(folder, account, std::move(stop)));
    Builder builder(TRY(RecordWriter::create()), TRY(RecordWriter::create()), TRY(File::open_temporary()));
    TRY(reader.drain(builder));
    ExportIndex index;
    index.account_ = account;
    TRY(builder.finish(index));
    return index;
}

Result<ExportIndex::Position> ExportIndex::position(std::uint64_t number) const {
    std::array<char, kPositionBytes> bytes{};
    if (TRY(positions_->read_at(number * kPositionBytes, bytes.data(), bytes.size())) != bytes.size())
        return cut_off(*positions_);
    Position position;
    std::memcpy(&position.table, bytes.data(), sizeof position.table);
    std::memcpy(&position.partitions, bytes.data() + sizeof position.table, sizeof position.partitions);
    return position;
}

/// The number of the first table whose key is not below.
Result<std::uint64_t> ExportIndex::lower_bound(const std::string& key) const {
    std::uint64_t from = 0;
    std::uint64_t to = count_;
    while (from < to) {
        const auto middle = from + (to - from) / 2;
        if (TRY(record_key_at(*tables_, TRY(position(middle)).table)) < key)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

Result<bool> ExportIndex::visit(const std::string& catalogue, const std::string& database, const std::string& table,
                                const TableVisitor& visitor) const {
    const auto key = entry_key({catalogue.empty() ? account_ : catalogue, database, table});
    const auto number = TRY(lower_bound(key));
    if (number == count_)
        return false;
    const auto found = TRY(position(number));
    const auto tables = TRY(RecordReader::open(tables_, found.table));
    if (tables->peek() == nullptr || tables->peek()->key != key)
        return false;
    const auto partitions = TRY(RecordReader::open(partitions_, found.partitions));
    TRY(take_table(*tables, *partitions, account_, visitor));
    return true;
}

Result<std::shared_ptr<const ExportIndex>> RunExport::index(std::stop_token stop) {
    const std::scoped_lock lock(mutex_);
    const auto now = clock_->boot_time();
    if (index_ && now - looked_ < kLookInterval)
        return index_;
    auto state = TRY(export_state(folder_)); // before the files are read: what changes meanwhile is seen next time
    if (!index_ || state != state_) {
        index_ = std::make_shared<ExportIndex>(TRY(ExportIndex::build(folder_, account_, std::move(stop))));
        state_ = std::move(state);
    }
    looked_ = now;
    return index_;
}

} // namespace godwit::lakehouse
