#pragma once

#include "base/result.h"

#include <span>
#include <string>
#include <string_view>

namespace godwit::store {

/// The life of a step; docs/reference/states.md shows the table below, and a test compares them.
enum class StepState {
    planned,
    intent,
    made,
    done,
    failed,
    unknown,
    broken,
    stuck,
    skipped,
    compensating,
    compensated,
    undo_failed,
};

/// Why a step is skipped; `none` in every other state.
enum class SkipCause {
    none,
    plan,       ///< the plan says so
    stale,      ///< its source changed since the plan was made
    unreadable, ///< its source could not be read, so nothing says whether it changed
    dependency, ///< what it needs did not get done
};

enum class RunState { running, stopped, done, rolling_back, rolled_back };

/// A part of a long step. `intent` owns its nonce folder only; `written` has a durable ledger; `done` is under final
/// names.
enum class PartState { intent, written, done, removed };

template <typename State>
struct Transition {
    State from;
    State to;
    std::string_view when;
};

/// Every allowed transition. The executor, the conditional updates of the database, the documentation and the tests all
/// read this one definition; anything else is a bug and stops the run.
std::span<const Transition<StepState>> step_transitions();
std::span<const Transition<RunState>> run_transitions();
std::span<const Transition<PartState>> part_transitions();

bool is_allowed(StepState from, StepState to);
bool is_allowed(RunState from, RunState to);
bool is_allowed(PartState from, PartState to);

std::string_view to_string(StepState state);
std::string_view to_string(RunState state);
std::string_view to_string(PartState state);
std::string_view to_string(SkipCause cause);
Result<StepState> parse_step_state(std::string_view text);
Result<RunState> parse_run_state(std::string_view text);
Result<PartState> parse_part_state(std::string_view text);
Result<SkipCause> parse_skip_cause(std::string_view text);

} // namespace godwit::store
