#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace godwit::text_format {

/// How a text file is packed. Hadoop decides by the suffix of the file name alone.
enum class TextCodec { none, gzip, bzip2, zstandard };

/// `.gz`, `.bz2`, `.zst`; any other known suffix of Hadoop (`.snappy`, `.lz4`, `.lzo`, `.deflate`) is unsupported, and
/// every other name is plain text.
Result<TextCodec> codec_of_name(std::string_view file_name);

/// Bytes from first to last, unpacked. Several members one after another are read as one, as Hadoop does.
class TextSource {
public:
    virtual ~TextSource() = default;
    /// Fills at least one byte of `into`, or gives 0 at the end.
    virtual Result<std::size_t> read(std::span<char> into) = 0;
    virtual const std::string& name() const = 0;
};

/// `source` must outlive the result.
Result<std::unique_ptr<TextSource>> open_text(ByteSource& source, TextCodec codec);

/// Splits bytes into lines as Hadoop's LineRecordReader does: `\n`, `\r` and `\r\n` end a line and belong to none; a
/// UTF-8 byte order mark at the start of the file is dropped; bytes after the last line end are a line.
class LineReader {
public:
    static constexpr std::size_t kMaxLine = std::size_t{256} << 20;

    /// A longer line than `max_line` bytes is an error.
    explicit LineReader(TextSource& source, std::size_t max_line = kMaxLine);
    /// The line is valid until the next call. False after the last one.
    Result<bool> next(std::string_view& line);
    /// 1 for the first line; 0 before it.
    std::int64_t line_number() const { return line_number_; }

private:
    Result<bool> fill();
    Result<bool> take(std::size_t end, std::string_view& line);

    TextSource& source_;
    std::size_t max_line_;
    std::string buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool at_start_ = true;
    bool after_return_ = false;
    std::int64_t line_number_ = 0;
};

} // namespace godwit::text_format
