#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "formats/iceberg/schema.h"
#include "formats/parquet/footer.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace arrow {
class RecordBatch;
}

namespace godwit::parquet_format {

enum class Compression { none, snappy, gzip, zstd };

struct WriteOptions {
    Compression compression = Compression::zstd;
    int level = 3; ///< of gzip and zstd
    std::int64_t rows_per_group = 131'072;
    /// Must read as `name version x`: readers decide by it whether they trust statistics.
    std::string created_by = "godwit version " GODWIT_VERSION;
    std::map<std::string, std::string> key_values;
};

struct WrittenFile {
    FileMetrics metrics;
    Footer footer;
};

/// Writes rows under an Iceberg schema: field ids on every group and leaf, decimals as fixed-length bytes, timestamps
/// in microseconds. Equal rows and options give equal bytes, however the rows are cut into batches.
/// Holds at most one row group in memory.
class ParquetWriter {
public:
    /// `sink` must outlive the writer.
    static Result<ParquetWriter> open(ByteSink& sink, const iceberg::Schema& schema, const WriteOptions& options = {});
    ParquetWriter(ParquetWriter&&) noexcept;
    ParquetWriter& operator=(ParquetWriter&&) noexcept;
    ~ParquetWriter();

    /// The batch has the columns of `arrow_schema` in order and type; nullability and names are not compared.
    /// A null in a required field is an error.
    Status write(const arrow::RecordBatch& batch);
    /// Ends the file. Without it the file has no footer and is no Parquet file.
    Result<WrittenFile> finish();

private:
    struct State;
    explicit ParquetWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace godwit::parquet_format
