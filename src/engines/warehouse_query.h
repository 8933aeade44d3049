#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "engines/duckdb.h"

#include <cstddef>
#include <stop_token>
#include <string>

namespace godwit::engines {

/// Runs one SQL statement over every table of an Iceberg REST catalogue whose files lie on `file://`: each namespace is
/// a schema (levels joined by `.`), rows come from IcebergScan. Tables are opened when the statement reads them.
Result<QueryText> query_warehouse(const std::string& catalogue, const std::string& sql, Clock& clock, Random& random,
                                  std::size_t max_rows, std::stop_token stop);

} // namespace godwit::engines
