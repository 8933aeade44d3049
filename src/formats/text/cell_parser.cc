#include "formats/text/cell_parser.h"

#include <arrow/builder.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

#include <cstring>
#include <limits>
#include <set>
#include <utility>

namespace godwit::text_format {

namespace {

/// Where a part that begins at `begin` ends; `escape` hides the byte after it.
std::size_t find_separator(std::string_view text, std::size_t begin, char separator, std::optional<char> escape) {
    if (!escape) {
        const auto at = text.find(separator, begin);
        return at == std::string_view::npos ? text.size() : at;
    }
    for (std::size_t i = begin; i < text.size(); ++i) {
        if (text[i] == separator)
            return i;
        if (text[i] == *escape && i + 1 < text.size())
            ++i;
    }
    return text.size();
}

std::optional<std::string_view> unless_null(std::string_view text, const LazySimpleOptions& options) {
    return text == options.null_sequence ? std::nullopt : std::optional(text);
}

/// `Parse` is (text) -> CellValue; `Put` is (builder, value) -> Status.
template <typename Builder, typename Parse, typename Put>
class PrimitiveParser final : public CellParser {
public:
    PrimitiveParser(std::shared_ptr<arrow::DataType> type, Parse parse, Put put)
        : builder_(std::move(type), arrow::default_memory_pool()), parse_(parse), put_(put) {}

    arrow::Status append(std::optional<std::string_view> text, IssueCollector& issues) override {
        if (!text)
            return builder_.AppendNull();
        const auto cell = parse_(*text);
        if (cell.issue)
            issues.report(*cell.issue, *text);
        return cell.value ? put_(builder_, *cell.value) : builder_.AppendNull();
    }
    arrow::ArrayBuilder& builder() override { return builder_; }

private:
    Builder builder_;
    Parse parse_;
    Put put_;
};

template <typename Builder, typename Parse, typename Put>
std::unique_ptr<CellParser> primitive(const HiveType& type, Parse parse, Put put) {
    return std::make_unique<PrimitiveParser<Builder, Parse, Put>>(arrow_type(type), parse, put);
}

template <typename Builder, typename Integer>
std::unique_ptr<CellParser> integers(const HiveType& type, std::int64_t least, std::int64_t greatest) {
    return primitive<Builder>(
        type, [least, greatest](std::string_view text) { return parse_hive_integer(text, least, greatest); },
        [](Builder& builder, std::int64_t value) { return builder.Append(static_cast<Integer>(value)); });
}

class StringParser final : public CellParser {
public:
    StringParser(const HiveType& type, const LazySimpleOptions& options) : type_(type), escape_(options.escape) {}

    arrow::Status append(std::optional<std::string_view> text, IssueCollector& issues) override {
        if (!text)
            return builder_.AppendNull();
        auto value = *text;
        if (escape_ && value.find(*escape_) != std::string_view::npos) {
            unescape(value, *escape_, buffer_);
            value = buffer_;
        }
        if (replace_invalid_utf8(value, replaced_)) {
            // Hive decodes char and varchar, and gives up; a string it passes on as bytes.
            const bool is_string = type_.kind == HiveKind::string;
            issues.report(is_string ? CellIssue::text_replaced : CellIssue::unparsable, *text);
            if (!is_string)
                return builder_.AppendNull();
            value = replaced_;
        }
        return type_.kind == HiveKind::string ? builder_.Append(value) : append_limited(value, *text, issues);
    }
    arrow::ArrayBuilder& builder() override { return builder_; }

private:
    arrow::Status append_limited(std::string_view value, std::string_view text, IssueCollector& issues) {
        std::int32_t count = 0;
        const auto length = prefix_of_code_points(value, type_.length, count);
        const bool padded = type_.kind == HiveKind::character;
        const auto cut = value.substr(length);
        if (!cut.empty() && !(padded && cut.find_first_not_of(' ') == std::string_view::npos))
            issues.report(CellIssue::text_truncated, text);
        if (!padded || count == type_.length)
            return builder_.Append(value.substr(0, length));
        std::string filled(value);
        filled.append(static_cast<std::size_t>(type_.length - count), ' ');
        return builder_.Append(filled);
    }

    HiveType type_;
    std::optional<char> escape_;
    arrow::StringBuilder builder_;
    std::string buffer_;
    std::string replaced_;
};

class ArrayParser final : public CellParser {
public:
    ArrayParser(const HiveType& type, const LazySimpleOptions& options, char separator,
                std::unique_ptr<CellParser> element)
        : options_(options),
          separator_(separator),
          element_(std::move(element)),
          builder_(arrow::default_memory_pool(),
                   std::shared_ptr<arrow::ArrayBuilder>(std::shared_ptr<void>(), &element_->builder()),
                   arrow_type(type)) {}

