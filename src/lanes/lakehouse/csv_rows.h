#pragma once

#include "formats/text/lazy_simple_serde.h"
#include "lanes/lakehouse/hive_files.h"
#include "lanes/lakehouse/hive_schema.h"
#include "rows/batch.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace godwit::lakehouse {

/// The rows of one text file of a table, in the columns of the table's Iceberg schema: what LazySimpleSerDe gives, then
/// the partition keys as constants.
class CsvFile {
public:
    struct Settings {
        bool strict = false;        ///< rows with a bad cell are left out
        text_format::CellSink sink; ///< told of every cell with an issue
    };
    static Result<CsvFile> open(const TableFacts& table, const HiveFile& file, const iceberg::Schema& schema,
                                Settings settings);
    CsvFile(CsvFile&&) noexcept;
    ~CsvFile();

    /// Null after the last row.
    Result<rows::BatchPtr> next();
    std::int64_t rows_read() const;
    std::int64_t rows_dropped() const;
    const std::vector<std::int64_t>& bad_cells() const; ///< by column

private:
    struct State;
    explicit CsvFile(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace godwit::lakehouse
