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

Status SqlState::check_waiting() {
    const auto wrong = TRY(readers_.ask<Result<std::vector<Values>>>([](Connection& connection) {
        return connection.query("SELECT s.run, s.step FROM step s JOIN run r ON r.id = s.run WHERE s.waiting <> ("
                                "SELECT count(*) FROM step_dependency d LEFT JOIN step t ON t.run = s.run AND "
                                "t.step = d.depends_on WHERE d.plan = r.plan AND d.step = s.step AND "
                                "(t.state IS NULL OR t.state <> 'done')) LIMIT 1");
    }));
    return wrong.empty() ? Status{}
                         : damaged("the number of dependencies that a step waits for is wrong",
                                   row_name(table_of<StepRow>(), wrong[0]));
}

Status SqlState::check_dependency_counts() {
    const auto wrong = TRY(readers_.ask<Result<std::vector<Values>>>([](Connection& connection) {
        return connection.query(
            "SELECT p.plan, p.position FROM plan_step p WHERE p.dependencies <> ("
            "SELECT count(*) FROM step_dependency d WHERE d.plan = p.plan AND d.step = p.id) LIMIT 1");
    }));
    return wrong.empty()
               ? Status{}
               : damaged("dependencies of a step are missing", row_name(table_of<StoredPlanStep>(), wrong[0]));
}

Status SqlState::check() {
    TRY(check_structure());
    for (const auto* table : all_tables())
        TRY(check_table(*table));
    TRY(check_waiting());
    TRY(check_dependency_counts());
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
