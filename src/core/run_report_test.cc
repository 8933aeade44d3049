#include "core/run_report.h"

#include <gtest/gtest.h>

namespace godwit::core {
namespace {

using store::RunState;
using store::StepState;

RunReport report(RunState state, std::vector<store::State::StateCount> counts) {
    RunReport report;
    report.run.state = state;
    report.counts = std::move(counts);
    return report;
}

TEST(ExitCode, IsZeroWhenEverythingIsDoneOrSkippedByPlan) {
    EXPECT_EQ(report(RunState::done, {{StepState::done, "create", 3}, {StepState::skipped, "skip", 2}}).exit_code(), 0);
    EXPECT_EQ(report(RunState::done, {}).exit_code(), 0);
    EXPECT_EQ(report(RunState::rolled_back, {{StepState::failed, "create", 1}}).exit_code(), 0);
}

/// The order of the specification: 130, 10, 8, 11, 9, 3, 1, 0. Each begins with what the ones below it have too.
TEST(ExitCode, TheFirstThatAppliesWins) {
    auto all =
        report(RunState::stopped,
               {{StepState::unknown, "create", 1}, {StepState::failed, "verify", 1}, {StepState::done, "copy", 1}});
    all.verified = 1;
    all.verdict = Verdict::different(2);
    all.stale = 1;
    all.interrupted = true;
    EXPECT_EQ(all.exit_code(), 130);
    all.interrupted = false;
    for (const auto open : {StepState::unknown, StepState::stuck, StepState::undo_failed}) {
        all.counts[0].state = open;
        EXPECT_EQ(all.exit_code(), 10);
    }
    all.counts[0].state = StepState::skipped;
    EXPECT_EQ(all.exit_code(), 8);
    for (const auto& weak :
         {Verdict{}, Verdict::not_comparable("drift"), Verdict{Equality::equal_by_sample, 0, "0.1"}}) {
        all.verdict = weak;
        EXPECT_EQ(all.exit_code(), 11);
    }
    all.waived = 1; // the only outcome is waived
    EXPECT_EQ(all.exit_code(), 3);
    all.counts[2].count = 0;
    EXPECT_EQ(all.exit_code(), 9);
    all.stale = 0;
    EXPECT_EQ(all.exit_code(), 1);
}

TEST(ExitCode, SomeThatBrokeOrWereSkippedIsThree) {
    for (const auto state : {StepState::failed, StepState::broken, StepState::skipped})
        EXPECT_EQ(report(RunState::stopped, {{state, "create", 1}, {StepState::done, "copy", 1}}).exit_code(), 3);
    EXPECT_EQ(report(RunState::running, {{StepState::planned, "create", 1}}).exit_code(), 3);
}

} // namespace
} // namespace godwit::core
