#pragma once

#include "base/result.h"
#include "store/state.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace godwit::core {

/// Why steps did not get done: all that ended alike, told by one of them.
struct RunCause {
    store::StepState state = store::StepState::planned;
    store::SkipCause skip_cause = store::SkipCause::none;
    std::string reason; ///< of the example, as its row has it
    std::string what;
    std::string why;
    std::string fix; ///< as recorded; empty: nothing better is known than to go on
    std::string where;
    std::string code;
    std::string step; ///< the example: the first of them in the plan's order
    std::string kind;
    std::string resource; ///< its key, for machines
    std::string display;  ///< the same for people
    std::string outcome;  ///< of a check that was made and did not come out equal; else empty
    std::uint64_t count = 0;
    bool is_given_up = false; ///< by a person: what stands there stays

    bool is_stale() const { return skip_cause == store::SkipCause::stale; }
    /// Nothing is wrong with the step itself: it follows when what it needs is done.
    bool waits_for_another() const { return skip_cause == store::SkipCause::dependency; }
};

/// Groups what did not get done. Names and numbers in the texts do not tell causes apart, so a thousand tables that
/// fail alike are one cause; and there are at most `kMostCauses`, however large the run is.
class CauseFolder {
public:
    static constexpr std::size_t kMostCauses = 100;

    void add(const store::StepRow& row);
    /// What a person has to decide first, then the most frequent first. Reads what the examples need to be told.
    Result<std::vector<RunCause>> finish(store::State& state, const store::RunRow& run);
    std::size_t size() const { return causes_.size(); }
    /// Steps whose causes found no room.
    std::uint64_t beyond() const { return beyond_; }

private:
    using Key = std::tuple<store::StepState, std::string, std::string>; ///< state, kind of step, text without names

    std::map<Key, RunCause> causes_;
    std::uint64_t beyond_ = 0;
};

/// The text with everything that looks like a name, a place or a number left out; `resource` is the key whose own parts
/// are such names.
std::string without_names(std::string_view text, std::string_view resource);

} // namespace godwit::core
