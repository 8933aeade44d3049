#pragma once

#include "base/result.h"
#include "formats/iceberg/table_metadata.h"

#include <string>
#include <string_view>
#include <vector>

namespace godwit::catalog {

/// The folders that tables may lie in, and the files of tables in them. Locations are `file:///path`, `file:/path` or
/// an absolute path; links that lead out of the roots are found by resolving what exists of a path.
class Warehouse {
public:
    static Result<Warehouse> open(const std::string& warehouse, const std::vector<std::string>& extra_roots);

    /// Canonical, without a trailing slash.
    const std::string& path() const { return roots_.front(); }
    /// The warehouse or an extra root, or something below one.
    bool holds(std::string_view canonical_path) const;

    /// The canonical path of a location strictly below a root; kind permission (403) where it is outside.
    Result<std::string> local_path(std::string_view location) const;
    /// Strictly below the warehouse itself: extra roots do not count.
    bool is_in_warehouse(std::string_view canonical_path) const;

    Result<iceberg::TableMetadata> read_metadata(const std::string& location) const;

    /// A metadata file that was written, and what to undo if its commit does not happen.
    struct Written {
        std::string location; ///< spelled like the table's location
        std::string path;
        std::vector<std::string> folders; ///< that were absent, outermost first
    };
    /// Durable when it returns. Compressed where the table's property write.metadata.compression-codec says gzip.
    Result<Written> write_metadata(const iceberg::TableMetadata& metadata, std::int64_t version,
                                   const std::string& uuid) const;
    /// Of a file that no pointer names.
    static void discard(const Written& written);

private:
    std::vector<std::string> roots_; ///< the warehouse first
    unsigned mode_ = 0700;           ///< of the warehouse: what is made in it is as readable as it is
};

/// A folder, given as a path or a `file://` URI, as its canonical path.
Result<std::string> canonical_root(const std::string& folder);

} // namespace godwit::catalog
