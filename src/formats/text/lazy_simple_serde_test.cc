#include "formats/text/lazy_simple_serde.h"

#include "base/file.h"
#include "base/text.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <gtest/gtest.h>

#include <cstring>

namespace godwit::text_format {
namespace {

std::string join_parts(const std::vector<std::string>& parts, char open, char close) {
    return open + join(parts, ",") + close;
}

std::string render(const HiveType& type, const arrow::Array& array, std::int64_t row);

std::string render_list(const HiveType& type, const arrow::Array& array, std::int64_t row) {
    const auto& list = static_cast<const arrow::ListArray&>(array);
    std::vector<std::string> parts;
    for (std::int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i)
        parts.push_back(render(type.children[0].type, *list.values(), i));
    return join_parts(parts, '[', ']');
}

std::string render_map(const HiveType& type, const arrow::Array& array, std::int64_t row) {
    const auto& map = static_cast<const arrow::MapArray&>(array);
    std::vector<std::string> parts;
    for (std::int64_t i = map.value_offset(row); i < map.value_offset(row + 1); ++i)
        parts.push_back(render(type.children[0].type, *map.keys(), i) + ":" +
                        render(type.children[1].type, *map.items(), i));
    return join_parts(parts, '{', '}');
}

std::string render_struct(const HiveType& type, const arrow::Array& array, std::int64_t row) {
    const auto& structure = static_cast<const arrow::StructArray&>(array);
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < type.children.size(); ++i)
        parts.push_back(render(type.children[i].type, *structure.field(static_cast<int>(i)), row));
    return join_parts(parts, '(', ')');
}

template <typename Bits, typename T>
std::string bits_of(T value) {
    Bits bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    std::string text;
    for (int shift = static_cast<int>(sizeof bits) * 8 - 4; shift >= 0; shift -= 4)
        text += "0123456789abcdef"[(bits >> shift) & 0xf];
    return text;
}

/// As java.sql.Timestamp writes it: at least one digit behind the point.
std::string timestamp_text(std::string text) {
    const auto point = text.find('.');
    if (point == std::string::npos)
        return text + ".0";
    text.erase(std::max(text.find_last_not_of('0') + 1, point + 2));
    return text;
}

/// Without the exponent that Arrow gives small numbers.
std::string decimal_text(const arrow::Array& array, std::int64_t row, std::int32_t scale) {
    auto text = arrow::Decimal128(static_cast<const arrow::Decimal128Array&>(array).GetValue(row)).ToIntegerString();
    const std::size_t sign = text.starts_with('-') ? 1 : 0;
    const auto digits = static_cast<std::size_t>(scale);
    if (text.size() - sign <= digits)
        text.insert(sign, digits + 1 - (text.size() - sign), '0');
    return scale == 0 ? text : text.insert(text.size() - digits, 1, '.');
}

std::string render(const HiveType& type, const arrow::Array& array, std::int64_t row) {
    if (array.IsNull(row))
        return "NULL";
    switch (type.kind) {
    case HiveKind::array: return render_list(type, array, row);
    case HiveKind::map: return render_map(type, array, row);
    case HiveKind::structure: return render_struct(type, array, row);
    case HiveKind::string:
    case HiveKind::character:
    case HiveKind::varchar:
    case HiveKind::binary: return "x'" + hex(static_cast<const arrow::BinaryArray&>(array).GetView(row)) + "'";
    case HiveKind::float32: return bits_of<std::uint32_t>(static_cast<const arrow::FloatArray&>(array).Value(row));
    case HiveKind::float64: return bits_of<std::uint64_t>(static_cast<const arrow::DoubleArray&>(array).Value(row));
    case HiveKind::decimal: return decimal_text(array, row, type.scale);
    case HiveKind::timestamp: return timestamp_text(array.GetScalar(row).ValueOrDie()->ToString());
    default: return array.GetScalar(row).ValueOrDie()->ToString();
    }
}

struct Read {
    std::vector<std::string> rows;
    std::vector<std::string> issues; ///< `row:column issue text`
    std::vector<std::int64_t> bad;
    std::int64_t dropped = 0;
    std::string error;
};

Read read_text(std::string_view bytes, const std::string& types, const std::map<std::string, std::string>& properties,
               LazySimpleReader::Settings settings = {}) {
    Read result;
    auto options = lazy_simple_options(properties, {});
    EXPECT_TRUE(options.has_value()) << options.error().to_line();
    settings.options = *options;
    for (const auto& type : split(types, ';'))
        settings.columns.push_back({"c" + std::to_string(settings.columns.size()), *parse_hive_type(type)});
    const auto columns = settings.columns;
    settings.sink = [&](const CellReport& report) -> Status {
        result.issues.push_back(std::to_string(report.row) + ":" + std::to_string(report.column) + " " +
                                std::string(to_string(report.issue)) + " " + printable(report.text));
        return {};
    };
    MemorySource source(bytes, "rows.csv");
    const auto text = open_text(source, TextCodec::none);
    auto reader = LazySimpleReader::open(**text, std::move(settings));
    if (reader.is_error()) {
        result.error = reader.error().to_line();
        return result;
    }
    while (true) {
        const auto batch = reader->next();
        if (batch.is_error()) {
            result.error = batch.error().to_line();
            break;
        }
        if (!*batch)
            break;
        EXPECT_TRUE((*batch)->ValidateFull().ok()) << (*batch)->ValidateFull().ToString();
        for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) {
            std::vector<std::string> cells;
            for (std::size_t i = 0; i < columns.size(); ++i)
                cells.push_back(render(columns[i].type, *(*batch)->column(static_cast<int>(i)), row));
            result.rows.push_back(join_parts(cells, '(', ')'));
        }
    }
    result.bad = reader->bad_cells();
    result.dropped = reader->rows_dropped();
    return result;
}

