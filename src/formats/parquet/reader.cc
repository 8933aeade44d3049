#include "formats/parquet/reader.h"

#include "base/text.h"
#include "formats/parquet/arrow_io.h"
#include "formats/parquet/arrow_schema.h"
#include "formats/parquet/convert.h"
#include "formats/parquet/file_schema.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <numeric>

namespace godwit::parquet_format {

struct ParquetReader::State {
    State(ByteSource& byte_source, iceberg::Schema iceberg_schema, ReadOptions read_options)
        : source(byte_source),
          wanted(std::move(iceberg_schema)),
          options(std::move(read_options)),
          pool(LimitedPool::create(options.memory_limit)),
          converter(options.constants, *pool, source.name()) {}

    ByteSource& source;
    iceberg::Schema wanted;
    ReadOptions options;
    LimitedPool::Owner pool;
    Converter converter;
    Footer footer;
    std::shared_ptr<arrow::Schema> schema;
    std::vector<FileField> columns;
    std::vector<Match> matches;
    std::shared_ptr<SourceFile> file;
    std::unique_ptr<parquet::arrow::FileReader> reader;
    std::unique_ptr<arrow::RecordBatchReader> batches; ///< null where no column of the file is needed
    std::int64_t next_row = 0;

    Status start();
    Result<std::shared_ptr<arrow::RecordBatch>> read();
    Result<std::shared_ptr<arrow::RecordBatch>> assemble(const arrow::RecordBatch* stored, std::int64_t rows) const;
    Error error_of(Error error) {
        auto cause = file->take_error();
        return cause ? *std::move(cause) : error;
    }
};

Status ParquetReader::State::start() {
    footer = TRY(read_footer(source));
    forget_arrow_schema(*footer.metadata);
    schema = TRY(arrow_schema(wanted));
    columns = TRY(file_schema(footer, options.names));
    matches = match_fields(wanted.fields, columns);
    if (const auto* other = first_disagreement(matches))
        return Error::make(ErrorKind::unsupported, "a column cannot be read as its declared type")
            .why("the file holds " + other->column->type->ToString())
            .fix("rewrite the table with the engine that wrote it")
            .at(source.name() + ": column " + printable(other->field->name));
    const auto leaves = choose_leaves(matches, columns);
    file = std::make_shared<SourceFile>(source, *pool);
    if (leaves.empty())
        return {};
    parquet::ReaderProperties properties(pool.get());
    // Pages are read one by one instead of whole column chunks.
    properties.enable_buffered_stream();
    auto metadata = std::const_pointer_cast<parquet::FileMetaData>(footer.metadata);
    auto file_reader = parquet::ParquetFileReader::Open(file, properties, std::move(metadata));
    reader = TRY_ARROW(parquet::arrow::FileReader::Make(pool.get(), std::move(file_reader),
                                                        arrow_reader_properties(options.rows_per_batch)),
                       source.name());
    std::vector<int> groups(static_cast<std::size_t>(footer.row_groups));
    std::iota(groups.begin(), groups.end(), 0);
    batches = TRY_ARROW(reader->GetRecordBatchReader(groups, leaves), source.name());
    for (const auto& match : matches)
        if (match.place >= batches->schema()->num_fields())
            return Error::make(ErrorKind::bug, "columns were not read as they were asked for")
                .why(batches->schema()->ToString())
                .at(source.name());
    return {};
}

Result<std::shared_ptr<arrow::RecordBatch>> ParquetReader::State::assemble(const arrow::RecordBatch* stored,
                                                                           std::int64_t rows) const {
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (const auto& match : matches) {
        arrays.push_back(stored != nullptr && match.place >= 0
                             ? TRY(converter.convert(match, stored->column(match.place)))
                             : TRY(converter.absent(*match.field, rows)));
    }
    return arrow::RecordBatch::Make(schema, rows, std::move(arrays));
}

Result<std::shared_ptr<arrow::RecordBatch>> ParquetReader::State::read() {
    if (!batches) {
        const auto rows = std::min(options.rows_per_batch, footer.row_count - next_row);
        return rows > 0 ? assemble(nullptr, rows) : Result<std::shared_ptr<arrow::RecordBatch>>(nullptr);
    }
    const auto stored = TRY_ARROW(batches->Next(), source.name());
    if (!stored) {
        if (next_row != footer.row_count)
            return Error::make(ErrorKind::invalid_input, "the Parquet file cannot be read")
                .why("its columns hold " + std::to_string(next_row) + " rows, its footer says " +
                     std::to_string(footer.row_count))
                .fix("copy the file again from its source, or leave it out")
                .at(source.name());
        return nullptr;
    }
    const auto valid = stored->Validate();
    if (!valid.ok())
        return read_error(valid, source.name());
    return assemble(stored.get(), stored->num_rows());
}

ParquetReader::ParquetReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ParquetReader::ParquetReader(ParquetReader&&) noexcept = default;
ParquetReader& ParquetReader::operator=(ParquetReader&&) noexcept = default;
ParquetReader::~ParquetReader() = default;

Result<ParquetReader> ParquetReader::open(ByteSource& source, const iceberg::Schema& schema, ReadOptions options) {
    options.rows_per_batch = std::max<std::int64_t>(1, options.rows_per_batch);
    auto state = std::make_unique<State>(source, schema, std::move(options));
    auto status = guarded(source.name(), [&]() -> Status { return state->start(); });
    if (status.is_error())
        return state->file ? state->error_of(status.error()) : status.error();
    return ParquetReader(std::move(state));
}

const std::shared_ptr<arrow::Schema>& ParquetReader::schema() const { return state_->schema; }
const Footer& ParquetReader::footer() const { return state_->footer; }

Result<ReadBatch> ParquetReader::next() {
    auto batch = guarded(state_->source.name(), [&] { return state_->read(); });
    if (batch.is_error())
        return state_->error_of(batch.error());
    ReadBatch result{*std::move(batch), state_->next_row};
    if (result.batch)
        state_->next_row += result.batch->num_rows();
    return result;
}

} // namespace godwit::parquet_format
