#pragma once

#include "engines/duckdb.h"
#include "engines/duckdb_handles.h"

#include <mutex>
#include <optional>
#include <vector>

// The table function behind every registered table. Private to this folder.
namespace godwit::engines {

/// The tables that the function `godwit_scan(index)` reads. Outlives the database.
struct ScanTables {
    duckdb_database database = nullptr;
    std::vector<DuckDbTable> tables;

    /// The first error of a scan since the last `take_error`: DuckDB would keep its text only.
    void keep_error(const Error& error);
    std::optional<Error> take_error();

private:
    std::mutex mutex_;
    std::optional<Error> error_;
};

inline constexpr const char* kScanFunction = "godwit_scan";

Status register_scan_function(duckdb_connection connection, ScanTables& tables);

} // namespace godwit::engines
