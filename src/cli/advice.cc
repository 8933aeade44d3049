#include "cli/advice.h"

namespace godwit::cli {

namespace {

using store::RunState;
using store::StepState;

std::string run_command(const store::RunRow& run, const std::string& verb) {
    return "godwit run " + verb + " " + run.id;
}

bool is_backward(const store::RunRow& run) {
    return run.state == RunState::rolling_back || run.state == RunState::rolled_back;
}

std::vector<Advice> for_outcome(const store::RunRow& run, const core::RunCause& cause) {
    const auto verdict = core::parse_verdict(cause.outcome);
    const Advice again = cause.state == StepState::done // the run went on from it, and it was compared once more since
                             ? Advice{"godwit verify " + run.id, "compares again, once that is mended"}
                             : Advice{run_command(run, "resume"), "compares again, once that is mended"};
    if (verdict && verdict->equality == core::Equality::equal) // it was mended, or could not be compared once more
        return {again};
    const bool differs = verdict && verdict->equality == core::Equality::different;
    return {again,
            {run_command(run, "accept") + " " + cause.step + " --reason WHY" +
                 (differs ? " --most " + std::to_string(verdict->differences) : ""),
             "takes the outcome as it is; the certificate keeps it, and 'migrated' is not said"},
            {run_command(run, "rollback"), "removes what the run made"}};
}

std::vector<Advice> for_stuck(const store::RunRow& run, const core::RunCause& cause) {
    const auto resolve = run_command(run, "resolve") + " " + cause.step;
    const Advice look{resolve + " --look", "looks again, after something was mended by hand"};
    const Advice undo{resolve + " --undo", "removes what stands there, although it is not as it was made"};
    if (is_backward(run))
        return {look, {resolve + " --forget", "leaves what stands there, and what it stands on, for good"}, undo};
    return {look,
            {resolve + " --adopt", "takes what stands there as what the step was to make"},
            {resolve + " --forget", "leaves what stands there, for a rollback; a resume asks again"},
            undo};
}

} // namespace

std::vector<Advice> advice_for(const store::RunRow& run, const core::RunCause& cause) {
    if (cause.state == StepState::stuck)
        return for_stuck(run, cause);
    if (cause.state == StepState::undo_failed && is_backward(run))
        return {{run_command(run, "rollback"), "tries the removal again"},
                {run_command(run, "resolve") + " " + cause.step + " --forget",
                 "leaves what it made, and a table that stands on it, for good"}};
    if (is_backward(run))
        return {};
    if (cause.is_given_up)
        return {{run_command(run, "rollback"), "removes what else the run made"},
                {run_command(run, "resume"), "asks about it again"}};
    if (!cause.outcome.empty())
        return for_outcome(run, cause);
    if (cause.is_stale())
        return {{"godwit assess ... && godwit plan create", "a new plan for what changed, once this run is done with"}};
    switch (cause.state) {
    case StepState::broken:
    case StepState::undo_failed:
    case StepState::compensating:
    case StepState::compensated:
        return {{run_command(run, "resume") + " --replace " + cause.step, "removes what it left and makes it anew"}};
    case StepState::failed: return {{run_command(run, "resume"), "tries it again"}};
    case StepState::skipped:
        if (cause.skip_cause == store::SkipCause::unreadable)
            return {{run_command(run, "resume"), "reads the source again"}};
        return {};
    default: return {{run_command(run, "resume"), "looks it up at the target, and goes on from what it finds"}};
    }
}

std::vector<Advice> advice_for(const core::RunReport& report) {
    const auto& run = report.run;
    const Advice undo{run_command(run, "rollback"), "removes what the run made, and nothing else"};
    switch (run.state) {
    case RunState::done: return {{"godwit certificate " + run.id, "what was proved"}, undo};
    case RunState::stopped:
    case RunState::running: return {{run_command(run, "resume"), "goes on where it stopped"}, undo};
    case RunState::rolling_back: return {{run_command(run, "resume"), "goes on with the removal"}};
    case RunState::rolled_back: break;
    }
    return {};
}

} // namespace godwit::cli
