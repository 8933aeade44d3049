#include "base/json.h"

#include "base/text.h"
#include "base/utf8.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <optional>

namespace godwit {

namespace {

/// Reads bytes and tells where it stands: the parser's events carry no offsets.
class CountingIterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    CountingIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
    const char& operator*() const { return *at_; }
    CountingIterator& operator++() {
        ++at_;
        *furthest_ = at_;
        return *this;
    }
    bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

private:
    const char* at_;
    const char** furthest_;
};

/// What the parser says, without its own prefix and without the text that it quotes.
std::string parser_reason(std::string message) {
    const auto column = message.find("column ");
    const auto colon = column == std::string::npos ? std::string::npos : message.find(": ", column);
    if (colon != std::string::npos)
        message.erase(0, colon + 2);
    else if (const auto bracket = message.find("] "); bracket != std::string::npos)
        message.erase(0, bracket + 2);
    if (const auto quote = message.find("; last read"); quote != std::string::npos)
        message.erase(quote);
    return printable(message);
}

/// Builds the document from parser events and refuses what the library would let pass: deep nesting, duplicate keys,
/// and integers beyond 64 bits, which it turns into doubles.
template <typename Document>
class Builder {
public:
    Builder(std::string_view text, const char* const& position, const JsonLimits& limits)
        : text_(text), position_(position), limits_(limits) {}

    bool null() { return add(nullptr); }
    bool boolean(bool value) { return add(value); }
    bool number_integer(std::int64_t value) { return add(value); }
    bool number_unsigned(std::uint64_t value) { return add(value); }
    bool number_float(double value, const std::string& token) {
        if (token.find_first_of(".eE") == std::string::npos)
            return refuse("the integer before this place does not fit 64 bits", offset());
        return add(value);
    }
    bool string(std::string& value) { return add(std::move(value)); }
    bool binary(Json::binary_t&) { return refuse("binary values are not JSON", offset()); }

    bool start_object(std::size_t) { return open(Document::value_t::object); }
    bool key(std::string& name) {
        if constexpr (!kOrdered) {
            if (open_.back()->contains(name))
                return refuse_twice(name);
        }
        key_ = std::move(name);
        return true;
    }
    bool end_object() {
        if constexpr (kOrdered) {
            if (const auto* name = duplicate_in(members_of(*open_.back())))
                return refuse_twice(*name);
        }
        return close();
    }
    bool start_array(std::size_t) { return open(Document::value_t::array); }
    bool end_array() { return close(); }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) {
        return refuse(parser_reason(error.what()), position > 0 ? position - 1 : 0);
    }

    std::optional<Error> take_error() { return std::move(error_); }
    Document take_document() { return std::move(document_); }

private:
    static constexpr bool kOrdered = std::is_same_v<Document, OrderedJson>;
    using OrderedMembers = OrderedJson::object_t::Container;

    std::size_t offset() const { return static_cast<std::size_t>(position_ - text_.data()); }

    bool refuse(std::string why, std::size_t offset) {
        error_ = Error::make(ErrorKind::invalid_input, "the JSON cannot be read")
                     .why(std::move(why))
                     .at("byte " + std::to_string(offset));
        return false;
    }

    bool refuse_twice(const std::string& name) {
        return refuse("the key " + json_quote(printable(name)) + " stands twice in the object before this place",
                      offset());
    }

    /// The ordered object's own look-up is linear, so a large object would cost its square.
    static OrderedMembers& members_of(OrderedJson& object) { return object.get_ref<OrderedJson::object_t&>(); }

    static const std::string* duplicate_in(const OrderedMembers& members) {
        std::vector<const std::string*> names;
        names.reserve(members.size());
        for (const auto& member : members)
            names.push_back(&member.first);
        std::sort(names.begin(), names.end(), [](const auto* a, const auto* b) { return *a < *b; });
        const auto found =
            std::adjacent_find(names.begin(), names.end(), [](const auto* a, const auto* b) { return *a == *b; });
        return found == names.end() ? nullptr : *found;
    }

