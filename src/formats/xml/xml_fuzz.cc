#include "formats/xml/element.h"

#include <cstdint>
#include <cstdlib>

namespace {

void visit(const godwit::xml::Element& element, std::size_t depth) {
    if (element.name.empty() || depth > godwit::xml::Limits().depth)
        std::abort();
    for (const auto& child : element.children)
        visit(child, depth + 1);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (const auto root = godwit::xml::parse({reinterpret_cast<const char*>(data), size}))
        visit(*root, 1);
    return 0;
}
