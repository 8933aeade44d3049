#include "core/step_runner.h"

#include "base/digest.h"
#include "base/fault_point.h"
#include "base/json.h"
#include "base/text.h"
#include "core/keys.h"
#include "core/step_runner_shared.h"
#include "core/stuck_value.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace godwit::core {

namespace {

/// The waiver that a person gave before, if it covers what came out now.
std::string accepted_before(const store::StepRow& row, const Verdict& verdict) {
    if (row.waiver.empty())
        return {};
    const auto given = waiver_from_json(row.waiver);
    return given && covers(given->waiver, row.resource, verdict) ? row.waiver : std::string();
}

/// What is gone, or has become something else, has changed. Any other error says nothing about the source: it may be as
/// it was, and a resume may find it so.
Result<SkipReason> why_not_observed(const Error& error) {
    auto cause = store::SkipCause::unreadable;
    switch (error.kind()) {
    case ErrorKind::interrupted:
    case ErrorKind::bug: return error;
    case ErrorKind::not_found:
    case ErrorKind::invalid_input:
    case ErrorKind::unsupported:
    case ErrorKind::different:
    case ErrorKind::stale: cause = store::SkipCause::stale; break;
    default: break;
    }
    return SkipReason{cause, words_of(error), error_to_json(error)};
}

} // namespace

bool StepRunner::makes_nothing(const store::StepRow& row) {
    return row.action == to_string(Action::verify) || row.action == to_string(Action::adopt) ||
           row.action == to_string(Action::skip) || row.action == to_string(Action::gate);
}

StepTraits StepRunner::traits(const store::StepRow& row) {
    auto* kind = lane_->step_kind(row.kind);
    return kind == nullptr ? StepTraits{} : kind->traits();
}

Result<StepRunner::Call> StepRunner::prepare(const store::StepRow& row) {
    auto* kind = lane_->step_kind(row.kind);
    if (kind == nullptr)
        return Error::make(ErrorKind::bug, "the lane does not know a step kind of its own plan")
            .why(row.kind)
            .at(row.step);
    auto step = TRY(plan_step_from_json(TRY(journal_->state().step_line(journal_->run().plan, row.step))));
    JournalContext context(*journal_, std::move(step), row, marker(journal_->run().plan, row.step), run_files_, stop_);
    TRY(context.read_pin());
    return Call{kind, kind->traits(), std::move(context)};
}

std::mutex& StepRunner::resource_mutex(const std::string& resource) {
    const std::scoped_lock lock(mutexes_mutex_);
    return resource_mutexes_[resource];
}

Result<SkipReason> StepRunner::pin_unless_changed(Call& call, std::optional<store::PinRow>& new_pin) {
    auto& context = call.context;
    if (context.step().fingerprint.empty() || !context.pin().empty())
        return SkipReason{};
    const auto present = call.kind->observe(context);
    if (present.is_error())
        return why_not_observed(present.error());
    if (*present != context.step().fingerprint)
        return SkipReason{
            store::SkipCause::stale, "the source changed since the plan was made: " + context.step().display, {}};
    new_pin = store::PinRow{context.row().run, context.row().resource, 0, *present, journal_->services().clock->now()};
    context.set_pin(*present);
    return SkipReason{};
}

Status StepRunner::commit_intent(Call& call, const std::optional<store::PinRow>& new_pin) {
    auto& context = call.context;
    std::string before_image;
    if (context.step().action == Action::update)
        before_image = TRY(call.kind->before_image(context));
    const auto now = journal_->services().clock->now();
    return journal_->move(
        context.mutable_row(), store::StepState::intent,
        [&](store::StepRow& row) {
            row.reason.clear();
            row.error.clear();
            row.outcome.clear();
            forget_values(row);
            row.request_digest = sha256_hex(context.marker() + context.step().body);
            row.call_deadline = call.traits.is_local ? 0 : now + micros(call.traits.call_time_limit);
            if (row.before_image.empty())
                row.before_image = before_image;
            ++row.attempts;
        },
        [&](store::Transaction& transaction) -> Status {
            if (new_pin)
                TRY(transaction.insert(*new_pin));
            if (context.step().action == Action::verify)
                TRY(transaction.clear_validations(context.row().run, context.row().step));
            return {};
        });
}

Result<StepRunner::Outcome> StepRunner::run(store::StepRow row) {
    const auto step = row.step;
    return guarded(step, [&] { return act(std::move(row)); });
}

Result<StepRunner::Outcome> StepRunner::act(store::StepRow row) {
    if (row.action == to_string(Action::skip)) {
        const auto step = TRY(plan_step_from_json(TRY(journal_->state().step_line(journal_->run().plan, row.step))));
        TRY(journal_->move(row, store::StepState::skipped, [&](store::StepRow& edit) {
            edit.skip_cause = store::SkipCause::plan;
            edit.reason = step.reason;
        }));
        return Outcome{std::move(row)};
    }
    auto call = TRY(prepare(row));
    {
        // One pin per resource: the first of its steps takes it, in the transaction of its intent.
        const std::scoped_lock lock(resource_mutex(row.resource));
        TRY(call.context.read_pin());
        std::optional<store::PinRow> new_pin;
        auto skipped = pin_unless_changed(call, new_pin);
        if (skipped.is_error() && skipped.error().kind() == ErrorKind::interrupted)
            return Outcome{call.context.row(), Next::stopped};
        if (auto reason = TRY(skipped); reason.cause != store::SkipCause::none)
            return Outcome{call.context.row(), Next::skip_resource, 0, std::move(reason)};
        if (const auto intent = commit_intent(call, new_pin); intent.is_error())
            return intent.error();
    }
    FAULT_POINT("step.after-intent");
    return apply(call);
}

