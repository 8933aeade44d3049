#include "lanes/lakehouse/csv_rows.h"

#include "base/text.h"
#include "clients/file_source.h"
#include "formats/parquet/arrow_schema.h"
#include "formats/text/text_source.h"
#include "lanes/lakehouse/table_builder.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

namespace godwit::lakehouse {

struct CsvFile::State {
    std::optional<clients::SourceFile> file;
    std::unique_ptr<text_format::TextSource> text;
    std::optional<text_format::LazySimpleReader> reader;
    std::shared_ptr<arrow::Schema> schema;
    std::vector<iceberg::Type> key_types;
    std::vector<iceberg::Value> key_values;
};

CsvFile::CsvFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
CsvFile::CsvFile(CsvFile&&) noexcept = default;
CsvFile::~CsvFile() = default;

Result<CsvFile> CsvFile::open(const TableFacts& table, const HiveFile& file, const iceberg::Schema& schema,
                              Settings settings) {
    auto state = std::make_unique<State>();
    const auto root = TRY(clients::FileSource::open(file.source_folder));
    state->file.emplace(TRY(root.open_file(file.source_key)));
    state->text = TRY(text_format::open_text(*state->file, TRY(text_format::codec_of_name(file.source_key))));
    text_format::LazySimpleReader::Settings reading;
    for (const auto& column : table.columns) {
        auto type = TRY(text_format::parse_hive_type(column.type));
        reading.columns.push_back({column.name, std::move(type)});
    }
    reading.options = TRY(text_format::lazy_simple_options(table.storage.serde_parameters, table.parameters));
    reading.sink = std::move(settings.sink);
    reading.drop_bad_rows = settings.strict;
    state->reader.emplace(TRY(text_format::LazySimpleReader::open(*state->text, std::move(reading))));
    state->schema = TRY(parquet_format::arrow_schema(schema));
    for (std::size_t i = 0; i < file.values.size(); ++i) {
        const auto& field = schema.fields[table.columns.size() + i];
        state->key_types.push_back(field.type);
        state->key_values.push_back(TRY(partition_value(field.type, file.values[i])));
    }
    return CsvFile(std::move(state));
}

Result<rows::BatchPtr> CsvFile::next() {
    const auto batch = TRY(state_->reader->next());
    if (!batch)
        return rows::BatchPtr();
    auto columns = batch->columns();
    for (std::size_t i = 0; i < state_->key_types.size(); ++i)
        columns.push_back(
            TRY(parquet_format::constant_array(state_->key_types[i], state_->key_values[i], batch->num_rows())));
    return rows::BatchPtr(arrow::RecordBatch::Make(state_->schema, batch->num_rows(), std::move(columns)));
}

std::int64_t CsvFile::rows_read() const { return state_->reader->rows_read(); }
std::int64_t CsvFile::rows_dropped() const { return state_->reader->rows_dropped(); }
const std::vector<std::int64_t>& CsvFile::bad_cells() const { return state_->reader->bad_cells(); }

} // namespace godwit::lakehouse
