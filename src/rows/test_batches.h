#pragma once

#include "rows/batch.h"

#include <arrow/array.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <string>
#include <utility>
#include <vector>

/// For tests: batches from JSON text.
namespace godwit::rows {

struct TestColumn {
    std::string name;
    std::shared_ptr<arrow::DataType> type;
    std::string values; ///< `[1, null, 3]`
};

inline BatchPtr make_batch(const std::vector<TestColumn>& columns) {
    std::vector<std::shared_ptr<arrow::Field>> fields;
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (const auto& column : columns) {
        fields.push_back(arrow::field(column.name, column.type));
        arrays.push_back(arrow::json::ArrayFromJSONString(column.type, column.values).ValueOrDie());
    }
    const auto rows = arrays.front()->length();
    return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows, std::move(arrays));
}

inline BatchStream stream_of(std::vector<BatchPtr> batches) {
    return [batches = std::move(batches), next = std::size_t{0}]() mutable -> Result<BatchPtr> {
        return next < batches.size() ? batches[next++] : nullptr;
    };
}

} // namespace godwit::rows
