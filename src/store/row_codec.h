#pragma once

#include "store/rows.h"
#include "store/table.h"

#include <concepts>
#include <string>
#include <utility>
#include <vector>

/// Internal to src/store: how each row of store/rows.h, and the few rows that only this library knows, lie in their
/// table. One list of fields per row type serves both directions; its order is that of the table's columns.
namespace godwit::store {

struct BatchRow {
    std::string assessment;
    std::string kind; ///< resource, edge or finding
    std::int64_t number = 0;
    std::int64_t count = 0;
    std::int64_t digest = 0; ///< sum of the checksums of its rows modulo 2^64, so that they may be read in any order
};

struct StoredResource {
    std::string assessment;
    ResourceRow row;
    std::int64_t batch = 0;
};

struct StoredEdge {
    std::string assessment;
    EdgeRow row;
    std::int64_t batch = 0;
};

struct StoredFinding {
    std::string assessment;
    FindingRow row;
    std::int64_t number = 0; ///< a resource may have a finding of one code more than once
    std::int64_t batch = 0;
};

struct StoredPlanStep {
    std::string plan;
    PlanStepRow row; ///< without depends_on and line, which have tables of their own
    std::int64_t dependencies = 0;
};

struct BodyRow {
    std::string plan;
    std::string step;
    std::string line;
};

struct DependencyRow {
    std::string plan;
    std::string step;
    std::string depends_on;
};

struct StoredValidation {
    ValidationRow row;
    std::int64_t number = 0;
};

struct OutboxRow {
    EventRow event; ///< without seq
    std::string worker;
    std::int64_t number = 0;
};

struct StoredEvent {
    EventRow event;
    std::string chain; ///< SHA-256 hex over the chain of the event before it and this event
};

struct LeaseRow {
    std::string scope;
    std::string owner; ///< empty: free
    std::int64_t generation = 0;
    Micros expires_at = 0; ///< by the database's clock; 0 with SQLite, where the owner's file decides
    std::string holder;
};

template <typename Given, typename Wanted>
concept RowOf = std::same_as<std::remove_const_t<Given>, Wanted>;

template <RowOf<AssessmentRow> R>
void fields(R& r, auto visit) {
    visit(r.id, r.lane, r.role, r.connection, r.header, r.digest, r.taken_at);
}
template <RowOf<BatchRow> R>
void fields(R& r, auto visit) {
    visit(r.assessment, r.kind, r.number, r.count, r.digest);
}
template <RowOf<StoredResource> R>
void fields(R& r, auto visit) {
    visit(r.assessment, r.row.key, r.row.type, r.row.display, r.row.body, r.batch);
}
template <RowOf<StoredEdge> R>
void fields(R& r, auto visit) {
    visit(r.assessment, r.row.from, r.row.to, r.row.kind, r.batch);
}
template <RowOf<StoredFinding> R>
void fields(R& r, auto visit) {
    visit(r.assessment, r.row.resource, r.row.code, r.number, r.row.severity, r.row.body, r.batch);
}
template <RowOf<PlanRow> R>
void fields(R& r, auto visit) {
    visit(r.digest, r.lane, r.header, r.steps, r.created_at, r.created_by);
}
template <RowOf<StoredPlanStep> R>
void fields(R& r, auto visit) {
    visit(r.plan, r.row.position, r.row.id, r.row.kind, r.row.resource, r.row.action, r.dependencies);
}
template <RowOf<BodyRow> R>
void fields(R& r, auto visit) {
    visit(r.plan, r.step, r.line);
}
template <RowOf<DependencyRow> R>
void fields(R& r, auto visit) {
    visit(r.plan, r.step, r.depends_on);
}
template <RowOf<RunRow> R>
void fields(R& r, auto visit) {
    visit(r.id, r.plan, r.state, r.started_at, r.changed_at, r.options);
}
template <RowOf<StepRow> R>
void fields(R& r, auto visit) {
    visit(r.run, r.step, r.position, r.kind, r.resource, r.action, r.state, r.skip_cause, r.reason, r.request_digest,
          r.call_deadline, r.before_image, r.target_id, r.result, r.error, r.outcome, r.waiver, r.attempts,
          r.changed_at);
}
template <RowOf<PartRow> R>
void fields(R& r, auto visit) {
    visit(r.run, r.step, r.from_key, r.to_key, r.nonce, r.state, r.ledger_digest, r.objects, r.bytes, r.changed_at);
}
template <RowOf<PinRow> R>
void fields(R& r, auto visit) {
    visit(r.run, r.resource, r.round, r.fingerprint, r.pinned_at);
}
template <RowOf<IdMapRow> R>
void fields(R& r, auto visit) {
    visit(r.source_key, r.target_connection, r.target_id, r.origin, r.run);
}
template <RowOf<ArtifactRow> R>
void fields(R& r, auto visit) {
    visit(r.run, r.step, r.path, r.digest, r.bytes);
}
template <RowOf<StoredValidation> R>
void fields(R& r, auto visit) {
    visit(r.row.run, r.row.step, r.number, r.row.resource, r.row.what, r.row.outcome, r.row.detail);
}
template <RowOf<OutboxRow> R>
void fields(R& r, auto visit) {
    visit(r.event.run, r.event.time, r.worker, r.number, r.event.step, r.event.type, r.event.level, r.event.data);
}
template <RowOf<StoredEvent> R>
void fields(R& r, auto visit) {
    auto& e = r.event;
    visit(e.run, e.seq, e.time, e.step, e.type, e.level, e.data, r.chain);
}
template <RowOf<LeaseRow> R>
void fields(R& r, auto visit) {
    visit(r.scope, r.owner, r.generation, r.expires_at, r.holder);
}

/// The table of a row type.
template <typename Row>
const Table& table_of();

/// Every table with checksums, for `State::check`.
std::vector<const Table*> all_tables();

inline Value encode(const std::string& text) { return text; }
inline Value encode(std::int64_t number) { return number; }
inline Value encode(std::uint64_t number) { return static_cast<std::int64_t>(number); }
inline Value encode(StepState state) { return std::string(to_string(state)); }
inline Value encode(RunState state) { return std::string(to_string(state)); }
inline Value encode(PartState state) { return std::string(to_string(state)); }
inline Value encode(SkipCause cause) { return std::string(to_string(cause)); }

Status decode(const Value& value, std::string& into);
Status decode(const Value& value, std::int64_t& into);
Status decode(const Value& value, std::uint64_t& into);
Status decode(const Value& value, StepState& into);
Status decode(const Value& value, RunState& into);
Status decode(const Value& value, PartState& into);
Status decode(const Value& value, SkipCause& into);

template <typename Row>
Values to_values(const Row& row) {
    Values values;
    fields(row, [&](const auto&... field) { (values.push_back(encode(field)), ...); });
    return values;
}

template <typename Row>
Result<Row> from_values(const Values& values) {
    Row row;
    Status status;
    fields(row, [&](auto&... field) {
        std::size_t at = 0;
        static_cast<void>(((status = decode(values[at++], field)).has_value() && ...));
    });
    if (status.is_error())
        return std::move(status).error().at(row_name(table_of<Row>(), values));
    return row;
}

template <typename Row>
Result<std::vector<Row>> from_values(const std::vector<Values>& rows) {
    std::vector<Row> out;
    out.reserve(rows.size());
    for (const auto& values : rows)
        out.push_back(TRY(from_values<Row>(values)));
    return out;
}

/// The rows of one type that meet `condition`.
template <typename Row>
Result<std::vector<Row>> select(Connection& connection, std::string_view condition, const Values& values) {
    return from_values<Row>(TRY(select_rows(connection, table_of<Row>(), condition, values)));
}

template <typename Row>
Status insert(Connection& connection, const Row& row) {
    return insert_row(connection, table_of<Row>(), to_values(row));
}

template <typename Row>
Status update(Connection& connection, const Row& before, const Row& after) {
    return update_row(connection, table_of<Row>(), to_values(before), to_values(after));
}

/// The chain value of `event` after the one whose chain value is `previous` (empty for the first).
std::string event_chain(std::string_view previous, const EventRow& event);

} // namespace godwit::store