/// `int:map<string,int>` as `int;map<string,int>`.
std::string columns_of(const std::string& types) {
    std::string result = types;
    int depth = 0;
    for (auto& c : result) {
        depth += c == '<' ? 1 : c == '>' ? -1 : 0;
        c = c == ':' && depth == 0 ? ';' : c;
    }
    return result;
}

/// Microseconds are what Iceberg holds.
std::string expected_of(const std::string& type, const std::string& raw, const std::string& hive) {
    static const std::map<std::string, std::string> deviations{
        {"2024-02-29 12:34:56.123456789", "(2024-02-29 12:34:56.123456)"},
        {"1969-12-31 23:59:59.9999999", "(1969-12-31 23:59:59.999999)"}};
    const auto found = type == "timestamp" ? deviations.find(raw) : deviations.end();
    if (found != deviations.end())
        return found->second;
    if (hive == "(x'61',x'bc62')")
        return "(x'61',x'efbfbd62')";
    if (type != "string" || is_utf8(raw))
        return hive;
    // Hive passes bytes on as they are; a string of Iceberg has to be UTF-8.
    static const std::map<std::string, std::string> replaced{
        {"ff", "efbfbd"}, {"61c3", "61efbfbd"}, {"e28278", "efbfbd78"}, {"eda080", "efbfbdefbfbdefbfbd"}};
    return "(x'" + replaced.at(hex(raw)) + "')";
}

TEST(LazySimpleSerDe, AgreesWithHive) {
    const auto golden = read_file(GODWIT_SOURCE_DIR "/tests/golden/lazy_simple_serde.tsv");
    ASSERT_TRUE(golden.has_value());
    std::size_t count = 0;
    for (const auto& line : split(*golden, '\n')) {
        const auto parts = split(line, '\t');
        if (parts.size() != 4)
            continue;
        ++count;
        std::map<std::string, std::string> properties;
        for (const auto& property : split(parts[0], ';'))
            if (const auto at = property.find('='); at != std::string::npos)
                properties[property.substr(0, at)] = *from_hex(property.substr(at + 1));
        const auto raw = *from_hex(parts[2]);
        const auto read = read_text(raw + "\n", columns_of(parts[1]), properties);
        ASSERT_EQ(read.error, "") << line;
        ASSERT_EQ(read.rows.size(), 1U) << line;
        EXPECT_EQ(read.rows[0], expected_of(parts[1], raw, parts[3]))
            << parts[0] << " " << parts[1] << " '" << printable(raw) << "'";
    }
    EXPECT_EQ(count, 784U);
}

TEST(LazySimpleSerDe, SaysWhichCellsAreNotWhatTheyWere) {
    const auto read = read_text("1,a,2.5\nx,b,\n\\N,c,1e999\n300,toolong,\"3\"\n4\n5,a,6,7\n,ok,1\n",
                                "tinyint;varchar(3);double", {{"field.delim", ","}});
    EXPECT_EQ(read.rows,
              (std::vector<std::string>{"(1,x'61',4004000000000000)", "(NULL,x'62',NULL)",
                                        "(NULL,x'63',7ff0000000000000)", "(NULL,x'746f6f',NULL)", "(4,NULL,NULL)",
                                        "(5,x'61',4018000000000000)", "(NULL,x'6f6b',3ff0000000000000)"}));
    EXPECT_EQ(read.issues, (std::vector<std::string>{"1:0 unparsable x", "1:2 empty ", "3:0 out of range 300",
                                                     "3:1 truncated toolong", "3:2 unparsable \"3\"",
                                                     "4:1 missing column 4", "5:3 extra column 7", "6:0 empty "}));
    EXPECT_EQ(read.bad, (std::vector<std::int64_t>{2, 1, 1}));
}

