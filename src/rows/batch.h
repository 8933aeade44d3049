#pragma once

#include "base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace arrow {
class RecordBatch;
class Schema;
} // namespace arrow

namespace godwit::rows {

/// Rows in memory, typed and by column: the record batch of Apache Arrow.
using Batch = arrow::RecordBatch;
using BatchPtr = std::shared_ptr<Batch>;

/// Gives the next batch, or null after the last one. An error ends the stream.
using BatchStream = std::function<Result<BatchPtr>()>;

/// A batch and where its rows stand: row i is row `first_row + i` of `file`.
struct AddressedBatch {
    BatchPtr batch;
    std::string file;
    std::int64_t first_row = 0;
};
/// As BatchStream; `batch` is null after the last one.
using AddressedStream = std::function<Result<AddressedBatch>()>;

} // namespace godwit::rows
