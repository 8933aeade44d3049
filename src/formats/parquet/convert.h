#pragma once

#include "base/result.h"
#include "formats/iceberg/types.h"
#include "formats/parquet/file_schema.h"

#include <arrow/type_fwd.h>

#include <map>
#include <memory>
#include <string>

// Private to this folder.
namespace godwit::parquet_format {

/// Brings what Arrow read to the types of the Iceberg schema.
class Converter {
public:
    Converter(const std::map<std::int32_t, iceberg::Value>& constants, arrow::MemoryPool& pool, std::string name)
        : constants_(constants), pool_(pool), name_(std::move(name)) {}

    Result<std::shared_ptr<arrow::Array>> convert(const Match& match, const std::shared_ptr<arrow::Array>& array) const;
    /// A field without a column: its constant, its initial default, or null.
    Result<std::shared_ptr<arrow::Array>> absent(const iceberg::Field& field, std::int64_t length) const;

private:
    Result<std::shared_ptr<arrow::Array>> primitive(const iceberg::Field& field,
                                                    const std::shared_ptr<arrow::Array>& array) const;
    Result<std::shared_ptr<arrow::Array>> structure(const Match& match, const arrow::Array& array) const;
    Result<std::shared_ptr<arrow::Array>> list(const Match& match, const arrow::Array& array) const;
    Result<std::shared_ptr<arrow::Array>> map(const Match& match, const arrow::Array& array) const;

    const std::map<std::int32_t, iceberg::Value>& constants_;
    arrow::MemoryPool& pool_;
    std::string name_;
};

} // namespace godwit::parquet_format
