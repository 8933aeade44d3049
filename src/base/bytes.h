#pragma once

#include "base/file.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace godwit {

/// Where a format reads from: a file, memory, or a ranged object. One thread at a time.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    virtual std::uint64_t size() const = 0;
    /// Fills `into` from `offset` on and says how much; shorter only at the end.
    virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) = 0;
    /// For messages: a path or a URI.
    virtual const std::string& name() const = 0;
};

/// Where a format writes to, from the first byte to the last.
class ByteSink {
public:
    virtual ~ByteSink() = default;
    virtual Status write(std::string_view bytes) = 0;
};

/// Exactly `bytes` bytes from `offset`. Refuses a range beyond the end before it allocates.
Result<std::string> read_exactly(ByteSource& source, std::uint64_t offset, std::uint64_t bytes);
/// Everything; refuses more than `limit` before it allocates.
Result<std::string> read_everything(ByteSource& source, std::uint64_t limit = std::uint64_t{1} << 30);

/// Bytes that somebody else keeps alive.
class MemorySource final : public ByteSource {
public:
    explicit MemorySource(std::string_view bytes, std::string name = "memory")
        : bytes_(bytes), name_(std::move(name)) {}
    std::uint64_t size() const override { return bytes_.size(); }
    Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override;
    const std::string& name() const override { return name_; }

private:
    std::string_view bytes_;
    std::string name_;
};

/// A file, its size taken once when it was opened.
class FileSource final : public ByteSource {
public:
    static Result<FileSource> open(const std::string& path);
    std::uint64_t size() const override { return size_; }
    Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override;
    const std::string& name() const override { return file_.path(); }

private:
    FileSource(File file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
    File file_;
    std::uint64_t size_ = 0;
};

class StringSink final : public ByteSink {
public:
    Status write(std::string_view bytes) override;
    const std::string& bytes() const { return bytes_; }
    std::string release() && { return std::move(bytes_); }

private:
    std::string bytes_;
};

/// Appends to a file that the caller made and later syncs and closes. Unbuffered: formats write whole blocks.
class FileSink final : public ByteSink {
public:
    explicit FileSink(File& file) : file_(file) {}
    Status write(std::string_view bytes) override { return file_.write(bytes); }

private:
    File& file_;
};

} // namespace godwit
