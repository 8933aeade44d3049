#include "base/text.h"
#include "formats/text/lazy_simple_serde.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>

namespace godwit::text_format {

namespace {

using Parameters = std::map<std::string, std::string>;

constexpr std::int64_t kMaxSkippedLines = 100'000;

class Lookup {
public:
    Lookup(const Parameters& serde, const Parameters& table) : serde_(serde), table_(table) {}

    const std::string* find(const char* key) const {
        for (const auto* parameters : {&table_, &serde_})
            if (const auto found = parameters->find(key); found != parameters->end())
                return &found->second;
        return nullptr;
    }

private:
    const Parameters& serde_;
    const Parameters& table_;
};

/// Java's Byte.parseByte, else the first byte.
char delimiter_of(const std::string* text, char fallback) {
    if (text == nullptr || text->empty())
        return fallback;
    const std::size_t sign = text->front() == '+' ? 1 : 0;
    int number = 0;
    const char* const end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data() + sign, end, number);
    const bool is_number = parsed.ec == std::errc() && parsed.ptr == end && (sign == 0 || (*text)[1] != '-');
    return is_number && number >= -128 && number <= 127 ? static_cast<char>(number) : text->front();
}

Error refused(const char* key, const std::string& value) {
    return Error::make(ErrorKind::unsupported, "a text table has a property that is not supported")
        .why(std::string(key) + " is '" + printable(value) + "'")
        .fix("leave the table out, or rewrite it with the engine that reads it")
        .at(key);
}

bool is_one_of(const std::string& name, std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(), [&](auto known) { return equals_ignoring_case(name, known); });
}

bool is_latin1(const std::string& name) { return is_one_of(name, {"ISO-8859-1", "ISO8859-1", "ISO8859_1", "Latin1"}); }

Status check_unsupported(const Lookup& lookup) {
    const auto* line = lookup.find("line.delim");
    if (line != nullptr && *line != "\n" && *line != "\\n" && *line != "10")
        return refused("line.delim", *line);
    const auto* encoding = lookup.find("serialization.encoding");
    if (encoding != nullptr && !is_one_of(*encoding, {"UTF-8", "UTF8"}) && !is_latin1(*encoding))
        return refused("serialization.encoding", *encoding);
    for (const char* key : {"textinputformat.record.delimiter", "timestamp.formats"})
        if (const auto* value = lookup.find(key); value != nullptr && !value->empty())
            return refused(key, *value);
    return {};
}

Result<std::int64_t> line_count(const Lookup& lookup, const char* key) {
    const auto* text = lookup.find(key);
    if (text == nullptr || text->empty())
        return std::int64_t{0};
    const auto count = parse_int64(*text);
    if (count.is_error() || *count < 0 || *count > kMaxSkippedLines)
        return refused(key, *text);
    return *count;
}

} // namespace

Result<LazySimpleOptions> lazy_simple_options(const Parameters& serde_parameters, const Parameters& table_parameters) {
    const Lookup lookup(serde_parameters, table_parameters);
    TRY(check_unsupported(lookup));
    LazySimpleOptions options;
    const auto* field = lookup.find("field.delim");
    options.separators[0] = delimiter_of(field != nullptr ? field : lookup.find("serialization.format"), '\x01');
    const auto* collection = lookup.find("collection.delim");
    // Hive before version 3 spelt it so, and tables keep it.
    options.separators[1] = delimiter_of(collection != nullptr ? collection : lookup.find("colelction.delim"), '\x02');
    options.separators[2] = delimiter_of(lookup.find("mapkey.delim"), '\x03');
    if (const auto* escape = lookup.find("escape.delim"))
        options.escape = delimiter_of(escape, '\\');
    if (const auto* null_format = lookup.find("serialization.null.format"))
        options.null_sequence = *null_format;
    if (const auto* rest = lookup.find("serialization.last.column.takes.rest"))
        options.last_column_takes_rest = equals_ignoring_case(*rest, "true");
    if (const auto* encoding = lookup.find("serialization.encoding"))
        options.latin1 = is_latin1(*encoding);
    options.skip_header_lines = TRY(line_count(lookup, "skip.header.line.count"));
    options.skip_footer_lines = TRY(line_count(lookup, "skip.footer.line.count"));
    return options;
}

} // namespace godwit::text_format
