#include "lanes/lakehouse/hive_schema.h"

#include "base/text.h"
#include "formats/glue/entries.h"
#include "formats/text/hive_type.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace godwit::lakehouse {

namespace {

using iceberg::Type;
using iceberg::TypeKind;
using text_format::HiveKind;
using text_format::HiveType;

class Converter {
public:
    explicit Converter(const IsInstant& is_instant) : is_instant_(is_instant) {}

    iceberg::Field field(const std::string& name, const HiveType& type, const std::string& path) {
        iceberg::Field field;
        field.id = next_id_++;
        field.name = name;
        field.type = convert(type, path);
        return field;
    }

private:
    Type convert(const HiveType& type, const std::string& path) {
        switch (type.kind) {
        case HiveKind::boolean: return iceberg::primitive(TypeKind::boolean);
        case HiveKind::tinyint:
        case HiveKind::smallint:
        case HiveKind::integer: return iceberg::primitive(TypeKind::int32);
        case HiveKind::bigint: return iceberg::primitive(TypeKind::int64);
        case HiveKind::float32: return iceberg::primitive(TypeKind::float32);
        case HiveKind::float64: return iceberg::primitive(TypeKind::float64);
        case HiveKind::decimal: return iceberg::decimal(type.precision, type.scale);
        case HiveKind::string:
        case HiveKind::character:
        case HiveKind::varchar: return iceberg::primitive(TypeKind::string);
        case HiveKind::date: return iceberg::primitive(TypeKind::date);
        case HiveKind::timestamp:
            return iceberg::primitive(is_instant_ && is_instant_(path) ? TypeKind::timestamptz : TypeKind::timestamp);
        case HiveKind::binary: return iceberg::primitive(TypeKind::binary);
        case HiveKind::array: return nested(TypeKind::list, type, path, {"element"});
        case HiveKind::map: return nested(TypeKind::map, type, path, {"key", "value"});
        case HiveKind::structure: return nested(TypeKind::structure, type, path, {});
        }
        return iceberg::primitive(TypeKind::unknown);
    }

    /// `names` of the children, or their own where it is empty.
    Type nested(TypeKind kind, const HiveType& type, const std::string& path, const std::vector<std::string>& names) {
        Type out = iceberg::primitive(kind);
        for (std::size_t i = 0; i < type.children.size(); ++i) {
            const auto& name = names.empty() ? type.children[i].name : names[i];
            out.fields.push_back(field(name, type.children[i].type, path + "." + name));
        }
        if (kind == TypeKind::map)
            out.fields.front().required = true; // keys of a map are never null
        return out;
    }

    const IsInstant& is_instant_;
    std::int32_t next_id_ = 1;
};

Status add_columns(const std::vector<Column>& columns, Converter& converter, iceberg::Schema& schema) {
    for (const auto& column : columns) {
        auto type = text_format::parse_hive_type(column.type);
        if (type.is_error())
            return std::move(type).error().at("column " + printable(column.name));
        auto field = converter.field(column.name, *type, column.name);
        if (!column.comment.empty())
            field.doc = column.comment;
        schema.fields.push_back(std::move(field));
    }
    return {};
}

Error bad_value(const Type& type, std::string_view text) {
    return Error::make(ErrorKind::invalid_input, "a partition value does not fit its key")
        .why("'" + printable(text) + "' is no " + iceberg::type_text(type))
        .fix("drop or repair the partition at the source");
}

template <typename Number>
Result<iceberg::Value> number(const Type& type, std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return bad_value(type, text);
    return iceberg::Value(value);
}

/// `1.50` with the scale of the type: fewer digits behind the point are filled up, more are no value of the type.
Result<iceberg::Value> decimal(const Type& type, std::string_view text) {
    const bool negative = text.starts_with('-');
    auto digits = text.substr(negative || text.starts_with('+') ? 1 : 0);
    const auto point = digits.find('.');
    const auto whole = digits.substr(0, point);
    const auto fraction = point == std::string_view::npos ? std::string_view() : digits.substr(point + 1);
    const auto scale = static_cast<std::size_t>(type.scale);
    if (fraction.size() > scale ||
        whole.size() + scale > static_cast<std::size_t>(type.precision) + (whole == "0" ? 1 : 0) || whole.empty())
        return bad_value(type, text);
    __int128 unscaled = 0;
    for (const char c : std::string(whole) + std::string(fraction) + std::string(scale - fraction.size(), '0')) {
        if (c < '0' || c > '9')
            return bad_value(type, text);
        unscaled = unscaled * 10 + (c - '0');
    }
    return iceberg::Value(iceberg::Decimal{negative ? -unscaled : unscaled});
}

constexpr std::int64_t kMicrosPerDay = std::int64_t{86'400} * 1'000'000;

Result<iceberg::Value> date(const Type& type, std::string_view text) {
    const auto micros = glue::parse_iso_time(std::string(text) + "T00:00:00Z");
    if (text.size() != 10 || (micros == 0 && text != "1970-01-01"))
        return bad_value(type, text);
    return iceberg::Value(static_cast<std::int32_t>(micros / kMicrosPerDay));
}

Result<iceberg::Value> timestamp(const Type& type, std::string_view text) {
    const auto whole = text.size() == 10 ? std::string(text) + " 00:00:00" : std::string(text);
    const auto micros = glue::parse_iso_time(whole);
    const bool plain = whole.find_first_of("TZz+") == std::string::npos && whole.find('-', 10) == std::string::npos;
    if (!plain || (micros == 0 && !whole.starts_with("1970-01-01 00:00:00")))
        return bad_value(type, text);
    return iceberg::Value(micros);
}

} // namespace

Result<HiveSchema> iceberg_schema_of(const std::vector<Column>& columns, const std::vector<Column>& partition_keys,
                                     const IsInstant& is_instant) {
    iceberg::Schema schema;
    Converter converter(is_instant);
    TRY(add_columns(columns, converter, schema));
    TRY(add_columns(partition_keys, converter, schema));
    HiveSchema out{iceberg::assign_fresh_ids(schema).schema, {}};
    for (auto i = columns.size(); i < out.schema.fields.size(); ++i)
        out.partition_ids.push_back(out.schema.fields[i].id);
    return out;
}

iceberg::NameMapping names_in_files(const HiveSchema& schema) {
    auto names = iceberg::name_mapping_of(schema.schema);
    std::erase_if(names, [&](const iceberg::MappedField& mapped) {
        return std::ranges::any_of(schema.partition_ids, [&](std::int32_t id) { return mapped.field_id == id; });
    });
    return names;
}

Result<iceberg::Value> partition_value(const Type& type, std::string_view text) {
    if (text == kNullPartition)
        return iceberg::Value();
    switch (type.kind) {
    case TypeKind::boolean:
        if (!equals_ignoring_case(text, "true") && !equals_ignoring_case(text, "false"))
            return bad_value(type, text);
        return iceberg::Value(equals_ignoring_case(text, "true"));
    case TypeKind::int32: return number<std::int32_t>(type, text);
    case TypeKind::int64: return number<std::int64_t>(type, text);
    case TypeKind::float32: return number<float>(type, text);
    case TypeKind::float64: return number<double>(type, text);
    case TypeKind::decimal: return decimal(type, text);
    case TypeKind::date: return date(type, text);
    case TypeKind::timestamp: return timestamp(type, text);
    case TypeKind::string: return iceberg::Value(std::string(text));
    default: return bad_value(type, text);
    }
}

} // namespace godwit::lakehouse
