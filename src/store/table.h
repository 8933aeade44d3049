#pragma once

#include "store/database.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Internal to src/store: rows as lists of values, with the checksum that every table has as its last column.
namespace godwit::store {

struct Table {
    std::string_view name;
    std::vector<std::string_view> columns; ///< in the order of the row's fields, without `checksum`
    std::size_t key_columns;               ///< the first of `columns` that make the primary key

    std::string column_list() const; ///< with `checksum`
};

/// The first 8 bytes of the SHA-256 over the table's name and every value with its type and length.
std::int64_t checksum(const Table& table, std::span<const Value> values);

/// `resource (assessment a1, key b)` for messages.
std::string row_name(const Table& table, std::span<const Value> values);
/// Of kind `corrupt`; the fix is the backup.
Error damaged(std::string why, std::string where = {});

/// Text that no back end could keep as it is (U+0000, invalid UTF-8) is refused before anything is written.
Status insert_rows(Connection& connection, const Table& table, std::span<const Values> rows);
Status insert_row(Connection& connection, const Table& table, const Values& row);

/// One conditional update: the row must still be exactly `before`, else an Error of kind `held`.
Status update_row(Connection& connection, const Table& table, const Values& before, const Values& after);
Status delete_row(Connection& connection, const Table& table, const Values& row);

/// The rows that meet `condition` (which may end in an order and a limit), each checked.
/// The result has no `checksum` any more.
Result<std::vector<Values>> select_rows(Connection& connection, const Table& table, std::string_view condition,
                                        std::span<const Value> values);

/// The rows of a whole statement that selects `column_list` from the table, each checked.
Result<std::vector<Values>> read_rows(Connection& connection, const Table& table, std::string_view sql,
                                      std::span<const Value> values);

/// The page of at most `limit` rows after `after` in the order of the primary key. `fixed` are the values of the first
/// key columns; `after` (empty for the first page) those of the rest.
Result<std::vector<Values>> select_page(Connection& connection, const Table& table, const Values& fixed,
                                        const Values& after, std::size_t limit);

/// The rest of the primary key of `row`, for the next call of select_page.
Values key_after(const Table& table, const Values& row, std::size_t fixed);

} // namespace godwit::store
