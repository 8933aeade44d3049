#include "base/bytes.h"

#include <algorithm>
#include <cstring>

namespace godwit {

Result<std::string> read_exactly(ByteSource& source, std::uint64_t offset, std::uint64_t bytes) {
    if (offset > source.size() || bytes > source.size() - offset)
        return Error::make(ErrorKind::invalid_input, "the file ends too early")
            .why(std::to_string(bytes) + " bytes are needed from offset " + std::to_string(offset) + ", the file has " +
                 std::to_string(source.size()))
            .fix("copy the file again from its source")
            .at(source.name());
    std::string buffer(bytes, '\0');
    const auto got = TRY(source.read_at(offset, std::span(buffer.data(), buffer.size())));
    if (got != bytes)
        return Error::make(ErrorKind::io, "the file became shorter while it was read")
            .why(std::to_string(got) + " of " + std::to_string(bytes) + " bytes came from offset " +
                 std::to_string(offset))
            .fix("stop whatever writes to the file, then run the command again")
            .at(source.name());
    return buffer;
}

Result<std::string> read_everything(ByteSource& source, std::uint64_t limit) {
    if (source.size() > limit)
        return Error::make(ErrorKind::unsupported, "the file is too large to be read at once")
            .why("it has " + std::to_string(source.size()) + " bytes, the limit is " + std::to_string(limit))
            .fix("check that the path names the right file")
            .at(source.name());
    return read_exactly(source, 0, source.size());
}

Result<std::size_t> MemorySource::read_at(std::uint64_t offset, std::span<char> into) {
    if (offset >= bytes_.size())
        return std::size_t{0};
    const auto count = std::min<std::uint64_t>(into.size(), bytes_.size() - offset);
    std::memcpy(into.data(), bytes_.data() + offset, count);
    return static_cast<std::size_t>(count);
}

Result<FileSource> FileSource::open(const std::string& path) {
    auto file = TRY(File::open_for_reading(path));
    const auto size = TRY(file.size());
    return FileSource(std::move(file), size);
}

Result<std::size_t> FileSource::read_at(std::uint64_t offset, std::span<char> into) {
    return file_.read_at(offset, into.data(), into.size());
}

Status StringSink::write(std::string_view bytes) {
    bytes_ += bytes;
    return {};
}

} // namespace godwit
