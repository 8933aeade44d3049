#pragma once

#include "base/result.h"
#include "formats/text/hive_type.h"
#include "formats/text/text_source.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrow {
class RecordBatch;
class Schema;
} // namespace arrow

/// Text files read as Hive's `org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe` reads them.
/// Held against Hive 2.3.9's own classes (tests/golden/lazy_simple_serde.tsv). Where Athena answers otherwise and its
/// answer is the only sensible one, Athena wins: both spellings of `collection.delim` count, days of October 1582 that
/// the Gregorian calendar left out are kept as they are written, and strings hold UTF-8 only.
namespace godwit::text_format {

struct LazySimpleOptions {
    /// Of fields, then of collection items, of map keys, and of each deeper level.
    std::array<char, 8> separators{'\x01', '\x02', '\x03', '\x04', '\x05', '\x06', '\x07', '\x08'};
    std::string null_sequence = "\\N";
    std::optional<char> escape;
    bool last_column_takes_rest = false;
    bool latin1 = false;                ///< the file is ISO 8859-1; lines are brought to UTF-8 before they are split
    std::int64_t skip_header_lines = 0; ///< of each file
    std::int64_t skip_footer_lines = 0; ///< of each file
};

/// Reads field.delim (or serialization.format), collection.delim (also spelt colelction.delim), mapkey.delim,
/// escape.delim, serialization.null.format, serialization.last.column.takes.rest, skip.header.line.count and
/// skip.footer.line.count; a table parameter wins over a SerDe parameter. A delimiter is a number from -128 to 127, or
/// else its first byte counts. What would change the meaning and is not handled is refused: line.delim other than a
/// newline, textinputformat.record.delimiter, serialization.encoding other than UTF-8 and ISO-8859-1,
/// timestamp.formats.
Result<LazySimpleOptions> lazy_simple_options(const std::map<std::string, std::string>& serde_parameters,
                                              const std::map<std::string, std::string>& table_parameters);

struct TextColumn {
    std::string name;
    HiveType type;
};

/// Why a cell's text is not what the table holds. `precision_lost`, `rolled_over`, `text_truncated` and
/// `text_replaced` keep a value; with every other issue of a cell it is NULL.
enum class CellIssue {
    unparsable,     ///< the text is no value of the type: `abc` as int
    out_of_range,   ///< a number too large for the type
    empty,          ///< no text in a column that is neither string nor binary: NULL in Hive, and rarely a mistake
    precision_lost, ///< decimals are rounded half up, integers and timestamps (beyond microseconds) are cut
    rolled_over,    ///< no such day or time, read as Hive does: 30 February is 1 March, 24:00:00 the next day
    text_truncated, ///< char or varchar longer than declared
    text_replaced,  ///< bytes that are not UTF-8 in a string, replaced by U+FFFD as Java does when it decodes
    missing_column, ///< the row is too short; reported once for a row, for the first column that is missing
    extra_column,   ///< the row is too long, its rest is dropped; reported once for a row, column = number of columns
};

std::string_view to_string(CellIssue issue);
/// Whether the issue makes the cell a bad one that `--strict` refuses: all but `empty`, `missing_column` and
/// `extra_column`, which Hive's format allows.
bool is_bad_cell(CellIssue issue);

/// A cell with an issue. `text` is valid during the call only.
struct CellReport {
    CellIssue issue = CellIssue::unparsable;
    std::int64_t row = 0;   ///< of the file, without header lines, from 0
    std::int64_t line = 0;  ///< of the file, from 1
    std::size_t column = 0; ///< index among the columns
    std::string_view text;  ///< the bytes of the cell as they stand in the (UTF-8) line
};
/// An error ends reading.
using CellSink = std::function<Status(const CellReport&)>;

/// Streams the rows of one file as record batches of `rows_per_batch` rows, or fewer where they hold 64 MiB of text or
/// 1,000,000 cells. Columns come in declared order with the types of `arrow_type`; 10,000 of them at most, and 64 MiB
/// of footer. One thread at a time.
class LazySimpleReader {
public:
    struct Settings {
        std::vector<TextColumn> columns;
        LazySimpleOptions options;
        std::int64_t rows_per_batch = 8'192;
        CellSink sink; ///< may be empty
        /// Rows with a bad cell are left out of the batches (`--strict`), which are shorter then.
        bool drop_bad_rows = false;
    };

    /// `source` must outlive the reader.
    static Result<LazySimpleReader> open(TextSource& source, Settings settings);
    LazySimpleReader(LazySimpleReader&&) noexcept;
    LazySimpleReader& operator=(LazySimpleReader&&) noexcept;
    ~LazySimpleReader();

    const std::shared_ptr<arrow::Schema>& schema() const;
    /// Null after the last row.
    Result<std::shared_ptr<arrow::RecordBatch>> next();
    std::int64_t rows_read() const;
    std::int64_t rows_dropped() const;
    /// For each column: cells that `is_bad_cell` holds for.
    const std::vector<std::int64_t>& bad_cells() const;

private:
    struct State;
    explicit LazySimpleReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace godwit::text_format
