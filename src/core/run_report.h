#pragma once

#include "core/finding.h"
#include "core/run_cause.h"
#include "core/verification.h"
#include "store/state.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace godwit::core {

/// How a run stands: a fold over its journal rows, nothing else (invariant 11).
struct RunReport {
    store::RunRow run;
    std::vector<store::State::StateCount> counts;
    std::vector<RunCause> causes; ///< of what did not get done, grouped
    std::uint64_t beyond = 0;     ///< steps whose causes are not listed
    /// Of the checks whose outcome stands; what was undone, or is to be done again, is none of them.
    std::uint64_t verified = 0;
    std::uint64_t waived = 0;
    Verdict verdict = Verdict::equal();        ///< the weakest outcome that is not waived
    Verdict waived_verdict = Verdict::equal(); ///< the weakest that is
    std::uint64_t stale = 0;
    std::uint64_t given_up = 0;     ///< steps whose work stays by a person's decision
    std::uint64_t not_repeated = 0; ///< checks that `verify` could not make now; what they found before stands
    std::string held_by;            ///< whoever works on it at this moment, in words; filled by who asks for it
    bool interrupted = false;

    std::uint64_t count(store::StepState state) const;
    std::uint64_t total() const;
    std::uint64_t skipped_by_plan() const;
    std::uint64_t skipped_in_run() const;
    /// Every step in exactly one of them, in words; those that are zero are left out.
    std::vector<std::pair<std::string, std::uint64_t>> shown_counts() const;
    /// The weakest outcome, waived or not; `not-checked` where nothing was.
    Verdict outcome() const;
    /// The first that applies of 130, 10, 8, 11, 9, 3, 1, 0 (spine, section 7).
    int exit_code() const;
};

Result<RunReport> report_run(store::State& state, std::string_view run);

/// What a step reported while it worked: "cells did not parse".
struct RunFinding {
    std::string step;
    Finding finding;
};
/// Every one that was reported, in that order; a step that was repeated reports again.
Status each_run_finding(store::State& state, std::string_view run,
                        const std::function<Status(const RunFinding&)>& visit);

/// What was reported by steps whose work stands, the newest of each step and code.
struct RunFindings {
    static constexpr std::size_t kMostListed = 1000;
    std::vector<RunFinding> listed;
    std::uint64_t beyond = 0; ///< how often others were reported, repetitions of one step included
};
Result<RunFindings> findings_of_run(store::State& state, std::string_view run);
/// Whether what a step in this state reported still holds.
bool findings_stand(store::StepState state);

} // namespace godwit::core
