#include "core/run_report.h"

#include "base/fault_point.h"
#include "contract/memory_world.h"
#include "contract/scene.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace godwit::core {
namespace {

using contract::must;
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

/// Whatever state a step is in, it is counted once, under words of its own.
TEST(ShownCounts, hold_every_step_exactly_once) {
    std::uint64_t number = 1;
    std::vector<store::State::StateCount> counts{{StepState::skipped, "skip", number}};
    std::set<StepState> states{StepState::planned};
    for (const auto& transition : store::step_transitions())
        states.insert({transition.from, transition.to});
    for (const auto state : states) {
        counts.push_back({state, "create", number *= 2});
        counts.push_back({state, "verify", number *= 2});
    }
    const auto all = report(RunState::stopped, counts);
    std::uint64_t sum = 0;
    std::set<std::string> words;
    for (const auto& [word, count] : all.shown_counts()) {
        sum += count;
        words.insert(word);
    }
    EXPECT_EQ(sum, all.total());
    EXPECT_EQ(words.size(), states.size() + 1); // what the plan skips stands apart
    for (const auto state : states)
        EXPECT_TRUE(words.contains(std::string(to_string(state)))) << to_string(state);
}

TEST(Outcome, is_the_weakest_of_all_and_not_checked_where_nothing_was) {
    auto one = report(RunState::done, {});
    EXPECT_EQ(to_string(one.outcome()), "not-checked");
    one.verified = 2;
    EXPECT_EQ(to_string(one.outcome()), "equal");
    one.waived = 1;
    one.waived_verdict = Verdict::different(3);
    EXPECT_EQ(to_string(one.outcome()), "different(3)");
    EXPECT_EQ(one.exit_code(), 0);
}

class ReportOfARun : public ::testing::Test {
protected:
    /// The thing is changed between creation and check, so that the check fails.
    void apply_with_a_difference() {
        world_.add("alpha");
        ASSERT_TRUE(scene_.plan());
        set_fault("step.after-result", 1, FaultAction::die);
        EXPECT_TRUE(scene_.try_apply().is_error());
        scene_.restart();
        world_.cloud.stranger_makes("alpha", "another alpha");
        scene_.resume();
    }
    RunReport report() { return must(report_run(scene_.state(), scene_.run())); }

    contract::MemoryWorld world_;
    contract::Scene scene_{world_.lane(), {}};
};

TEST_F(ReportOfARun, a_check_that_failed_says_what_differs_and_one_that_is_accepted_is_waived) {
    apply_with_a_difference();
    auto before = report();
    EXPECT_EQ(before.verified, 1U);
    EXPECT_EQ(to_string(before.verdict), "different(1)");
    ASSERT_FALSE(before.causes.empty());
    EXPECT_EQ(before.causes.front().outcome, "different(1)");
    EXPECT_EQ(before.causes.front().display, "alpha");
    EXPECT_THAT(before.causes.front().why, testing::HasSubstr("is different"));
    must(scene_.accept(scene_.row("verify"), 1));
    const auto after = report();
    EXPECT_EQ(after.waived, 1U);
    EXPECT_EQ(to_string(after.verdict), "equal");
    EXPECT_EQ(to_string(after.waived_verdict), "different(1)");
    EXPECT_EQ(to_string(after.outcome()), "different(1)");
}

TEST_F(ReportOfARun, what_was_undone_is_no_check_any_more) {
    world_.add("alpha");
    ASSERT_TRUE(scene_.plan());
    scene_.apply();
    EXPECT_EQ(report().verified, 1U);
    scene_.roll_back();
    EXPECT_EQ(report().verified, 0U);
    EXPECT_EQ(report().count(StepState::compensated), report().total());
}

TEST_F(ReportOfARun, things_that_fail_alike_are_one_cause_and_what_follows_them_another) {
    for (int i = 0; i < 12; ++i)
        world_.add("thing-" + std::to_string(i), contract::Ending::error_later);
    world_.add("good");
    ASSERT_TRUE(scene_.plan());
    scene_.apply();
    const auto causes = report().causes;
    ASSERT_EQ(causes.size(), 2U);
    EXPECT_EQ(causes[0].state, StepState::broken);
    EXPECT_EQ(causes[0].count, 12U);
    EXPECT_THAT(causes[0].display, testing::StartsWith("thing-"));
    EXPECT_TRUE(causes[1].waits_for_another());
    EXPECT_THAT(causes[1].what, testing::AllOf(testing::HasSubstr("which is broken"), testing::HasSubstr("thing-")));
    EXPECT_THAT(causes[1].what, testing::Not(testing::HasSubstr("memory:")));
}

} // namespace
} // namespace godwit::core
