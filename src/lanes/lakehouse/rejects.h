#pragma once

#include "base/file.h"
#include "formats/text/lazy_simple_serde.h"
#include "lanes/lakehouse/facts.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace godwit::lakehouse {

/// The side file of a conversion: the text of every cell that did not parse, as JSON lines, mode 0600, in the run's
/// folder and never in the warehouse (invariant 10). Made with the first cell. Written anew by each attempt.
class Rejects {
public:
    Rejects(std::string path, const TableFacts& table) : path_(std::move(path)), table_(&table) {}

    Status add(const std::string& source, const text_format::CellReport& cell);
    Status finish();

    std::uint64_t cells() const { return cells_; }
    const std::map<std::string, std::uint64_t>& by_column() const { return by_column_; }
    const std::string& path() const { return path_; }

private:
    std::string path_;
    const TableFacts* table_;
    std::optional<File> file_;
    std::string buffer_;
    std::uint64_t cells_ = 0;
    std::map<std::string, std::uint64_t> by_column_; ///< `price: unparsable` to cells
};

} // namespace godwit::lakehouse
