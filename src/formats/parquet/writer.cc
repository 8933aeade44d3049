#include "formats/parquet/writer.h"

#include "base/text.h"
#include "formats/parquet/arrow_io.h"
#include "formats/parquet/arrow_schema.h"
#include "formats/parquet/file_schema.h"

#include <arrow/array.h>
#include <arrow/extension/uuid.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/writer.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <algorithm>
#include <limits>

namespace godwit::parquet_format {

Footer footer_of(std::shared_ptr<parquet::FileMetaData> metadata, std::uint64_t file_size, const std::string& name);

namespace {

/// Rows are handed to Arrow in slices of this size, counted from the start of each row group: it decides page
/// boundaries at the ends of what it is given.
constexpr std::int64_t kSlice = 8'192;

arrow::Compression::type codec_of(Compression compression) {
    switch (compression) {
    case Compression::none: return arrow::Compression::UNCOMPRESSED;
    case Compression::snappy: return arrow::Compression::SNAPPY;
    case Compression::gzip: return arrow::Compression::GZIP;
    case Compression::zstd: return arrow::Compression::ZSTD;
    }
    return arrow::Compression::UNCOMPRESSED;
}

std::shared_ptr<parquet::WriterProperties> properties_of(const WriteOptions& options) {
    parquet::WriterProperties::Builder builder;
    builder.version(parquet::ParquetVersion::PARQUET_2_6);
    builder.data_page_version(parquet::ParquetDataPageVersion::V1);
    builder.created_by(options.created_by);
    builder.compression(codec_of(options.compression));
    if (options.compression == Compression::gzip || options.compression == Compression::zstd)
        builder.compression_level(options.level);
    // Row groups are ended by us.
    builder.max_row_group_length(std::numeric_limits<std::int64_t>::max());
    return builder.build();
}

Error bad_batch(std::string why) {
    return Error::make(ErrorKind::bug, "rows do not fit the table they are written to").why(std::move(why));
}

/// The type with uuid marked as such, so that Parquet's annotation is written.
std::shared_ptr<arrow::DataType> annotated(const iceberg::Type& type, std::shared_ptr<arrow::DataType> plain);

std::shared_ptr<arrow::Field> annotated(const iceberg::Field& field, const std::shared_ptr<arrow::Field>& plain) {
    return plain->WithType(annotated(field.type, plain->type()));
}

std::shared_ptr<arrow::DataType> annotated(const iceberg::Type& type, std::shared_ptr<arrow::DataType> plain) {
    if (type.kind == iceberg::TypeKind::uuid)
        return arrow::extension::uuid();
    if (type.is_primitive())
        return plain;
    std::vector<std::shared_ptr<arrow::Field>> fields;
    if (type.kind == iceberg::TypeKind::map) {
        const auto& map = static_cast<const arrow::MapType&>(*plain);
        return std::make_shared<arrow::MapType>(annotated(type.fields[0], map.key_field()),
                                                annotated(type.fields[1], map.item_field()));
    }
    for (std::size_t i = 0; i < type.fields.size(); ++i)
        fields.push_back(annotated(type.fields[i], plain->field(static_cast<int>(i))));
    return type.kind == iceberg::TypeKind::list ? arrow::list(fields[0]) : arrow::struct_(fields);
}

/// The same data under another type of the same layout: uuids become the extension type.
std::shared_ptr<arrow::ArrayData> retyped(const arrow::ArrayData& data, const std::shared_ptr<arrow::DataType>& type) {
    auto copy = data.Copy();
    copy->type = type;
    if (type->id() == arrow::Type::MAP) {
        const auto& map = static_cast<const arrow::MapType&>(*type);
        copy->child_data[0] = retyped(*data.child_data[0], map.value_type());
    } else {
        for (std::size_t i = 0; i < copy->child_data.size(); ++i)
            copy->child_data[i] = retyped(*data.child_data[i], type->field(static_cast<int>(i))->type());
    }
    return copy;
}

/// A null where the schema says there is none would be written as garbage.
Status check_required(const arrow::Field& field, const arrow::Array& array, const std::string& name) {
    if (!field.nullable() && array.null_count() > 0)
        return Error::make(ErrorKind::invalid_input, "a required column holds a null")
            .why(std::to_string(array.null_count()) + " rows of a batch have no value")
            .fix("make the column optional in the target's schema")
            .at("column " + name);
    return {};
}

} // namespace

struct ParquetWriter::State {
    State(ByteSink& sink, const WriteOptions& write_options)
        : options(write_options), stream(std::make_shared<SinkStream>(sink)) {}

    WriteOptions options;
    std::shared_ptr<SinkStream> stream;
    iceberg::Schema iceberg_schema;
    std::shared_ptr<arrow::Schema> schema; ///< as Arrow writes it
    std::unique_ptr<parquet::arrow::FileWriter> writer;
    std::vector<std::shared_ptr<arrow::RecordBatch>> pending; ///< less than a slice
    std::int64_t pending_rows = 0;
    std::int64_t group_rows = 0; ///< written or pending in this row group

