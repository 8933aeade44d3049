#include "store/sql_state.h"

namespace godwit::store {

namespace {

constexpr std::size_t kPageRows = 1'000;

} // namespace

Status SqlState::check_structure() {
    TRY(database_->check_structure());
    if (database_->kind() == StateLocation::Kind::postgresql)
        return {};
    return readers_.ask<Status>([&](Connection& connection) { return check_schema(connection, database_->kind()); });
}

Status SqlState::check_table(const Table& table) {
    for (Values after;;) {
        const auto page = TRY(readers_.ask<Result<std::vector<Values>>>(
            [&](Connection& connection) { return select_page(connection, table, {}, after, kPageRows); }));
        if (page.size() < kPageRows)
            return {};
        after = key_after(table, page.back(), 0);
    }
}

Status SqlState::check_events(const std::string& run) {
    for (std::int64_t after = 0;;) {
        const auto page = TRY(events(run, after, kPageRows));
        if (page.size() < kPageRows)
            return {};
        after = page.back().seq;
    }
}

Status SqlState::check() {
    TRY(check_structure());
    for (const auto* table : all_tables())
        TRY(check_table(*table));
    for (const auto& assessment : TRY(assessments())) {
        TRY(each_resource(assessment.id, [](const ResourceRow&) { return Status(); }));
        TRY(each_edge(assessment.id, [](const EdgeRow&) { return Status(); }));
        TRY(each_finding(assessment.id, [](const FindingRow&) { return Status(); }));
    }
    for (const auto& run : TRY(runs()))
        TRY(check_events(run.id));
    return {};
}

} // namespace godwit::store
