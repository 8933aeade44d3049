#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace godwit::xml {

/// An element with all that stands in it. Names are without their namespace: what is read here has one.
struct Element {
    std::string name;
    std::vector<std::pair<std::string, std::string>> attributes;
    std::string text; ///< what stands directly in it, in one piece
    std::vector<Element> children;

    /// The first child of that name; null where there is none.
    const Element* child(std::string_view child_name) const;
    /// Empty where there is no such child.
    std::string_view text_of(std::string_view child_name) const;
};

struct Limits {
    std::size_t depth = 64;
    std::size_t bytes = std::size_t{16} << 20;
    std::size_t elements = 1'000'000;
};

/// Parses XML 1.0 by libexpat. A document type declaration is refused, so that no entity is ever expanded. The error
/// names line and column, and quotes nothing.
Result<Element> parse(std::string_view text, const Limits& limits = {});

} // namespace godwit::xml
