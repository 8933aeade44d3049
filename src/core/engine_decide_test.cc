// What people decide about steps: stuck ones, broken ones, and those that cannot be removed.

#include "base/fault_point.h"
#include "contract/engine_scene.h"

#include <gmock/gmock.h>

namespace godwit::core {
namespace {

using contract::CallFault;
using contract::Ending;
using contract::EngineTest;
using contract::must;
using store::RunState;
using store::StepState;
using testing::HasSubstr;
using testing::Not;

/// A thing of ours that somebody changed while the process was dead.
class StuckTest : public EngineTest {
protected:
    void SetUp() override {
        world_.add("alpha");
        plan();
        set_fault("memory.after-creation", 1, FaultAction::die);
        EXPECT_TRUE(scene_.try_apply().is_error());
        scene_.restart();
        world_.tamper("alpha");
        EXPECT_EQ(scene_.resume().exit_code(), 10);
        stuck_ = scene_.row("create");
        ASSERT_EQ(stuck_.state, StepState::stuck);
    }

    store::StepRow stuck_;
};

TEST_F(StuckTest, IsResolvedByAnotherLook) {
    must(scene_.resolve(stuck_, Resolution::look));
    EXPECT_EQ(state_of("create"), StepState::stuck);
    world_.cloud.stranger_changes("alpha", "value of it");
    must(scene_.resolve(stuck_, Resolution::look));
    EXPECT_EQ(state_of("create"), StepState::done);
    EXPECT_EQ(scene_.resume().run.state, RunState::done);
    EXPECT_EQ(scene_.resolve(scene_.row("create"), Resolution::look).error().kind(), ErrorKind::usage);
}

TEST_F(StuckTest, IsAdoptedAsItIs) {
    must(scene_.resolve(stuck_, Resolution::adopt));
    EXPECT_EQ(state_of("create"), StepState::done);
    EXPECT_EQ(scene_.resume().exit_code(), 8); // and verification says what it is
}

TEST_F(EngineTest, WhatIsAdoptedLeavesNothingToBeTold) {
    world_.add("alpha");
    plan();
    scene_.apply();
    world_.tamper("alpha");
    EXPECT_EQ(scene_.roll_back().exit_code(), 10);
    const auto stuck = scene_.row("create");
    EXPECT_NE(stuck.error, "");
    EXPECT_TRUE(must(scene_.resolve(stuck, Resolution::adopt)).causes.empty());
    EXPECT_EQ(scene_.row("create").error, "");
}

TEST_F(EngineTest, WhatCannotBeRemovedIsLeftByDecision) {
    world_.add("alpha");
    plan();
    scene_.apply();
    world_.set_call_fault(3, CallFault::refused); // after the two items
    EXPECT_EQ(scene_.roll_back().exit_code(), 10);
    const auto kept = scene_.row("create");
    ASSERT_EQ(kept.state, StepState::undo_failed);
    EXPECT_EQ(scene_.resolve(kept, Resolution::undo).error().kind(), ErrorKind::usage);
    must(scene_.resolve(kept, Resolution::forget));
    EXPECT_EQ(state_of("create"), StepState::compensated);
    EXPECT_THAT(scene_.row("create").reason, HasSubstr("left by decision: "));
    const auto undone = scene_.resume();
    EXPECT_EQ(undone.run.state, RunState::rolled_back);
    EXPECT_EQ(undone.given_up, 1U);
    EXPECT_THAT(world_.dump(), HasSubstr("alpha"));
    const auto again = scene_.try_apply();
    EXPECT_EQ(again.error().kind(), ErrorKind::held);
    EXPECT_THAT(again.error().why(), HasSubstr("run " + undone.run.id + " was rolled back"));
    EXPECT_THAT(again.error().fix(), HasSubstr("--take-over"));
}

TEST_F(EngineTest, WhatCannotBeSeenIsNotLeftForGood) {
    world_.add("alpha");
    plan();
    scene_.apply();
    world_.set_call_fault(3, CallFault::refused);
    EXPECT_EQ(scene_.roll_back().exit_code(), 10);
    must(scene_.resolve(scene_.row("create"), Resolution::forget));
    world_.cloud.stranger_removes("alpha");
    world_.cloud.fail_looks(1);
    EXPECT_EQ(scene_.resume().run.state, RunState::rolling_back);
    EXPECT_EQ(scene_.resume().run.state, RunState::rolled_back);
    EXPECT_EQ(world_.dump(), "");
}

TEST_F(StuckTest, IsForgottenAndStays) {
    must(scene_.resolve(stuck_, Resolution::forget));
    EXPECT_EQ(state_of("create"), StepState::failed);
    EXPECT_THAT(scene_.row("create").reason, HasSubstr("given up by decision: 1 of this marker"));
    EXPECT_EQ(scene_.resume().exit_code(), 10) << "before it acts again it asks again";
    must(scene_.resolve(scene_.row("create"), Resolution::forget));
    const auto undone = scene_.roll_back();
    EXPECT_EQ(undone.run.state, RunState::rolled_back);
    EXPECT_EQ(undone.exit_code(), 0);
    EXPECT_THAT(scene_.row("create").reason, HasSubstr("given up by decision"));
    EXPECT_THAT(world_.dump(), HasSubstr("changed by somebody"));
}

TEST_F(StuckTest, IsForgottenAndRemovedWhenItIsAsMadeAgain) {
    must(scene_.resolve(stuck_, Resolution::forget));
    world_.cloud.stranger_changes("alpha", "value of it");
    EXPECT_EQ(scene_.roll_back().run.state, RunState::rolled_back);
    EXPECT_EQ(world_.dump(), "");
}

/// A thing that changes once more between the look of a rollback that was told to leave it, and its removal.
TEST_F(StuckTest, IsLeftAlsoWhenItChangesWhileItIsRemoved) {
    must(scene_.resolve(stuck_, Resolution::forget));
    world_.cloud.stranger_changes("alpha", "value of it");
    set_fault("rollback.after-intent", 1, FaultAction::die);
    EXPECT_TRUE(scene_.try_roll_back().is_error());
    scene_.restart();
    EXPECT_EQ(state_of("create"), StepState::compensating);
    world_.tamper("alpha");
    EXPECT_EQ(scene_.resume().run.state, RunState::rolled_back);
    EXPECT_EQ(state_of("create"), StepState::compensated);
    EXPECT_THAT(world_.dump(), HasSubstr("changed by somebody"));
}

TEST_F(StuckTest, IsUndoneOnlyAsItWasShown) {
    world_.cloud.stranger_changes("alpha", "changed once more");
    must(scene_.resolve(stuck_, Resolution::undo));
    EXPECT_EQ(state_of("create"), StepState::stuck) << "that value was not shown";
    must(scene_.resolve(scene_.row("create"), Resolution::undo));
    EXPECT_EQ(state_of("create"), StepState::compensated);
    EXPECT_EQ(world_.dump(), "");
    // It is made anew when a person says so.
    EXPECT_EQ(scene_.resume(stuck_.step).run.state, RunState::done);
    world_.cloud.stranger_changes("alpha", "changed once more"); // the permission is used up
    EXPECT_EQ(scene_.roll_back().exit_code(), 10);
}

/// A creation that ended in error, and a replacement that is cut off.
class ReplaceTest : public EngineTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(ReplaceTest, IsTakenUpWhereverItDied) {
    world_.add("alpha", Ending::error_later);
    plan();
    EXPECT_EQ(scene_.apply().count(StepState::broken), 1U);
    const auto step = scene_.row("create").step;
    world_.heal();
    set_fault(GetParam(), 1, FaultAction::die);
    EXPECT_TRUE(scene_.try_resume(step).is_error());
    scene_.restart();
    EXPECT_EQ(scene_.resume(step).run.state, RunState::done);
    EXPECT_EQ(scene_.roll_back().run.state, RunState::rolled_back);
    EXPECT_EQ(world_.dump(), "");
}

INSTANTIATE_TEST_SUITE_P(Places, ReplaceTest,
                         ::testing::Values("rollback.after-intent", "memory.before-removal", "memory.after-removal",
                                           "rollback.after-call"));

TEST_F(EngineTest, OnlyWhatBrokeIsReplaced) {
    world_.add("alpha");
    world_.add("beta", Ending::error_later);
    plan();
    scene_.apply();
    EXPECT_EQ(scene_.try_resume(scene_.row("create", "alpha").step).error().kind(), ErrorKind::usage);
}

} // namespace
} // namespace godwit::core
