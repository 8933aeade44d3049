#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "formats/iceberg/schema.h"
#include "formats/parquet/footer.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

namespace arrow {
class RecordBatch;
class Schema;
} // namespace arrow

namespace godwit::parquet_format {

struct ReadOptions {
    std::int64_t rows_per_batch = 8'192;
    /// Where the file has no field ids (`schema.name-mapping.default`).
    iceberg::NameMapping names;
    /// Values of fields that are not in the file: partition values, by field id. They come before initial defaults.
    std::map<std::int32_t, iceberg::Value> constants;
    /// Largest amount of memory for the columns of one batch; a file that needs more is refused.
    std::uint64_t memory_limit = std::uint64_t{1} << 30;
};

struct ReadBatch {
    std::shared_ptr<arrow::RecordBatch> batch; ///< null after the last one
    std::int64_t first_row = 0;                ///< position in the file of its first row
};

/// Streams a file in the types and the order of an Iceberg schema ("Column Projection", "Schema Evolution"): columns
/// found by field id or name mapping, int widened to long, float to double, decimals to larger precision, stored
/// timestamps in milliseconds or nanoseconds and INT96 brought to the unit of the type, absent columns filled with
/// constants, initial defaults or nulls. One thread at a time; memory is bounded by batch and page sizes.
/// Broken files give errors of kind invalid_input, values that do not fit unsupported.
class ParquetReader {
public:
    /// `source` must outlive the reader.
    static Result<ParquetReader> open(ByteSource& source, const iceberg::Schema& schema, ReadOptions options = {});
    ParquetReader(ParquetReader&&) noexcept;
    ParquetReader& operator=(ParquetReader&&) noexcept;
    ~ParquetReader();

    /// `arrow_schema` of the Iceberg schema.
    const std::shared_ptr<arrow::Schema>& schema() const;
    const Footer& footer() const;
    Result<ReadBatch> next();

private:
    struct State;
    explicit ParquetReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace godwit::parquet_format
