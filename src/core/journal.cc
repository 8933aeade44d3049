#include "core/journal.h"

#include "base/fault_point.h"
#include "base/json.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

namespace godwit::core {

namespace {

std::string_view level_of(store::StepState state) {
    switch (state) {
    case store::StepState::failed:
    case store::StepState::broken:
    case store::StepState::stuck:
    case store::StepState::undo_failed: return "error";
    case store::StepState::unknown:
    case store::StepState::skipped: return "warning";
    default: return "info";
    }
}

} // namespace

std::string error_to_json(const Error& error) {
    Json json{{"kind", to_string(error.kind())},
              {"what", printable(error.what())},
              {"why", printable(error.why())},
              {"fix", printable(error.fix())},
              {"where", printable(error.where())},
              {"code", error.code()},
              {"request_id", printable(error.request_id())}};
    if (error.cause() != nullptr)
        json["cause"] = printable(error.cause()->to_line());
    return canonical_json(json);
}

store::EventRow Journal::step_event(const store::StepRow& row) const {
    Json data{{"kind", row.kind}, {"resource", row.resource}, {"action", row.action}, {"state", to_string(row.state)}};
    if (row.skip_cause != store::SkipCause::none)
        data["skip_cause"] = to_string(row.skip_cause);
    if (!row.reason.empty())
        data["reason"] = row.reason;
    if (!row.outcome.empty())
        data["outcome"] = row.outcome;
    return event(row.step, "step_state", level_of(row.state), canonical_json(data));
}

store::EventRow Journal::event(std::string_view step, std::string_view type, std::string_view level,
                               std::string data) const {
    return {run_.id, 0, 0, std::string(step), std::string(type), std::string(level), std::move(data)};
}

void Journal::notify(const store::EventRow& event) const {
    if (listener_ != nullptr)
        listener_->on_event(event);
}

Status Journal::move(store::StepRow& row, store::StepState to, const Edit& edit, const Also& also) {
    store::StepRow after = row;
    after.state = to;
    after.changed_at = services_.clock->now();
    after.skip_cause = store::SkipCause::none;
    if (edit)
        edit(after);
    const auto event = step_event(after);
    TRY(write([&](store::Transaction& transaction) -> Status {
        TRY(transaction.change_step(row, after));
        if (also)
            TRY(also(transaction));
        return transaction.emit(event);
    }));
    row = std::move(after);
    notify(event);
    return {};
}

Status Journal::amend(store::StepRow& row, const Edit& edit, const Also& also) {
    store::StepRow after = row;
    after.changed_at = services_.clock->now();
    edit(after);
    TRY(write([&](store::Transaction& transaction) -> Status {
        TRY(transaction.change_step(row, after));
        if (also)
            TRY(also(transaction));
        return {};
    }));
    row = std::move(after);
    return {};
}

Status Journal::move_run(store::RunState to) {
    const auto event = this->event("", "run_state", to == store::RunState::stopped ? "warning" : "info",
                                   canonical_json({{"state", to_string(to)}}));
    TRY(write([&](store::Transaction& transaction) -> Status {
        TRY(transaction.change_run(run_, to));
        return transaction.emit(event);
    }));
    run_ = TRY(state_->run(run_.id));
    notify(event);
    return {};
}

Status Journal::write(const Also& change) {
    FAULT_POINT("journal.before-commit");
    TRY(state_->write(std::span(&lease_, 1), change));
    FAULT_POINT("journal.after-commit");
    return {};
}

Status Journal::tell(std::string_view step, std::string_view type, std::string_view level, std::string data) {
    const auto event = this->event(step, type, level, std::move(data));
    TRY(write([&](store::Transaction& transaction) { return transaction.emit(event); }));
    notify(event);
    return {};
}

} // namespace godwit::core
