#pragma once

#include "base/file.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace godwit::lakehouse {

struct SpillRecord {
    std::string key;
    std::string value;
};

/// Records, taken one after another.
class RecordStream {
public:
    virtual ~RecordStream() = default;
    /// The next record, or nullptr at the end. Valid until `pop`.
    virtual const SpillRecord* peek() const = 0;
    virtual Status pop() = 0;
};

/// Writes records into a file that has no name.
class RecordWriter {
public:
    /// An empty `folder` is the system's place for temporary files.
    static Result<RecordWriter> create(const std::string& folder = {});

    Status add(const SpillRecord& record);
    /// Where the next record will stand.
    std::uint64_t position() const { return written_ + buffer_.size(); }
    Result<std::shared_ptr<const File>> finish();

private:
    explicit RecordWriter(File file) : file_(std::move(file)) {}
    Status flush();

    File file_;
    std::string buffer_;
    std::uint64_t written_ = 0;
};

/// Reads a RecordWriter's file from the position of a record. Several may read one file.
class RecordReader final : public RecordStream {
public:
    static Result<std::unique_ptr<RecordReader>> open(std::shared_ptr<const File> file, std::uint64_t position = 0);

    const SpillRecord* peek() const override { return front_ ? &*front_ : nullptr; }
    Status pop() override;

private:
    RecordReader(std::shared_ptr<const File> file, std::uint64_t position)
        : file_(std::move(file)), offset_(position) {}
    Result<bool> have(std::size_t bytes);
    Status take(std::string& into);

    std::shared_ptr<const File> file_;
    std::string buffer_;
    std::size_t position_ = 0; ///< in the buffer
    std::uint64_t offset_ = 0; ///< of what the buffer lacks, in the file
    std::optional<SpillRecord> front_;
};

/// The key of the record that stands there.
Result<std::string> record_key_at(const File& file, std::uint64_t position);

} // namespace godwit::lakehouse
