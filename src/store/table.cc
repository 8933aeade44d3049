#include "store/table.h"

#include "base/digest.h"
#include "base/text.h"

#include <algorithm>
#include <utility>

namespace godwit::store {

namespace {

/// PostgreSQL allows 65,535 parameters in a statement, SQLite 32,766.
constexpr std::size_t kMostParameters = 1'000;

std::string text_of(const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value))
        return std::to_string(*number);
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? "NULL" : printable(*text);
}

void append_number(std::string& out, std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8)
        out += static_cast<char>(number >> shift);
}

/// `a = ? AND b = ?`
std::string equal_to_all(std::span<const std::string_view> columns) {
    std::string out;
    for (const auto column : columns)
        out.append(out.empty() ? "" : " AND ").append(column).append(" = ?");
    return out;
}

std::string list(std::span<const std::string_view> columns) {
    std::string out;
    for (const auto column : columns)
        out.append(out.empty() ? "" : ", ").append(column);
    return out;
}

std::string placeholders(std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
        out += i == 0 ? "?" : ", ?";
    return "(" + out + ")";
}

Status check_text(const Table& table, const Values& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
        const auto* text = std::get_if<std::string>(&row[i]);
        if (text != nullptr && !is_storable_text(*text))
            return Error::make(ErrorKind::invalid_input, "a text cannot be stored")
                .why("it is no valid UTF-8, or holds U+0000: " + printable(text->substr(0, 80)))
                .fix("percent-encode such bytes first")
                .at(std::string(table.name) + "." + std::string(table.columns[i]));
    }
    return {};
}

Error damaged_row(const Table& table, std::span<const Value> values) {
    return Error::make(ErrorKind::corrupt, "a row of the state database is damaged")
        .why("its checksum does not hold")
        .fix("restore the state database from its backup")
        .at(row_name(table, values));
}

/// Takes the checksum off a row as it was read.
Status check_row(const Table& table, Values& row) {
    const auto values = std::span<const Value>(row).first(table.columns.size());
    if (row.size() != table.columns.size() + 1 || row.back() != Value(checksum(table, values)))
        return damaged_row(table, values);
    row.pop_back();
    return {};
}

/// Why a conditional change met no row.
Error not_as_read(Connection& connection, const Table& table, const Values& before) {
    const auto keys = std::span(table.columns).first(table.key_columns);
    auto present = select_rows(connection, table, equal_to_all(keys), std::span(before).first(table.key_columns));
    if (present.is_error())
        return std::move(present).error();
    return Error::make(ErrorKind::held, "a row of the state database changed since it was read")
        .why(present->empty() ? "it is gone" : "another process or thread changed it")
        .fix("let the other one finish, then run the command again")
        .at(row_name(table, before));
}

} // namespace

std::string Table::column_list() const { return list(columns) + ", checksum"; }

std::int64_t checksum(const Table& table, std::span<const Value> values) {
    std::string bytes(table.name);
    for (const auto& value : values) {
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
            bytes += 'i';
            append_number(bytes, static_cast<std::uint64_t>(*number));
        } else if (const auto* text = std::get_if<std::string>(&value)) {
            bytes += 't';
            append_number(bytes, text->size());
            bytes += *text;
        } else {
            bytes += 'n';
        }
    }
    // Kept for the thread: to look the algorithm up costs more than to digest a row.
    thread_local Sha256 hasher;
    hasher.update(bytes);
    const auto digest = hasher.finish();
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8; ++i)
        number = number << 8 | static_cast<unsigned char>(digest[i]);
    return static_cast<std::int64_t>(number);
}

std::string row_name(const Table& table, std::span<const Value> values) {
    std::string out;
    for (std::size_t i = 0; i < std::min(table.key_columns, values.size()); ++i)
        out += (out.empty() ? "" : ", ") + std::string(table.columns[i]) + " " + text_of(values[i]);
    return std::string(table.name) + " (" + out + ")";
}

Error damaged(std::string why, std::string where) {
    return Error::make(ErrorKind::corrupt, "the state database is damaged")
        .why(std::move(why))
        .fix("restore the state database from its backup")
        .at(std::move(where));
}

