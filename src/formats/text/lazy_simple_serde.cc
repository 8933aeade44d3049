#include "formats/text/lazy_simple_serde.h"

#include "base/text.h"
#include "formats/text/cell_parser.h"

#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <array>
#include <deque>
#include <exception>

namespace godwit::text_format {

namespace {

constexpr std::int64_t kBatchBytes = std::int64_t{64} << 20;
constexpr std::int64_t kBatchCells = 1'000'000;
constexpr std::size_t kHeldBytes = std::size_t{64} << 20;
constexpr std::size_t kMostColumns = 10'000;

Error arrow_error(const arrow::Status& status, const std::string& name) {
    return Error::make(ErrorKind::unsupported, "rows of a text file cannot be held in memory")
        .why(status.message())
        .fix("read the table in smaller batches")
        .at(name);
}

void utf8_of_latin1(std::string_view text, std::string& into) {
    into.clear();
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            into.push_back(c);
        } else {
            into.push_back(static_cast<char>(0xc0 | (byte >> 6)));
            into.push_back(static_cast<char>(0x80 | (byte & 0x3f)));
        }
    }
}

} // namespace

struct LazySimpleReader::State final : IssueCollector {
    State(TextSource& text_source, Settings reader_settings)
        : settings(std::move(reader_settings)),
          source(text_source),
          lines(text_source),
          splitter(settings.options, settings.options.separators[0], settings.columns.size()),
          bad(settings.columns.size()) {}

    Settings settings;
    TextSource& source;
    LineReader lines;
    FieldSplitter splitter;
    std::vector<std::unique_ptr<CellParser>> parsers;
    std::shared_ptr<arrow::Schema> schema;
    std::deque<std::pair<std::int64_t, std::string>> held; ///< lines that may turn out to be the footer
    std::size_t held_bytes = 0;
    std::string decoded; ///< the line, where it had to be decoded
    std::vector<std::int64_t> bad;
    std::int64_t rows = 0;
    std::int64_t dropped = 0;
    bool started = false;

    std::int64_t line = 0;
    std::size_t column = 0;
    bool row_is_bad = false;
    Status sink_status; ///< the sink's error, kept until the row is done

    Status start();
    Result<bool> next_line(std::string_view& text);
    Status parse_row(std::string_view text);
    Result<std::shared_ptr<arrow::RecordBatch>> next();
    Result<std::shared_ptr<arrow::RecordBatch>> finish_batch(const std::vector<bool>& kept);

    void report(CellIssue issue, std::string_view text) override {
        if (is_bad_cell(issue)) {
            ++bad[column];
            row_is_bad = true;
        }
        if (settings.sink && sink_status.has_value())
            sink_status = settings.sink({issue, rows, line, column, text});
    }
};

Status LazySimpleReader::State::start() {
    std::vector<std::shared_ptr<arrow::Field>> fields;
    for (const auto& entry : settings.columns) {
        auto parser = make_cell_parser(entry.type, settings.options, 1);
        if (parser.is_error())
            return Error(parser.error()).at("column " + printable(entry.name));
        parsers.push_back(*std::move(parser));
        fields.push_back(arrow::field(entry.name, arrow_type(entry.type)));
    }
    schema = arrow::schema(std::move(fields));
    return {};
}

Result<bool> LazySimpleReader::State::next_line(std::string_view& text) {
    if (!started) {
        started = true;
        for (std::int64_t i = 0; i < settings.options.skip_header_lines; ++i)
            if (!TRY(lines.next(text)))
                return false;
    }
    const auto footer = static_cast<std::size_t>(settings.options.skip_footer_lines);
    if (footer == 0) {
        const bool found = TRY(lines.next(text));
        line = lines.line_number();
        return found;
    }
    if (!held.empty()) {
        held_bytes -= held.front().second.size();
        held.pop_front();
    }
    while (held.size() <= footer) {
        if (!TRY(lines.next(text)))
            return false;
        held_bytes += text.size();
        if (held_bytes > kHeldBytes)
            return Error::make(ErrorKind::unsupported, "the footer of a text file cannot be skipped")
                .why("so many lines as its footer has, " + std::to_string(footer) + ", hold more than " +
                     human_bytes(kHeldBytes))
                .fix("correct skip.footer.line.count of the table, or split the file's long lines")
                .at(source.name() + " line " + std::to_string(lines.line_number()));
        held.emplace_back(lines.line_number(), text);
    }
    line = held.front().first;
    text = held.front().second;
    return true;
}

