#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <arrow/status.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

// The border to Arrow: its streams over ours, its statuses and exceptions as errors. Private to this folder.
namespace godwit::parquet_format {

/// Allocates up to a limit, so that a length in a hostile file cannot exhaust the machine. Buffers point to their pool
/// and may outlive the reader that made them, so the pool goes when its owner and its last allocation are gone.
class LimitedPool final : public arrow::MemoryPool {
public:
    struct Release {
        void operator()(LimitedPool* pool) const { pool->drop_reference(); }
    };
    using Owner = std::unique_ptr<LimitedPool, Release>;
    static Owner create(std::uint64_t limit) { return Owner(new LimitedPool(static_cast<std::int64_t>(limit))); }

    using arrow::MemoryPool::Allocate;
    using arrow::MemoryPool::Reallocate;
    arrow::Status Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) override;
    arrow::Status Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                             std::uint8_t** pointer) override;
    void Free(std::uint8_t* buffer, std::int64_t size, std::int64_t alignment) override;
    std::int64_t bytes_allocated() const override { return used_; }
    std::int64_t max_memory() const override { return most_; }
    std::int64_t total_bytes_allocated() const override { return total_; }
    std::int64_t num_allocations() const override { return allocations_; }
    std::string backend_name() const override { return inner_->backend_name(); }

private:
    explicit LimitedPool(std::int64_t limit) : limit_(limit) {}
    bool reserve(std::int64_t size);
    void drop_reference() {
        if (references_.fetch_sub(1) == 1)
            delete this;
    }

    arrow::MemoryPool* inner_ = arrow::default_memory_pool();
    std::int64_t limit_;
    std::atomic<std::int64_t> used_ = 0;
    std::atomic<std::int64_t> most_ = 0;
    std::atomic<std::int64_t> total_ = 0;
    std::atomic<std::int64_t> allocations_ = 0;
    std::atomic<std::int64_t> references_ = 1; ///< the owner and every allocation
};

/// Reads a ByteSource. Keeps the error of a failed read, which Arrow's status would flatten.
class SourceFile final : public arrow::io::RandomAccessFile {
public:
    SourceFile(ByteSource& source, arrow::MemoryPool& pool) : source_(source), pool_(pool) {}
    arrow::Status Close() override;
    bool closed() const override { return closed_; }
    arrow::Result<std::int64_t> Tell() const override { return position_; }
    arrow::Status Seek(std::int64_t position) override;
    arrow::Result<std::int64_t> GetSize() override { return static_cast<std::int64_t>(source_.size()); }
    arrow::Result<std::int64_t> Read(std::int64_t bytes, void* out) override;
    arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t bytes) override;
    std::optional<Error> take_error() { return std::exchange(error_, std::nullopt); }

private:
    ByteSource& source_;
    arrow::MemoryPool& pool_;
    std::int64_t position_ = 0;
    bool closed_ = false;
    std::optional<Error> error_;
};

/// Writes to a ByteSink and counts.
class SinkStream final : public arrow::io::OutputStream {
public:
    explicit SinkStream(ByteSink& sink) : sink_(sink) {}
    arrow::Status Close() override;
    bool closed() const override { return closed_; }
    arrow::Result<std::int64_t> Tell() const override { return position_; }
    arrow::Status Write(const void* data, std::int64_t bytes) override;
    std::optional<Error> take_error() { return std::exchange(error_, std::nullopt); }

private:
    ByteSink& sink_;
    std::int64_t position_ = 0;
    bool closed_ = false;
    std::optional<Error> error_;
};

/// invalid_input, or unsupported where Arrow says so or memory would exceed the limit.
Error read_error(const arrow::Status& status, const std::string& name);
Error read_error(const std::exception& exception, const std::string& name);

/// Runs `action`, which gives a Result, at the border to libraries that throw.
template <typename Action>
auto guarded(const std::string& name, const Action& action) -> decltype(action()) {
    try {
        return action();
    } catch (const std::exception& exception) {
        return read_error(exception, name);
    }
}

} // namespace godwit::parquet_format

/// The value of an arrow::Result, or a return of its status as an error of `name`.
#define TRY_ARROW(expression, name)                                                                                    \
    ({                                                                                                                 \
        auto arrow_result_ = (expression);                                                                             \
        if (!arrow_result_.ok()) [[unlikely]]                                                                          \
            return ::godwit::parquet_format::read_error(arrow_result_.status(), name);                                 \
        std::move(arrow_result_).ValueUnsafe();                                                                        \
    })
