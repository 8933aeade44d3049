#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace godwit {

namespace {

struct Lead {
    std::size_t length;
    char32_t bits;
    char32_t smallest; ///< below it the form is overlong
};

std::optional<Lead> read_lead(unsigned char byte) {
    if (byte < 0x80)
        return Lead{1, byte, 0};
    if (byte >= 0xC2 && byte <= 0xDF)
        return Lead{2, byte & 0x1Fu, 0x80};
    if (byte >= 0xE0 && byte <= 0xEF)
        return Lead{3, byte & 0x0Fu, 0x800};
    if (byte >= 0xF0 && byte <= 0xF4)
        return Lead{4, byte & 0x07u, 0x10000};
    return std::nullopt;
}

} // namespace

std::optional<CodePoint> decode_utf8(std::string_view text, std::size_t offset) {
    const auto lead = read_lead(static_cast<unsigned char>(text[offset]));
    if (!lead || text.size() - offset < lead->length)
        return std::nullopt;
    char32_t value = lead->bits;
    for (std::size_t i = 1; i < lead->length; ++i) {
        const auto byte = static_cast<unsigned char>(text[offset + i]);
        if ((byte & 0xC0) != 0x80)
            return std::nullopt;
        value = (value << 6) | (byte & 0x3Fu);
    }
    if (value < lead->smallest || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return std::nullopt;
    return CodePoint{value, lead->length};
}

std::size_t first_invalid_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        if (text.size() - at >= 8) { // most text is ASCII: eight bytes at once
            std::uint64_t word = 0;
            std::memcpy(&word, text.data() + at, sizeof word);
            if ((word & 0x8080808080808080u) == 0) {
                at += 8;
                continue;
            }
        }
        const auto point = decode_utf8(text, at);
        if (!point)
            return at;
        at += point->length;
    }
    return std::string_view::npos;
}

} // namespace godwit