TEST(LazySimpleSerDe, LostDigitsAreReported) {
    const auto read = read_text("1.5,1.005,2024-01-01 00:00:00.1234567\n1.0,1.10,2024-01-01 00:00:00.123456000\n",
                                "int;decimal(5,2);timestamp", {{"field.delim", ","}});
    EXPECT_EQ(read.rows[0], "(1,1.01,2024-01-01 00:00:00.123456)");
    EXPECT_EQ(read.issues, (std::vector<std::string>{"0:0 precision lost 1.5", "0:1 precision lost 1.005",
                                                     "0:2 precision lost 2024-01-01 00:00:00.1234567"}));
}

TEST(LazySimpleSerDe, DaysThatDoNotExistRollOverAndAreReported) {
    const auto read = read_text("2023-02-29\n2024-02-30\n1900-02-29\n2000-02-29\n0000-02-29\n1582-10-10\n", "date", {});
    EXPECT_EQ(read.rows, (std::vector<std::string>{"(2023-03-01)", "(2024-03-01)", "(1900-03-01)", "(2000-02-29)",
                                                   "(0000-02-29)", "(1582-10-10)"}));
    EXPECT_EQ(read.issues, (std::vector<std::string>{"0:0 rolled over 2023-02-29", "1:0 rolled over 2024-02-30",
                                                     "2:0 rolled over 1900-02-29"}));
    EXPECT_EQ(read.bad, std::vector<std::int64_t>{3});
    const auto times = read_text("2024-01-31 24:00:00\n2024-01-01 -1:00:00.5\n", "timestamp", {});
    EXPECT_EQ(times.rows, (std::vector<std::string>{"(2024-02-01 00:00:00.0)", "(2023-12-31 23:00:00.5)"}));
    EXPECT_EQ(times.bad, std::vector<std::int64_t>{2});
}

TEST(LazySimpleSerDe, Latin1IsDecodedBeforeTheLineIsSplit) {
    const auto read = read_text("1,M\xfcller\n2,Zo\xeb\n", "int;string",
                                {{"field.delim", ","}, {"serialization.encoding", "iso-8859-1"}});
    EXPECT_EQ(read.rows, (std::vector<std::string>{"(1,x'4dc3bc6c6c6572')", "(2,x'5a6fc3ab')"}));
    EXPECT_TRUE(read.issues.empty());
}

TEST(LazySimpleSerDe, StrictLeavesBadRowsOut) {
    LazySimpleReader::Settings settings;
    settings.drop_bad_rows = true;
    settings.rows_per_batch = 2;
    const auto read = read_text("1\nx\ny\nz\n\n2\n", "int", {}, std::move(settings));
    EXPECT_EQ(read.rows, (std::vector<std::string>{"(1)", "(NULL)", "(2)"}));
    EXPECT_EQ(read.dropped, 3);
    EXPECT_EQ(read.issues.size(), 4U);
}

TEST(LazySimpleSerDe, HeadersAndFootersAreSkippedInEachFile) {
    const std::map<std::string, std::string> properties{{"skip.header.line.count", "2"},
                                                        {"skip.footer.line.count", "1"}};
    EXPECT_EQ(read_text("name\n----\n1\n2\ntotal\n", "int", properties).rows, (std::vector<std::string>{"(1)", "(2)"}));
    EXPECT_TRUE(read_text("name\n", "int", properties).rows.empty());
    EXPECT_TRUE(read_text("name\n----\ntotal\n", "int", properties).rows.empty());
    EXPECT_TRUE(read_text("", "int", properties).rows.empty());
    const auto lines = read_text("name\n----\nx\ny\ntotal", "int", properties);
    EXPECT_EQ(lines.issues, (std::vector<std::string>{"0:0 unparsable x", "1:0 unparsable y"}));
}

TEST(LazySimpleSerDe, BatchesHaveTheirNumberOfRows) {
    std::string text;
    for (int i = 0; i < 10; ++i)
        text += std::to_string(i) + "\n";
    MemorySource source(text);
    const auto opened = open_text(source, TextCodec::none);
    LazySimpleReader::Settings settings;
    settings.columns = {{"n", *parse_hive_type("bigint")}};
    settings.rows_per_batch = 4;
    auto reader = LazySimpleReader::open(**opened, std::move(settings));
    std::vector<std::int64_t> sizes;
    while (const auto batch = *reader->next())
        sizes.push_back(batch->num_rows());
    EXPECT_EQ(sizes, (std::vector<std::int64_t>{4, 4, 2}));
    EXPECT_EQ(reader->rows_read(), 10);
}

