#pragma once

#include "core/verification.h"
#include "store/state.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::core {

/// How a run stands: a fold over its journal rows, nothing else (invariant 11).
struct RunReport {
    struct Cause {
        store::StepState state;
        std::string reason;
        std::string example; ///< step id of one of them
        std::string resource;
        std::uint64_t count = 0;
    };

    store::RunRow run;
    std::vector<store::State::StateCount> counts;
    std::vector<Cause> causes;          ///< equal reasons of what did not get done, grouped; the most frequent first
    Verdict verdict = Verdict::equal(); ///< the weakest outcome that is not waived, of the steps that verify
    std::uint64_t verified = 0;         ///< verify steps with an outcome
    std::uint64_t waived = 0;
    std::uint64_t stale = 0;
    bool interrupted = false;

    std::uint64_t count(store::StepState state) const;
    std::uint64_t total() const;
    std::uint64_t skipped_by_plan() const;
    std::uint64_t skipped_in_run() const;
    /// The first that applies of 130, 10, 8, 11, 9, 3, 1, 0 (spine, section 7).
    int exit_code() const;
};

Result<RunReport> report_run(store::State& state, std::string_view run);

} // namespace godwit::core
