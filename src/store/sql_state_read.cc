#include "store/sql_state.h"

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

namespace godwit::store {

namespace {

constexpr std::size_t kPageRows = 1'000;

struct Tally {
    std::int64_t count = 0;
    std::uint64_t digest = 0;
};

/// `?, ?, ?` with the values for it: filled up to a power of two, so that few different statements are prepared.
std::string in_list(std::span<const StepRow> steps, Values& values) {
    const auto width = std::bit_ceil(steps.size());
    std::string out;
    for (std::size_t i = 0; i < width; ++i) {
        out += i == 0 ? "?" : ", ?";
        values.emplace_back(steps[std::min(i, steps.size() - 1)].step);
    }
    return out;
}

} // namespace

template <typename Stored>
Status SqlState::each_of(std::string_view kind, std::string_view assessment,
                         const std::function<Status(const Stored&)>& visit) {
    const auto& table = table_of<Stored>();
    // Batches that are added while this reads are left out.
    std::map<std::int64_t, Tally> tallies;
    const auto batches =
        TRY(select_all<BatchRow>("assessment = ? AND kind = ?", {std::string(assessment), std::string(kind)}));
    for (const auto& batch : batches)
        tallies[batch.number] = {};
    for (Values after;;) {
        const auto page = TRY(readers_.ask<Result<std::vector<Values>>>([&](Connection& connection) {
            return select_page(connection, table, {std::string(assessment)}, after, kPageRows);
        }));
        for (const auto& values : page) {
            const auto stored = TRY(from_values<Stored>(values));
            const auto tally = tallies.find(stored.batch);
            if (tally == tallies.end())
                continue;
            ++tally->second.count;
            tally->second.digest += static_cast<std::uint64_t>(checksum(table, values));
            TRY(visit(stored));
        }
        if (page.size() < kPageRows)
            break;
        after = key_after(table, page.back(), 1);
    }
    for (const auto& batch : batches) {
        const auto& tally = tallies[batch.number];
        if (tally.count != batch.count || static_cast<std::int64_t>(tally.digest) != batch.digest)
            return damaged("rows are missing, or others than were written",
                           row_name(table_of<BatchRow>(), to_values(batch)));
    }
    return {};
}

Result<std::vector<AssessmentRow>> SqlState::assessments() {
    return select_all<AssessmentRow>("1 = 1 ORDER BY taken_at DESC, id", {});
}

Result<AssessmentRow> SqlState::assessment(std::string_view id) {
    auto row = TRY(select_one<AssessmentRow>("id = ?", {std::string(id)}));
    if (!row)
        return missing("assessment", id);
    return std::move(*row);
}

Status SqlState::each_resource(std::string_view assessment, const std::function<Status(const ResourceRow&)>& visit) {
    return each_of<StoredResource>("resource", assessment,
                                   [&](const StoredResource& stored) { return visit(stored.row); });
}

Status SqlState::each_edge(std::string_view assessment, const std::function<Status(const EdgeRow&)>& visit) {
    return each_of<StoredEdge>("edge", assessment, [&](const StoredEdge& stored) { return visit(stored.row); });
}

Status SqlState::each_finding(std::string_view assessment, const std::function<Status(const FindingRow&)>& visit) {
    return each_of<StoredFinding>("finding", assessment,
                                  [&](const StoredFinding& stored) { return visit(stored.row); });
}

Result<std::vector<ResourceRow>> SqlState::resources(std::string_view assessment, std::string_view after_key,
                                                     std::size_t limit) {
    const auto page = TRY(select_all<StoredResource>(
        "assessment = ? AND key > ? ORDER BY key LIMIT ?",
        {std::string(assessment), std::string(after_key), static_cast<std::int64_t>(limit)}));
    std::vector<ResourceRow> rows;
    for (const auto& stored : page)
        rows.push_back(stored.row);
    return rows;
}

Result<std::vector<FindingRow>> SqlState::findings_of(std::string_view assessment, std::string_view resource) {
    std::vector<FindingRow> rows;
    for (auto& stored : TRY(select_all<StoredFinding>("assessment = ? AND resource = ? ORDER BY code, number",
                                                      {std::string(assessment), std::string(resource)})))
        rows.push_back(std::move(stored.row));
    return rows;
}

Result<std::vector<PlanRow>> SqlState::plans() {
    return select_all<PlanRow>("1 = 1 ORDER BY created_at DESC, digest", {});
}

Result<std::optional<PlanRow>> SqlState::plan(std::string_view digest) {
    return select_one<PlanRow>("digest = ?", {std::string(digest)});
}

Result<std::string> SqlState::step_line(std::string_view plan, std::string_view step) {
    auto body = TRY(select_one<BodyRow>("plan = ? AND step = ?", {std::string(plan), std::string(step)}));
    if (!body)
        return missing("step", std::string(plan) + "/" + std::string(step));
    return std::move(body->line);
}

Result<std::vector<std::string>> SqlState::dependants(std::string_view plan, std::string_view step) {
    std::vector<std::string> steps;
    for (auto& row : TRY(select_all<DependencyRow>("plan = ? AND depends_on = ? ORDER BY step",
                                                   {std::string(plan), std::string(step)})))
        steps.push_back(std::move(row.step));
    return steps;
}

Result<std::vector<RunRow>> SqlState::runs() { return select_all<RunRow>("1 = 1 ORDER BY started_at DESC, id", {}); }

Result<RunRow> SqlState::run(std::string_view id) {
    auto row = TRY(select_one<RunRow>("id = ?", {std::string(id)}));
    if (!row)
        return missing("run", id);
    return std::move(*row);
}

Result<std::optional<RunRow>> SqlState::run_of_plan(std::string_view plan) {
    return readers_.ask<Result<std::optional<RunRow>>>(
        [&](Connection& connection) { return read_run_of_plan(connection, plan); });
}

Result<StepRow> SqlState::step(std::string_view run, std::string_view step) {
    return readers_.ask<Result<StepRow>>([&](Connection& connection) { return read_step(connection, run, step); });
}

Result<std::vector<StepRow>> SqlState::steps(std::string_view run, std::span<const StepState> states,
                                             std::int64_t after_position, std::size_t limit) {
    const auto most = static_cast<std::int64_t>(limit);
    if (states.empty())
        return select_all<StepRow>("run = ? AND position > ? ORDER BY position LIMIT ?",
                                   {std::string(run), after_position, most});
    // One range of the index per state instead of `state IN (...)`, which would sort all of them for each page.
    const auto columns = table_of<StepRow>().column_list();
    std::string sql;
    Values values;
    for (std::size_t i = 0; i < states.size(); ++i) {
        sql += (i == 0 ? "SELECT " : " UNION ALL SELECT ") + columns + " FROM (SELECT " + columns +
               " FROM step WHERE run = ? AND state = ? AND position > ? ORDER BY position LIMIT ?) AS s" +
               std::to_string(i);
        values.insert(values.end(), {std::string(run), encode(states[i]), after_position, most});
    }
    values.emplace_back(most);
    sql = "SELECT " + columns + " FROM (" + sql + ") AS merged ORDER BY position LIMIT ?";
    return readers_.ask<Result<std::vector<StepRow>>>([&](Connection& connection) -> Result<std::vector<StepRow>> {
        return from_values<StepRow>(TRY(read_rows(connection, table_of<StepRow>(), sql, values)));
    });
}

Result<std::vector<StepRow>> SqlState::ready_steps(std::string_view run, std::size_t limit) {
    const auto plan = TRY(this->run(run)).plan;
    // The condition on `waiting` finds them by an index of their own, the rest holds it against the dependencies
    // themselves.
    constexpr std::string_view kCondition =
        "run = ? AND state = 'planned' AND waiting = 0 AND NOT EXISTS ("
        "SELECT 1 FROM step_dependency d LEFT JOIN step t ON t.run = ? AND t.step = d.depends_on "
        "WHERE d.plan = ? AND d.step = step.step AND (t.state IS NULL OR t.state <> 'done')) ORDER BY position LIMIT ?";
    const Values values = {std::string(run), std::string(run), plan, static_cast<std::int64_t>(limit)};
    return readers_.ask<Result<std::vector<StepRow>>>([&](Connection& connection) -> Result<std::vector<StepRow>> {
        auto steps = TRY(select<StepRow>(connection, kCondition, values));
        TRY(check_dependencies(connection, plan, steps));
        return steps;
    });
}

/// A dependency that got lost would make a step ready too early.
Status SqlState::check_dependencies(Connection& connection, std::string_view plan, std::span<const StepRow> steps) {
    if (steps.empty())
        return {};
    Values values = {std::string(plan)};
    const auto list = in_list(steps, values);
    std::map<std::string, std::int64_t> found;
    for (const auto& row : TRY(select<DependencyRow>(connection, "plan = ? AND step IN (" + list + ")", values)))
        ++found[row.step];
    std::size_t known = 0;
    for (const auto& step : TRY(select<StoredPlanStep>(connection, "plan = ? AND id IN (" + list + ")", values))) {
        ++known;
        if (found[step.row.id] != step.dependencies)
            return damaged("dependencies of a step are missing", row_name(table_of<StoredPlanStep>(), to_values(step)));
    }
    if (known != steps.size())
        return damaged("steps of the plan are missing", std::string(plan));
    return {};
}

Result<std::vector<State::StateCount>> SqlState::count_steps(std::string_view run) {
    // Read row by row, so that each is checked.
    std::map<std::pair<StepState, std::string>, std::uint64_t> counts;
    for (Values after;;) {
        const auto page = TRY(readers_.ask<Result<std::vector<Values>>>([&](Connection& connection) {
            return select_page(connection, table_of<StepRow>(), {std::string(run)}, after, kPageRows);
        }));
        for (const auto& values : page) {
            const auto step = TRY(from_values<StepRow>(values));
            ++counts[{step.state, step.action}];
        }
        if (page.size() < kPageRows)
            break;
        after = key_after(table_of<StepRow>(), page.back(), 1);
    }
    std::vector<StateCount> out;
    for (const auto& [key, count] : counts)
        out.push_back({key.first, key.second, count});
    return out;
}

Result<std::vector<PartRow>> SqlState::parts(std::string_view run, std::string_view step) {
    return select_all<PartRow>("run = ? AND step = ? ORDER BY from_key", {std::string(run), std::string(step)});
}

Result<std::optional<PinRow>> SqlState::pin(std::string_view run, std::string_view resource) {
    return select_one<PinRow>("run = ? AND resource = ? ORDER BY round DESC LIMIT 1",
                              {std::string(run), std::string(resource)});
}

Result<std::optional<IdMapRow>> SqlState::target_of(std::string_view source_key, std::string_view target_connection) {
    return select_one<IdMapRow>("source_key = ? AND target_connection = ?",
                                {std::string(source_key), std::string(target_connection)});
}

Result<std::vector<ArtifactRow>> SqlState::artifacts(std::string_view run) {
    return select_all<ArtifactRow>("run = ? ORDER BY step, path", {std::string(run)});
}

Result<std::vector<ValidationRow>> SqlState::validations(std::string_view run, std::string_view step) {
    std::vector<ValidationRow> rows;
    for (auto& stored : TRY(select_all<StoredValidation>("run = ? AND step = ? ORDER BY number",
                                                         {std::string(run), std::string(step)})))
        rows.push_back(std::move(stored.row));
    return rows;
}

Result<std::vector<EventRow>> SqlState::events(std::string_view run, std::int64_t after_seq, std::size_t limit) {
    after_seq = std::max<std::int64_t>(after_seq, 0);
    // The event before the page is read too: the chain hangs on it.
    const auto rows = TRY(select_all<StoredEvent>("run = ? AND seq >= ? ORDER BY seq LIMIT ?",
                                                  {std::string(run), after_seq, static_cast<std::int64_t>(limit) + 1}));
    std::vector<EventRow> events;
    std::string chain;
    auto seq = after_seq;
    for (const auto& [event, value] : rows) {
        if (event.seq == after_seq) {
            chain = value;
            continue;
        }
        if (event.seq != ++seq || value != event_chain(chain, event))
            return damaged("the chain of events is broken", std::string(run) + ", event " + std::to_string(seq));
        chain = value;
        if (events.size() < limit)
            events.push_back(event);
    }
    return events;
}

} // namespace godwit::store