TEST(LazySimpleSerDe, BatchesOfManyColumnsAreShort) {
    MemorySource source(std::string_view("1\n2\n3\n"));
    const auto opened = open_text(source, TextCodec::none);
    LazySimpleReader::Settings settings;
    settings.columns = std::vector<TextColumn>(10'000, {"n", *parse_hive_type("int")});
    settings.rows_per_batch = 1'000'000;
    auto columns = settings.columns;
    auto reader = LazySimpleReader::open(**opened, std::move(settings));
    ASSERT_TRUE(reader.has_value()) << reader.error().to_line();
    EXPECT_EQ((*reader->next())->num_rows(), 3);
    columns.push_back(columns.front());
    settings = {};
    settings.columns = std::move(columns);
    const auto refused = LazySimpleReader::open(**opened, std::move(settings));
    EXPECT_NE(refused.error().why().find("10001"), std::string::npos);
    const std::string more(300, '\n');
    MemorySource lines(more);
    const auto text = open_text(lines, TextCodec::none);
    settings = {};
    settings.columns = std::vector<TextColumn>(5'000, {"n", *parse_hive_type("int")});
    auto short_batches = LazySimpleReader::open(**text, std::move(settings));
    EXPECT_EQ((*short_batches->next())->num_rows(), 200);
    EXPECT_EQ((*short_batches->next())->num_rows(), 100);
}

TEST(LazySimpleSerDe, TheFooterHoldsLittleOfTheFile) {
    const std::string line = std::string(30 << 20, 'x') + "\n";
    const std::map<std::string, std::string> properties{{"skip.footer.line.count", "1"}};
    EXPECT_EQ(read_text("1\n" + line, "int", properties).rows, (std::vector<std::string>{"(1)"}));
    const auto read = read_text(line + line + line, "int", {{"skip.footer.line.count", "2"}});
    EXPECT_NE(read.error.find("its footer has, 2, hold more than 64.0 MiB"), std::string::npos) << read.error;
}

TEST(LazySimpleSerDe, AnErrorOfTheSinkEndsReading) {
    MemorySource source(std::string_view("1\nx\n2\n"));
    const auto opened = open_text(source, TextCodec::none);
    LazySimpleReader::Settings settings;
    settings.columns = {{"n", *parse_hive_type("int")}};
    settings.sink = [](const CellReport& report) -> Status {
        EXPECT_EQ(report.line, 2);
        return Error::make(ErrorKind::no_space, "the side file cannot be written");
    };
    auto reader = LazySimpleReader::open(**opened, std::move(settings));
    const auto batch = reader->next();
    ASSERT_TRUE(batch.is_error());
    EXPECT_EQ(batch.error().kind(), ErrorKind::no_space);
}

TEST(LazySimpleSerDe, TooManyLevelsAreRefused) {
    std::string type = "int";
    for (int i = 0; i < 7; ++i)
        type = "array<" + type + ">";
    EXPECT_EQ(read_text("1\n", type, {}).error, "");
    EXPECT_NE(read_text("1\n", "array<" + type + ">", {}).error.find("nested too deeply"), std::string::npos);
}

TEST(LazySimpleOptions, ReadsBothSpellingsAndRefusesTheUnknown) {
    const auto options = lazy_simple_options({{"field.delim", ","}, {"colelction.delim", "|"}, {"escape.delim", "\\"}},
                                             {{"collection.delim", "^"},
                                              {"mapkey.delim", ":"},
                                              {"skip.header.line.count", "1"},
                                              {"field.delim", "\t"},
                                              {"classification", "csv"}});
    ASSERT_TRUE(options.has_value());
    EXPECT_EQ(options->separators[0], '\t');
    EXPECT_EQ(options->separators[1], '^');
    EXPECT_EQ(options->separators[2], ':');
    EXPECT_EQ(options->separators[3], '\x04');
    EXPECT_EQ(options->escape, '\\');
    EXPECT_EQ(options->skip_header_lines, 1);
    for (const std::pair<const char*, const char*>& bad : {std::pair{"line.delim", ";"},
                                                           {"serialization.encoding", "GBK"},
                                                           {"timestamp.formats", "yyyy"},
                                                           {"textinputformat.record.delimiter", "|"},
                                                           {"skip.header.line.count", "one"},
                                                           {"skip.footer.line.count", "-1"}}) {
        const auto refused = lazy_simple_options({{bad.first, bad.second}}, {});
        ASSERT_TRUE(refused.is_error()) << bad.first;
        EXPECT_EQ(refused.error().kind(), ErrorKind::unsupported);
    }
    EXPECT_TRUE(lazy_simple_options({{"line.delim", "\n"}, {"serialization.encoding", "utf-8"}}, {}).has_value());
}

} // namespace
} // namespace godwit::text_format
