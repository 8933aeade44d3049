#include "store/transaction.h"

#include <algorithm>
#include <utility>

namespace godwit::store {

namespace {

constexpr std::size_t kBatchRows = 1'000;
constexpr std::size_t kPageRows = 1'000;

template <typename State>
Status check_transition(State from, State to, const std::string& where) {
    if (is_allowed(from, to))
        return {};
    return Error::make(ErrorKind::bug, "a transition is not in the table of states")
        .why("from '" + std::string(to_string(from)) + "' to '" + std::string(to_string(to)) + "'")
        .fix("report this with the output of `godwit run show`")
        .at(where);
}

Status check_same_identity(bool same, const std::string& where) {
    if (same)
        return {};
    return Error::make(ErrorKind::bug, "a row is to be changed into another row")
        .why("the columns that never change differ")
        .fix("report this with the output of `godwit run show`")
        .at(where);
}

/// Inserts `rows` (at most kBatchRows) and the digest over them.
Status insert_batch(Connection& connection, BatchRow batch, const Table& table, std::span<const Values> rows) {
    std::uint64_t digest = 0;
    for (const auto& row : rows)
        digest += static_cast<std::uint64_t>(checksum(table, row));
    batch.count = static_cast<std::int64_t>(rows.size());
    batch.digest = static_cast<std::int64_t>(digest);
    TRY(insert_rows(connection, table, rows));
    return insert(connection, batch);
}

Result<std::int64_t> next_batch(Connection& connection, std::string_view assessment, std::string_view kind) {
    return query_int64(connection, "SELECT COALESCE(MAX(number), 0) + 1 FROM batch WHERE assessment = ? AND kind = ?",
                       Values{std::string(assessment), std::string(kind)});
}

/// `store(row, batch, position in the assessment)` makes the row as it lies in the table.
template <typename Stored, typename Row>
Status insert_batches(Connection& connection, std::string_view assessment, std::string_view kind,
                      std::span<const Row> rows, const auto& store) {
    auto number = rows.empty() ? 0 : TRY(next_batch(connection, assessment, kind));
    for (; !rows.empty(); ++number) {
        const auto part = rows.first(std::min(rows.size(), kBatchRows));
        std::vector<Values> values;
        values.reserve(part.size());
        for (const auto& row : part)
            values.push_back(to_values(
                store(row, number,
                      number * static_cast<std::int64_t>(kBatchRows) + static_cast<std::int64_t>(values.size()))));
        TRY(insert_batch(connection, {std::string(assessment), std::string(kind), number, 0, 0}, table_of<Stored>(),
                         values));
        rows = rows.subspan(part.size());
    }
    return {};
}

StepRow first_state(const std::string& run, PlanStepRow step, Micros now) {
    StepRow row;
    row.run = run;
    row.step = std::move(step.id);
    row.position = step.position;
    row.kind = std::move(step.kind);
    row.resource = std::move(step.resource);
    row.action = std::move(step.action);
    row.changed_at = now;
    return row;
}

} // namespace

Error missing(std::string_view what, std::string_view name) {
    return Error::make(ErrorKind::not_found, "the state database knows no such " + std::string(what))
        .why("nothing is recorded under this name")
        .fix("check the name, and that --state names the right database")
        .at(std::string(name));
}

Result<std::optional<RunRow>> read_run_of_plan(Connection& connection, std::string_view plan) {
    auto rows = TRY(select<RunRow>(connection, "plan = ? AND state <> 'rolled_back'", {std::string(plan)}));
    if (rows.empty())
        return std::nullopt;
    return std::move(rows[0]);
}

Result<StepRow> read_step(Connection& connection, std::string_view run, std::string_view step) {
    auto rows = TRY(select<StepRow>(connection, "run = ? AND step = ?", {std::string(run), std::string(step)}));
    if (rows.empty())
        return missing("step", std::string(run) + "/" + std::string(step));
    return std::move(rows[0]);
}

Status SqlTransaction::insert(const AssessmentRow& row) { return store::insert(*connection_, row); }

Status SqlTransaction::insert(std::string_view assessment, std::span<const ResourceRow> rows) {
    return insert_batches<StoredResource>(*connection_, assessment, "resource", rows,
                                          [&](const ResourceRow& row, std::int64_t batch, std::int64_t) {
                                              return StoredResource{std::string(assessment), row, batch};
                                          });
}

Status SqlTransaction::insert(std::string_view assessment, std::span<const EdgeRow> rows) {
    return insert_batches<StoredEdge>(*connection_, assessment, "edge", rows,
                                      [&](const EdgeRow& row, std::int64_t batch, std::int64_t) {
                                          return StoredEdge{std::string(assessment), row, batch};
                                      });
}

Status SqlTransaction::insert(std::string_view assessment, std::span<const FindingRow> rows) {
    return insert_batches<StoredFinding>(*connection_, assessment, "finding", rows,
                                         [&](const FindingRow& row, std::int64_t batch, std::int64_t number) {
                                             return StoredFinding{std::string(assessment), row, number, batch};
                                         });
}

Status SqlTransaction::finish_assessment(std::string_view assessment, std::string_view header,
                                         std::string_view digest) {
    const auto rows = TRY(select<AssessmentRow>(*connection_, "id = ?", {std::string(assessment)}));
    if (rows.empty())
        return missing("assessment", assessment);
    auto after = rows[0];
    after.header = header;
    after.digest = digest;
    return update(*connection_, rows[0], after);
}

Status SqlTransaction::insert(const PlanRow& row) { return store::insert(*connection_, row); }

Status SqlTransaction::insert(std::string_view plan, std::span<const PlanStepRow> rows) {
    std::vector<Values> steps;
    std::vector<Values> bodies;
    std::vector<Values> dependencies;
    for (const auto& row : rows) {
        const std::string of(plan);
        steps.push_back(to_values(StoredPlanStep{of, row, static_cast<std::int64_t>(row.depends_on.size())}));
        bodies.push_back(to_values(BodyRow{of, row.id, row.line}));
        for (const auto& other : row.depends_on)
            dependencies.push_back(to_values(DependencyRow{of, row.id, other}));
    }
    TRY(insert_rows(*connection_, table_of<StoredPlanStep>(), steps));
    TRY(insert_rows(*connection_, table_of<BodyRow>(), bodies));
    return insert_rows(*connection_, table_of<DependencyRow>(), dependencies);
}

Status SqlTransaction::insert(const RunRow& row) {
    const auto held = [&](const std::string& other) {
        return Error::make(ErrorKind::held, "the plan has a run already")
            .why("a plan has at most one run that is not rolled back")
            .fix("go on with `godwit run resume`, or undo it with `godwit run rollback`")
            .at(other);
    };
    if (const auto other = TRY(run_of_plan(row.plan)))
        return held(other->id);
    auto inserted = store::insert(*connection_, row);
    if (inserted.is_error() && inserted.error().kind() == ErrorKind::conflict)
        return held(row.plan).cause(std::move(inserted).error());
    TRY(std::move(inserted));
    const auto now = TRY(this->now());
    const auto& table = table_of<StoredPlanStep>();
    for (Values after;;) {
        const auto page = TRY(select_page(*connection_, table, {row.plan}, after, kPageRows));
        std::vector<Values> steps;
        for (const auto& values : page)
            steps.push_back(to_values(first_state(row.id, TRY(from_values<StoredPlanStep>(values)).row, now)));
        TRY(insert_rows(*connection_, table_of<StepRow>(), steps));
        if (page.size() < kPageRows)
            break;
        after = key_after(table, page.back(), 1);
    }
    TRY(connection_->execute("UPDATE step SET waiting = (SELECT count(*) FROM step_dependency d WHERE d.plan = ? AND "
                             "d.step = step.step) WHERE run = ?",
                             Values{row.plan, row.id}));
    return {};
}

Status SqlTransaction::change_run(const RunRow& before, RunState to) {
    TRY(check_transition(before.state, to, "run " + before.id));
    auto after = before;
    after.state = to;
    after.changed_at = TRY(now());
    return update(*connection_, before, after);
}

Status SqlTransaction::change_step(const StepRow& before, const StepRow& after) {
    const auto where = "run " + before.run + ", step " + before.step;
    if (before.state != after.state)
        TRY(check_transition(before.state, after.state, where));
    TRY(check_same_identity(before.run == after.run && before.step == after.step && before.position == after.position &&
                                before.kind == after.kind && before.resource == after.resource &&
                                before.action == after.action,
                            where));
    TRY(update(*connection_, before, after));
    const bool was_done = before.state == StepState::done;
    const bool is_done = after.state == StepState::done;
    if (was_done != is_done)
        TRY(connection_->execute(
            "UPDATE step SET waiting = waiting + ? WHERE run = ? AND step IN (SELECT d.step FROM "
            "step_dependency d WHERE d.plan = (SELECT plan FROM run WHERE id = ?) AND d.depends_on = ?)",
            Values{std::int64_t{is_done ? -1 : 1}, before.run, before.run, before.step}));
    return {};
}

Status SqlTransaction::insert(const PartRow& row) { return store::insert(*connection_, row); }

Status SqlTransaction::change_part(const PartRow& before, const PartRow& after) {
    const auto where = "run " + before.run + ", step " + before.step + ", part " + before.from_key;
    if (before.state != after.state)
        TRY(check_transition(before.state, after.state, where));
    TRY(check_same_identity(before.run == after.run && before.step == after.step && before.from_key == after.from_key,
                            where));
    return update(*connection_, before, after);
}

Status SqlTransaction::insert(const PinRow& row) { return store::insert(*connection_, row); }

Status SqlTransaction::put(const IdMapRow& row) {
    const auto present = TRY(select<IdMapRow>(*connection_, "source_key = ? AND target_connection = ?",
                                              {row.source_key, row.target_connection}));
    return present.empty() ? store::insert(*connection_, row) : update(*connection_, present[0], row);
}

Status SqlTransaction::remove_id(std::string_view source_key, std::string_view target_connection) {
    const auto present = TRY(select<IdMapRow>(*connection_, "source_key = ? AND target_connection = ?",
                                              {std::string(source_key), std::string(target_connection)}));
    for (const auto& row : present)
        TRY(delete_row(*connection_, table_of<IdMapRow>(), to_values(row)));
    return {};
}

Status SqlTransaction::insert(const ArtifactRow& row) {
    // A step that acts again writes the same file again.
    const auto present =
        TRY(select<ArtifactRow>(*connection_, "run = ? AND step = ? AND path = ?", {row.run, row.step, row.path}));
    return present.empty() ? store::insert(*connection_, row) : update(*connection_, present[0], row);
}

Status SqlTransaction::clear_validations(std::string_view run, std::string_view step) {
    TRY(connection_->execute("DELETE FROM validation WHERE run = ? AND step = ?",
                             Values{std::string(run), std::string(step)}));
    return {};
}

Status SqlTransaction::insert(const ValidationRow& row) {
    const auto number =
        TRY(query_int64(*connection_, "SELECT COALESCE(MAX(number), 0) + 1 FROM validation WHERE run = ? AND step = ?",
                        Values{row.run, row.step}));
    return store::insert(*connection_, StoredValidation{row, number});
}

bool SqlTransaction::stands_on_a_plan() const {
    // There is one plan for a run. Should the lease of another get here, the key (run, seq) and the chain still hold.
    return std::ranges::any_of(standing_on_, [](const Lease& lease) { return lease.scope.starts_with(kPlanScope); });
}

Status SqlTransaction::emit(const EventRow& event) {
    auto stamped = event;
    stamped.time = TRY(now());
    if (stands_on_a_plan())
        return append(std::move(stamped));
    return store::insert(*connection_, OutboxRow{std::move(stamped), worker_->name, ++worker_->number});
}

Status SqlTransaction::append(EventRow event) {
    const auto last = TRY(select<StoredEvent>(*connection_, "run = ? ORDER BY seq DESC LIMIT 1", {event.run}));
    event.seq = last.empty() ? 1 : last[0].event.seq + 1;
    auto chain = event_chain(last.empty() ? "" : last[0].chain, event);
    return store::insert(*connection_, StoredEvent{std::move(event), std::move(chain)});
}

Result<std::size_t> SqlTransaction::drain_outbox(std::string_view run, std::size_t limit) {
    const auto rows = TRY(select_page(*connection_, table_of<OutboxRow>(), {std::string(run)}, {}, limit));
    for (const auto& values : rows) {
        TRY(append(TRY(from_values<OutboxRow>(values)).event));
        TRY(delete_row(*connection_, table_of<OutboxRow>(), values));
    }
    return rows.size();
}

Result<std::optional<RunRow>> SqlTransaction::run_of_plan(std::string_view plan) {
    return read_run_of_plan(*connection_, plan);
}

Result<StepRow> SqlTransaction::step(std::string_view run, std::string_view step) {
    return read_step(*connection_, run, step);
}

} // namespace godwit::store
