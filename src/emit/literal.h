#pragma once

#include <string_view>

namespace godwit::emit {

/// Text that stands in our own source: the only kind that writers take unescaped. It cannot be made at run time.
class Literal {
public:
    consteval Literal(const char* text) : text_(text) {} // NOLINT(google-explicit-constructor)
    constexpr std::string_view text() const { return text_; }

private:
    std::string_view text_;
};

} // namespace godwit::emit
