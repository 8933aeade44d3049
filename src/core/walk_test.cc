#include "core/walk.h"

#include "contract/bench.h"

#include <gmock/gmock.h>

namespace godwit::core {
namespace {

using contract::CallFault;
using contract::Ending;
using contract::must;
using store::StepState;
using testing::HasSubstr;

class WalkTest : public contract::Bench {
protected:
    Status walk(const WorkerCounts& workers = {}) {
        return Walk(*journal_, *runner_, workers, stop_.get_token()).run();
    }

    std::size_t count(StepState state) {
        std::size_t number = 0;
        for (const auto& row : scene_.rows())
            number += row.state == state ? 1 : 0;
        return number;
    }
};

TEST_F(WalkTest, DoesAllStepsAlsoWithOneWorkerOfEachKind) {
    for (int i = 0; i < 20; ++i)
        world_.add("thing " + std::to_string(i), i % 3 == 0 ? Ending::ready_later : Ending::at_once);
    begin_run();
    ASSERT_TRUE(walk({1, 1, 1}));
    EXPECT_EQ(count(StepState::done), 60U);
}

/// Whenever the one thread hands in its result, the next step is ready, and the thread perhaps not yet free.
TEST_F(WalkTest, EndsOnlyWhenNothingCanGoOn) {
    for (int i = 0; i < 40; ++i)
        world_.source.put("thing " + std::to_string(i),
                          {"value", Ending::at_once, i == 0 ? "" : "thing " + std::to_string(i - 1), 0, true});
    begin_run();
    EXPECT_TRUE(walk({1, 1, 1}));
    EXPECT_EQ(count(StepState::planned), 0U);
}

TEST_F(WalkTest, MoreReadyStepsThanItReadsAheadStarveNoPool) {
    for (int i = 0; i < 100; ++i)
        world_.add("thing " + std::to_string(i));
    begin_run();
    ASSERT_TRUE(walk());
    EXPECT_EQ(count(StepState::done), 300U);
}

TEST_F(WalkTest, AFailureSkipsWhatNeedsItAndNothingElse) {
    world_.source.put("alpha", {"value of it", Ending::error_later, "", 2, true});
    world_.source.put("beta", {"value of it", Ending::at_once, "alpha", 2, true});
    world_.source.put("gamma", {"value of it", Ending::at_once, "", 2, true});
    begin_run();
    ASSERT_TRUE(walk());
    EXPECT_EQ(state_of("create", "alpha"), StepState::broken);
    for (const auto* kind : {"fill", "verify"}) {
        EXPECT_EQ(state_of(kind, "alpha"), StepState::skipped);
        EXPECT_EQ(state_of(kind, "beta"), StepState::skipped);
        EXPECT_EQ(state_of(kind, "gamma"), StepState::done);
    }
    EXPECT_THAT(row("create", "beta").reason, HasSubstr("which is broken"));
    EXPECT_THAT(row("fill", "beta").reason, HasSubstr("which is skipped"));
}

TEST_F(WalkTest, StepsOfThePlanThatAreSkippedSayWhy) {
    world_.source.put("fixed", {"value", Ending::at_once, "", 0, false});
    begin_run();
    ASSERT_TRUE(walk());
    EXPECT_EQ(state_of("skip"), StepState::skipped);
    EXPECT_EQ(row("skip").reason, "it cannot be moved");
    EXPECT_EQ(row("skip").skip_cause, store::SkipCause::plan);
}

TEST_F(WalkTest, WhatIsUnknownIsLookedUpBeforeItIsMadeAgain) {
    world_.add("alpha");
    begin_run();
    set_fault("step.after-call", 1, FaultAction::die);
    EXPECT_TRUE(runner_->run(row("create")).is_error());
    clear_fault();
    move(row("create"), {StepState::unknown});
    world_.clear_call_fault();
    ASSERT_TRUE(walk());
    EXPECT_EQ(count(StepState::done), 3U);
    EXPECT_EQ(world_.mutating_calls(), 2U); // the two items
}

TEST_F(WalkTest, StaleMeansEveryPlannedStepOfTheResourceAndItsDependants) {
    world_.source.put("alpha", {"value of it", Ending::at_once, "", 2, true});
    world_.source.put("beta", {"value of it", Ending::at_once, "alpha", 0, true});
    begin_run();
    world_.change_source("alpha");
    ASSERT_TRUE(walk());
    EXPECT_EQ(count(StepState::skipped), 5U);
    for (const auto* kind : {"create", "fill", "verify"})
        EXPECT_EQ(row(kind, "alpha").skip_cause, store::SkipCause::stale) << kind;
    EXPECT_EQ(row("create", "beta").skip_cause, store::SkipCause::dependency);
    EXPECT_THAT(row("create", "beta").reason, HasSubstr("it needs"));
    EXPECT_EQ(world_.dump(), "");
}

TEST_F(WalkTest, WhatCannotBeReadIsLeftOutAndTakenUpByAResume) {
    world_.add("alpha");
    begin_run();
    world_.source.fail(Error::make(ErrorKind::unavailable, "no answer from the source"));
    ASSERT_TRUE(walk());
    for (const auto* kind : {"create", "fill", "verify"})
        EXPECT_EQ(row(kind).skip_cause, store::SkipCause::unreadable) << kind;
    const auto report = must(report_run(scene_.state(), scene_.run()));
    EXPECT_EQ(report.stale, 0U);
    EXPECT_EQ(report.exit_code(), 1);
    world_.source.heal();
    EXPECT_EQ(scene_.resume().exit_code(), 0);
    EXPECT_EQ(row("create").skip_cause, store::SkipCause::none);
}

TEST_F(WalkTest, StartsNothingOnceItIsToldToStop) {
    world_.add("alpha");
    begin_run();
    stop_.request_stop();
    ASSERT_TRUE(walk());
    EXPECT_EQ(count(StepState::planned), 3U);
}

TEST_F(WalkTest, AnExceptionBelowAStepStopsTheRunAndNotTheProcess) {
    world_.add("alpha");
    begin_run();
    world_.cloud.set_fault(1, CallFault::thrown);
    const auto status = walk();
    ASSERT_TRUE(status.is_error());
    EXPECT_EQ(status.error().kind(), ErrorKind::bug);
    EXPECT_EQ(state_of("create"), StepState::intent); // a resume looks it up
}

TEST_F(WalkTest, EndsWithTheFailureOfTheJournalAfterWhatRuns) {
    for (const auto* name : {"alpha", "beta", "gamma"})
        world_.add(name);
    begin_run();
    set_fault("journal.before-commit", 4, FaultAction::die);
    const auto status = walk();
    clear_fault();
    ASSERT_TRUE(status.is_error());
    EXPECT_EQ(status.error().kind(), ErrorKind::io);
    EXPECT_TRUE(scene_.state().check());
}

} // namespace
} // namespace godwit::core
