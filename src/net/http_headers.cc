#include "net/http_headers.h"

#include "base/text.h"

#include <algorithm>

namespace godwit::net {

void HttpHeaders::add(std::string name, std::string value) { fields_.push_back({std::move(name), std::move(value)}); }

void HttpHeaders::set(std::string_view name, std::string value) {
    remove(name);
    add(std::string(name), std::move(value));
}

void HttpHeaders::remove(std::string_view name) {
    std::erase_if(fields_, [name](const Field& field) { return equals_ignoring_case(field.name, name); });
}

std::optional<std::string> HttpHeaders::find(std::string_view name) const {
    for (const auto& field : fields_) {
        if (equals_ignoring_case(field.name, name))
            return field.value;
    }
    return std::nullopt;
}

bool is_header_name(std::string_view name) {
    constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::all_of(name.begin(), name.end(), [kTokenMarks](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kTokenMarks.find(c) != std::string_view::npos;
    });
}

bool is_header_value(std::string_view value) {
    return std::all_of(value.begin(), value.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return c == '\t' || (byte >= 0x20 && byte != 0x7F);
    });
}

} // namespace godwit::net
