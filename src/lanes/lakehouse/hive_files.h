#pragma once

#include "lanes/lakehouse/hive_tables.h"
#include "lanes/lakehouse/sorted_spill.h"

#include <optional>
#include <string>
#include <vector>

namespace godwit::lakehouse {

/// One data file of a Hive table, with where it goes and the values of its partition.
struct HiveFile {
    std::string target_key;          ///< below the warehouse
    std::string source_folder;       ///< mapped root
    std::string source_key;          ///< below it
    std::string source;              ///< its location as the catalogue spells it
    std::vector<std::string> values; ///< of the partition keys, in order
};

/// The data files of a table in byte order of their target keys: neither hidden nor empty, sorted on disk.
class HiveFiles {
public:
    static Result<HiveFiles> list(const Ends& ends, const TableMove& move, std::stop_token stop);
    Result<std::optional<HiveFile>> next();

private:
    explicit HiveFiles(SortedSpill spill) : spill_(std::move(spill)) {}
    SortedSpill spill_;
};

/// `dt=2024-01-01/shop=1`: where the files of a partition go below the table's data folder; empty without values.
std::string partition_folder(const std::vector<Column>& keys, const std::vector<std::string>& values);

} // namespace godwit::lakehouse
