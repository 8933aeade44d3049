#include "engines/duckdb.h"

#include "base/text.h"
#include "engines/duckdb_handles.h"
#include "engines/duckdb_scan.h"
#include "engines/duckdb_types.h"

#include <arrow/array.h>
#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <set>

namespace godwit::engines {

namespace {

Error engine_error(std::string why) { return Error::make(ErrorKind::bug, "DuckDB does not start").why(std::move(why)); }

/// Line and column from the excerpt that DuckDB puts under its message: `LINE 2: ...ect x` and a caret below.
std::string position_of(const std::string& message, std::string_view sql) {
    const auto excerpt = message.find("\nLINE ");
    if (excerpt == std::string::npos)
        return {};
    const auto number_begin = excerpt + 6;
    const auto colon = message.find(": ", number_begin);
    const auto line_end = message.find('\n', number_begin);
    if (colon == std::string::npos || line_end == std::string::npos || colon > line_end)
        return {};
    const auto line = parse_int64(message.substr(number_begin, colon - number_begin));
    const auto caret = message.find('^', line_end);
    if (line.is_error() || caret == std::string::npos)
        return {};
    auto where = "line " + std::to_string(*line);
    const auto shown_begin = colon + 2;
    const auto offset = caret - line_end - 1 + excerpt + 1; // the caret stands under this byte of the message
    if (offset < shown_begin || offset > line_end)
        return where;
    // The excerpt may be cut at its start; what follows the caret is looked for in the statement's line.
    const auto lines = split(sql, '\n');
    if (*line < 1 || static_cast<std::size_t>(*line) > lines.size())
        return where;
    auto rest = message.substr(offset, line_end - offset);
    if (rest.ends_with("..."))
        rest.resize(rest.size() - 3);
    const auto column = lines[static_cast<std::size_t>(*line - 1)].rfind(rest);
    return column == std::string::npos ? where : where + ", column " + std::to_string(column + 1);
}

Error statement_error(const std::string& message, std::string_view sql) {
    auto why = message.substr(0, message.find("\n\nLINE "));
    std::replace(why.begin(), why.end(), '\n', ' ');
    return Error::make(ErrorKind::usage, "the statement cannot be run")
        .why(std::move(why))
        .fix("correct the statement; `SHOW ALL TABLES` lists what it can read")
        .at(position_of(message, sql));
}

Status run(duckdb_connection connection, const std::string& sql) {
    ResultHandle result;
    if (duckdb_query(connection, sql.c_str(), result.address()) != DuckDBSuccess)
        return engine_error(duckdb_result_error(result.address()));
    return {};
}

/// Interrupts the connection when asked to stop.
class StopGuard {
public:
    StopGuard(std::stop_token stop, duckdb_connection connection)
        : callback_(std::move(stop), [connection] { duckdb_interrupt(connection); }) {}

private:
    std::stop_callback<std::function<void()>> callback_;
};

} // namespace

struct DuckDb::State {
    ScanTables tables; ///< before the database, whose views call it
    DatabaseHandle database;
    ConnectionHandle connection;
    std::set<std::pair<std::string, std::string>> names;

    Status start(const DuckDbOptions& options);
    Result<PreparedHandle> prepare(const std::string& sql);
    Error error_of(const std::string& message, std::string_view sql, const std::stop_token& stop);
    /// `visit` gets each chunk and says whether to go on.
    Status execute(
        std::string_view sql, const std::stop_token& stop,
        const std::function<Status(const std::vector<QueryColumn>&, const std::shared_ptr<arrow::Schema>&)>& begin,
        const std::function<Result<bool>(const rows::BatchPtr&)>& visit);
};

Status DuckDb::State::start(const DuckDbOptions& options) {
    duckdb_config config = nullptr;
    if (duckdb_create_config(&config) != DuckDBSuccess)
        return engine_error("no configuration");
    const std::unique_ptr<duckdb_config, void (*)(duckdb_config*)> owner(&config, duckdb_destroy_config);
    // The folder for spilling comes first: without access to files it cannot be set.
    const std::vector<std::pair<const char*, std::string>> settings{
        {"temp_directory", ""},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"enable_external_access", "false"},
        {"memory_limit", std::to_string(options.memory_limit) + "B"},
        {"threads", std::to_string(std::max(1U, options.threads))},
    };
    for (const auto& [name, value] : settings)
        if (duckdb_set_config(config, name, value.c_str()) != DuckDBSuccess)
            return engine_error(std::string("setting ") + name);
    char* message = nullptr;
    if (duckdb_open_ext(nullptr, database.address(), config, &message) != DuckDBSuccess)
        return engine_error(take_text(message));
    if (duckdb_connect(database.get(), connection.address()) != DuckDBSuccess)
        return engine_error("no connection");
    tables.database = database.get();
    TRY(register_scan_function(connection.get(), tables));
    TRY(run(connection.get(), "SET TimeZone = 'UTC'"));
    return run(connection.get(), "SET lock_configuration = true");
}

