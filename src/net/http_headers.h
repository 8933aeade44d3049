#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::net {

/// Header fields in the order in which they are sent; names compare without regard to case (RFC 9110 section 5.1).
class HttpHeaders {
public:
    struct Field {
        std::string name;
        std::string value;
    };

    HttpHeaders() = default;
    HttpHeaders(std::initializer_list<Field> fields) : fields_(fields) {}

    void add(std::string name, std::string value);
    /// Replaces every field of this name.
    void set(std::string_view name, std::string value);
    void remove(std::string_view name);
    /// Of the first field of this name.
    std::optional<std::string> find(std::string_view name) const;
    bool contains(std::string_view name) const { return find(name).has_value(); }

    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    std::size_t size() const { return fields_.size(); }
    void clear() { fields_.clear(); }

private:
    std::vector<Field> fields_;
};

/// Whether a name is a token and a value holds no control character but the tab (RFC 9110 sections 5.1 and 5.5):
/// anything else could forge a header or a whole message.
bool is_header_name(std::string_view name);
bool is_header_value(std::string_view value);

} // namespace godwit::net