    Status start();
    Status write(const arrow::RecordBatch& batch);
    Status flush_slice();
    Result<WrittenFile> finish();
    Error error_of(Error error) {
        auto cause = stream->take_error();
        return cause ? *std::move(cause) : error;
    }
};

Status ParquetWriter::State::start() {
    const auto plain = TRY(arrow_schema(iceberg_schema));
    std::vector<std::shared_ptr<arrow::Field>> fields;
    for (std::size_t i = 0; i < iceberg_schema.fields.size(); ++i)
        fields.push_back(annotated(iceberg_schema.fields[i], plain->field(static_cast<int>(i))));
    schema = arrow::schema(std::move(fields));
    writer = TRY_ARROW(
        parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(), stream, properties_of(options)),
        "the new file");
    return {};
}

Status ParquetWriter::State::flush_slice() {
    if (pending_rows == 0)
        return {};
    auto slice = pending.front();
    if (pending.size() > 1)
        slice = TRY_ARROW(arrow::ConcatenateRecordBatches(pending), "the new file");
    pending.clear();
    pending_rows = 0;
    const auto status = writer->WriteRecordBatch(*slice);
    if (!status.ok())
        return read_error(status, "the new file");
    return {};
}

Status ParquetWriter::State::write(const arrow::RecordBatch& batch) {
    if (batch.num_columns() != schema->num_fields())
        return bad_batch(std::to_string(batch.num_columns()) + " columns instead of " +
                         std::to_string(schema->num_fields()));
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    const auto plain = TRY(arrow_schema(iceberg_schema));
    for (int i = 0; i < batch.num_columns(); ++i) {
        if (!batch.column(i)->type()->Equals(*plain->field(i)->type()))
            return bad_batch("column " + printable(schema->field(i)->name()) + " is " +
                             batch.column(i)->type()->ToString() + " instead of " +
                             plain->field(i)->type()->ToString());
        TRY(check_required(*schema->field(i), *batch.column(i), printable(schema->field(i)->name())));
        arrays.push_back(arrow::MakeArray(retyped(*batch.column_data(i), schema->field(i)->type())));
    }
    const auto rows = arrow::RecordBatch::Make(schema, batch.num_rows(), std::move(arrays));
    for (std::int64_t at = 0; at < rows->num_rows();) {
        if (group_rows == options.rows_per_group) {
            const auto status = writer->NewBufferedRowGroup();
            if (!status.ok())
                return read_error(status, "the new file");
            group_rows = 0;
        }
        const auto room = std::min(kSlice - pending_rows, options.rows_per_group - group_rows);
        const auto count = std::min(room, rows->num_rows() - at);
        pending.push_back(rows->Slice(at, count));
        pending_rows += count;
        group_rows += count;
        at += count;
        if (pending_rows == kSlice || group_rows == options.rows_per_group)
            TRY(flush_slice());
    }
    return {};
}

Result<WrittenFile> ParquetWriter::State::finish() {
    TRY(flush_slice());
    if (!options.key_values.empty()) {
        std::vector<std::string> keys;
        std::vector<std::string> values;
        for (const auto& [key, value] : options.key_values) {
            keys.push_back(key);
            values.push_back(value);
        }
        const auto added = writer->AddKeyValueMetadata(arrow::key_value_metadata(std::move(keys), std::move(values)));
        if (!added.ok())
            return read_error(added, "the new file");
    }
    const auto closed = writer->Close();
    if (!closed.ok())
        return read_error(closed, "the new file");
    const auto size = TRY_ARROW(stream->Tell(), "the new file");
    WrittenFile file;
    file.footer = footer_of(writer->metadata(), static_cast<std::uint64_t>(size), "the new file");
    const auto columns = TRY(file_schema(file.footer, {}));
    std::vector<LeafMapping> leaves;
    const auto collect = [&](const auto& self, const std::vector<Match>& matches) -> void {
        for (const auto& match : matches) {
            if (match.column != nullptr && match.column->leaf >= 0)
                leaves.push_back({match.column->leaf, match.field->id, match.field->type});
            self(self, match.children);
        }
    };
    collect(collect, match_fields(iceberg_schema.fields, columns));
    file.metrics = TRY(metrics_of(file.footer, leaves));
    return file;
}

ParquetWriter::ParquetWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ParquetWriter::ParquetWriter(ParquetWriter&&) noexcept = default;
ParquetWriter& ParquetWriter::operator=(ParquetWriter&&) noexcept = default;
ParquetWriter::~ParquetWriter() = default;

Result<ParquetWriter> ParquetWriter::open(ByteSink& sink, const iceberg::Schema& schema, const WriteOptions& options) {
    auto state = std::make_unique<State>(sink, options);
    state->options.rows_per_group = std::max<std::int64_t>(1, options.rows_per_group);
    state->iceberg_schema = schema;
    auto status = guarded("the new file", [&]() -> Status { return state->start(); });
    if (status.is_error())
        return state->error_of(status.error());
    return ParquetWriter(std::move(state));
}

Status ParquetWriter::write(const arrow::RecordBatch& batch) {
    auto status = guarded("the new file", [&]() -> Status { return state_->write(batch); });
    if (status.is_error())
        return state_->error_of(status.error());
    return status;
}

Result<WrittenFile> ParquetWriter::finish() {
    auto file = guarded("the new file", [&]() -> Result<WrittenFile> { return state_->finish(); });
    if (file.is_error())
        return state_->error_of(file.error());
    return file;
}

} // namespace godwit::parquet_format
