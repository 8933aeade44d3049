#include "engines/duckdb_scan.h"

#include "engines/duckdb_types.h"

#include <arrow/array.h>
#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <exception>

namespace godwit::engines {

namespace {

/// One run through a table.
struct Scan {
    ConnectionHandle connection; ///< conversion needs one, and the statement's own is busy
    rows::BatchStream stream;
    std::shared_ptr<arrow::Schema> columns; ///< of the chosen columns
    std::vector<int> chosen;                ///< index in the table for each output column; -1: no values wanted
    ConvertedSchemaHandle converted;
    rows::BatchPtr batch;
    std::int64_t at = 0;
};

Error scan_error(std::string why) {
    return Error::make(ErrorKind::bug, "rows cannot be handed to DuckDB").why(std::move(why));
}

void bind_scan(duckdb_bind_info info) {
    auto& tables = *static_cast<ScanTables*>(duckdb_bind_get_extra_info(info));
    auto parameter = duckdb_bind_get_parameter(info, 0);
    const auto index = duckdb_get_int64(parameter);
    duckdb_destroy_value(&parameter);
    if (index < 0 || static_cast<std::size_t>(index) >= tables.tables.size()) {
        duckdb_bind_set_error(info, "godwit_scan: there is no such table");
        return;
    }
    for (const auto& field : tables.tables[static_cast<std::size_t>(index)].columns->fields())
        duckdb_bind_add_result_column(info, field->name().c_str(), logical_type_of(*field->type()).get());
    duckdb_bind_set_bind_data(info, &tables.tables[static_cast<std::size_t>(index)], nullptr);
}

Result<std::unique_ptr<Scan>> start_scan(duckdb_init_info info, const ScanTables& tables, const DuckDbTable& table) {
    auto scan = std::make_unique<Scan>();
    std::vector<std::shared_ptr<arrow::Field>> fields;
    for (idx_t i = 0; i < duckdb_init_get_column_count(info); ++i) {
        const auto column = duckdb_init_get_column_index(info, i);
        // Beyond the columns: only the number of rows is wanted.
        const bool is_column = column < static_cast<idx_t>(table.columns->num_fields());
        scan->chosen.push_back(is_column ? static_cast<int>(column) : -1);
        if (is_column)
            fields.push_back(table.columns->field(static_cast<int>(column)));
    }
    scan->columns = arrow::schema(std::move(fields));
    if (duckdb_connect(tables.database, scan->connection.address()) != DuckDBSuccess)
        return scan_error("no second connection");
    if (scan->columns->num_fields() > 0) {
        ArrowSchema exported{};
        const auto status = arrow::ExportSchema(*scan->columns, &exported);
        if (!status.ok())
            return scan_error(status.ToString());
        const ErrorHandle error(duckdb_schema_from_arrow(scan->connection.get(), &exported, scan->converted.address()));
        if (exported.release != nullptr)
            exported.release(&exported);
        if (const auto message = message_of(error); !message.empty())
            return scan_error(message);
    }
    scan->stream = TRY(table.open());
    return scan;
}

template <typename Info, typename Action>
void at_border(Info info, void (*set_error)(Info, const char*), ScanTables& tables, const Action& action) {
    auto status = [&]() -> Status {
        try {
            return action();
        } catch (const std::exception& exception) {
            return scan_error(exception.what());
        }
    }();
    if (status.is_error()) {
        tables.keep_error(status.error());
        set_error(info, status.error().to_line().c_str());
    }
}

void init_scan(duckdb_init_info info) {
    auto& tables = *static_cast<ScanTables*>(duckdb_init_get_extra_info(info));
    const auto& table = *static_cast<DuckDbTable*>(duckdb_init_get_bind_data(info));
    at_border(info, duckdb_init_set_error, tables, [&]() -> Status {
        auto scan = TRY(start_scan(info, tables, table));
        duckdb_init_set_max_threads(info, 1);
        duckdb_init_set_init_data(info, scan.release(), [](void* data) { delete static_cast<Scan*>(data); });
        return {};
    });
}

/// The next rows, at most as many as a chunk holds, of the chosen columns. Null at the end.
Result<rows::BatchPtr> next_rows(Scan& scan) {
    while (!scan.batch || scan.at == scan.batch->num_rows()) {
        scan.batch = TRY(scan.stream());
        scan.at = 0;
        if (!scan.batch)
            return rows::BatchPtr();
    }
    const auto count =
        std::min<std::int64_t>(scan.batch->num_rows() - scan.at, static_cast<std::int64_t>(duckdb_vector_size()));
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (const int column : scan.chosen) {
        if (column < 0)
            continue;
        if (column >= scan.batch->num_columns())
            return scan_error("a batch has too few columns");
        arrays.push_back(scan.batch->column(column)->Slice(scan.at, count));
    }
    scan.at += count;
    return arrow::RecordBatch::Make(scan.columns, count, std::move(arrays));
}

Status fill_chunk(Scan& scan, duckdb_data_chunk output) {
    const auto batch = TRY(next_rows(scan));
    duckdb_data_chunk_set_size(output, batch ? static_cast<idx_t>(batch->num_rows()) : 0);
    if (!batch || batch->num_columns() == 0)
        return {};
    const auto valid = batch->Validate();
    if (!valid.ok())
        return scan_error(valid.ToString());
    ArrowArray exported{};
    const auto status = arrow::ExportRecordBatch(*batch, &exported);
    if (!status.ok())
        return scan_error(status.ToString());
    ChunkHandle chunk;
    const ErrorHandle error(
        duckdb_data_chunk_from_arrow(scan.connection.get(), &exported, scan.converted.get(), chunk.address()));
    if (exported.release != nullptr)
        exported.release(&exported);
    if (const auto message = message_of(error); !message.empty())
        return scan_error(message);
    idx_t from = 0;
    for (std::size_t i = 0; i < scan.chosen.size(); ++i)
        if (scan.chosen[i] >= 0)
            duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(output, i),
                                           duckdb_data_chunk_get_vector(chunk.get(), from++));
    return {};
}

void run_scan(duckdb_function_info info, duckdb_data_chunk output) {
    auto& tables = *static_cast<ScanTables*>(duckdb_function_get_extra_info(info));
    auto& scan = *static_cast<Scan*>(duckdb_function_get_init_data(info));
    at_border(info, duckdb_function_set_error, tables, [&]() -> Status { return fill_chunk(scan, output); });
}

} // namespace

void ScanTables::keep_error(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!error_)
        error_ = error;
}

std::optional<Error> ScanTables::take_error() {
    const std::lock_guard lock(mutex_);
    return std::exchange(error_, std::nullopt);
}

Status register_scan_function(duckdb_connection connection, ScanTables& tables) {
    auto function = duckdb_create_table_function();
    duckdb_table_function_set_name(function, kScanFunction);
    duckdb_table_function_add_parameter(function, LogicalType(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT)).get());
    duckdb_table_function_set_extra_info(function, &tables, nullptr);
    duckdb_table_function_set_bind(function, bind_scan);
    duckdb_table_function_set_init(function, init_scan);
    duckdb_table_function_set_function(function, run_scan);
    duckdb_table_function_supports_projection_pushdown(function, true);
    const auto state = duckdb_register_table_function(connection, function);
    duckdb_destroy_table_function(&function);
    if (state != DuckDBSuccess)
        return scan_error("the table function cannot be registered");
    return {};
}

} // namespace godwit::engines