    template <typename Value>
    Document* place(Value&& value) {
        if (open_.empty()) {
            document_ = Document(std::forward<Value>(value));
            return &document_;
        }
        auto& parent = *open_.back();
        if (parent.is_array()) {
            parent.push_back(Document(std::forward<Value>(value)));
            return &parent.back();
        }
        if constexpr (kOrdered) {
            return &members_of(parent).emplace_back(std::move(key_), Document(std::forward<Value>(value))).second;
        } else {
            auto& slot = parent[key_];
            slot = Document(std::forward<Value>(value));
            return &slot;
        }
    }

    bool count() {
        return ++values_ <= limits_.values ||
               refuse("it has more than the " + std::to_string(limits_.values) + " values allowed", offset());
    }

    template <typename Value>
    bool add(Value&& value) {
        if (!count())
            return false;
        place(std::forward<Value>(value));
        return true;
    }

    bool open(typename Document::value_t type) {
        if (open_.size() >= limits_.depth)
            return refuse("it is nested deeper than " + std::to_string(limits_.depth) + " levels", offset());
        if (!count())
            return false;
        open_.push_back(place(type));
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    std::string_view text_;
    const char* const& position_;
    JsonLimits limits_;
    std::size_t values_ = 0;
    Document document_;
    std::vector<Document*> open_; ///< a container's elements do not move while one of them is open
    std::string key_;
    std::optional<Error> error_;
};

template <typename Document>
Result<Document> parse(std::string_view text, const JsonLimits& limits) {
    if (text.size() > limits.bytes)
        return Error::make(ErrorKind::invalid_input, "the JSON cannot be read")
            .why("it has " + human_bytes(text.size()) + ", more than the " + human_bytes(limits.bytes) + " allowed");
    if (const auto bad = first_invalid_utf8(text); bad != std::string_view::npos)
        return Error::make(ErrorKind::invalid_input, "the JSON cannot be read")
            .why("it is not UTF-8")
            .fix("convert the file to UTF-8")
            .at("byte " + std::to_string(bad));
    const char* position = text.data();
    Builder<Document> builder(text, position, limits);
    const CountingIterator begin(text.data(), &position);
    const CountingIterator end(text.data() + text.size(), &position);
    if (Document::sax_parse(begin, end, &builder))
        return builder.take_document();
    if (auto error = builder.take_error())
        return std::move(*error);
    return Error::make(ErrorKind::bug, "the JSON parser stopped without a reason");
}

/// ECMAScript's Number::toString (ECMA-262 section 6.1.6.1.20), which RFC 8785 section 3.2.2.3 prescribes.
std::string ecmascript_number(double value) {
    if (!std::isfinite(value))
        return "null";
    if (value == 0)
        return "0";
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, std::fabs(value), std::chars_format::scientific).ptr;
    const std::string_view shortest(buffer, static_cast<std::size_t>(end - buffer));
    const auto e = shortest.find('e');
    std::string digits;
    for (const char c : shortest.substr(0, e)) {
        if (c != '.')
            digits += c;
    }
    const bool small = shortest[e + 1] == '-';
    int exponent = 0;
    std::from_chars(shortest.data() + e + 2, shortest.data() + shortest.size(), exponent);
    const int point = (small ? -exponent : exponent) + 1; // digits before the decimal point
    const int count = static_cast<int>(digits.size());
    std::string out = value < 0 ? "-" : "";
    if (point >= count && point <= 21) {
        out += digits + std::string(static_cast<std::size_t>(point - count), '0');
    } else if (point > 0 && point <= 21) {
        out += digits.substr(0, static_cast<std::size_t>(point)) + "." + digits.substr(static_cast<std::size_t>(point));
    } else if (point > -6 && point <= 0) {
        out += "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
    } else {
        out += digits.substr(0, 1);
        if (count > 1)
            out += "." + digits.substr(1);
        out += point > 0 ? "e+" : "e-";
        out += std::to_string(std::abs(point - 1));
    }
    return out;
}

/// Order by UTF-16 code units. Among UTF-8 bytes only U+E000 to U+FFFF (leads EE and EF) change place: surrogates of
/// what lies above the basic plane (leads F0 to F4) come first.
bool less_in_utf16(const std::string& a, const std::string& b) {
    const auto rank = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == 0xEE || byte == 0xEF ? byte + 0x10 : int{byte};
    };
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [&rank](char x, char y) { return rank(x) < rank(y); });
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\b': out += "\\b"; break;
        case '\f': out += "\\f"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            if (static_cast<unsigned char>(c) < 0x20) {
                char escape[8];
                std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
                out += escape;
            } else {
                out += c;
            }
        }
    }
    out += '"';
}