Error DuckDb::State::error_of(const std::string& message, std::string_view sql, const std::stop_token& stop) {
    if (auto error = tables.take_error())
        return *std::move(error);
    if (stop.stop_requested())
        return Error::make(ErrorKind::interrupted, "the statement was stopped").why("on request");
    return statement_error(message, sql);
}

Result<PreparedHandle> DuckDb::State::prepare(const std::string& sql) {
    StatementsHandle statements;
    const auto count = duckdb_extract_statements(connection.get(), sql.c_str(), statements.address());
    if (count == 0) {
        const char* message = duckdb_extract_statements_error(statements.get());
        return statement_error(message != nullptr ? message : "there is no statement", sql);
    }
    if (count > 1)
        return statement_error("there are " + std::to_string(count) + " statements; one at a time is run", sql);
    PreparedHandle prepared;
    if (duckdb_prepare_extracted_statement(connection.get(), statements.get(), 0, prepared.address()) != DuckDBSuccess)
        return statement_error(duckdb_prepare_error(prepared.get()), sql);
    if (duckdb_nparams(prepared.get()) > 0)
        return statement_error("parameters have no values here", sql);
    return prepared;
}

namespace {

struct Columns {
    std::vector<QueryColumn> columns;
    std::vector<LogicalType> types;
    std::shared_ptr<arrow::Schema> schema;
};

Result<Columns> columns_of(duckdb_result& result, duckdb_arrow_options options) {
    Columns found;
    std::vector<duckdb_logical_type> types;
    std::vector<const char*> names;
    for (idx_t i = 0; i < duckdb_column_count(&result); ++i) {
        found.types.emplace_back(duckdb_column_logical_type(&result, i));
        types.push_back(found.types.back().get());
        names.push_back(duckdb_column_name(&result, i));
        found.columns.push_back({names.back(), type_name(types.back())});
    }
    ArrowSchema exported{};
    const ErrorHandle error(duckdb_to_arrow_schema(options, types.data(), names.data(), types.size(), &exported));
    if (const auto message = message_of(error); !message.empty())
        return engine_error(message);
    auto schema = arrow::ImportSchema(&exported);
    if (!schema.ok())
        return engine_error(schema.status().ToString());
    found.schema = *std::move(schema);
    return found;
}

Result<rows::BatchPtr> batch_of(duckdb_data_chunk chunk, duckdb_arrow_options options,
                                const std::shared_ptr<arrow::Schema>& schema) {
    ArrowArray exported{};
    const ErrorHandle error(duckdb_data_chunk_to_arrow(options, chunk, &exported));
    if (const auto message = message_of(error); !message.empty())
        return engine_error(message);
    auto batch = arrow::ImportRecordBatch(&exported, schema);
    if (!batch.ok())
        return engine_error(batch.status().ToString());
    return *std::move(batch);
}

} // namespace

