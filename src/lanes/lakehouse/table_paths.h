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
/// maps to; anything else goes below `external` in the table's folder: `external/s3/<bucket>/<key>`,
/// `external/file/<path>`, or `external/relative/<path>` for a path without a leading slash. A path of the table that
/// begins with `external` itself becomes `external~`, so that two locations have two keys.
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

/// Two locations that are both moved to `key` are one file in two spellings, or one of both would be lost: an error.
Status check_same_file(std::string_view key, const std::string& one, const std::string& other);

} // namespace godwit::lakehouse
