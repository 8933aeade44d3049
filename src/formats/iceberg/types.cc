#include "formats/iceberg/types.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace godwit::iceberg {

namespace {

constexpr std::array<std::pair<TypeKind, std::string_view>, 15> kPlainTypes{{
    {TypeKind::boolean, "boolean"},
    {TypeKind::int32, "int"},
    {TypeKind::int64, "long"},
    {TypeKind::float32, "float"},
    {TypeKind::float64, "double"},
    {TypeKind::date, "date"},
    {TypeKind::time, "time"},
    {TypeKind::timestamp, "timestamp"},
    {TypeKind::timestamptz, "timestamptz"},
    {TypeKind::timestamp_ns, "timestamp_ns"},
    {TypeKind::timestamptz_ns, "timestamptz_ns"},
    {TypeKind::string, "string"},
    {TypeKind::uuid, "uuid"},
    {TypeKind::binary, "binary"},
    {TypeKind::unknown, "unknown"},
}};

Error type_error(std::string_view text, std::string why) {
    return Error::make(ErrorKind::invalid_input, "the type '" + printable(text) + "' is not known")
        .why(std::move(why))
        .fix("check that the table was written by a version of Iceberg up to 3");
}

/// The text between `open` and the closing bracket at the very end, or nothing.
std::optional<std::string_view> between(std::string_view text, std::string_view open, char close) {
    if (!text.starts_with(open) || text.size() <= open.size() || text.back() != close)
        return std::nullopt;
    return text.substr(open.size(), text.size() - open.size() - 1);
}

Result<std::int32_t> small_number(std::string_view text, std::string_view of) {
    const auto number = parse_int64(trim(text));
    if (number.is_error() || *number < 0 || *number > INT32_MAX)
        return type_error(of, "'" + printable(text) + "' is not a length or precision");
    return static_cast<std::int32_t>(*number);
}

Result<Type> parse_decimal_type(std::string_view text, std::string_view inner) {
    const auto comma = inner.find(',');
    if (comma == std::string_view::npos)
        return type_error(text, "a decimal has a precision and a scale");
    const auto precision = TRY(small_number(inner.substr(0, comma), text));
    const auto scale = TRY(small_number(inner.substr(comma + 1), text));
    if (precision < 1 || precision > 38)
        return type_error(text, "the precision of a decimal is 1 to 38");
    return decimal(precision, scale);
}

template <typename Number>
int order(Number a, Number b) {
    return a < b ? -1 : b < a ? 1 : 0;
}

template <typename Number>
int order_floating(Number a, Number b) {
    if (std::isnan(a) || std::isnan(b))
        return order(std::isnan(a), std::isnan(b));
    if (a == b)
        return order(std::signbit(b), std::signbit(a));
    return order(a, b);
}

/// Where the code point at `at` ends.
std::size_t next_code_point(std::string_view text, std::size_t at) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80)
        ++at;
    return at;
}

void append_code_point(std::string& out, std::uint32_t point) {
    if (point < 0x80) {
        out += static_cast<char>(point);
        return;
    }
    if (point < 0x800) {
        out += static_cast<char>(0xc0 | (point >> 6));
    } else {
        if (point < 0x10000) {
            out += static_cast<char>(0xe0 | (point >> 12));
        } else {
            out += static_cast<char>(0xf0 | (point >> 18));
            out += static_cast<char>(0x80 | ((point >> 12) & 0x3f));
        }
        out += static_cast<char>(0x80 | ((point >> 6) & 0x3f));
    }
    out += static_cast<char>(0x80 | (point & 0x3f));
}

std::uint32_t code_point(std::string_view bytes) {
    const auto first = static_cast<unsigned char>(bytes[0]);
    std::uint32_t point = bytes.size() == 1 ? first : first & (0xffU >> (bytes.size() + 1));
    for (std::size_t i = 1; i < bytes.size(); ++i)
        point = (point << 6) | (static_cast<unsigned char>(bytes[i]) & 0x3f);
    return point;
}

} // namespace

bool Type::operator==(const Type& other) const {
    return kind == other.kind && precision == other.precision && scale == other.scale && length == other.length &&
           parameters == other.parameters && fields == other.fields;
}

std::string type_text(const Type& type) {
    for (const auto& [kind, text] : kPlainTypes)
        if (kind == type.kind)
            return std::string(text);
    switch (type.kind) {
    case TypeKind::decimal:
        return "decimal(" + std::to_string(type.precision) + ", " + std::to_string(type.scale) + ")";
    case TypeKind::fixed: return "fixed[" + std::to_string(type.length) + "]";
    case TypeKind::variant: return "variant";
    case TypeKind::geometry: return type.parameters.empty() ? "geometry" : "geometry(" + type.parameters + ")";
    case TypeKind::geography: return type.parameters.empty() ? "geography" : "geography(" + type.parameters + ")";
    case TypeKind::structure: return "struct";
    case TypeKind::list: return "list";
    default: return "map";
    }
}

