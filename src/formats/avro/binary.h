#pragma once

#include "base/result.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace godwit::avro {

/// Reads Avro's binary encoding (specification, "Binary Encoding") from memory. A failed read leaves the cursor failed;
/// every later read fails too, so that a caller may check once at the end of a record.
class Cursor {
public:
    explicit Cursor(std::string_view bytes, std::size_t offset = 0)
        : begin_(bytes.data()), at_(bytes.data() + offset), end_(bytes.data() + bytes.size()) {}

    bool failed() const { return failed_; }
    std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
    std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
    void fail() {
        failed_ = true;
        at_ = end_;
    }

    /// int and long: zigzag variable length, at most 10 bytes.
    std::int64_t read_long() { return read_zigzag(1); }
    /// A long, or a number up to 2^64-1 that a writer without a limit left where a long belongs (seen in snapshot ids):
    /// the same 64 bits.
    std::int64_t read_wide_long() { return read_zigzag(3); }
    std::int32_t read_int() {
        const auto value = read_long();
        if (value < INT32_MIN || value > INT32_MAX)
            fail();
        return static_cast<std::int32_t>(value);
    }
    bool read_boolean() {
        const auto bytes = read_fixed(1);
        if (bytes.empty() || static_cast<unsigned char>(bytes[0]) > 1) {
            fail();
            return false;
        }
        return bytes[0] != 0;
    }
    float read_float() { return std::bit_cast<float>(read_little_endian<std::uint32_t>()); }
    double read_double() { return std::bit_cast<double>(read_little_endian<std::uint64_t>()); }
    /// bytes and string, inside the buffer.
    std::string_view read_bytes() {
        const auto length = read_long();
        if (length < 0)
            fail();
        return read_fixed(static_cast<std::uint64_t>(length));
    }
    std::string_view read_fixed(std::uint64_t size) {
        if (failed_ || size > remaining()) {
            fail();
            return {};
        }
        const std::string_view bytes(at_, size);
        at_ += size;
        return bytes;
    }
    /// The head of a block of an array or map: its item count, 0 at the end. `bytes` is the block's size, or -1 if the
    /// writer did not say.
    std::int64_t read_block_count(std::int64_t& bytes) {
        bytes = -1;
        auto count = read_long();
        if (count < 0) {
            bytes = read_long();
            if (count == INT64_MIN || bytes < 0 || static_cast<std::uint64_t>(bytes) > remaining())
                fail();
            count = failed_ ? 0 : -count;
        }
        return count;
    }

private:
    /// `most` bounds the tenth byte: 1 for 64 bits, 3 for 65.
    std::int64_t read_zigzag(std::uint8_t most) {
        std::uint64_t bits = 0;
        for (unsigned shift = 0; at_ < end_ && shift < 70; shift += 7) {
            const auto byte = static_cast<std::uint8_t>(*at_++);
            if (shift == 63 && byte > most)
                break;
            bits |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) {
                const auto top = shift == 63 ? static_cast<std::uint64_t>(byte >> 1) << 63 : 0;
                return static_cast<std::int64_t>((bits >> 1 | top) ^ (~(bits & 1) + 1));
            }
        }
        fail();
        return 0;
    }
    template <typename Bits>
    Bits read_little_endian() {
        static_assert(std::endian::native == std::endian::little);
        const auto bytes = read_fixed(sizeof(Bits));
        Bits bits = 0;
        if (!failed_)
            std::memcpy(&bits, bytes.data(), sizeof bits);
        return bits;
    }
    const char* begin_;
    const char* at_;
    const char* end_;
    bool failed_ = false;
};

inline void append_long(std::string& out, std::int64_t value) {
    auto bits = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
    for (; bits > 0x7f; bits >>= 7)
        out += static_cast<char>(bits | 0x80);
    out += static_cast<char>(bits);
}
inline void append_boolean(std::string& out, bool value) { out += value ? '\1' : '\0'; }
inline void append_float(std::string& out, float value) {
    const auto bits = std::bit_cast<std::array<char, 4>>(value);
    out.append(bits.data(), bits.size());
}
inline void append_double(std::string& out, double value) {
    const auto bits = std::bit_cast<std::array<char, 8>>(value);
    out.append(bits.data(), bits.size());
}
inline void append_bytes(std::string& out, std::string_view bytes) {
    append_long(out, static_cast<std::int64_t>(bytes.size()));
    out += bytes;
}

} // namespace godwit::avro
