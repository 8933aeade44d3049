#pragma once

#include "base/bytes.h"
#include "formats/iceberg/schema.h"
#include "lanes/lakehouse/facts.h"

#include <optional>
#include <string>

namespace godwit::parquet_format {
struct Footer;
}

namespace godwit::lakehouse {

/// Holds the footers of a table's files against the Iceberg schema that the table gets. Constant memory.
class ParquetChecker {
public:
    /// `table` must outlive the checker.
    explicit ParquetChecker(const TableFacts& table) : table_(table) {}

    /// `shown` names the file in examples. A file that cannot be read is counted, not an error.
    void check(ByteSource& source, const std::string& shown);
    /// Counts a file that could not even be opened.
    void unreadable(const std::string& shown, const Error& error);
    ParquetFacts finish() &&;

private:
    void decide(const parquet_format::Footer& footer);

    const TableFacts& table_;
    ParquetFacts facts_;
    std::optional<iceberg::Schema> schema_; ///< nothing: a column's type has no counterpart; footers are still read
    iceberg::NameMapping names_;
    bool decided_ = false;
};

} // namespace godwit::lakehouse
