#pragma once

#include "base/result.h"
#include "rows/comparison_schema.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrow {
class Array;
}

namespace godwit::rows {

/// Bytes of one row; keeps its memory from row to row.
class RowBuffer {
public:
    void clear() { size_ = 0; }
    std::size_t size() const { return size_; }
    void resize(std::size_t size) { size_ = size; } ///< only to shrink
    std::uint8_t* grow(std::size_t bytes) {
        if (bytes > bytes_.size() - size_)
            bytes_.resize((size_ + bytes) * 2 + 256);
        std::uint8_t* const at = bytes_.data() + size_;
        size_ += bytes;
        return at;
    }
    std::uint8_t* at(std::size_t offset) { return bytes_.data() + offset; }
    std::string_view view(std::size_t begin, std::size_t end) const {
        return {reinterpret_cast<const char*>(bytes_.data()) + begin, end - begin};
    }

    void put_byte(std::uint8_t byte) { *grow(1) = byte; }
    void put_uint32(std::uint32_t value) {
        value = __builtin_bswap32(value);
        std::memcpy(grow(sizeof value), &value, sizeof value);
    }
    void put_uint64(std::uint64_t value) {
        value = __builtin_bswap64(value);
        std::memcpy(grow(sizeof value), &value, sizeof value);
    }
    void put_int128(__int128 value) {
        put_uint64(static_cast<std::uint64_t>(static_cast<unsigned __int128>(value) >> 64));
        put_uint64(static_cast<std::uint64_t>(static_cast<unsigned __int128>(value)));
    }
    void put_string(std::string_view bytes) {
        put_uint32(static_cast<std::uint32_t>(bytes.size()));
        if (!bytes.empty())
            std::memcpy(grow(bytes.size()), bytes.data(), bytes.size());
    }

private:
    std::vector<std::uint8_t> bytes_;
    std::size_t size_ = 0;
};

enum class CellState : std::uint8_t { null, value, unrepresentable };

inline constexpr std::uint8_t kTagNull = 0;
inline constexpr std::uint8_t kTagValue = 1;
inline constexpr std::uint8_t kTagUnrepresentable = 2;

/// Encodes the cells of one array as one comparison type, encoding version 1 (spine, section 7, `Row digest`).
class CellEncoder {
public:
    virtual ~CellEncoder() = default;
    /// Appends tag and value.
    virtual CellState encode(std::int64_t row, RowBuffer& into) const = 0;
};

/// Works for every pair of types: values of an array that the comparison type cannot hold are not representable.
/// `assumed_offset`: seconds east of UTC of local times that are compared as instants; without it local times are not
/// representable as instants. `array` must outlive the encoder.
std::unique_ptr<CellEncoder> make_cell_encoder(const ComparisonType& type, const arrow::Array& array,
                                               std::optional<std::int64_t> assumed_offset);

/// `UTC`, `+hh:mm`, `-hh:mm` as seconds.
Result<std::int64_t> parse_zone_offset(std::string_view zone);

/// The order of encoded cells: of fixed-size types as an unsigned number, of strings and binary as their bytes.
struct CellOrder {
    bool ordered = false; ///< takes part in minimum and maximum
    bool by_bytes = false;
    unsigned __int128 number = 0;
    std::string_view bytes; ///< into `cell`
};
/// `cell` begins with the tag `value`.
CellOrder order_of_cell(const ComparisonType& type, std::string_view cell);

/// For group names: the value as people write it, `null` for none.
std::string text_of_cell(const ComparisonType& type, std::string_view cell);

} // namespace godwit::rows
