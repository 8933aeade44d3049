#include "base/text.h"
#include "formats/iceberg/date_text.h"
#include "formats/iceberg/partition.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

namespace godwit::iceberg {

namespace {

constexpr std::int64_t kMicros = 1'000'000;
constexpr std::int64_t kNanos = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

Error transform_error(const Transform& transform, const Type& type) {
    return Error::make(ErrorKind::unsupported, "the transform '" + printable(transform.text) + "' cannot be applied")
        .why("it does not work on " + type_text(type) + ", or Godwit does not know it")
        .fix("check the table's partition spec; the versions 1 to 3 of the specification are supported");
}

bool is_timestamp(TypeKind kind) {
    return kind == TypeKind::timestamp || kind == TypeKind::timestamptz || kind == TypeKind::timestamp_ns ||
           kind == TypeKind::timestamptz_ns;
}

bool is_nanosecond(TypeKind kind) { return kind == TypeKind::timestamp_ns || kind == TypeKind::timestamptz_ns; }

std::int64_t per_second(TypeKind kind) { return is_nanosecond(kind) ? kNanos : kMicros; }

bool has_bucket(TypeKind kind) {
    switch (kind) {
    case TypeKind::int32:
    case TypeKind::int64:
    case TypeKind::decimal:
    case TypeKind::date:
    case TypeKind::time:
    case TypeKind::string:
    case TypeKind::uuid:
    case TypeKind::fixed:
    case TypeKind::binary: return true;
    default: return is_timestamp(kind);
    }
}

bool has_truncate(TypeKind kind) {
    return kind == TypeKind::int32 || kind == TypeKind::int64 || kind == TypeKind::decimal ||
           kind == TypeKind::string || kind == TypeKind::binary;
}

std::int32_t hash_long(std::int64_t value) {
    const auto bytes = std::bit_cast<std::array<char, 8>>(value);
    return murmur3_32({bytes.data(), bytes.size()});
}

/// Days since 1970-01-01 of a date or timestamp.
std::int64_t days_of(const Type& type, const Value& value) {
    if (const auto* date = std::get_if<std::int32_t>(&value))
        return *date;
    return floor_divide(std::get<std::int64_t>(value), kSecondsPerDay * per_second(type.kind));
}

Value apply_time(Transform::Kind kind, const Type& type, const Value& value) {
    if (kind == Transform::Kind::hour)
        return static_cast<std::int32_t>(floor_divide(std::get<std::int64_t>(value), 3600 * per_second(type.kind)));
    const auto days = days_of(type, value);
    if (kind == Transform::Kind::day)
        return static_cast<std::int32_t>(days);
    const auto date = civil_from_days(days);
    if (kind == Transform::Kind::year)
        return static_cast<std::int32_t>(date.year - 1970);
    return static_cast<std::int32_t>((date.year - 1970) * 12 + date.month - 1);
}

template <typename Number>
Number truncate_number(Number value, Number width) {
    // Wraps below the smallest number, as the reference implementation does.
    using Unsigned = std::make_unsigned_t<Number>;
    const auto rest = static_cast<Number>(((value % width) + width) % width);
    return static_cast<Number>(static_cast<Unsigned>(value) - static_cast<Unsigned>(rest));
}

Value apply_truncate(const Transform& transform, const Type& type, const Value& value) {
    switch (type.kind) {
    case TypeKind::int32: return truncate_number(std::get<std::int32_t>(value), transform.parameter);
    case TypeKind::int64: return truncate_number(std::get<std::int64_t>(value), std::int64_t{transform.parameter});
    case TypeKind::decimal: {
        const auto unscaled = std::get<Decimal>(value).unscaled;
        const __int128 width = transform.parameter;
        return Decimal{unscaled - (((unscaled % width) + width) % width)};
    }
    case TypeKind::string:
        return truncate_string(std::get<std::string>(value), static_cast<std::size_t>(transform.parameter));
    default: return truncate_bytes(std::get<std::string>(value), static_cast<std::size_t>(transform.parameter));
    }
}

/// The text that Java gives a float or double: at least one digit behind the point, an exponent outside 10^-3 to 10^7.
template <typename Number>
std::string java_text(Number value) {
    if (std::isnan(value))
        return "NaN";
    if (std::isinf(value))
        return value < 0 ? "-Infinity" : "Infinity";
    const auto magnitude = std::fabs(value);
    const bool plain = magnitude == 0 || (magnitude >= Number(1e-3) && magnitude < Number(1e7));
    char buffer[64];
    const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr;
    std::string text(buffer, end);
    if (plain)
        return text.find('.') == std::string::npos ? text + ".0" : text;
    const auto e = text.find('e');
    auto mantissa = text.substr(0, e);
    if (mantissa.find('.') == std::string::npos)
        mantissa += ".0";
    auto exponent = text.substr(e + 1);
    const bool negative = exponent.front() == '-';
    exponent.erase(0, std::min(exponent.find_first_of("123456789"), exponent.size() - 1));
    return mantissa + "E" + (negative ? "-" : "") + exponent;
}

std::string identity_text(const Type& type, const Value& value) {
    if (const auto* boolean = std::get_if<bool>(&value))
        return *boolean ? "true" : "false";
    if (const auto* small = std::get_if<std::int32_t>(&value))
        return type.kind == TypeKind::date ? date_text(*small) : std::to_string(*small);
    if (const auto* large = std::get_if<std::int64_t>(&value)) {
        if (type.kind == TypeKind::time)
            return time_text(*large, kMicros, Fraction::grouped);
        if (!is_timestamp(type.kind))
            return std::to_string(*large);
        const bool zoned = type.kind == TypeKind::timestamptz || type.kind == TypeKind::timestamptz_ns;
        return timestamp_text(*large, per_second(type.kind), Fraction::grouped) + (zoned ? "Z" : "");
    }
    if (const auto* single = std::get_if<float>(&value))
        return java_text(*single);
    if (const auto* number = std::get_if<double>(&value))
        return java_text(*number);
    if (const auto* exact = std::get_if<Decimal>(&value))
        return decimal_text(exact->unscaled, type.scale);
    const auto& text = std::get<std::string>(value);
    if (type.kind == TypeKind::fixed || type.kind == TypeKind::binary)
        return base64(text);
    if (type.kind == TypeKind::uuid && text.size() == 16) {
        const auto digits = hex(text);
        return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" +
               digits.substr(16, 4) + "-" + digits.substr(20);
    }
    return text;
}

/// Whether the value is held as this type says: what a caller read elsewhere may not be.
bool fits(const Type& type, const Value& value) { return to_bytes(type, value).has_value(); }

} // namespace

Result<Transform> parse_transform(std::string_view text) {
    using Kind = Transform::Kind;
    Transform transform;
    transform.text = text;
    for (const auto& [name, kind] : {std::pair<std::string_view, Kind>{"identity", Kind::identity},
                                     {"year", Kind::year},
                                     {"month", Kind::month},
                                     {"day", Kind::day},
                                     {"hour", Kind::hour},
                                     {"void", Kind::always_null}})
        if (equals_ignoring_case(text, name)) {
            transform.kind = kind;
            return transform;
        }
    transform.kind = Kind::unknown;
    const auto open = text.find('[');
    if (open == std::string_view::npos || text.back() != ']')
        return transform;
    const auto name = text.substr(0, open);
    const bool bucket = equals_ignoring_case(name, "bucket");
    if (!bucket && !equals_ignoring_case(name, "truncate"))
        return transform;
    const auto parameter = parse_int64(text.substr(open + 1, text.size() - open - 2));
    if (parameter.is_error() || *parameter < 1 || *parameter > INT32_MAX)
        return Error::make(ErrorKind::invalid_input, "the transform '" + printable(text) + "' cannot be read")
            .why("the number between the brackets must be at least 1")
            .fix("correct the partition spec or sort order");
    transform.kind = bucket ? Kind::bucket : Kind::truncate;
    transform.parameter = static_cast<std::int32_t>(*parameter);
    return transform;
}

Result<Type> result_type(const Transform& transform, const Type& source) {
    switch (transform.kind) {
    case Transform::Kind::identity:
    case Transform::Kind::always_null:
        if (source.is_primitive())
            return source;
        break;
    case Transform::Kind::bucket:
        if (has_bucket(source.kind))
            return primitive(TypeKind::int32);
        break;
    case Transform::Kind::truncate:
        if (has_truncate(source.kind))
            return source;
        break;
    case Transform::Kind::year:
    case Transform::Kind::month:
        if (source.kind == TypeKind::date || is_timestamp(source.kind))
            return primitive(TypeKind::int32);
        break;
    case Transform::Kind::day:
        if (source.kind == TypeKind::date || is_timestamp(source.kind))
            return primitive(TypeKind::date);
        break;
    case Transform::Kind::hour:
        if (is_timestamp(source.kind))
            return primitive(TypeKind::int32);
        break;
    case Transform::Kind::unknown: return primitive(TypeKind::unknown);
    }
    return transform_error(transform, source);
}

std::int32_t murmur3_32(std::string_view bytes) {
    constexpr std::uint32_t first = 0xcc9e2d51;
    constexpr std::uint32_t second = 0x1b873593;
    std::uint32_t hash = 0;
    std::size_t at = 0;
    for (; at + 4 <= bytes.size(); at += 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, bytes.data() + at, 4);
        hash ^= std::rotl(word * first, 15) * second;
        hash = std::rotl(hash, 13) * 5 + 0xe6546b64;
    }
    std::uint32_t tail = 0;
    for (std::size_t i = bytes.size(); i > at; --i)
        tail = (tail << 8) | static_cast<unsigned char>(bytes[i - 1]);
    hash ^= std::rotl(tail * first, 15) * second;
    hash ^= static_cast<std::uint32_t>(bytes.size());
    hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
    hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
    return static_cast<std::int32_t>(hash ^ (hash >> 16));
}