Status DuckDb::State::execute(
    std::string_view sql, const std::stop_token& stop,
    const std::function<Status(const std::vector<QueryColumn>&, const std::shared_ptr<arrow::Schema>&)>& begin,
    const std::function<Result<bool>(const rows::BatchPtr&)>& visit) {
    if (sql.find('\0') != std::string_view::npos)
        return statement_error("it holds a NUL byte", sql);
    const std::string statement(sql);
    const auto prepared = TRY(prepare(statement));
    const StopGuard guard(stop, connection.get());
    PendingHandle pending;
    if (duckdb_pending_prepared_streaming(prepared.get(), pending.address()) != DuckDBSuccess)
        return error_of(duckdb_pending_error(pending.get()), sql, stop);
    ResultHandle result;
    if (duckdb_execute_pending(pending.get(), result.address()) != DuckDBSuccess)
        return error_of(duckdb_result_error(result.address()), sql, stop);
    const ArrowOptionsHandle options(duckdb_result_get_arrow_options(result.address()));
    const auto columns = TRY(columns_of(*result.address(), options.get()));
    TRY(begin(columns.columns, columns.schema));
    while (true) {
        const ChunkHandle chunk(duckdb_fetch_chunk(*result.address()));
        if (chunk.get() == nullptr) {
            const char* message = duckdb_result_error(result.address());
            if (message != nullptr && *message != '\0')
                return error_of(message, sql, stop);
            if (auto error = tables.take_error())
                return *std::move(error);
            return {};
        }
        if (!TRY(visit(TRY(batch_of(chunk.get(), options.get(), columns.schema)))))
            return {};
    }
}

DuckDb::DuckDb(std::unique_ptr<State> state) : state_(std::move(state)) {}
DuckDb::DuckDb(DuckDb&&) noexcept = default;
DuckDb& DuckDb::operator=(DuckDb&&) noexcept = default;
DuckDb::~DuckDb() = default;

Result<DuckDb> DuckDb::open(const DuckDbOptions& options) {
    auto state = std::make_unique<State>();
    TRY(state->start(options));
    return DuckDb(std::move(state));
}

Status DuckDb::add_table(DuckDbTable table) {
    const std::string schema = table.schema.empty() ? "main" : table.schema;
    const auto where = printable(schema) + "." + printable(table.name);
    for (const auto& field : table.columns->fields())
        if (logical_type_of(*field->type()).get() == nullptr)
            return Error::make(ErrorKind::unsupported, "a column cannot be queried")
                .why("DuckDB has no type for " + field->type()->ToString())
                .fix("leave the column out of the query")
                .at(where + ": column " + printable(field->name()));
    // DuckDB's names are equal where they differ in case only.
    if (!state_->names.emplace(lower_ascii(schema), lower_ascii(table.name)).second)
        return Error::make(ErrorKind::conflict, "a table of this name is registered already").why(where).at(where);
    state_->tables.tables.reserve(state_->tables.tables.size() + 1);
    const auto index = state_->tables.tables.size();
    const auto view = quote_identifier(schema) + "." + quote_identifier(table.name);
    state_->tables.tables.push_back(std::move(table));
    TRY(run(state_->connection.get(), "CREATE SCHEMA IF NOT EXISTS " + quote_identifier(schema)));
    return run(state_->connection.get(),
               "CREATE VIEW " + view + " AS SELECT * FROM " + kScanFunction + "(" + std::to_string(index) + ")");
}

Result<QueryText> DuckDb::query(std::string_view sql, std::size_t max_rows, std::stop_token stop) {
    QueryText text;
    TRY(state_->execute(
        sql, stop,
        [&](const std::vector<QueryColumn>& columns, const std::shared_ptr<arrow::Schema>&) -> Status {
            text.columns = columns;
            return {};
        },
        [&](const rows::BatchPtr& batch) -> Result<bool> {
            for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
                if (text.rows.size() == max_rows) {
                    text.truncated = true;
                    return false;
                }
                auto& cells = text.rows.emplace_back();
                for (const auto& column : batch->columns())
                    cells.push_back(column->IsNull(row) ? std::nullopt : std::optional(cell_text(*column, row)));
            }
            return true;
        }));
    return text;
}

Status DuckDb::query_batches(std::string_view sql, const std::function<Status(const rows::BatchPtr&)>& sink,
                             std::stop_token stop) {
    return state_->execute(
        sql, stop, [](const std::vector<QueryColumn>&, const std::shared_ptr<arrow::Schema>&) -> Status { return {}; },
        [&](const rows::BatchPtr& batch) -> Result<bool> {
            TRY(sink(batch));
            return true;
        });
}

std::string quote_identifier(std::string_view name) {
    std::string quoted = "\"";
    for (const char c : name) {
        quoted += c;
        if (c == '"')
            quoted += '"';
    }
    return quoted + '"';
}

} // namespace godwit::engines