Status LazySimpleReader::State::parse_row(std::string_view text) {
    row_is_bad = false;
    if (settings.options.latin1) {
        utf8_of_latin1(text, decoded);
        text = decoded;
    }
    const auto& parts = splitter.split(text);
    for (column = 0; column < parsers.size(); ++column) {
        if (column == splitter.found())
            report(CellIssue::missing_column, text);
        const auto status = parsers[column]->append(parts[column], *this);
        if (!status.ok())
            return arrow_error(status, source.name());
    }
    if (splitter.has_more())
        report(CellIssue::extra_column, splitter.rest());
    ++rows;
    return std::exchange(sink_status, {});
}

Result<std::shared_ptr<arrow::RecordBatch>> LazySimpleReader::State::next() {
    while (true) {
        std::vector<bool> kept;
        std::int64_t bytes = 0;
        std::string_view text;
        while (static_cast<std::int64_t>(kept.size()) < settings.rows_per_batch && bytes < kBatchBytes &&
               TRY(next_line(text))) {
            bytes += static_cast<std::int64_t>(text.size()) + 1;
            TRY(parse_row(text));
            kept.push_back(!(row_is_bad && settings.drop_bad_rows));
        }
        if (kept.empty())
            return nullptr;
        auto batch = TRY(finish_batch(kept));
        if (batch->num_rows() > 0)
            return batch;
    }
}

Result<std::shared_ptr<arrow::RecordBatch>> LazySimpleReader::State::finish_batch(const std::vector<bool>& kept) {
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (const auto& parser : parsers) {
        auto array = parser->builder().Finish();
        if (!array.ok())
            return arrow_error(array.status(), source.name());
        arrays.push_back(*std::move(array));
    }
    auto batch = arrow::RecordBatch::Make(schema, static_cast<std::int64_t>(kept.size()), std::move(arrays));
    const auto out = std::count(kept.begin(), kept.end(), false);
    if (out == 0)
        return batch;
    dropped += out;
    arrow::BooleanBuilder mask;
    const auto appended = mask.AppendValues(kept);
    if (!appended.ok())
        return arrow_error(appended, source.name());
    const auto filter = mask.Finish();
    if (!filter.ok())
        return arrow_error(filter.status(), source.name());
    const auto filtered = arrow::compute::Filter(batch, *filter);
    if (!filtered.ok())
        return arrow_error(filtered.status(), source.name());
    return filtered->record_batch();
}

std::string_view to_string(CellIssue issue) {
    static constexpr std::array<std::string_view, 9> kNames{"unparsable",     "out of range",   "empty",
                                                            "precision lost", "rolled over",    "truncated",
                                                            "not UTF-8",      "missing column", "extra column"};
    return kNames[static_cast<std::size_t>(issue)];
}

bool is_bad_cell(CellIssue issue) {
    return issue != CellIssue::empty && issue != CellIssue::missing_column && issue != CellIssue::extra_column;
}

LazySimpleReader::LazySimpleReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
LazySimpleReader::LazySimpleReader(LazySimpleReader&&) noexcept = default;
LazySimpleReader& LazySimpleReader::operator=(LazySimpleReader&&) noexcept = default;
LazySimpleReader::~LazySimpleReader() = default;

Result<LazySimpleReader> LazySimpleReader::open(TextSource& source, Settings settings) {
    if (settings.columns.empty())
        return Error::make(ErrorKind::invalid_input, "a text table has no columns")
            .why("the catalogue names none")
            .fix("correct the table in the catalogue")
            .at(source.name());
    if (settings.columns.size() > kMostColumns)
        return Error::make(ErrorKind::unsupported, "a text table has too many columns")
            .why("the catalogue names " + std::to_string(settings.columns.size()) + ", the limit is " +
                 std::to_string(kMostColumns))
            .fix("correct the table in the catalogue, or leave it out of the plan")
            .at(source.name());
    const auto most = kBatchCells / static_cast<std::int64_t>(settings.columns.size());
    settings.rows_per_batch = std::clamp<std::int64_t>(settings.rows_per_batch, 1, most);
    auto state = std::make_unique<State>(source, std::move(settings));
    TRY(state->start());
    return LazySimpleReader(std::move(state));
}

const std::shared_ptr<arrow::Schema>& LazySimpleReader::schema() const { return state_->schema; }
std::int64_t LazySimpleReader::rows_read() const { return state_->rows; }
std::int64_t LazySimpleReader::rows_dropped() const { return state_->dropped; }
const std::vector<std::int64_t>& LazySimpleReader::bad_cells() const { return state_->bad; }

Result<std::shared_ptr<arrow::RecordBatch>> LazySimpleReader::next() {
    try {
        return state_->next();
    } catch (const std::exception& exception) {
        return Error::make(ErrorKind::unsupported, "rows of a text file cannot be held in memory")
            .why(exception.what())
            .fix("read the table in smaller batches")
            .at(state_->source.name());
    }
}

} // namespace godwit::text_format
