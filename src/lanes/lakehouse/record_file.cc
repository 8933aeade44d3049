#include "lanes/lakehouse/record_file.h"

#include <algorithm>
#include <cstring>

namespace godwit::lakehouse {

namespace {

constexpr std::size_t kBlock = std::size_t{128} << 10;

void append_text(std::string& out, const std::string& text) {
    const auto size = static_cast<std::uint64_t>(text.size());
    out.append(reinterpret_cast<const char*>(&size), sizeof size);
    out += text;
}

Error cut_off(const File& file) {
    return Error::make(ErrorKind::io, "a temporary file ends too early")
        .fix("look for a full or failing disk")
        .at(file.path());
}

} // namespace

Result<RecordWriter> RecordWriter::create(const std::string& folder) {
    return RecordWriter(TRY(File::open_temporary(folder)));
}

Status RecordWriter::add(const SpillRecord& record) {
    append_text(buffer_, record.key);
    append_text(buffer_, record.value);
    return buffer_.size() < kBlock ? Status() : flush();
}

Status RecordWriter::flush() {
    TRY(file_.write(buffer_));
    written_ += buffer_.size();
    buffer_.clear();
    return {};
}

Result<std::shared_ptr<const File>> RecordWriter::finish() {
    TRY(flush());
    return std::shared_ptr<const File>(std::make_shared<File>(std::move(file_)));
}

Result<std::unique_ptr<RecordReader>> RecordReader::open(std::shared_ptr<const File> file, std::uint64_t position) {
    auto reader = std::unique_ptr<RecordReader>(new RecordReader(std::move(file), position));
    TRY(reader->pop());
    return reader;
}

Status RecordReader::pop() {
    if (!TRY(have(sizeof(std::uint64_t)))) {
        front_.reset();
        return {};
    }
    if (!front_)
        front_.emplace();
    TRY(take(front_->key));
    return take(front_->value);
}

/// Whether `bytes` more bytes can be had.
Result<bool> RecordReader::have(std::size_t bytes) {
    if (buffer_.size() - position_ >= bytes)
        return true;
    buffer_.erase(0, position_);
    position_ = 0;
    while (buffer_.size() < bytes) {
        const auto held = buffer_.size();
        buffer_.resize(held + std::max(kBlock, bytes - held));
        const auto got = TRY(file_->read_at(offset_, buffer_.data() + held, buffer_.size() - held));
        buffer_.resize(held + got);
        offset_ += got;
        if (got == 0)
            return false;
    }
    return true;
}

Status RecordReader::take(std::string& into) {
    std::uint64_t size = 0;
    if (!TRY(have(sizeof size)))
        return cut_off(*file_);
    std::memcpy(&size, buffer_.data() + position_, sizeof size);
    position_ += sizeof size;
    if (!TRY(have(size)))
        return cut_off(*file_);
    into.assign(buffer_, position_, size);
    position_ += size;
    return {};
}

Result<std::string> record_key_at(const File& file, std::uint64_t position) {
    std::uint64_t size = 0;
    if (TRY(file.read_at(position, reinterpret_cast<char*>(&size), sizeof size)) != sizeof size)
        return cut_off(file);
    std::string key(size, '\0');
    if (TRY(file.read_at(position + sizeof size, key.data(), size)) != size)
        return cut_off(file);
    return key;
}

} // namespace godwit::lakehouse