    arrow::Status append(std::optional<std::string_view> text, IssueCollector& issues) override {
        if (!text)
            return builder_.AppendNull();
        ARROW_RETURN_NOT_OK(builder_.Append());
        if (text->empty())
            return arrow::Status::OK();
        for (std::size_t begin = 0; begin <= text->size();) {
            const auto end = find_separator(*text, begin, separator_, options_.escape);
            ARROW_RETURN_NOT_OK(element_->append(unless_null(text->substr(begin, end - begin), options_), issues));
            begin = end + 1;
        }
        return arrow::Status::OK();
    }
    arrow::ArrayBuilder& builder() override { return builder_; }

private:
    const LazySimpleOptions& options_;
    char separator_;
    std::unique_ptr<CellParser> element_;
    arrow::ListBuilder builder_;
};

class StructureParser final : public CellParser {
public:
    StructureParser(const HiveType& type, const LazySimpleOptions& options, char separator,
                    std::vector<std::unique_ptr<CellParser>> fields)
        : splitter_(options, separator, fields.size()),
          fields_(std::move(fields)),
          builder_(arrow_type(type), arrow::default_memory_pool(), child_builders()) {}

    arrow::Status append(std::optional<std::string_view> text, IssueCollector& issues) override {
        if (!text)
            return builder_.AppendNull();
        ARROW_RETURN_NOT_OK(builder_.Append());
        const auto& parts = splitter_.split(*text);
        for (std::size_t i = 0; i < fields_.size(); ++i)
            ARROW_RETURN_NOT_OK(fields_[i]->append(parts[i], issues));
        return arrow::Status::OK();
    }
    arrow::ArrayBuilder& builder() override { return builder_; }

private:
    std::vector<std::shared_ptr<arrow::ArrayBuilder>> child_builders() const {
        std::vector<std::shared_ptr<arrow::ArrayBuilder>> builders;
        for (const auto& field : fields_)
            builders.emplace_back(std::shared_ptr<void>(), &field->builder());
        return builders;
    }

    FieldSplitter splitter_;
    std::vector<std::unique_ptr<CellParser>> fields_;
    arrow::StructBuilder builder_;
};

/// A key that is NULL, or no value of its type, takes its entry with it; of equal keys the first counts.
class MapParser final : public CellParser {
public:
    MapParser(const HiveType& type, const LazySimpleOptions& options, char items, char keys,
              std::unique_ptr<CellParser> scratch, std::unique_ptr<CellParser> key, std::unique_ptr<CellParser> value)
        : options_(options),
          items_(items),
          keys_(keys),
          scratch_(std::move(scratch)),
          key_(std::move(key)),
          value_(std::move(value)),
          builder_(arrow::default_memory_pool(),
                   std::shared_ptr<arrow::ArrayBuilder>(std::shared_ptr<void>(), &key_->builder()),
                   std::shared_ptr<arrow::ArrayBuilder>(std::shared_ptr<void>(), &value_->builder()),
                   arrow_type(type)) {}

    arrow::Status append(std::optional<std::string_view> text, IssueCollector& issues) override {
        if (!text)
            return builder_.AppendNull();
        ARROW_RETURN_NOT_OK(builder_.Append());
        std::set<std::string> seen;
        for (std::size_t begin = 0; begin <= text->size() && !text->empty();) {
            std::size_t split = std::string_view::npos;
            const auto end = find_entry(*text, begin, split);
            const auto key_end = split == std::string_view::npos ? end : split;
            std::optional<std::string_view> value;
            if (split != std::string_view::npos)
                value = unless_null(text->substr(split + 1, end - split - 1), options_);
            ARROW_RETURN_NOT_OK(
                append_entry(unless_null(text->substr(begin, key_end - begin), options_), value, seen, issues));
            begin = end + 1;
        }
        return arrow::Status::OK();
    }
    arrow::ArrayBuilder& builder() override { return builder_; }

private:
    std::size_t find_entry(std::string_view text, std::size_t begin, std::size_t& split) const {
        for (std::size_t i = begin; i < text.size(); ++i) {
            if (text[i] == items_)
                return i;
            if (text[i] == keys_ && split == std::string_view::npos)
                split = i;
            if (options_.escape && text[i] == *options_.escape && i + 1 < text.size())
                ++i;
        }
        return text.size();
    }

    arrow::Status append_entry(std::optional<std::string_view> key, std::optional<std::string_view> value,
                               std::set<std::string>& seen, IssueCollector& issues) {
        if (!key)
            return arrow::Status::OK();
        // Parsed by itself first: whether there is an entry at all depends on the key.
        ARROW_RETURN_NOT_OK(scratch_->append(key, issues));
        ARROW_ASSIGN_OR_RAISE(const auto parsed, scratch_->builder().Finish());
        if (parsed->IsNull(0))
            return arrow::Status::OK();
        ARROW_ASSIGN_OR_RAISE(const auto scalar, parsed->GetScalar(0));
        if (!seen.insert(scalar->ToString()).second)
            return arrow::Status::OK();
        ARROW_RETURN_NOT_OK(key_->builder().AppendScalar(*scalar));
        return value_->append(value, issues);
    }

