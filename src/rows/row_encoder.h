#pragma once

#include "base/digest.h"
#include "rows/cell_encoder.h"
#include "rows/row_digest.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrow {
class Array;
}

namespace godwit::rows {

/// Encodes rows of one side, one after another. Private to this folder.
class RowEncoder {
public:
    static Result<RowEncoder> create(const ComparisonSchema& schema, Side side, std::size_t max_row_bytes);

    /// The batch must live until the next call.
    Status bind(const Batch& batch);
    Status encode(std::int64_t row);

    std::size_t columns() const { return schema_.columns.size(); }
    const ComparisonSchema& schema() const { return schema_; }
    std::string_view bytes() const { return buffer_.view(0, buffer_.size()); }
    std::string_view cell(std::size_t column) const { return buffer_.view(begins_[column], begins_[column + 1]); }
    CellState state(std::size_t column) const { return states_[column]; }
    const std::vector<std::size_t>& grouping() const { return grouping_; }
    const std::vector<std::size_t>& identifiers() const { return identifiers_; }
    /// Replaces `key` with the cells of these columns; equal keys mean equal values.
    void gather(const std::vector<std::size_t>& columns, std::string& key) const;
    std::string group_name() const;

private:
    RowEncoder(ComparisonSchema schema, Side side, std::size_t max_row_bytes)
        : schema_(std::move(schema)), side_(side), max_row_bytes_(max_row_bytes) {}

    ComparisonSchema schema_;
    Side side_;
    std::size_t max_row_bytes_;
    std::vector<std::optional<std::int64_t>> offsets_; ///< assumed zone, for each column
    std::vector<std::size_t> grouping_;
    std::vector<std::size_t> identifiers_;
    std::vector<std::shared_ptr<arrow::Array>> arrays_;
    std::vector<std::unique_ptr<CellEncoder>> encoders_;
    RowBuffer buffer_;
    std::vector<std::size_t> begins_;
    std::vector<CellState> states_;
};

} // namespace godwit::rows
