#include "formats/text/hive_type.h"

#include "base/text.h"

#include <arrow/type.h>

#include <array>
#include <optional>
#include <utility>

namespace godwit::text_format {

namespace {

constexpr int kMaxDepth = 32;
constexpr std::int64_t kMaxPrecision = 38;
constexpr std::int64_t kMaxCharacter = 255;
constexpr std::int64_t kMaxVarchar = 65'535;

constexpr std::array<std::pair<std::string_view, HiveKind>, 15> kPrimitives{{
    {"boolean", HiveKind::boolean},
    {"tinyint", HiveKind::tinyint},
    {"smallint", HiveKind::smallint},
    {"int", HiveKind::integer},
    {"integer", HiveKind::integer},
    {"bigint", HiveKind::bigint},
    {"float", HiveKind::float32},
    {"double", HiveKind::float64},
    {"decimal", HiveKind::decimal},
    {"string", HiveKind::string},
    {"char", HiveKind::character},
    {"varchar", HiveKind::varchar},
    {"date", HiveKind::date},
    {"timestamp", HiveKind::timestamp},
    {"binary", HiveKind::binary},
}};

std::string_view name_of(HiveKind kind) {
    for (const auto& [name, value] : kPrimitives)
        if (value == kind)
            return name;
    return kind == HiveKind::array ? "array" : kind == HiveKind::map ? "map" : "struct";
}

/// Recursive descent over the text of a type.
class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<HiveType> parse() {
        auto type = TRY(parse_type(0));
        skip_blanks();
        if (at_ != text_.size())
            return invalid("something follows the type");
        return type;
    }

private:
    Error invalid(std::string why) const {
        return Error::make(ErrorKind::invalid_input, "a column type cannot be read")
            .why(std::move(why) + " at character " + std::to_string(at_) + " of '" + printable(text_) + "'")
            .fix("correct the type in the catalogue");
    }

    Error unsupported(std::string_view name) const {
        return Error::make(ErrorKind::unsupported, "a column type is not supported")
            .why("'" + printable(name) + "' in '" + printable(text_) + "'")
            .fix("leave the table out, or change the column to a supported type");
    }

    void skip_blanks() {
        while (at_ < text_.size() && text_[at_] == ' ')
            ++at_;
    }

    bool take(char wanted) {
        skip_blanks();
        if (at_ == text_.size() || text_[at_] != wanted)
            return false;
        ++at_;
        return true;
    }

    std::string_view word() {
        skip_blanks();
        const auto begin = at_;
        while (at_ < text_.size() && std::string_view("<>(),: ").find(text_[at_]) == std::string_view::npos)
            ++at_;
        return text_.substr(begin, at_ - begin);
    }

    Result<HiveType> parse_type(int depth) {
        if (depth > kMaxDepth)
            return invalid("the type is nested too deeply");
        const auto name = lower_ascii(word());
        if (name == "array" || name == "map" || name == "struct")
            return nested(name, depth);
        for (const auto& [primitive_name, kind] : kPrimitives)
            if (primitive_name == name)
                return primitive(kind);
        return name.empty() ? invalid("a type name is missing") : unsupported(name);
    }

    Result<HiveType> primitive(HiveKind kind) {
        HiveType type;
        type.kind = kind;
        if (kind == HiveKind::timestamp && text_.substr(at_).starts_with(" with"))
            return unsupported("timestamp with local time zone");
        if (kind == HiveKind::decimal) {
            const auto precision = TRY(number('(', 1, kMaxPrecision));
            type.precision = precision.value_or(10);
            if (precision) {
                type.scale = TRY(number(',', 0, type.precision)).value_or(0);
                if (!take(')'))
                    return invalid("a closing bracket is missing");
            }
        } else if (kind == HiveKind::character || kind == HiveKind::varchar) {
            const auto length = TRY(number('(', 1, kind == HiveKind::varchar ? kMaxVarchar : kMaxCharacter));
            if (!length || !take(')'))
                return invalid("the length in brackets is missing");
            type.length = *length;
        }
        return type;
    }

    /// The number after `opening`, or nothing where that does not come.
    Result<std::optional<std::int32_t>> number(char opening, std::int64_t least, std::int64_t most) {
        if (!take(opening))
            return std::optional<std::int32_t>();
        const auto value = parse_int64(word());
        if (value.is_error() || *value < least || *value > most)
            return invalid("a number from " + std::to_string(least) + " to " + std::to_string(most) + " is missing");
        return std::optional(static_cast<std::int32_t>(*value));
    }

    Result<HiveType> nested(const std::string& name, int depth) {
        HiveType type;
        type.kind = name == "array" ? HiveKind::array : name == "map" ? HiveKind::map : HiveKind::structure;
        if (!take('<'))
            return invalid("'<' is missing");
        do {
            HiveField child;
            if (type.kind == HiveKind::structure) {
                child.name = word();
                if (child.name.empty() || !take(':'))
                    return invalid("a field has a name, a colon and a type");
            }
            child.type = TRY(parse_type(depth + 1));
            type.children.push_back(std::move(child));
        } while (take(','));
        if (!take('>'))
            return invalid("'>' is missing");
        if (type.kind == HiveKind::array && type.children.size() != 1)
            return invalid("an array has one element type");
        if (type.kind == HiveKind::map && (type.children.size() != 2 || !type.children[0].type.is_primitive()))
            return invalid("a map has a primitive key type and a value type");
        return type;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace

bool HiveType::operator==(const HiveType&) const = default;

Result<HiveType> parse_hive_type(std::string_view text) { return Parser(text).parse(); }

std::string to_string(const HiveType& type) {
    std::string text(name_of(type.kind));
    if (type.kind == HiveKind::decimal)
        return text + "(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    if (type.kind == HiveKind::character || type.kind == HiveKind::varchar)
        return text + "(" + std::to_string(type.length) + ")";
    if (type.is_primitive())
        return text;
    text += '<';
    for (std::size_t i = 0; i < type.children.size(); ++i) {
        text += i > 0 ? "," : "";
        text += type.kind == HiveKind::structure ? type.children[i].name + ":" : "";
        text += to_string(type.children[i].type);
    }
    return text + '>';
}

std::shared_ptr<arrow::DataType> arrow_type(const HiveType& type) {
    switch (type.kind) {
    case HiveKind::boolean: return arrow::boolean();
    case HiveKind::tinyint:
    case HiveKind::smallint:
    case HiveKind::integer: return arrow::int32();
    case HiveKind::bigint: return arrow::int64();
    case HiveKind::float32: return arrow::float32();
    case HiveKind::float64: return arrow::float64();
    case HiveKind::decimal: return arrow::decimal128(type.precision, type.scale);
    case HiveKind::string:
    case HiveKind::character:
    case HiveKind::varchar: return arrow::utf8();
    case HiveKind::date: return arrow::date32();
    case HiveKind::timestamp: return arrow::timestamp(arrow::TimeUnit::MICRO);
    case HiveKind::binary: return arrow::binary();
    case HiveKind::array: return arrow::list(arrow::field("element", arrow_type(type.children[0].type)));
    case HiveKind::map: return arrow::map(arrow_type(type.children[0].type), arrow_type(type.children[1].type));
    case HiveKind::structure: {
        std::vector<std::shared_ptr<arrow::Field>> fields;
        for (const auto& child : type.children)
            fields.push_back(arrow::field(child.name, arrow_type(child.type)));
        return arrow::struct_(std::move(fields));
    }
    }
    return arrow::null();
}

} // namespace godwit::text_format
