#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "engines/warehouse_query.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace godwit::cli {

namespace {

/// What is printed at most; the statement's LIMIT is the way to choose.
constexpr std::size_t kMostRows = 10'000;

void print_json(std::ostream& out, const engines::QueryText& result) {
    for (const auto& row : result.rows) {
        Json line = Json::object();
        for (std::size_t i = 0; i < result.columns.size(); ++i)
            line[result.columns[i].name] = row[i] ? Json(*row[i]) : Json(nullptr);
        out << canonical_json(line) << "\n";
    }
}

void print_text(std::ostream& out, const engines::QueryText& result) {
    std::vector<std::size_t> widths;
    std::vector<std::vector<std::string>> lines(1);
    for (const auto& column : result.columns)
        lines.front().push_back(printable(column.name));
    for (const auto& row : result.rows) {
        auto& line = lines.emplace_back();
        for (const auto& value : row)
            line.push_back(value ? printable(*value) : "NULL");
    }
    for (const auto& line : lines) {
        widths.resize(line.size());
        for (std::size_t i = 0; i < line.size(); ++i)
            widths[i] = std::max(widths[i], line[i].size());
    }
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i)
            out << line[i] << (i + 1 < line.size() ? std::string(widths[i] - line[i].size() + 2, ' ') : "");
        out << "\n";
    }
}

} // namespace

Result<int> run_query(Session& session, const QueryArguments& arguments) {
    if (arguments.catalog.empty())
        return Error::make(ErrorKind::usage, "there is no catalogue to ask")
            .why("--catalog is not given")
            .fix("name it, for instance --catalog http://127.0.0.1:8181; `godwit catalog serve` starts the built-in "
                 "one");
    const auto result = TRY(engines::query_warehouse(arguments.catalog, arguments.sql, *session.services.clock,
                                                     *session.services.random, kMostRows, session.stop));
    if (session.options.output == Output::json)
        print_json(*session.out, result);
    else
        print_text(*session.out, result);
    if (result.truncated)
        *session.err << "Only the first " << kMostRows << " rows are shown; choose with LIMIT.\n";
    return 0;
}

} // namespace godwit::cli