Result<StepRunner::Outcome> StepRunner::apply(Call& call) {
    TRY(journal_->state().confirm(journal_->lease()));
    auto applied = call.kind->apply(call.context);
    if (call.context.journal_failure())
        return *call.context.journal_failure();
    FAULT_POINT("step.after-call");
    if (applied.is_error())
        return refuse(call, applied.error());
    return accept(call, std::move(*applied));
}

Result<StepRunner::Outcome> StepRunner::accept(Call& call, Applied applied) {
    auto& row = call.context.mutable_row();
    if (applied.verdict)
        return accept_verdict(call, applied, nullptr);
    if (!applied.ready) {
        if (row.state == store::StepState::intent)
            TRY(journal_->move(row, store::StepState::made,
                               [&](store::StepRow& edit) { take(edit, applied.target_id, applied.result); }));
        return wait_until_ready(call);
    }
    TRY(journal_->move(row, store::StepState::done,
                       [&](store::StepRow& edit) { take(edit, applied.target_id, applied.result); }));
    FAULT_POINT("step.after-result");
    return Outcome{row};
}

/// What a verdict means for the step's row, and the event and the comparisons that are written with it.
struct StepRunner::Judgement {
    bool good = false;
    Journal::Edit edit;
    store::EventRow told;
    Journal::Also record;
};

StepRunner::Judgement StepRunner::judge(const Call& call, const Verdict& verdict) const {
    const auto& row = call.context.row();
    const auto* of_plan = find_waiver(header_->waivers, row.resource, verdict);
    std::string waiver;
    if (verdict.equality != Equality::equal)
        waiver = of_plan != nullptr ? waiver_to_json({*of_plan, {}, {}}) : accepted_before(row, verdict);
    Judgement judged;
    judged.good = verdict.equality == Equality::equal || !waiver.empty();
    judged.told = journal_->event(
        row.step, "verify_result", judged.good ? "info" : "error",
        canonical_json({{"resource", row.resource}, {"outcome", to_string(verdict)}, {"waived", !waiver.empty()}}));
    judged.edit = [outcome = to_string(verdict), waiver, good = judged.good](store::StepRow& edit) {
        edit.outcome = outcome;
        edit.waiver = waiver;
        edit.error.clear();
        edit.reason = good ? "" : "verification: " + outcome;
    };
    judged.record = [&validations = call.context.validations(), run = row.run, step = row.step,
                     told = judged.told](store::Transaction& transaction) -> Status {
        TRY(transaction.clear_validations(run, step));
        for (const auto& validation : validations)
            TRY(transaction.insert(validation));
        return transaction.emit(told);
    };
    return judged;
}

/// `why_not` is why the check could not be made; then there is no verdict.
Result<StepRunner::Outcome> StepRunner::accept_verdict(Call& call, const Applied& applied, const Error* why_not) {
    auto& row = call.context.mutable_row();
    const auto judged = judge(call, applied.verdict.value_or(Verdict{}));
    TRY(journal_->move(
        row, judged.good ? store::StepState::done : store::StepState::failed,
        [&](store::StepRow& edit) {
            take(edit, {}, applied.result);
            judged.edit(edit);
            if (why_not != nullptr && !judged.good)
                remember(edit, *why_not);
        },
        judged.record));
    journal_->notify(judged.told);
    return Outcome{row};
}

Result<StepRunner::Outcome> StepRunner::refuse(Call& call, const Error& error) {
    auto& row = call.context.mutable_row();
    if (error.kind() == ErrorKind::interrupted)
        return Outcome{row, Next::stopped};
    if (error.kind() == ErrorKind::bug)
        return error;
    const auto edit = [&error](store::StepRow& changed) { remember(changed, error); };
    if (error.retry() == RetryClass::unknown) {
        TRY(journal_->move(row, store::StepState::unknown, edit));
        return Outcome{row, Next::look, journal_->services().clock->now()};
    }
    if (row.action == to_string(Action::verify)) {
        TRY(call.context.record(
            Comparison{"the check", Verdict{}, canonical_json({{"why", printable(error.to_line())}})}));
        return accept_verdict(call, {}, &error);
    }
    TRY(journal_->move(row, row.state == store::StepState::intent ? store::StepState::failed : store::StepState::broken,
                       edit));
    return Outcome{row};
}

Result<bool> StepRunner::verify_again(const store::StepRow& row) {
    return guarded(row.step, [&] { return compare_again(row); });
}

Result<bool> StepRunner::compare_again(const store::StepRow& row) {
    auto call = TRY(prepare(row));
    const auto applied = call.kind->apply(call.context);
    if (call.context.journal_failure())
        return *call.context.journal_failure();
    if (applied.is_error()) {
        TRY(keep_what_was_proved(call, applied.error()));
        return false;
    }
    const auto judged = judge(call, applied->verdict.value_or(Verdict{}));
    TRY(journal_->amend(call.context.mutable_row(), judged.edit, judged.record));
    journal_->notify(judged.told);
    return true;
}

/// An outage proves nothing, neither for nor against: what an earlier check found stays, and so does its waiver.
Status StepRunner::keep_what_was_proved(Call& call, const Error& error) {
    if (error.kind() == ErrorKind::interrupted || error.kind() == ErrorKind::bug)
        return error;
    const auto& row = call.context.row();
    const auto told = journal_->event(row.step, "verify_result", "error",
                                      canonical_json({{"resource", row.resource},
                                                      {"outcome", to_string(Verdict{})},
                                                      {"waived", false},
                                                      {"why", printable(error.to_line())}}));
    TRY(journal_->amend(
        call.context.mutable_row(), [&error](store::StepRow& edit) { remember(edit, error); },
        [&told](store::Transaction& transaction) { return transaction.emit(told); }));
    journal_->notify(told);
    return {};
}

} // namespace godwit::core
