// Lost answers, refusals, death, cancelling, other owners: however a run is disturbed, it ends in the same world.

#include "contract/suite.h"

#include "base/fault_point.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <stop_token>

namespace godwit::contract {

namespace {

using store::RunState;
using store::StepState;
using ::testing::HasSubstr;

std::string_view to_string(CallFault fault) {
    return fault == CallFault::lost_after ? "lost after" : fault == CallFault::lost_before ? "lost before" : "refused";
}

/// The store groups commits as they come, so its last pass may not come at all; and the last of all is the release of
/// the lease, after which nothing is left to be done.
bool may_go_unnoticed(const std::string& fault_point) { return fault_point.starts_with("store."); }

TEST_P(LaneContract, LosesAnyAnswer) {
    prepare();
    ASSERT_GT(calls_back_, 0U);
    for (std::uint64_t nth = 1; nth <= std::max(calls_forward_, calls_back_); ++nth)
        for (const auto fault : {CallFault::lost_after, CallFault::lost_before}) {
            SCOPED_TRACE("call " + std::to_string(nth) + " " + std::string(to_string(fault)));
            scene_->begin();
            world_->set_call_fault(nth, fault);
            expect_done(scene_->apply());
            world_->set_call_fault(nth, fault);
            expect_undone(scene_->roll_back());
        }
}

TEST_P(LaneContract, IsRefusedAnyCall) {
    prepare();
    for (std::uint64_t nth = 1; nth <= std::max(calls_forward_, calls_back_); ++nth) {
        SCOPED_TRACE("call " + std::to_string(nth));
        scene_->begin();
        world_->set_call_fault(nth, CallFault::refused);
        const auto refused = scene_->apply();
        if (nth <= calls_forward_) {
            EXPECT_EQ(refused.run.state, RunState::stopped);
            EXPECT_EQ(refused.count(StepState::failed) + refused.count(StepState::broken), 1U);
            EXPECT_TRUE(refused.exit_code() == 3 || refused.exit_code() == 1) << refused.exit_code();
        }
        world_->clear_call_fault();
        expect_done(scene_->finish());
        world_->set_call_fault(nth, CallFault::refused);
        const auto kept = scene_->roll_back();
        if (nth <= calls_back_) {
            EXPECT_EQ(kept.run.state, RunState::rolling_back);
            EXPECT_EQ(kept.count(StepState::undo_failed), 1U);
            EXPECT_EQ(kept.exit_code(), 10);
        }
        world_->clear_call_fault();
        expect_undone(scene_->roll_back());
    }
}

TEST_P(LaneContract, DiesAnywhereForwards) {
    prepare();
    const auto passes = passes_of([this] { scene_->begin(); }, [this] { scene_->apply(); });
    expect_undone(scene_->roll_back());
    ASSERT_FALSE(passes.empty());
    for (const auto& pass : passes) {
        SCOPED_TRACE(pass.name + " " + std::to_string(pass.nth));
        scene_->begin();
        set_fault(pass.name, pass.nth, FaultAction::die);
        EXPECT_TRUE(scene_->try_apply().is_error() || may_go_unnoticed(pass.name));
        scene_->restart();
        expect_done(scene_->finish());
        expect_undone(scene_->roll_back());
    }
}

TEST_P(LaneContract, DiesAnywhereBackwards) {
    prepare();
    const auto passes = passes_of(
        [this] {
            scene_->begin();
            scene_->apply();
        },
        [this] { scene_->roll_back(); });
    ASSERT_FALSE(passes.empty());
    for (const auto& pass : passes) {
        SCOPED_TRACE(pass.name + " " + std::to_string(pass.nth));
        scene_->begin();
        expect_done(scene_->apply());
        set_fault(pass.name, pass.nth, FaultAction::die);
        EXPECT_TRUE(scene_->try_roll_back().is_error() || may_go_unnoticed(pass.name));
        scene_->restart();
        const bool begun = must(scene_->state().run(scene_->run())).state != RunState::done;
        expect_undone(begun ? scene_->finish() : scene_->roll_back());
    }
}

TEST_P(LaneContract, DiesAnywhereWhileADecisionIsCarriedOut) {
    prepare();
    for (const auto decision : {core::Resolution::undo, core::Resolution::forget}) {
        const auto get_stuck = [this] {
            scene_->begin();
            scene_->apply();
            world_->tamper_part("alpha");
            EXPECT_EQ(scene_->roll_back().exit_code(), 10);
        };
        const auto carry_out = [this, decision]() -> Status {
            TRY(scene_->resolve(stuck(), decision));
            TRY(scene_->try_resume());
            return {};
        };
        const auto expect_carried_out = [this, decision] {
            EXPECT_EQ(must(scene_->state().run(scene_->run())).state, RunState::rolled_back);
            if (decision == core::Resolution::forget)
                world_->clear_part_away("alpha");
            EXPECT_EQ(world_->dump(), empty_);
        };
        const auto passes = passes_of(get_stuck, [&] { EXPECT_FALSE(carry_out().is_error()); });
        expect_carried_out();
        ASSERT_FALSE(passes.empty());
        for (const auto& pass : passes) {
            SCOPED_TRACE(pass.name + " " + std::to_string(pass.nth));
            get_stuck();
            set_fault(pass.name, pass.nth, FaultAction::die);
            EXPECT_TRUE(carry_out().is_error() || may_go_unnoticed(pass.name));
            scene_->restart();
            if (!scene_->displays(StepState::stuck).empty()) // it died before the decision was committed
                must(scene_->resolve(stuck(), decision));
            scene_->finish();
            expect_carried_out();
        }
    }
}

TEST_P(LaneContract, RollsBackFromEveryStep) {
    prepare();
    scene_->begin();
    clear_fault();
    scene_->apply();
    const auto results = fault_passes("step.after-result");
    ASSERT_GT(results, 0U);
    expect_undone(scene_->roll_back());
    for (std::uint64_t nth = 1; nth <= results;
         nth += world_->is_costly() ? std::max<std::uint64_t>(1, stride() / 4) : 1) {
        SCOPED_TRACE("after result " + std::to_string(nth));
        scene_->begin();
        set_fault("step.after-result", nth, FaultAction::die);
        EXPECT_TRUE(scene_->try_apply().is_error());
        scene_->restart();
        expect_undone(scene_->roll_back());
        world_->clear_call_fault();
        expect_undone(scene_->roll_back());
        EXPECT_EQ(world_->mutating_calls(), 0U);
    }
}

TEST_P(LaneContract, IsCancelledAnywhereAndGoesOn) {
    prepare();
    AtEvent count(0, [] {});
    scene_->begin();
    scene_->request.listener = &count;
    scene_->apply();
    expect_undone(scene_->roll_back());
    for (std::uint64_t nth = 1; nth < count.seen(); nth += stride()) {
        SCOPED_TRACE("cancelled at event " + std::to_string(nth));
        scene_->begin();
        std::stop_source stop;
        AtEvent cancel(nth, [&stop] { stop.request_stop(); });
        scene_->request.stop = stop.get_token();
        scene_->request.listener = &cancel;
        const auto forwards = scene_->apply();
        EXPECT_TRUE(forwards.run.state == RunState::done || forwards.exit_code() == 130) << causes_of(forwards);
        scene_->restart();
        expect_done(scene_->finish());
        std::stop_source stop_back;
        AtEvent cancel_back(nth, [&stop_back] { stop_back.request_stop(); });
        scene_->request.stop = stop_back.get_token();
        scene_->request.listener = &cancel_back;
        const auto backwards = scene_->roll_back();
        EXPECT_TRUE(backwards.run.state == RunState::rolled_back || backwards.exit_code() == 130)
            << backwards.exit_code();
        scene_->restart();
        expect_undone(scene_->finish());
    }
}

TEST_P(LaneContract, LeavesOutWhatChangedSinceThePlan) {
    plan({"alpha", "beta"});
    world_->change_source("alpha");
    const auto report = scene_->apply();
    EXPECT_EQ(report.run.state, RunState::stopped);
    EXPECT_EQ(report.exit_code(), 3);
    EXPECT_GT(report.stale, 0U);
    const auto stale = scene_->displays(StepState::skipped);
    const auto done = scene_->displays(StepState::done);
    EXPECT_FALSE(stale.empty());
    EXPECT_THAT(stale, ::testing::Each(HasSubstr("alpha")));
    EXPECT_THAT(done, ::testing::Contains(HasSubstr("beta")));
    EXPECT_GT(scene_->resume().stale, 0U); // it is read again, and still another
    expect_undone(scene_->roll_back());
}

TEST_P(LaneContract, RefusesAPlanThatAnotherStateDatabaseHasBegun) {
    plan({"alpha", "beta"});
    EXPECT_EQ(scene_->apply().run.state, RunState::done);
    const auto made = world_->dump();
    scene_->begin(); // another state database
    const auto refused = scene_->try_apply();
    ASSERT_TRUE(refused.is_error());
    EXPECT_EQ(refused.error().kind(), ErrorKind::held);
    EXPECT_THAT(refused.error().fix(), HasSubstr("--take-over"));
    EXPECT_TRUE(must(scene_->state().runs()).empty()) << "a run could be resumed, or rolled back";
    scene_->request.unrecorded = core::Unrecorded::take_over; // the other one is lost
    const auto taken = scene_->apply();
    EXPECT_EQ(taken.run.state, RunState::done) << causes_of(taken);
    EXPECT_EQ(world_->dump(), made);
    expect_undone(scene_->roll_back());
}

/// Two state databases apply one plan; the first stopped before it made anything, the second did it all.
TEST_P(LaneContract, NeitherTakesNorRemovesWhatItHasNoRecordOf) {
    plan({"alpha", "beta"});
    set_fault("engine.after-run-row", 1, FaultAction::die);
    EXPECT_TRUE(scene_->try_apply().is_error());
    const auto first = scene_->state_file();
    scene_->begin(); // another state database
    const auto report = scene_->apply();
    EXPECT_EQ(report.run.state, RunState::done) << causes_of(report);
    const auto made = world_->dump();
    EXPECT_NE(made, empty_);
    scene_->open_again(first);
    for (const auto& refused : {scene_->try_resume(), scene_->try_roll_back()}) {
        ASSERT_TRUE(refused.is_error());
        EXPECT_EQ(refused.error().kind(), ErrorKind::held);
        EXPECT_THAT(refused.error().fix(), HasSubstr("--take-over"));
    }
    scene_->request.unrecorded = core::Unrecorded::leave;
    EXPECT_EQ(scene_->roll_back().run.state, RunState::rolled_back);
    EXPECT_EQ(world_->dump(), made);
}

/// A copy of the state database from before the run made anything is put in its place.
TEST_P(LaneContract, TakesUpWhatAnOlderCopyHasNoRecordOfByAWord) {
    plan({"alpha", "beta"});
    set_fault("engine.after-run-row", 1, FaultAction::die);
    EXPECT_TRUE(scene_->try_apply().is_error());
    scene_->restart();
    const auto copy = scene_->folder() + "/copy.db";
    ASSERT_FALSE(scene_->state().backup(copy).is_error());
    EXPECT_EQ(scene_->resume().run.state, RunState::done);
    const auto made = world_->dump();
    scene_->open_again(copy);
    EXPECT_EQ(scene_->try_resume().error().kind(), ErrorKind::held);
    scene_->request.unrecorded = core::Unrecorded::take_over;
    world_->clear_call_fault();
    const auto taken = scene_->resume();
    EXPECT_EQ(taken.run.state, RunState::done) << causes_of(taken);
    EXPECT_EQ(world_->mutating_calls(), 0U);
    EXPECT_EQ(world_->dump(), made);
    expect_undone(scene_->roll_back());
}

TEST_P(LaneContract, RefusesASecondOwnerAndNamesTheFirst) {
    prepare();
    scene_->begin();
    std::vector<Error> refusals;
    AtEvent beside(3, [&] {
        const auto state = scene_->open_beside();
        core::Engine second(*state, scene_->lanes(), scene_->services());
        core::RunRequest request;
        request.holder = "the second";
        request.run_files = scene_->request.run_files;
        for (auto& answer : {second.apply(scene_->plan_file(), std::nullopt, request),
                             second.resume(scene_->run(), {}, request), second.roll_back(scene_->run(), request)})
            if (answer.is_error())
                refusals.push_back(answer.error());
    });
    scene_->request.listener = &beside;
    const auto report = scene_->apply();
    scene_->request.listener = nullptr;
    ASSERT_EQ(refusals.size(), 3U);
    for (const auto& refusal : refusals) {
        EXPECT_EQ(refusal.kind(), ErrorKind::held);
        EXPECT_THAT(refusal.to_block(), HasSubstr("the first"));
    }
    expect_done(report);
    expect_undone(scene_->roll_back());
}

} // namespace

} // namespace godwit::contract
