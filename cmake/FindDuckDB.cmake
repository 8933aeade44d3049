# DuckDB's C library and header, as scripts/setup.sh lays them out below GODWIT_DEPS. Declares DuckDB::duckdb.
# The header does not name its version, so setup.sh writes it into the file `version` beside the folders.
set(DUCKDB_ROOT ${GODWIT_DEPS}/duckdb)
unset(DuckDB_INCLUDE_DIR)
unset(DuckDB_VERSION)
if(EXISTS ${DUCKDB_ROOT}/include/duckdb.h AND EXISTS ${DUCKDB_ROOT}/lib/libduckdb.so AND EXISTS ${DUCKDB_ROOT}/version)
  set(DuckDB_INCLUDE_DIR ${DUCKDB_ROOT}/include)
  file(STRINGS ${DUCKDB_ROOT}/version DuckDB_VERSION LIMIT_COUNT 1)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(DuckDB
  REQUIRED_VARS DuckDB_INCLUDE_DIR
  VERSION_VAR DuckDB_VERSION
  REASON_FAILURE_MESSAGE "no DuckDB in ${DUCKDB_ROOT}: run scripts/setup.sh")

if(DuckDB_FOUND AND NOT TARGET DuckDB::duckdb)
  add_library(DuckDB::duckdb SHARED IMPORTED GLOBAL)
  set_target_properties(DuckDB::duckdb PROPERTIES
    IMPORTED_LOCATION ${DUCKDB_ROOT}/lib/libduckdb.so
    IMPORTED_SONAME libduckdb.so
    INTERFACE_INCLUDE_DIRECTORIES ${DuckDB_INCLUDE_DIR})
endif()
