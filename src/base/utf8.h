#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace godwit {

struct CodePoint {
    char32_t value = 0;
    std::size_t length = 0; ///< bytes that it takes, 1 to 4
};

/// The code point that starts at `offset` (< text.size()), or nothing where the bytes are not UTF-8 by RFC 3629:
/// overlong forms, surrogates and values above U+10FFFF are refused.
std::optional<CodePoint> decode_utf8(std::string_view text, std::size_t offset);

/// The offset of the first byte that is not UTF-8, or std::string_view::npos.
std::size_t first_invalid_utf8(std::string_view text);

} // namespace godwit
