#pragma once

#include "core/journal.h"
#include "core/lane.h"
#include "core/step_context.h"

#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace godwit::core {

/// What happens to things that stand at the target just as steps of the plan make them, while the state database has
/// no intent of those steps: another state database's run of the plan made them, or this database is an older copy.
enum class Unrecorded {
    refuse,    ///< a person decides: the command ends with kind `held`, or the step gets stuck
    take_over, ///< they are this run's: the state that knew of them is lost
    leave,     ///< of a rollback: they are not this run's, and stay
};

/// Why a step is left out. `none`: it is not.
struct SkipReason {
    store::SkipCause cause = store::SkipCause::none;
    std::string words;
    std::string error; ///< canonical JSON of the Error that is the reason; empty: none is
};

/// Takes single steps through their states. Thread-safe; each row belongs to one thread at a time.
///
/// An Error of these functions is not the step's: the journal failed, the process is told to stop, or something below
/// the step threw, so the run stops and the row stays as it was committed.
class StepRunner {
public:
    StepRunner(Journal& journal, const PlanHeader& header, LaneRun& lane, std::string run_files, std::stop_token stop,
               Unrecorded unrecorded = Unrecorded::refuse)
        : journal_(&journal),
          header_(&header),
          lane_(&lane),
          run_files_(std::move(run_files)),
          stop_(std::move(stop)),
          unrecorded_(unrecorded) {}

    /// What the caller does next.
    enum class Next {
        ended,         ///< done, failed, broken, stuck, skipped: dependants may go on or must be skipped
        look,          ///< unknown or made: call `look` again, not before `not_before`
        unsettled,     ///< unknown, and looking again will not help in this run
        skip_resource, ///< its source is not as planned: every step of the resource is to be skipped for `reason`
        stopped,       ///< interrupted at a checkpoint; the row says how far it got
    };
    struct Outcome {
        store::StepRow row;
        Next next = Next::ended;
        Micros not_before = 0;
        SkipReason reason{};
    };

    /// A planned step whose dependencies are done.
    Result<Outcome> run(store::StepRow row);
    /// A step in `unknown`, or in `made` with nothing running: looks at the target and moves it accordingly.
    Result<Outcome> look(store::StepRow row, int looks_so_far);
    /// The same without going on with a long step: for rollback and for people.
    Result<Outcome> look_only(store::StepRow row, int looks_so_far);
    /// Repeats the comparisons of a verify step that ended; its state stays, its outcome and all that was recorded
    /// with it are replaced at once. False where the check could not be made: then all that stays, with the error.
    Result<bool> verify_again(const store::StepRow& row);
    /// Whether it is as the step makes it, or on the way there.
    static bool is_as_made(const LookUp& found);
    /// Whether there is nothing, or only what a person gave up.
    static bool leaves_nothing(const store::StepRow& row, const LookUp& found);
    /// What stands at the target of the step, for people: moves nothing.
    Result<LookUp> look_aside(const store::StepRow& row);
    /// Steps that leave nothing of their own at the target: verify, adopt, skip, gate.
    static bool makes_nothing(const store::StepRow& row);
    /// made, broken, done, compensating or undo_failed -> compensated, undo_failed or stuck.
    Result<Outcome> compensate(const store::StepRow& row);
    StepTraits traits(const store::StepRow& row);

private:
    struct Call {
        StepKind* kind;
        StepTraits traits;
        JournalContext context;
    };
    Result<Call> prepare(const store::StepRow& row);
    Result<SkipReason> pin_unless_changed(Call& call, std::optional<store::PinRow>& new_pin);
    Status commit_intent(Call& call, const std::optional<store::PinRow>& new_pin);
    Result<Outcome> apply(Call& call);
    Result<Outcome> accept(Call& call, Applied applied);
    Result<Outcome> accept_verdict(Call& call, const Applied& applied, const Error* why_not);
    struct Judgement;
    Judgement judge(const Call& call, const Verdict& verdict) const;
    Result<Outcome> refuse(Call& call, const Error& error);
    enum class Purpose { go_on, only_look };
    Result<Outcome> act(store::StepRow row);
    Result<Outcome> undo(const store::StepRow& row);
    Result<bool> compare_again(const store::StepRow& row);
    Status keep_what_was_proved(Call& call, const Error& error);
    Result<Outcome> look_for(store::StepRow row, int looks_so_far, Purpose purpose);
    Result<Outcome> conclude(Call& call, const LookUp& found, int looks_so_far, Purpose purpose);
    Result<Outcome> conclude_absence(Call& call, int looks_so_far);
    Outcome wait_until_ready(Call& call);
    std::mutex& resource_mutex(const std::string& resource);
    bool repeats_too_often(const std::string& step);
    Result<Outcome> look_failed(const store::StepRow& row);
    Status get_stuck(Call& call, Error error);

    Journal* journal_;
    const PlanHeader* header_;
    LaneRun* lane_;
    std::string run_files_;
    std::stop_token stop_;
    Unrecorded unrecorded_;
    std::mutex mutexes_mutex_;
    std::map<std::string, std::mutex> resource_mutexes_;
    std::map<std::string, int> repetitions_;  ///< calls of this process whose answer was lost, by step
    std::map<std::string, int> failed_looks_; ///< in a row, by step
};

} // namespace godwit::core
