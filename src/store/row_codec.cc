#include "store/row_codec.h"

#include "base/digest.h"
#include "base/text.h"

#include <utility>

namespace godwit::store {

namespace {

Error wrong_type(std::string_view wanted) {
    return Error::make(ErrorKind::corrupt, "a row of the state database is damaged")
        .why("a column holds no " + std::string(wanted))
        .fix("restore the state database from its backup");
}

template <typename State>
Status decode_state(const Value& value, State& into, Result<State> (*parse)(std::string_view)) {
    std::string text;
    TRY(decode(value, text));
    into = TRY(parse(text));
    return {};
}

const Table kAssessmentRow{"assessment", {"id", "lane", "role", "connection", "header", "digest", "taken_at"}, 1};
const Table kBatchRow{"batch", {"assessment", "kind", "number", "count", "digest"}, 3};
const Table kStoredResource{"resource", {"assessment", "key", "type", "display", "body", "batch"}, 2};
const Table kStoredEdge{"edge", {"assessment", "from_key", "to_key", "kind", "batch"}, 4};
const Table kStoredFinding{"finding", {"assessment", "resource", "code", "number", "severity", "body", "batch"}, 4};
const Table kPlanRow{"plan", {"digest", "lane", "header", "steps", "created_at", "created_by"}, 1};
const Table kStoredPlanStep{"plan_step", {"plan", "position", "id", "kind", "resource", "action", "dependencies"}, 2};
const Table kBodyRow{"step_body", {"plan", "step", "line"}, 2};
const Table kDependencyRow{"step_dependency", {"plan", "step", "depends_on"}, 3};
const Table kRunRow{"run", {"id", "plan", "state", "started_at", "changed_at", "options"}, 1};
const Table kStepRow{"step",
                     {"run", "step", "position", "kind", "resource", "action", "state", "skip_cause", "reason",
                      "request_digest", "call_deadline", "before_image", "target_id", "result", "error", "outcome",
                      "waiver", "attempts", "changed_at"},
                     2};
const Table kPartRow{
    "part",
    {"run", "step", "from_key", "to_key", "nonce", "state", "ledger_digest", "objects", "bytes", "changed_at"},
    3};
const Table kPinRow{"pin", {"run", "resource", "round", "fingerprint", "pinned_at"}, 3};
const Table kIdMapRow{"id_map", {"source_key", "target_connection", "target_id", "origin", "run"}, 2};
const Table kArtifactRow{"artifact", {"run", "step", "path", "digest", "bytes"}, 3};
const Table kStoredValidation{"validation", {"run", "step", "number", "resource", "what", "outcome", "detail"}, 3};
const Table kOutboxRow{"outbox", {"run", "time", "worker", "number", "step", "type", "level", "data"}, 4};
const Table kStoredEvent{"event", {"run", "seq", "time", "step", "type", "level", "data", "chain"}, 2};
const Table kLeaseRow{"lease", {"scope", "owner", "generation", "expires_at", "holder"}, 1};

} // namespace

template <>
const Table& table_of<AssessmentRow>() {
    return kAssessmentRow;
}
template <>
const Table& table_of<BatchRow>() {
    return kBatchRow;
}
template <>
const Table& table_of<StoredResource>() {
    return kStoredResource;
}
template <>
const Table& table_of<StoredEdge>() {
    return kStoredEdge;
}
template <>
const Table& table_of<StoredFinding>() {
    return kStoredFinding;
}
template <>
const Table& table_of<PlanRow>() {
    return kPlanRow;
}
template <>
const Table& table_of<StoredPlanStep>() {
    return kStoredPlanStep;
}
template <>
const Table& table_of<BodyRow>() {
    return kBodyRow;
}
template <>
const Table& table_of<DependencyRow>() {
    return kDependencyRow;
}
template <>
const Table& table_of<RunRow>() {
    return kRunRow;
}
template <>
const Table& table_of<StepRow>() {
    return kStepRow;
}
template <>
const Table& table_of<PartRow>() {
    return kPartRow;
}
template <>
const Table& table_of<PinRow>() {
    return kPinRow;
}
template <>
const Table& table_of<IdMapRow>() {
    return kIdMapRow;
}
template <>
const Table& table_of<ArtifactRow>() {
    return kArtifactRow;
}
template <>
const Table& table_of<StoredValidation>() {
    return kStoredValidation;
}
template <>
const Table& table_of<OutboxRow>() {
    return kOutboxRow;
}
template <>
const Table& table_of<StoredEvent>() {
    return kStoredEvent;
}
template <>
const Table& table_of<LeaseRow>() {
    return kLeaseRow;
}

std::vector<const Table*> all_tables() {
    return {&kAssessmentRow,    &kBatchRow,       &kStoredResource, &kStoredEdge,    &kStoredFinding,
            &kPlanRow,          &kStoredPlanStep, &kBodyRow,        &kDependencyRow, &kRunRow,
            &kStepRow,          &kPartRow,        &kPinRow,         &kIdMapRow,      &kArtifactRow,
            &kStoredValidation, &kOutboxRow,      &kStoredEvent,    &kLeaseRow};
}

Status decode(const Value& value, std::string& into) {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr)
        return wrong_type("text");
    into = *text;
    return {};
}

Status decode(const Value& value, std::int64_t& into) {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr)
        return wrong_type("number");
    into = *number;
    return {};
}

Status decode(const Value& value, std::uint64_t& into) {
    std::int64_t number = 0;
    TRY(decode(value, number));
    into = static_cast<std::uint64_t>(number);
    return {};
}

Status decode(const Value& value, StepState& into) { return decode_state(value, into, parse_step_state); }
Status decode(const Value& value, RunState& into) { return decode_state(value, into, parse_run_state); }
Status decode(const Value& value, PartState& into) { return decode_state(value, into, parse_part_state); }
Status decode(const Value& value, SkipCause& into) { return decode_state(value, into, parse_skip_cause); }

std::string event_chain(std::string_view previous, const EventRow& event) {
    Sha256 digest;
    for (const auto& text : {std::string(previous), event.run, std::to_string(event.seq), std::to_string(event.time),
                             event.step, event.type, event.level, event.data})
        digest.update(std::to_string(text.size()) + ":" + text);
    return hex(digest.finish());
}

} // namespace godwit::store