Status insert_rows(Connection& connection, const Table& table, std::span<const Values> rows) {
    const std::size_t width = table.columns.size() + 1;
    const std::size_t most = std::max<std::size_t>(1, kMostParameters / width);
    while (!rows.empty()) {
        const std::size_t count =
            rows.size() >= most ? most : 1; // two statements to prepare, whatever the number of rows
        std::string sql = "INSERT INTO " + std::string(table.name) + " (" + table.column_list() + ") VALUES ";
        Values parameters;
        parameters.reserve(count * width);
        for (std::size_t i = 0; i < count; ++i) {
            TRY(check_text(table, rows[i]));
            sql += (i == 0 ? "" : ", ") + placeholders(width);
            parameters.insert(parameters.end(), rows[i].begin(), rows[i].end());
            parameters.emplace_back(checksum(table, rows[i]));
        }
        auto inserted = connection.execute(sql, parameters);
        if (inserted.is_error())
            return std::move(inserted).error().at(count == 1 ? row_name(table, rows[0]) : std::string(table.name));
        rows = rows.subspan(count);
    }
    return {};
}

Status insert_row(Connection& connection, const Table& table, const Values& row) {
    return insert_rows(connection, table, std::span(&row, 1));
}

Status update_row(Connection& connection, const Table& table, const Values& before, const Values& after) {
    TRY(check_text(table, after));
    const auto columns = std::span(table.columns);
    std::string sql = "UPDATE " + std::string(table.name) + " SET ";
    for (const auto column : columns.subspan(table.key_columns))
        sql.append(column).append(" = ?, ");
    sql += "checksum = ? WHERE " + equal_to_all(columns.first(table.key_columns)) + " AND checksum = ?";
    Values parameters(after.begin() + static_cast<std::ptrdiff_t>(table.key_columns), after.end());
    parameters.emplace_back(checksum(table, after));
    parameters.insert(parameters.end(), before.begin(),
                      before.begin() + static_cast<std::ptrdiff_t>(table.key_columns));
    parameters.emplace_back(checksum(table, before));
    if (TRY(connection.execute(sql, parameters)) != 1)
        return not_as_read(connection, table, before);
    return {};
}

Status delete_row(Connection& connection, const Table& table, const Values& row) {
    const auto keys = std::span(table.columns).first(table.key_columns);
    const std::string sql =
        "DELETE FROM " + std::string(table.name) + " WHERE " + equal_to_all(keys) + " AND checksum = ?";
    Values parameters(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(table.key_columns));
    parameters.emplace_back(checksum(table, row));
    if (TRY(connection.execute(sql, parameters)) != 1)
        return not_as_read(connection, table, row);
    return {};
}

Result<std::vector<Values>> read_rows(Connection& connection, const Table& table, std::string_view sql,
                                      std::span<const Value> values) {
    auto rows = TRY(connection.query(sql, values));
    for (auto& row : rows)
        TRY(check_row(table, row));
    return rows;
}

Result<std::vector<Values>> select_rows(Connection& connection, const Table& table, std::string_view condition,
                                        std::span<const Value> values) {
    return read_rows(connection, table,
                     "SELECT " + table.column_list() + " FROM " + std::string(table.name) + " WHERE " +
                         std::string(condition),
                     values);
}

Result<std::vector<Values>> select_page(Connection& connection, const Table& table, const Values& fixed,
                                        const Values& after, std::size_t limit) {
    const auto keys = std::span(table.columns).first(table.key_columns);
    std::string condition = equal_to_all(keys.first(fixed.size()));
    const auto rest = keys.subspan(fixed.size());
    if (!after.empty())
        condition += (condition.empty() ? "(" : " AND (") + list(rest) + ") > " + placeholders(rest.size());
    if (condition.empty())
        condition = "1 = 1";
    Values parameters = fixed;
    parameters.insert(parameters.end(), after.begin(), after.end());
    parameters.emplace_back(static_cast<std::int64_t>(limit));
    return select_rows(connection, table, condition + " ORDER BY " + list(keys) + " LIMIT ?", parameters);
}

Values key_after(const Table& table, const Values& row, std::size_t fixed) {
    return {row.begin() + static_cast<std::ptrdiff_t>(fixed),
            row.begin() + static_cast<std::ptrdiff_t>(table.key_columns)};
}

} // namespace godwit::store
