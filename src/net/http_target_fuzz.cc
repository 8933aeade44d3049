#include "base/text.h"
#include "net/http_target.h"

#include <cstdint>
#include <cstdlib>

/// Parses a request target and checks that writing the parts down again gives the same parts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto parsed = godwit::net::parse_target({reinterpret_cast<const char*>(data), size});
    if (parsed.is_error())
        return 0;
    std::string again = "/";
    for (std::size_t i = 0; i < parsed->segments.size(); ++i)
        again += (i > 0 ? "/" : "") + godwit::percent_encode(parsed->segments[i]);
    char separator = '?';
    for (const auto& [name, value] : parsed->query) {
        again += separator + godwit::percent_encode(name) + "=" + godwit::percent_encode(value);
        separator = '&';
    }
    const auto second = godwit::net::parse_target(again);
    if (second.is_error() || second->segments != parsed->segments || second->query != parsed->query)
        std::abort();
    return 0;
}
