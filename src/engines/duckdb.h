#pragma once

#include "base/result.h"
#include "rows/batch.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::engines {

/// A table whose rows come from us. `open` is called for each scan, several times where a statement reads the table
/// more than once, and only when the statement needs it; scans may run on DuckDB's threads.
struct DuckDbTable {
    std::string schema; ///< DuckDB schema, created when missing; empty: `main`
    std::string name;
    std::shared_ptr<arrow::Schema> columns;
    std::function<Result<rows::BatchStream>()> open; ///< batches with exactly `columns`
};

/// One row of a result as text; nothing stands for NULL.
using TextRow = std::vector<std::optional<std::string>>;

struct QueryColumn {
    std::string name;
    std::string type; ///< as DuckDB writes it: `DECIMAL(10,2)`
};

struct QueryText {
    std::vector<QueryColumn> columns;
    std::vector<TextRow> rows;
    bool truncated = false; ///< there are more rows than asked for
};

struct DuckDbOptions {
    std::uint64_t memory_limit = std::uint64_t{1} << 30; ///< bytes
    std::uint32_t threads = 2;
};

/// DuckDB inside this process, in memory, through its C API. It cannot reach files, the network or extensions: those
/// settings are off and locked, so that a statement sees the registered tables only. One thread at a time.
class DuckDb {
public:
    static Result<DuckDb> open(const DuckDbOptions& options = {});
    DuckDb(DuckDb&&) noexcept;
    DuckDb& operator=(DuckDb&&) noexcept;
    ~DuckDb();

    /// A name that is taken is a conflict; names may hold any character.
    Status add_table(DuckDbTable table);
    /// Runs one statement. Two statements, or none, are a usage error; an error names line and column of the statement.
    /// Rows beyond `max_rows` are not fetched.
    Result<QueryText> query(std::string_view sql, std::size_t max_rows = SIZE_MAX, std::stop_token stop = {});
    /// As `query`, the result as record batches.
    Status query_batches(std::string_view sql, const std::function<Status(const rows::BatchPtr&)>& sink,
                         std::stop_token stop = {});

private:
    struct State;
    explicit DuckDb(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// `"a""b"`: an identifier in DuckDB's SQL.
std::string quote_identifier(std::string_view name);

} // namespace godwit::engines
