#include "formats/iceberg/types.h"

#include "base/json.h"
#include "base/text.h"
#include "formats/iceberg/date_text.h"

#include <nlohmann/json.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <cstring>

namespace godwit::iceberg {

namespace {

constexpr std::int64_t kMicros = 1'000'000;
constexpr std::int64_t kNanos = 1'000'000'000;

Error value_error(const Type& type, std::string why) {
    return Error::make(ErrorKind::invalid_input, "a value of type " + type_text(type) + " cannot be read")
        .why(std::move(why))
        .fix("have the table's writer rewrite its metadata, or leave the value out");
}

Error wrong_kind(const Type& type) {
    return Error::make(ErrorKind::bug, "a value is not of type " + type_text(type))
        .fix("report this, with the table's schema");
}

template <typename Number>
std::string little_endian(Number number) {
    const auto bytes = std::bit_cast<std::array<char, sizeof number>>(number);
    return {bytes.data(), bytes.size()};
}

template <typename Number>
Number from_little_endian(std::string_view bytes) {
    Number number{};
    std::memcpy(&number, bytes.data(), sizeof number);
    return number;
}

template <typename Held>
Result<std::string> number_bytes(const Type& type, const Value& value) {
    const auto* held = std::get_if<Held>(&value);
    if (held == nullptr)
        return wrong_kind(type);
    return little_endian(*held);
}

Result<Value> decimal_from_bytes(const Type& type, std::string_view bytes) {
    if (bytes.empty() || bytes.size() > 16)
        return value_error(type, "a decimal has 1 to 16 bytes, not " + std::to_string(bytes.size()));
    auto bits = static_cast<unsigned __int128>(bytes[0] < 0 ? -1 : 0);
    for (const auto byte : bytes)
        bits = (bits << 8) | static_cast<unsigned char>(byte);
    return Value{Decimal{static_cast<__int128>(bits)}};
}

Result<Decimal> parse_decimal(const Type& type, std::string_view text) {
    const auto error = [&] { return value_error(type, "'" + printable(text) + "' does not fit"); };
    auto rest = text;
    const bool negative = rest.starts_with('-');
    if (negative || rest.starts_with('+'))
        rest.remove_prefix(1);
    __int128 unscaled = 0;
    std::int32_t digits = 0;
    std::int32_t scale = -1;
    for (const auto character : rest) {
        if (character == '.' && scale < 0) {
            scale = 0;
            continue;
        }
        if (character < '0' || character > '9' || ++digits > 38 + type.scale || scale == type.scale)
            return error();
        if (__builtin_mul_overflow(unscaled, __int128{10}, &unscaled) ||
            __builtin_add_overflow(unscaled, static_cast<__int128>(character - '0'), &unscaled))
            return error();
        scale += scale >= 0 ? 1 : 0;
    }
    if (digits == 0)
        return error();
    for (auto have = std::max(scale, 0); have < type.scale; ++have)
        if (__builtin_mul_overflow(unscaled, __int128{10}, &unscaled))
            return error();
    return Decimal{negative ? -unscaled : unscaled};
}

std::string quoted(const std::string& text) {
    return OrderedJson(text).dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

/// Shortest text of the float itself: as a double it would grow digits that nobody wrote.
std::string float_json(float value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::int64_t ticks_per_second(TypeKind kind) {
    return kind == TypeKind::timestamp_ns || kind == TypeKind::timestamptz_ns ? kNanos : kMicros;
}

Result<Value> text_value(const Type& type, const std::string& text) {
    std::string_view rest;
    switch (type.kind) {
    case TypeKind::string: return Value{text};
    case TypeKind::uuid: {
        auto bytes = from_hex(join(split(text, '-'), ""));
        if (bytes.is_error() || bytes->size() != 16)
            return value_error(type, "'" + printable(text) + "' is no UUID");
        return Value{std::move(bytes).release()};
    }
    case TypeKind::fixed:
    case TypeKind::binary: {
        auto bytes = TRY(from_hex(text));
        if (type.kind == TypeKind::fixed && bytes.size() != static_cast<std::size_t>(type.length))
            return value_error(type, "it has " + std::to_string(bytes.size()) + " bytes");
        return Value{std::move(bytes)};
    }
    case TypeKind::decimal: return Value{TRY(parse_decimal(type, text))};
    case TypeKind::date: return Value{static_cast<std::int32_t>(TRY(parse_date(text)))};
    case TypeKind::time: {
        const auto ticks = TRY(parse_time(text, kMicros, rest));
        if (!rest.empty())
            return value_error(type, "'" + printable(text) + "' goes on behind the time");
        return Value{ticks};
    }
    case TypeKind::timestamp:
    case TypeKind::timestamptz:
    case TypeKind::timestamp_ns:
    case TypeKind::timestamptz_ns: {
        const bool zoned = type.kind == TypeKind::timestamptz || type.kind == TypeKind::timestamptz_ns;
        const auto ticks = TRY(parse_timestamp(text, ticks_per_second(type.kind), rest));
        if (zoned ? rest != "+00:00" && rest != "Z" : !rest.empty())
            return value_error(type, "'" + printable(text) +
                                         (zoned ? "' does not end in +00:00" : "' goes on behind the time"));
        return Value{ticks};
    }
    default: return value_error(type, "a text stands where none belongs");
    }
}

} // namespace

Result<std::string> to_bytes(const Type& type, const Value& value) {
    switch (type.kind) {
    case TypeKind::boolean: {
        const auto* held = std::get_if<bool>(&value);
        if (held == nullptr)
            return wrong_kind(type);
        return std::string(1, *held ? '\1' : '\0');
    }
    case TypeKind::int32:
    case TypeKind::date: return number_bytes<std::int32_t>(type, value);
    case TypeKind::int64:
    case TypeKind::time:
    case TypeKind::timestamp:
    case TypeKind::timestamptz:
    case TypeKind::timestamp_ns:
    case TypeKind::timestamptz_ns: return number_bytes<std::int64_t>(type, value);
    case TypeKind::float32: return number_bytes<float>(type, value);
    case TypeKind::float64: return number_bytes<double>(type, value);
    case TypeKind::decimal: {
        const auto* held = std::get_if<Decimal>(&value);
        if (held == nullptr)
            return wrong_kind(type);
        return decimal_bytes(held->unscaled);
    }
    case TypeKind::string:
    case TypeKind::uuid:
    case TypeKind::fixed:
    case TypeKind::binary: {
        const auto* held = std::get_if<std::string>(&value);
        if (held == nullptr)
            return wrong_kind(type);
        return *held;
    }
    default: return value_error(type, "values of this type have no bounds that Godwit reads");
    }
}

Result<Value> from_bytes(const Type& type, std::string_view bytes) {
    const auto wrong_length = [&] { return value_error(type, "it has " + std::to_string(bytes.size()) + " bytes"); };
    switch (type.kind) {
    case TypeKind::boolean:
        if (bytes.size() != 1)
            return wrong_length();
        return Value{bytes[0] != 0};
    case TypeKind::int32:
    case TypeKind::date:
        if (bytes.size() != 4)
            return wrong_length();
        return Value{from_little_endian<std::int32_t>(bytes)};
    case TypeKind::int64:
    case TypeKind::time:
    case TypeKind::timestamp:
    case TypeKind::timestamptz:
    case TypeKind::timestamp_ns:
    case TypeKind::timestamptz_ns:
        if (bytes.size() == 4)
            return Value{std::int64_t{from_little_endian<std::int32_t>(bytes)}};
        if (bytes.size() != 8)
            return wrong_length();
        return Value{from_little_endian<std::int64_t>(bytes)};
    case TypeKind::float32:
        if (bytes.size() != 4)
            return wrong_length();
        return Value{from_little_endian<float>(bytes)};
    case TypeKind::float64:
        if (bytes.size() == 4)
            return Value{double{from_little_endian<float>(bytes)}};
        if (bytes.size() != 8)
            return wrong_length();
        return Value{from_little_endian<double>(bytes)};
    case TypeKind::decimal: return decimal_from_bytes(type, bytes);
    case TypeKind::uuid:
        if (bytes.size() != 16)
            return wrong_length();
        return Value{std::string(bytes)};
    case TypeKind::string:
    case TypeKind::fixed:
    case TypeKind::binary: return Value{std::string(bytes)};
    default: return value_error(type, "values of this type have no bounds that Godwit reads");
    }
}

Result<std::string> to_json_value(const Type& type, const Value& value) {
    if (is_null(value))
        return std::string("null");
    // Checks that the value is of this type.
    const auto bytes = TRY(to_bytes(type, value));
    switch (type.kind) {
    case TypeKind::boolean: return std::string(std::get<bool>(value) ? "true" : "false");
    case TypeKind::int32: return std::to_string(std::get<std::int32_t>(value));
    case TypeKind::int64: return std::to_string(std::get<std::int64_t>(value));
    case TypeKind::float32: return float_json(std::get<float>(value));
    case TypeKind::float64: return OrderedJson(std::get<double>(value)).dump();
    case TypeKind::decimal: return quoted(decimal_text(std::get<Decimal>(value).unscaled, type.scale));
    case TypeKind::date: return quoted(date_text(std::get<std::int32_t>(value)));
    case TypeKind::time: return quoted(time_text(std::get<std::int64_t>(value), kMicros, Fraction::needed));
    case TypeKind::timestamp:
    case TypeKind::timestamp_ns:
        return quoted(timestamp_text(std::get<std::int64_t>(value), ticks_per_second(type.kind), Fraction::needed));
    case TypeKind::timestamptz:
    case TypeKind::timestamptz_ns:
        return quoted(timestamp_text(std::get<std::int64_t>(value), ticks_per_second(type.kind), Fraction::needed) +
                      "+00:00");
    case TypeKind::uuid: {
        const auto text = hex(bytes);
        return quoted(text.substr(0, 8) + "-" + text.substr(8, 4) + "-" + text.substr(12, 4) + "-" +
                      text.substr(16, 4) + "-" + text.substr(20));
    }
    case TypeKind::string: return quoted(bytes);
    default: return quoted(hex(bytes));
    }
}

Result<Value> from_json_value(const Type& type, std::string_view json) {
    const auto parsed = TRY(parse_ordered_json(json));
    if (parsed.is_null())
        return Value{};
    if (parsed.is_string())
        return text_value(type, parsed.get<std::string>());
    switch (type.kind) {
    case TypeKind::boolean:
        if (parsed.is_boolean())
            return Value{parsed.get<bool>()};
        break;
    case TypeKind::int32:
    case TypeKind::int64:
        if (parsed.is_number_integer() && !(parsed.is_number_unsigned() && parsed.get<std::uint64_t>() > INT64_MAX)) {
            const auto number = parsed.get<std::int64_t>();
            if (type.kind == TypeKind::int64)
                return Value{number};
            if (number >= INT32_MIN && number <= INT32_MAX)
                return Value{static_cast<std::int32_t>(number)};
        }
        break;
    case TypeKind::float32:
        if (parsed.is_number())
            return Value{parsed.get<float>()};
        break;
    case TypeKind::float64:
        if (parsed.is_number())
            return Value{parsed.get<double>()};
        break;
    default: break;
    }
    return value_error(type, "'" + printable(json.substr(0, 80)) + "' is not of this type");
}

} // namespace godwit::iceberg