void append_canonical(std::string& out, const Json& value);

void append_object(std::string& out, const Json& object) {
    std::vector<const Json::object_t::value_type*> members;
    members.reserve(object.size());
    for (const auto& member : object.get_ref<const Json::object_t&>())
        members.push_back(&member);
    std::sort(members.begin(), members.end(),
              [](const auto* a, const auto* b) { return less_in_utf16(a->first, b->first); });
    out += '{';
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i > 0)
            out += ',';
        append_quoted(out, members[i]->first);
        out += ':';
        append_canonical(out, members[i]->second);
    }
    out += '}';
}

void append_canonical(std::string& out, const Json& value) {
    switch (value.type()) {
    case Json::value_t::null:
    case Json::value_t::discarded:
    case Json::value_t::binary: out += "null"; break;
    case Json::value_t::boolean: out += value.get<bool>() ? "true" : "false"; break;
    case Json::value_t::number_integer: out += std::to_string(value.get<std::int64_t>()); break;
    case Json::value_t::number_unsigned: out += std::to_string(value.get<std::uint64_t>()); break;
    case Json::value_t::number_float: out += ecmascript_number(value.get<double>()); break;
    case Json::value_t::string: append_quoted(out, value.get_ref<const std::string&>()); break;
    case Json::value_t::object: append_object(out, value); break;
    case Json::value_t::array:
        out += '[';
        for (std::size_t i = 0; i < value.size(); ++i) {
            if (i > 0)
                out += ',';
            append_canonical(out, value[i]);
        }
        out += ']';
        break;
    }
}

Error field_error(std::string_view field, std::string why) {
    return Error::make(ErrorKind::invalid_input, "a field of the JSON is not as expected")
        .why(std::move(why))
        .at("field " + json_quote(printable(field)));
}

/// The field, or nullptr where it is absent or null.
Result<const Json*> find_field(const Json& object, std::string_view field) {
    if (!object.is_object())
        return field_error(field, "it should stand in an object, but there is " + std::string(object.type_name()));
    const auto found = object.find(field);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<std::string> string_of(const Json& value, std::string_view field) {
    if (!value.is_string())
        return field_error(field, "it should be a string, but is " + std::string(value.type_name()));
    return value.get<std::string>();
}

Result<std::int64_t> int64_of(const Json& value, std::string_view field) {
    if (!value.is_number_integer())
        return field_error(field, "it should be a whole number, but is " + std::string(value.type_name()));
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX})
        return field_error(field, "the number does not fit 64 bits with a sign");
    return value.get<std::int64_t>();
}

} // namespace

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) { return parse<Json>(text, limits); }

Result<OrderedJson> parse_ordered_json(std::string_view text, const JsonLimits& limits) {
    return parse<OrderedJson>(text, limits);
}

std::string canonical_json(const Json& value) {
    std::string out;
    append_canonical(out, value);
    return out;
}

std::string json_quote(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    append_quoted(out, text);
    return out;
}

Result<std::string> json_string(const Json& object, std::string_view field) {
    const auto* value = TRY(find_field(object, field));
    if (value == nullptr)
        return field_error(field, "it is missing");
    return string_of(*value, field);
}

Result<std::int64_t> json_int64(const Json& object, std::string_view field) {
    const auto* value = TRY(find_field(object, field));
    if (value == nullptr)
        return field_error(field, "it is missing");
    return int64_of(*value, field);
}

Result<std::string> json_string_or(const Json& object, std::string_view field, std::string fallback) {
    const auto* value = TRY(find_field(object, field));
    return value == nullptr ? Result<std::string>(std::move(fallback)) : string_of(*value, field);
}

Result<std::int64_t> json_int64_or(const Json& object, std::string_view field, std::int64_t fallback) {
    const auto* value = TRY(find_field(object, field));
    return value == nullptr ? Result<std::int64_t>(fallback) : int64_of(*value, field);
}

} // namespace godwit
