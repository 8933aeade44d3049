#pragma once

#include <cstdint>
#include <string_view>

/// Internal to src/store: SQLite's file layer with a checksum in the last 8 bytes of each page of the main file (room
/// that SQLite leaves free on request; other programs still read the file). Checksums of rows cannot tell that a row is
/// not found because a bit of its key changed: this can. The log needs none, SQLite checks its frames when it takes it
/// up.
namespace godwit::store {

inline constexpr int kSqlitePageBytes = 4'096;
inline constexpr int kSqliteReservedBytes = 8;

/// Name of the layer for sqlite3_open_v2. Reading a page that does not match gives SQLITE_IOERR_DATA.
const char* checked_file_layer();

/// Never 0. Of a page of kSqlitePageBytes (its own last bytes left out) that lies at `offset`. Any change within one
/// 8-byte word is certain to be seen, others but for one in 2^64.
std::uint64_t page_checksum(std::string_view page, std::uint64_t offset);

} // namespace godwit::store
