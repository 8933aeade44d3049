#include "store/states.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace godwit::store {

namespace {

using enum StepState;

constexpr Transition<StepState> kStepTransitions[] = {
    {planned, intent, "its dependencies are done; about to act; committed first"},
    {planned, skipped, "its action is skip, a dependency did not get done, or its source changed or cannot be read"},
    {planned, unknown, "the look-up at the start found something of this marker"},
    {skipped, unknown, "the look-up at the start found something of this marker"},
    {failed, unknown, "the look-up at the start found something of this marker"},
    {broken, unknown, "the look-up at the start found something of this marker, or `run resume`"},
    {intent, made, "accepted, id committed, not ready; long step: the intent of its first part"},
    {intent, done, "ready and equal to the plan"},
    {made, done, "ready and equal to the plan"},
    {intent, failed, "a definite no; nothing was made"},
    {intent, unknown, "no answer, a doubtful answer, or the process died"},
    {made, unknown, "no answer, a doubtful answer, or the process died"},
    {made, broken, "the target reports an error, its deadline passed, or a part got a definite no"},
    {unknown, made, "exactly one match, not ready yet; a long step with parts begun"},
    {unknown, done, "exactly one match, ready and equal to the plan"},
    {unknown, broken, "exactly one match, in error"},
    {unknown, planned, "absence proved: acts again when its turn comes"},
    {unknown, stuck, "several matches, or one that differs"},
    {failed, planned, "`run resume`"},
    {skipped, planned, "`run resume`; never where the plan says skip"},
    {failed, done, "`run accept` of a verify step"},
    {made, compensating, "rollback; intent committed first"},
    {broken, compensating, "rollback, or `run resume --replace`; intent committed first"},
    {done, compensating, "rollback; intent committed first"},
    {compensating, compensated, "gone, gone already, the before-image is back, or left by decision"},
    {compensating, compensating, "no answer: look up, repeat"},
    {compensating, undo_failed, "a definite no, or its deadline passed"},
    {compensating, stuck, "the present value is neither ours nor the one that `--undo` recorded"},
    {compensated, planned, "after `run resume --replace`"},
    {undo_failed, compensating, "rollback again, or `run resolve --forget`"},
    {stuck, unknown, "`run resolve --look`"},
    {stuck, done, "`run resolve --adopt`"},
    {stuck, failed, "`run resolve --forget`"},
    {stuck, compensating, "`run resolve --undo`"},
};

constexpr Transition<RunState> kRunTransitions[] = {
    {RunState::running, RunState::done, "every step is done, or skipped by plan"},
    {RunState::running, RunState::stopped, "it ended with anything else"},
    {RunState::stopped, RunState::running, "`run resume`"},
    {RunState::running, RunState::rolling_back, "`run rollback`"},
    {RunState::stopped, RunState::rolling_back, "`run rollback`"},
    {RunState::done, RunState::rolling_back, "`run rollback`"},
    {RunState::rolling_back, RunState::rolled_back, "every step is planned, failed, skipped or compensated"},
};

constexpr Transition<PartState> kPartTransitions[] = {
    {PartState::intent, PartState::written, "its files and its ledger are durable"},
    {PartState::written, PartState::done, "its files stand under their final names"},
    {PartState::intent, PartState::removed, "its nonce folder is gone"},
    {PartState::written, PartState::removed, "rollback: what its ledger names is gone"},
    {PartState::done, PartState::removed, "rollback: what its ledger names is gone"},
    {PartState::removed, PartState::intent, "made again, with a new nonce"},
};

constexpr std::pair<StepState, std::string_view> kStepNames[] = {
    {planned, "planned"},
    {intent, "intent"},
    {made, "made"},
    {done, "done"},
    {failed, "failed"},
    {unknown, "unknown"},
    {broken, "broken"},
    {stuck, "stuck"},
    {skipped, "skipped"},
    {compensating, "compensating"},
    {compensated, "compensated"},
    {undo_failed, "undo_failed"},
};

constexpr std::pair<RunState, std::string_view> kRunNames[] = {
    {RunState::running, "running"},           {RunState::stopped, "stopped"},         {RunState::done, "done"},
    {RunState::rolling_back, "rolling_back"}, {RunState::rolled_back, "rolled_back"},
};

constexpr std::pair<PartState, std::string_view> kPartNames[] = {
    {PartState::intent, "intent"},
    {PartState::written, "written"},
    {PartState::done, "done"},
    {PartState::removed, "removed"},
};

constexpr std::pair<SkipCause, std::string_view> kSkipCauseNames[] = {
    {SkipCause::none, ""},
    {SkipCause::plan, "plan"},
    {SkipCause::stale, "stale"},
    {SkipCause::unreadable, "unreadable"},
    {SkipCause::dependency, "dependency"},
};

template <typename State>
bool contains(std::span<const Transition<State>> table, State from, State to) {
    return std::ranges::any_of(table, [&](const auto& row) { return row.from == from && row.to == to; });
}

template <typename State, std::size_t size>
std::string_view name_of(const std::pair<State, std::string_view> (&names)[size], State state) {
    return std::ranges::find(names, state, &std::pair<State, std::string_view>::first)->second;
}

template <typename State, std::size_t size>
Result<State> state_of(const std::pair<State, std::string_view> (&names)[size], std::string_view text) {
    const auto* found = std::ranges::find(names, text, &std::pair<State, std::string_view>::second);
    if (found == std::end(names))
        return Error::make(ErrorKind::corrupt, "the state database holds an unknown state")
            .why("'" + std::string(text) + "' is no state of this version")
            .fix("restore the state database from its backup, or use the version of Godwit that wrote it");
    return found->first;
}

} // namespace

std::span<const Transition<StepState>> step_transitions() { return kStepTransitions; }
std::span<const Transition<RunState>> run_transitions() { return kRunTransitions; }
std::span<const Transition<PartState>> part_transitions() { return kPartTransitions; }

bool is_allowed(StepState from, StepState to) { return contains(step_transitions(), from, to); }
bool is_allowed(RunState from, RunState to) { return contains(run_transitions(), from, to); }
bool is_allowed(PartState from, PartState to) { return contains(part_transitions(), from, to); }

std::string_view to_string(StepState state) { return name_of(kStepNames, state); }
std::string_view to_string(RunState state) { return name_of(kRunNames, state); }
std::string_view to_string(PartState state) { return name_of(kPartNames, state); }
std::string_view to_string(SkipCause cause) { return name_of(kSkipCauseNames, cause); }

Result<StepState> parse_step_state(std::string_view text) { return state_of(kStepNames, text); }
Result<RunState> parse_run_state(std::string_view text) { return state_of(kRunNames, text); }
Result<PartState> parse_part_state(std::string_view text) { return state_of(kPartNames, text); }
Result<SkipCause> parse_skip_cause(std::string_view text) { return state_of(kSkipCauseNames, text); }

} // namespace godwit::store
