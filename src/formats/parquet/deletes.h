#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "formats/iceberg/puffin.h"
#include "formats/iceberg/schema.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arrow {
class RecordBatch;
}

namespace godwit::parquet_format {

/// The deleted rows of one data file.
class DeletedPositions {
public:
    void add(std::int64_t position) { positions_.push_back(position); }
    /// Kept as it is: a small vector may hold billions of positions.
    void add(iceberg::DeletionVector vector) { vectors_.push_back(std::move(vector)); }
    /// Sorts; call once after the last `add`.
    void seal();
    const std::vector<std::int64_t>& positions() const { return positions_; }
    const std::vector<iceberg::DeletionVector>& vectors() const { return vectors_; }

private:
    std::vector<std::int64_t> positions_;
    std::vector<iceberg::DeletionVector> vectors_;
};

/// The rows of a position delete file, in its order ("Position Delete Files"): data file path and row position.
Status read_position_deletes(ByteSource& source,
                             const std::function<Status(std::string_view path, std::int64_t position)>& sink);

/// The batch without its deleted rows. `first_row`: position of its first row in the data file.
Result<std::shared_ptr<arrow::RecordBatch>> without_positions(const std::shared_ptr<arrow::RecordBatch>& batch,
                                                              std::int64_t first_row, const DeletedPositions& deleted);

/// Equality deletes over one set of columns ("Equality Delete Files"); null equals null.
/// Memory grows with the number of deleted tuples.
class EqualityDeletes {
public:
    /// `fields`: the columns of the delete files' equality ids, primitive, in the types of the table's schema.
    static Result<EqualityDeletes> create(std::vector<iceberg::Field> fields);
    EqualityDeletes(EqualityDeletes&&) noexcept;
    EqualityDeletes& operator=(EqualityDeletes&&) noexcept;
    ~EqualityDeletes();

    /// All rows of a delete file; columns are found by field id or name mapping.
    Status add(ByteSource& source, const iceberg::NameMapping& names = {});
    std::size_t size() const;
    /// The batch without its deleted rows. Columns are found by the field ids of the batch's schema.
    Result<std::shared_ptr<arrow::RecordBatch>> apply(const std::shared_ptr<arrow::RecordBatch>& batch) const;

private:
    struct State;
    explicit EqualityDeletes(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace godwit::parquet_format
