#include "core/step_runner.h"

#include "base/digest.h"
#include "base/fault_point.h"
#include "base/json.h"
#include "base/text.h"
#include "core/keys.h"
#include "core/stuck_value.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <optional>

namespace godwit::core {

namespace {

/// After so many calls whose answer was lost, in one process, trying again is left to a person.
constexpr int kMostRepetitions = 5;
constexpr int kMostFailedLooks = 3;
constexpr std::chrono::seconds kFailedLookPause{1};

Micros micros(std::chrono::milliseconds duration) {
    return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

void remember(store::StepRow& row, const Error& error) {
    row.reason = printable(error.what() + (error.why().empty() ? "" : ": " + error.why()));
    row.error = error_to_json(error);
}

void take(store::StepRow& row, const std::string& target_id, const std::string& result) {
    row.reason.clear();
    row.error.clear();
    row.call_deadline = 0;
    if (!target_id.empty())
        row.target_id = target_id;
    if (!result.empty())
        row.result = result;
}

/// The waiver that a person gave before, if it covers what came out now.
std::string accepted_before(const store::StepRow& row, const Verdict& verdict) {
    if (row.waiver.empty())
        return {};
    const auto given = waiver_from_json(row.waiver);
    return given && covers(given->waiver, row.resource, verdict) ? row.waiver : std::string();
}

/// A library below a step may throw, for want of memory or by its own fault: that stops the run, and does not end the
/// process between an intent and its result.
template <typename Work>
auto guarded(const std::string& step, const Work& work) -> decltype(work()) {
    try {
        return work();
    } catch (const std::exception& exception) {
        return Error::make(ErrorKind::bug, "a step ended with an exception").why(printable(exception.what())).at(step);
    }
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

bool StepRunner::repeats_too_often(const std::string& step) {
    const std::scoped_lock lock(mutexes_mutex_);
    return ++repetitions_[step] >= kMostRepetitions;
}

std::mutex& StepRunner::resource_mutex(const std::string& resource) {
    const std::scoped_lock lock(mutexes_mutex_);
    return resource_mutexes_[resource];
}

Result<bool> StepRunner::pin_or_stale(Call& call, std::optional<store::PinRow>& new_pin) {
    auto& context = call.context;
    if (context.step().fingerprint.empty() || !context.pin().empty())
        return true;
    const auto present = call.kind->observe(context);
    if (present.is_error() || *present != context.step().fingerprint) {
        auto& row = context.mutable_row();
        row.reason = present.is_error() ? printable(present.error().to_line())
                                        : "the source changed since the plan was made: " + context.step().display;
        return false;
    }
    new_pin = store::PinRow{context.row().run, context.row().resource, 0, *present, journal_->services().clock->now()};
    context.set_pin(*present);
    return true;
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
        TRY(journal_->move(row, store::StepState::skipped, [&](store::StepRow& edit) { edit.reason = step.reason; }));
        return Outcome{std::move(row)};
    }
    auto call = TRY(prepare(row));
    {
        // One pin per resource: the first of its steps takes it, in the transaction of its intent.
        const std::scoped_lock lock(resource_mutex(row.resource));
        TRY(call.context.read_pin());
        std::optional<store::PinRow> new_pin;
        if (!TRY(pin_or_stale(call, new_pin)))
            return Outcome{call.context.row(), Next::stale};
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

StepRunner::Outcome StepRunner::wait_until_ready(Call& call) {
    return {call.context.row(), Next::look, journal_->services().clock->now() + micros(call.traits.poll_interval)};
}

Result<bool> StepRunner::leaves_something(const store::StepRow& row) {
    return !leaves_nothing(row, TRY(look_aside(row)));
}

bool StepRunner::leaves_nothing(const store::StepRow& row, const LookUp& found) {
    if (found.verdict == LookUp::Verdict::differs || found.verdict == LookUp::Verdict::several)
        return leaves_changed(row);
    return found.verdict == LookUp::Verdict::absent;
}

Result<LookUp> StepRunner::look_aside(const store::StepRow& row) {
    if (makes_nothing(row))
        return LookUp{};
    return guarded(row.step, [&]() -> Result<LookUp> {
        auto call = TRY(prepare(row));
        return call.kind->look_up(call.context);
    });
}

Result<StepRunner::Outcome> StepRunner::look(store::StepRow row, int looks_so_far) {
    const auto step = row.step;
    return guarded(step, [&] { return look_for(std::move(row), looks_so_far, Purpose::go_on); });
}

Result<StepRunner::Outcome> StepRunner::look_only(store::StepRow row, int looks_so_far) {
    const auto step = row.step;
    return guarded(step, [&] { return look_for(std::move(row), looks_so_far, Purpose::only_look); });
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

Result<StepRunner::Outcome> StepRunner::look_for(store::StepRow row, int looks_so_far, Purpose purpose) {
    auto call = TRY(prepare(row));
    if (makes_nothing(row))
        return conclude_absence(call, looks_so_far);
    if (call.traits.is_long && row.state == store::StepState::unknown && !TRY(call.context.parts()).empty()) {
        if (purpose == Purpose::go_on && repeats_too_often(row.step))
            return Outcome{std::move(row), Next::unsettled};
        TRY(journal_->move(call.context.mutable_row(), store::StepState::made));
        return purpose == Purpose::go_on ? apply(call) : Outcome{call.context.row()};
    }
    const auto found = call.kind->look_up(call.context);
    if (call.context.journal_failure())
        return *call.context.journal_failure();
    if (found.is_error())
        return look_failed(call.context.row());
    {
        const std::scoped_lock lock(mutexes_mutex_);
        failed_looks_.erase(row.step);
    }
    return conclude(call, *found, looks_so_far, purpose);
}

/// Only failures in a row count: what is made slowly is looked at often.
Result<StepRunner::Outcome> StepRunner::look_failed(const store::StepRow& row) {
    const std::scoped_lock lock(mutexes_mutex_);
    if (++failed_looks_[row.step] >= kMostFailedLooks)
        return Outcome{row, Next::unsettled};
    return Outcome{row, Next::look, journal_->services().clock->now() + micros(kFailedLookPause)};
}

Result<StepRunner::Outcome> StepRunner::conclude(Call& call, const LookUp& found, int looks_so_far, Purpose purpose) {
    auto& row = call.context.mutable_row();
    const auto take_found = [&found](store::StepRow& edit) { take(edit, found.target_id, found.result); };
    const auto move = [&](store::StepState to, const Journal::Edit& edit) -> Result<Outcome> {
        TRY(journal_->move(row, to, edit));
        return Outcome{row};
    };
    const auto explain = [&found](store::StepRow& edit) { edit.reason = printable(found.detail); };
    const bool is_unknown = row.state == store::StepState::unknown;
    switch (found.verdict) {
    case LookUp::Verdict::ready: return move(store::StepState::done, take_found);
    case LookUp::Verdict::in_error: return move(store::StepState::broken, explain);
    case LookUp::Verdict::differs:
    case LookUp::Verdict::several:
        if (!is_unknown)
            return move(store::StepState::broken, explain);
        return move(store::StepState::stuck, [&](store::StepRow& edit) {
            explain(edit);
            note_present_value(edit, found.value);
        });
    case LookUp::Verdict::absent:
        if (!is_unknown)
            return move(store::StepState::broken,
                        [](store::StepRow& edit) { edit.reason = "it vanished before it was ready"; });
        return conclude_absence(call, looks_so_far);
    case LookUp::Verdict::pending: break;
    }
    if (is_unknown) {
        if (call.traits.is_long && purpose == Purpose::go_on && repeats_too_often(row.step))
            return Outcome{row, Next::unsettled};
        TRY(journal_->move(row, store::StepState::made, take_found));
        if (purpose == Purpose::only_look)
            return Outcome{row};
        if (call.traits.is_long)
            return apply(call);
    }
    if (journal_->services().clock->now() - row.changed_at > micros(call.traits.ready_time_limit))
        return move(store::StepState::broken,
                    [](store::StepRow& edit) { edit.reason = "it was not ready within its time limit"; });
    return wait_until_ready(call);
}

Result<StepRunner::Outcome> StepRunner::conclude_absence(Call& call, int looks_so_far) {
    auto& row = call.context.mutable_row();
    const bool counts_at_once = call.traits.is_local || makes_nothing(row);
    if (!counts_at_once) {
        const auto& settling = call.traits.settling;
        const auto now = journal_->services().clock->now();
        const auto settled = row.call_deadline + micros(settling.time);
        if (now < row.call_deadline)
            return Outcome{row, Next::look, row.call_deadline};
        if (now < settled || looks_so_far + 1 < settling.looks)
            return Outcome{row, Next::look,
                           std::max(now, std::min(settled, now + micros(settling.time) / settling.looks))};
    }
    if (repeats_too_often(row.step))
        return Outcome{row, Next::unsettled};
    TRY(journal_->move(row, store::StepState::planned));
    return Outcome{row};
}

Result<StepRunner::Outcome> StepRunner::compensate(store::StepRow row) {
    const auto step = row.step;
    return guarded(step, [&] { return undo(std::move(row)); });
}

Result<StepRunner::Outcome> StepRunner::undo(store::StepRow row) {
    auto call = TRY(prepare(row));
    auto& changing = call.context.mutable_row();
    if (changing.state != store::StepState::compensating)
        TRY(journal_->move(changing, store::StepState::compensating));
    FAULT_POINT("rollback.after-intent");
    const bool leaves_nothing =
        changing.action == to_string(Action::verify) || changing.action == to_string(Action::adopt);
    TRY(journal_->state().confirm(journal_->lease()));
    const auto undone = leaves_nothing ? Status{} : call.kind->compensate(call.context);
    if (call.context.journal_failure())
        return *call.context.journal_failure();
    FAULT_POINT("rollback.after-call");
    if (undone || (undone.error().kind() == ErrorKind::different && leaves_changed(changing))) {
        TRY(journal_->move(changing, store::StepState::compensated, [](store::StepRow& edit) {
            edit.error.clear();
            if (!leaves_changed(edit)) // else the reason says what was given up
                edit.reason.clear();
        }));
        return Outcome{changing};
    }
    const auto& error = undone.error();
    if (error.kind() == ErrorKind::interrupted)
        return Outcome{changing, Next::stopped};
    if (error.kind() == ErrorKind::bug)
        return error;
    if (error.kind() == ErrorKind::different) {
        TRY(get_stuck(call, error));
        return Outcome{changing};
    }
    const auto edit = [&error](store::StepRow& changed) { remember(changed, error); };
    if (error.retry() == RetryClass::unknown && !repeats_too_often(changing.step)) {
        TRY(journal_->move(changing, store::StepState::compensating, edit));
        return Outcome{changing, Next::look, journal_->services().clock->now() + micros(kFailedLookPause)};
    }
    TRY(journal_->move(changing, store::StepState::undo_failed, edit));
    return Outcome{changing};
}

/// What stands there is noted, so that a person can allow its removal. Where it cannot be seen now, `run resolve
/// --look` shows it later.
Status StepRunner::get_stuck(Call& call, const Error& error) {
    const auto found = call.kind->look_up(call.context);
    return journal_->move(call.context.mutable_row(), store::StepState::stuck, [&](store::StepRow& changed) {
        remember(changed, error);
        if (found)
            note_present_value(changed, found->value);
    });
}

} // namespace godwit::core
