#pragma once

#include "base/result.h"
#include "clients/location.h"
#include "formats/iceberg/table_metadata.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace godwit::lakehouse {

/// Where each path of an Iceberg table goes: below one folder of the warehouse, whatever roots it had.
///
/// A location below the table's own keeps its relative path; one below another named prefix goes below what that prefix
/// maps to; anything else goes to `external/<bucket>/<key>` (or `external/file/<path>`) below the table's folder.
class TablePaths {
public:
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    /// `pairs`: source location and what replaces it, relative to `root`; `root`: key of the table below the warehouse;
    /// `warehouse`: its absolute path.
    static Result<TablePaths> create(std::string warehouse, std::string root, const Pairs& pairs);

    /// The key below the warehouse.
    Result<std::string> key(std::string_view location) const;
    /// `file:///warehouse/key`.
    Result<std::string> uri(std::string_view location) const;
    /// For TableMetadata::map_paths: everything that is a path of this table moves, other text stays.
    iceberg::MetadataPathMapper mapper() const;

private:
    TablePaths(std::string warehouse, std::string root) : warehouse_(std::move(warehouse)), root_(std::move(root)) {}

    std::string warehouse_;
    std::string root_;
    clients::PrefixMap pairs_; ///< to absolute paths: the longest prefix wins
};

} // namespace godwit::lakehouse