Result<std::int32_t> bucket_hash(const Type& type, const Value& value) {
    if (!has_bucket(type.kind) || !fits(type, value))
        return transform_error({Transform::Kind::bucket, 0, "bucket"}, type);
    if (const auto* small = std::get_if<std::int32_t>(&value))
        return hash_long(*small);
    if (const auto* large = std::get_if<std::int64_t>(&value))
        return hash_long(is_nanosecond(type.kind) ? floor_divide(*large, 1000) : *large);
    if (const auto* exact = std::get_if<Decimal>(&value))
        return murmur3_32(decimal_bytes(exact->unscaled));
    return murmur3_32(std::get<std::string>(value));
}

Result<Value> apply(const Transform& transform, const Type& source, const Value& value) {
    TRY(result_type(transform, source));
    if (transform.kind == Transform::Kind::unknown)
        return transform_error(transform, source);
    if (is_null(value) || transform.kind == Transform::Kind::always_null)
        return Value{};
    if (!fits(source, value))
        return transform_error(transform, source);
    switch (transform.kind) {
    case Transform::Kind::identity: return value;
    case Transform::Kind::bucket: return Value{(TRY(bucket_hash(source, value)) & INT32_MAX) % transform.parameter};
    case Transform::Kind::truncate: return apply_truncate(transform, source, value);
    default: return apply_time(transform.kind, source, value);
    }
}

std::string value_text(const Transform& transform, const Type& type, const Value& value) {
    if (is_null(value))
        return "null";
    const auto* number = std::get_if<std::int32_t>(&value);
    if (number == nullptr)
        return identity_text(type, value);
    switch (transform.kind) {
    case Transform::Kind::year: return year_text(std::int64_t{1970} + *number);
    case Transform::Kind::month: {
        const auto year = floor_divide(*number, 12);
        const auto month = std::to_string(*number - year * 12 + 1);
        return year_text(1970 + year) + (month.size() == 1 ? "-0" : "-") + month;
    }
    case Transform::Kind::day: return date_text(*number);
    case Transform::Kind::hour: {
        const auto days = floor_divide(*number, 24);
        const auto hour = std::to_string(*number - days * 24);
        return date_text(days) + (hour.size() == 1 ? "-0" : "-") + hour;
    }
    default: return identity_text(type, value);
    }
}

} // namespace godwit::iceberg