Result<Type> parse_primitive(std::string_view text) {
    for (const auto& [kind, name] : kPlainTypes)
        if (name == text)
            return primitive(kind);
    if (text == "variant")
        return primitive(TypeKind::variant);
    if (text == "geometry")
        return primitive(TypeKind::geometry);
    if (text == "geography")
        return primitive(TypeKind::geography);
    if (const auto inner = between(text, "decimal(", ')'))
        return parse_decimal_type(text, *inner);
    if (const auto inner = between(text, "fixed[", ']'))
        return fixed(TRY(small_number(*inner, text)));
    for (const auto kind : {TypeKind::geometry, TypeKind::geography})
        if (const auto inner = between(text, kind == TypeKind::geometry ? "geometry(" : "geography(", ')')) {
            auto type = primitive(kind);
            type.parameters = *inner;
            return type;
        }
    return type_error(text, "no version of the Iceberg specification up to 3 has it");
}

int compare(const Type& type, const Value& a, const Value& b) {
    if (a.index() != b.index())
        return order(a.index(), b.index());
    static_cast<void>(type);
    return std::visit(
        [&](const auto& left) {
            using Held = std::decay_t<decltype(left)>;
            const auto& right = std::get<Held>(b);
            if constexpr (std::is_same_v<Held, std::monostate>)
                return 0;
            else if constexpr (std::is_floating_point_v<Held>)
                return order_floating(left, right);
            else if constexpr (std::is_same_v<Held, Decimal>)
                return order(left.unscaled, right.unscaled);
            else if constexpr (std::is_same_v<Held, std::string>)
                return order(left.compare(right), 0);
            else
                return order(left, right);
        },
        a);
}

std::string decimal_bytes(__int128 unscaled) {
    std::string bytes;
    for (int shift = 120; shift >= 0; shift -= 8)
        bytes += static_cast<char>(static_cast<unsigned __int128>(unscaled) >> shift);
    const char filler = unscaled < 0 ? '\xff' : '\0';
    std::size_t start = 0;
    while (start + 1 < bytes.size() && bytes[start] == filler && ((bytes[start + 1] ^ filler) & 0x80) == 0)
        ++start;
    return bytes.substr(start);
}

std::string decimal_text(__int128 unscaled, std::int32_t scale) {
    auto magnitude =
        unscaled < 0 ? -static_cast<unsigned __int128>(unscaled) : static_cast<unsigned __int128>(unscaled);
    std::string digits;
    while (magnitude != 0 || digits.size() <= static_cast<std::size_t>(std::max(scale, 0))) {
        digits += static_cast<char>('0' + static_cast<int>(magnitude % 10));
        magnitude /= 10;
    }
    std::reverse(digits.begin(), digits.end());
    if (scale > 0)
        digits.insert(digits.size() - static_cast<std::size_t>(scale), ".");
    return unscaled < 0 ? "-" + digits : digits;
}

std::string truncate_bytes(std::string_view bytes, std::size_t length) { return std::string(bytes.substr(0, length)); }

std::string truncate_string(std::string_view text, std::size_t length) {
    std::size_t end = 0;
    for (std::size_t points = 0; points < length && end < text.size(); ++points)
        end = next_code_point(text, end);
    return std::string(text.substr(0, end));
}

std::optional<std::string> truncate_bytes_up(std::string_view bytes, std::size_t length) {
    auto prefix = truncate_bytes(bytes, length);
    if (prefix.size() == bytes.size())
        return prefix;
    while (!prefix.empty() && prefix.back() == '\xff')
        prefix.pop_back();
    if (prefix.empty())
        return std::nullopt;
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
    return prefix;
}

std::optional<std::string> truncate_string_up(std::string_view text, std::size_t length) {
    auto prefix = truncate_string(text, length);
    if (prefix.size() == text.size())
        return prefix;
    if (!is_utf8(prefix))
        return std::nullopt;
    while (!prefix.empty()) {
        auto start = prefix.size() - 1;
        while (start > 0 && (static_cast<unsigned char>(prefix[start]) & 0xc0) == 0x80)
            --start;
        auto point = code_point(std::string_view(prefix).substr(start)) + 1;
        prefix.resize(start);
        if (point == 0xd800)
            point = 0xe000; // the surrogates between are no characters
        if (point <= 0x10ffff) {
            append_code_point(prefix, point);
            return prefix;
        }
    }
    return std::nullopt;
}

} // namespace godwit::iceberg
