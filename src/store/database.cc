#include "store/database.h"

#include <utility>

namespace godwit::store {

namespace {

struct Word {
    std::string_view name;
    std::string_view sqlite;
    std::string_view postgresql;
};

constexpr Word kWords[] = {
    {"{integer}", "INTEGER NOT NULL", "BIGINT NOT NULL"},
    {"{text}", "TEXT NOT NULL", "TEXT COLLATE \"C\" NOT NULL"},
    {"{keyed}", " STRICT, WITHOUT ROWID", ""},
    {"{strict}", " STRICT", ""},
};
constexpr std::string_view kTimeWord = "{time:";

std::string time_expression(std::string_view column, StateLocation::Kind kind) {
    const std::string name(column);
    if (kind == StateLocation::Kind::sqlite)
        return "strftime('%Y-%m-%dT%H:%M:%SZ', " + name + " / 1000000, 'unixepoch')";
    return "to_char(to_timestamp(" + name + " / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";
}

/// The replacement for the word that `sql` begins with, and the word's length; length 0: none.
std::pair<std::string, std::size_t> replacement(std::string_view sql, StateLocation::Kind kind) {
    for (const auto& word : kWords) {
        if (sql.starts_with(word.name))
            return {std::string(kind == StateLocation::Kind::sqlite ? word.sqlite : word.postgresql), word.name.size()};
    }
    const auto end = sql.find('}');
    if (sql.starts_with(kTimeWord) && end != std::string_view::npos)
        return {time_expression(sql.substr(kTimeWord.size(), end - kTimeWord.size()), kind), end + 1};
    return {"", 0};
}

} // namespace

std::string expand_dialect(std::string_view sql, StateLocation::Kind kind) {
    std::string out;
    int parameter = 0;
    for (std::size_t at = 0; at < sql.size();) {
        if (sql[at] == '?' && kind == StateLocation::Kind::postgresql) {
            out += "$" + std::to_string(++parameter);
            ++at;
            continue;
        }
        const auto [text, length] =
            sql[at] == '{' ? replacement(sql.substr(at), kind) : std::pair<std::string, std::size_t>();
        out += length > 0 ? text : std::string(1, sql[at]);
        at += length > 0 ? length : 1;
    }
    return out;
}

Result<std::int64_t> query_int64(Connection& connection, std::string_view sql, std::span<const Value> parameters) {
    const auto rows = TRY(connection.query(sql, parameters));
    const auto* number = rows.size() == 1 && rows[0].size() == 1 ? std::get_if<std::int64_t>(&rows[0][0]) : nullptr;
    if (number == nullptr)
        return Error::make(ErrorKind::corrupt, "the state database gives no number where one is expected")
            .why("the answer has " + std::to_string(rows.size()) + " rows")
            .fix("restore the state database from its backup")
            .at(std::string(sql));
    return *number;
}

Result<Micros> database_time(Connection& connection) { return query_int64(connection, "SELECT now_micros()"); }

} // namespace godwit::store