    const LazySimpleOptions& options_;
    char items_;
    char keys_;
    std::unique_ptr<CellParser> scratch_;
    std::unique_ptr<CellParser> key_;
    std::unique_ptr<CellParser> value_;
    arrow::MapBuilder builder_;
};

std::unique_ptr<CellParser> primitive_parser(const HiveType& type, const LazySimpleOptions& options) {
    constexpr auto append = [](auto& builder, auto value) { return builder.Append(value); };
    switch (type.kind) {
    case HiveKind::boolean: return primitive<arrow::BooleanBuilder>(type, parse_hive_boolean, append);
    case HiveKind::tinyint: return integers<arrow::Int32Builder, std::int32_t>(type, -128, 127);
    case HiveKind::smallint: return integers<arrow::Int32Builder, std::int32_t>(type, -32'768, 32'767);
    case HiveKind::integer:
        return integers<arrow::Int32Builder, std::int32_t>(type, std::numeric_limits<std::int32_t>::min(),
                                                           std::numeric_limits<std::int32_t>::max());
    case HiveKind::bigint:
        return integers<arrow::Int64Builder, std::int64_t>(type, std::numeric_limits<std::int64_t>::min(),
                                                           std::numeric_limits<std::int64_t>::max());
    case HiveKind::float32: return primitive<arrow::FloatBuilder>(type, parse_hive_float, append);
    case HiveKind::float64: return primitive<arrow::DoubleBuilder>(type, parse_hive_double, append);
    case HiveKind::decimal:
        return primitive<arrow::Decimal128Builder>(
            type,
            [precision = type.precision, scale = type.scale](std::string_view text) {
                return parse_hive_decimal(text, precision, scale);
            },
            [](arrow::Decimal128Builder& builder, __int128 value) {
                return builder.Append(
                    arrow::Decimal128(static_cast<std::int64_t>(value >> 64), static_cast<std::uint64_t>(value)));
            });
    case HiveKind::date: return primitive<arrow::Date32Builder>(type, parse_hive_date, append);
    case HiveKind::timestamp: return primitive<arrow::TimestampBuilder>(type, parse_hive_timestamp, append);
    case HiveKind::binary:
        return primitive<arrow::BinaryBuilder>(
            type, [](std::string_view text) { return CellValue<std::string>{decode_hive_binary(text), {}}; },
            [](arrow::BinaryBuilder& builder, const std::string& bytes) { return builder.Append(bytes); });
    default: return std::make_unique<StringParser>(type, options);
    }
}

Error too_deep() {
    return Error::make(ErrorKind::unsupported, "a column type is nested too deeply for LazySimpleSerDe")
        .why("it needs more than eight separators")
        .fix("leave the table out, or rewrite it with the engine that reads it");
}

} // namespace

Result<std::unique_ptr<CellParser>> make_cell_parser(const HiveType& type, const LazySimpleOptions& options,
                                                     std::size_t level) {
    if (type.is_primitive())
        return primitive_parser(type, options);
    const bool is_map = type.kind == HiveKind::map;
    if (level + (is_map ? 1 : 0) >= options.separators.size())
        return too_deep();
    const char separator = options.separators[level];
    std::vector<std::unique_ptr<CellParser>> children;
    for (const auto& child : type.children)
        children.push_back(TRY(make_cell_parser(child.type, options, level + (is_map ? 2 : 1))));
    if (type.kind == HiveKind::array)
        return std::unique_ptr<CellParser>(
            std::make_unique<ArrayParser>(type, options, separator, std::move(children[0])));
    if (type.kind == HiveKind::structure)
        return std::unique_ptr<CellParser>(
            std::make_unique<StructureParser>(type, options, separator, std::move(children)));
    return std::unique_ptr<CellParser>(std::make_unique<MapParser>(
        type, options, separator, options.separators[level + 1], primitive_parser(type.children[0].type, options),
        std::move(children[0]), std::move(children[1])));
}

const std::vector<std::optional<std::string_view>>& FieldSplitter::split(std::string_view text) {
    found_ = 0;
    has_more_ = false;
    std::size_t begin = 0;
    while (found_ < parts_.size() && begin <= text.size()) {
        const bool takes_rest = options_.last_column_takes_rest && found_ + 1 == parts_.size();
        const auto end = takes_rest ? text.size() : find_separator(text, begin, separator_, options_.escape);
        parts_[found_++] = unless_null(text.substr(begin, end - begin), options_);
        begin = end + 1;
    }
    for (std::size_t i = found_; i < parts_.size(); ++i)
        parts_[i] = std::nullopt;
    has_more_ = begin <= text.size();
    rest_ = has_more_ ? text.substr(begin) : std::string_view();
    return parts_;
}

} // namespace godwit::text_format
