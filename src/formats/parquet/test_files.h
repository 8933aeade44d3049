#pragma once

#include "base/bytes.h"
#include "formats/iceberg/schema.h"
#include "formats/parquet/reader.h"
#include "formats/parquet/writer.h"

#include <arrow/array.h>
#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

/// For tests: batches from JSON text, files in memory, written by Arrow itself or by us.
namespace godwit::parquet_format {

struct TestColumn {
    std::shared_ptr<arrow::Field> field;
    std::string values;
};

inline std::shared_ptr<arrow::RecordBatch> make_batch(const std::vector<TestColumn>& columns) {
    std::vector<std::shared_ptr<arrow::Field>> fields;
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (const auto& column : columns) {
        fields.push_back(column.field);
        arrays.push_back(arrow::json::ArrayFromJSONString(column.field->type(), column.values).ValueOrDie());
    }
    const auto rows = arrays.front()->length();
    return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows, std::move(arrays));
}

/// A file of another writer: Arrow's own, with its defaults changed by `arrow_properties`.
inline std::string foreign_file(
    const std::vector<TestColumn>& columns,
    std::shared_ptr<parquet::ArrowWriterProperties> arrow_properties = parquet::default_arrow_writer_properties(),
    std::shared_ptr<parquet::WriterProperties> properties = parquet::default_writer_properties(),
    std::int64_t rows_per_group = 1'000) {
    const auto table = arrow::Table::FromRecordBatches({make_batch(columns)}).ValueOrDie();
    const auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
    const auto status = parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), stream, rows_per_group,
                                                   std::move(properties), std::move(arrow_properties));
    EXPECT_TRUE(status.ok()) << status.ToString();
    return stream->Finish().ValueOrDie()->ToString();
}

inline iceberg::Field field(std::int32_t id, std::string name, iceberg::Type type, bool required = false) {
    return {id, std::move(name), required, std::move(type), {}, {}, {}};
}
inline iceberg::Type kind(iceberg::TypeKind type) { return iceberg::primitive(type); }
inline iceberg::Type nested(iceberg::TypeKind type, std::vector<iceberg::Field> fields) {
    auto result = iceberg::primitive(type);
    result.fields = std::move(fields);
    return result;
}
inline iceberg::Schema schema_of(std::vector<iceberg::Field> fields) {
    iceberg::Schema schema;
    schema.fields = std::move(fields);
    return schema;
}

/// All rows of a file in memory as one batch; the error's line where there is one.
inline std::shared_ptr<arrow::RecordBatch> read_all(const std::string& bytes, const iceberg::Schema& schema,
                                                    ReadOptions options, std::string& error) {
    MemorySource source(bytes, "test.parquet");
    auto reader = ParquetReader::open(source, schema, std::move(options));
    if (reader.is_error()) {
        error = reader.error().to_line();
        return nullptr;
    }
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
    std::int64_t row = 0;
    while (true) {
        const auto read = reader->next();
        if (read.is_error()) {
            error = read.error().to_line();
            return nullptr;
        }
        if (!read->batch)
            break;
        EXPECT_EQ(read->first_row, row);
        row += read->batch->num_rows();
        EXPECT_TRUE(read->batch->ValidateFull().ok()) << read->batch->ValidateFull().ToString();
        EXPECT_TRUE(read->batch->schema()->Equals(*reader->schema(), true));
        batches.push_back(read->batch);
    }
    return arrow::Table::FromRecordBatches(reader->schema(), batches).ValueOrDie()->CombineChunksToBatch().ValueOrDie();
}

inline std::shared_ptr<arrow::RecordBatch> read_all(const std::string& bytes, const iceberg::Schema& schema,
                                                    ReadOptions options = {}) {
    std::string error;
    auto batch = read_all(bytes, schema, std::move(options), error);
    EXPECT_EQ(error, "");
    return batch;
}

inline std::string column_text(const arrow::RecordBatch& batch, int column) {
    std::string text;
    for (std::int64_t row = 0; row < batch.num_rows(); ++row)
        text += (row > 0 ? "|" : "") + batch.column(column)->GetScalar(row).ValueOrDie()->ToString();
    return text;
}

} // namespace godwit::parquet_format
