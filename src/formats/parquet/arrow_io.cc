#include "formats/parquet/arrow_io.h"

#include <arrow/buffer.h>
#include <parquet/exception.h>

#include <algorithm>
#include <new>

namespace godwit::parquet_format {

bool LimitedPool::reserve(std::int64_t size) {
    const auto now = used_.fetch_add(size) + size;
    if (now > limit_) {
        used_ -= size;
        return false;
    }
    auto most = most_.load();
    while (now > most && !most_.compare_exchange_weak(most, now)) {
    }
    total_ += std::max<std::int64_t>(size, 0);
    return true;
}

arrow::Status LimitedPool::Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) {
    if (size < 0 || !reserve(size))
        return arrow::Status::OutOfMemory("the limit of ", limit_, " bytes would be exceeded by ", size);
    ++allocations_;
    auto status = inner_->Allocate(size, alignment, out);
    if (status.ok())
        ++references_;
    else
        used_ -= size;
    return status;
}

arrow::Status LimitedPool::Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                                      std::uint8_t** pointer) {
    if (new_size < 0 || !reserve(new_size - old_size))
        return arrow::Status::OutOfMemory("the limit of ", limit_, " bytes would be exceeded by ", new_size);
    auto status = inner_->Reallocate(old_size, new_size, alignment, pointer);
    if (!status.ok())
        used_ -= new_size - old_size;
    return status;
}

void LimitedPool::Free(std::uint8_t* buffer, std::int64_t size, std::int64_t alignment) {
    inner_->Free(buffer, size, alignment);
    used_ -= size;
    drop_reference();
}

arrow::Status SourceFile::Close() {
    closed_ = true;
    return arrow::Status::OK();
}

arrow::Status SourceFile::Seek(std::int64_t position) {
    if (position < 0)
        return arrow::Status::Invalid("a position in the file is negative");
    position_ = position;
    return arrow::Status::OK();
}

arrow::Result<std::int64_t> SourceFile::Read(std::int64_t bytes, void* out) {
    if (bytes < 0)
        return arrow::Status::Invalid("a length in the file is negative");
    auto got = source_.read_at(static_cast<std::uint64_t>(position_),
                               std::span(static_cast<char*>(out), static_cast<std::size_t>(bytes)));
    if (got.is_error()) {
        error_ = got.error();
        return arrow::Status::IOError(got.error().to_line());
    }
    position_ += static_cast<std::int64_t>(*got);
    return static_cast<std::int64_t>(*got);
}

arrow::Result<std::shared_ptr<arrow::Buffer>> SourceFile::Read(std::int64_t bytes) {
    const auto left = std::max<std::int64_t>(0, static_cast<std::int64_t>(source_.size()) - position_);
    ARROW_ASSIGN_OR_RAISE(auto buffer,
                          arrow::AllocateResizableBuffer(std::clamp<std::int64_t>(bytes, 0, left), &pool_));
    ARROW_ASSIGN_OR_RAISE(const auto got, Read(buffer->size(), buffer->mutable_data()));
    if (got < buffer->size())
        ARROW_RETURN_NOT_OK(buffer->Resize(got));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

arrow::Status SinkStream::Close() {
    closed_ = true;
    return arrow::Status::OK();
}

arrow::Status SinkStream::Write(const void* data, std::int64_t bytes) {
    auto status = sink_.write({static_cast<const char*>(data), static_cast<std::size_t>(bytes)});
    if (status.is_error()) {
        error_ = status.error();
        return arrow::Status::IOError(status.error().to_line());
    }
    position_ += bytes;
    return arrow::Status::OK();
}

namespace {

Error broken(std::string why, const std::string& name) {
    return Error::make(ErrorKind::invalid_input, "the Parquet file cannot be read")
        .why(std::move(why))
        .fix("copy the file again from its source, or leave it out")
        .at(name);
}

Error beyond(std::string why, const std::string& name) {
    return Error::make(ErrorKind::unsupported, "the Parquet file cannot be read")
        .why(std::move(why))
        .fix("rewrite the file with another writer, or leave it out")
        .at(name);
}

} // namespace

Error read_error(const arrow::Status& status, const std::string& name) {
    if (status.IsOutOfMemory() || status.IsNotImplemented())
        return beyond(status.message(), name);
    return broken(status.message(), name);
}

Error read_error(const std::exception& exception, const std::string& name) {
    if (const auto* status = dynamic_cast<const parquet::ParquetStatusException*>(&exception))
        return read_error(status->status(), name);
    if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr)
        return beyond("it asks for more memory than there is", name);
    return broken(exception.what(), name);
}

} // namespace godwit::parquet_format
