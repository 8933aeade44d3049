#include "base/text.h"
#include "formats/text/text_source.h"

#include <algorithm>
#include <cstring>

namespace godwit::text_format {

namespace {

constexpr std::size_t kFirstBuffer = std::size_t{256} << 10;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// The first `\n` or `\r`, or the end.
std::size_t find_line_end(const std::string& buffer, std::size_t begin, std::size_t end) {
    const char* const from = buffer.data() + begin;
    const auto* feed = static_cast<const char*>(std::memchr(from, '\n', end - begin));
    const std::size_t until = feed == nullptr ? end : static_cast<std::size_t>(feed - buffer.data());
    const auto* carriage_return = static_cast<const char*>(std::memchr(from, '\r', until - begin));
    return carriage_return == nullptr ? until : static_cast<std::size_t>(carriage_return - buffer.data());
}

} // namespace

LineReader::LineReader(TextSource& source, std::size_t max_line)
    : source_(source), max_line_(max_line), buffer_(kFirstBuffer, '\0') {}

/// Moves the unread bytes to the front and reads behind them. False at the end of the source.
Result<bool> LineReader::fill() {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == buffer_.size()) {
        if (buffer_.size() > max_line_)
            return Error::make(ErrorKind::invalid_input, "a line is too long")
                .why("line " + std::to_string(line_number_ + 1) + " has more than " + human_bytes(max_line_))
                .fix("check that the file is text with one row in each line")
                .at(source_.name());
        buffer_.resize(buffer_.size() * 2);
    }
    const auto count = TRY(source_.read(std::span(buffer_).subspan(end_)));
    end_ += count;
    return count > 0;
}

Result<bool> LineReader::take(std::size_t end, std::string_view& line) {
    line = std::string_view(buffer_).substr(begin_, end - begin_);
    if (at_start_ && line.starts_with(kByteOrderMark))
        line.remove_prefix(kByteOrderMark.size());
    at_start_ = false;
    begin_ = end;
    ++line_number_;
    return true;
}

Result<bool> LineReader::next(std::string_view& line) {
    std::size_t searched = begin_;
    while (true) {
        if (after_return_ && begin_ < end_) {
            // The line feed that belongs to a carriage return may come with the next block only.
            after_return_ = false;
            if (buffer_[begin_] == '\n')
                searched = ++begin_;
        }
        const auto at = find_line_end(buffer_, searched, end_);
        if (at < end_) {
            after_return_ = buffer_[at] == '\r';
            TRY(take(at, line));
            ++begin_;
            return true;
        }
        const auto unread = end_ - begin_;
        if (!TRY(fill())) {
            if (unread == 0)
                return false;
            return take(end_, line);
        }
        searched = begin_ + unread;
        if (after_return_)
            searched = begin_;
    }
}

} // namespace godwit::text_format
