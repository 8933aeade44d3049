#include "core/step_runner.h"

#include "contract/bench.h"

#include <gmock/gmock.h>

namespace godwit::core {
namespace {

using contract::CallFault;
using contract::Ending;
using contract::must;
using store::StepState;
using testing::HasSubstr;
using Next = StepRunner::Next;

class StepRunnerTest : public contract::Bench {
protected:
    void begin_with(Ending ending = Ending::at_once) {
        world_.add("alpha", ending);
        begin_run();
    }

    /// Brings `alpha` to its creation done, so that its items can be filled.
    void create() { EXPECT_EQ(must(runner_->run(row("create"))).row.state, StepState::done); }

    /// Looks until the step's state says something else, as the walk does.
    StepRunner::Outcome look_on(StepRunner::Outcome outcome) {
        for (int looks = 0; looks < 50 && outcome.next == Next::look; ++looks) {
            while (scene_.clock().now() < outcome.not_before)
                scene_.clock().sleep_for(std::chrono::seconds(1));
            outcome = must(runner_->look(outcome.row, looks));
        }
        return outcome;
    }
};

TEST_F(StepRunnerTest, TheIntentIsCommittedBeforeTheCall) {
    begin_with();
    set_fault("step.after-intent", 1, FaultAction::die);
    EXPECT_TRUE(runner_->run(row("create")).is_error());
    clear_fault();
    const auto step = row("create");
    EXPECT_EQ(step.state, StepState::intent);
    EXPECT_EQ(step.attempts, 1);
    EXPECT_EQ(step.call_deadline, scene_.clock().now() + 5'000'000);
    EXPECT_EQ(step.request_digest.size(), 64U);
    EXPECT_EQ(must(scene_.state().pin(scene_.run(), step.resource))->fingerprint,
              must(plan_step_from_json(must(scene_.state().step_line(journal_->run().plan, step.step)))).fingerprint);
    EXPECT_EQ(world_.dump(), "");
}

TEST_F(StepRunnerTest, AbsenceCountsOnlyAfterDeadlineSettleTimeAndLooks) {
    begin_with();
    world_.set_call_fault(1, CallFault::lost_before);
    auto outcome = must(runner_->run(row("create")));
    EXPECT_EQ(outcome.row.state, StepState::unknown);
    const auto deadline = outcome.row.call_deadline;
    outcome = must(runner_->look(outcome.row, 0));
    EXPECT_EQ(outcome.next, Next::look);
    EXPECT_EQ(outcome.not_before, deadline);
    outcome = look_on(outcome);
    EXPECT_EQ(outcome.row.state, StepState::planned);
    EXPECT_GE(scene_.clock().now(), deadline + 10'000'000);
}

TEST_F(StepRunnerTest, AfterFiveLostCallsItIsLeftToAPerson) {
    begin_with();
    world_.cloud.set_fault(1, CallFault::lost_before, 0);
    int calls = 0;
    StepRunner::Outcome outcome{row("create")};
    for (; calls < 20 && outcome.next != Next::unsettled; ++calls)
        outcome = look_on(must(runner_->run(outcome.row)));
    EXPECT_EQ(calls, 5);
    EXPECT_EQ(state_of("create"), StepState::unknown);
}

TEST_F(StepRunnerTest, ALongStepWhoseAnswersAreAlwaysLostComesToAnEnd) {
    begin_with();
    create();
    world_.cloud.set_fault(1, CallFault::lost_before, 0);
    EXPECT_EQ(look_on(must(runner_->run(row("fill")))).next, Next::unsettled);
    EXPECT_EQ(state_of("fill"), StepState::unknown);
    world_.clear_call_fault();
}

TEST_F(StepRunnerTest, ManyLooksAtASlowThingAndOneThatFailsAreNoEnd) {
    begin_with(Ending::ready_later);
    auto outcome = must(runner_->run(row("create")));
    EXPECT_EQ(outcome.row.state, StepState::made);
    world_.cloud.fail_looks(1);
    outcome = must(runner_->look(outcome.row, 40));
    EXPECT_EQ(outcome.next, Next::look);
    EXPECT_EQ(look_on(outcome).row.state, StepState::done);
}

TEST_F(StepRunnerTest, LooksThatFailInARowLeaveItUnsettled) {
    begin_with(Ending::ready_later);
    auto outcome = must(runner_->run(row("create")));
    world_.cloud.fail_looks(100);
    EXPECT_EQ(look_on(outcome).next, Next::unsettled);
    EXPECT_EQ(state_of("create"), StepState::made);
    world_.clear_call_fault();
}

TEST_F(StepRunnerTest, WhatIsNeverReadyBreaksAtItsTimeLimit) {
    begin_with(Ending::ready_later);
    const auto outcome = must(runner_->run(row("create")));
    scene_.clock().sleep_for(std::chrono::minutes(11));
    EXPECT_EQ(must(runner_->look(outcome.row, 1)).row.state, StepState::broken);
    EXPECT_THAT(row("create").reason, HasSubstr("time limit"));
}

TEST_F(StepRunnerTest, WhatVanishesBeforeItIsReadyBreaks) {
    begin_with(Ending::ready_later);
    const auto outcome = must(runner_->run(row("create")));
    world_.cloud.stranger_removes("alpha");
    EXPECT_EQ(must(runner_->look(outcome.row, 1)).row.state, StepState::broken);
}

TEST_F(StepRunnerTest, SeveralOfOneMarkerAreForAPerson) {
    begin_with();
    set_fault("step.after-call", 1, FaultAction::die);
    EXPECT_TRUE(runner_->run(row("create")).is_error());
    clear_fault();
    world_.cloud.stranger_makes("alpha", "value of it", world_.cloud.all().front().marker);
    auto step = move(row("create"), {StepState::unknown});
    EXPECT_EQ(must(runner_->look(step, 0)).row.state, StepState::stuck);
    EXPECT_THAT(row("create").reason, HasSubstr("2 of this marker"));
}

TEST_F(StepRunnerTest, TheSourceIsReadOncePerRunAndResource) {
    begin_with();
    create();
    world_.change_source("alpha"); // drift from here on: nothing is stale any more
    EXPECT_EQ(must(runner_->run(row("fill"))).row.state, StepState::done);
    const auto verified = must(runner_->run(row("verify")));
    EXPECT_EQ(verified.row.state, StepState::failed);
    EXPECT_EQ(verified.row.outcome, "not-comparable(drift)");
}

TEST_F(StepRunnerTest, AChangedOrMissingSourceIsStaleBeforeTheFirstIntent) {
    begin_with();
    world_.source.remove("alpha");
    const auto outcome = must(runner_->run(row("create")));
    EXPECT_EQ(outcome.next, Next::skip_resource);
    EXPECT_EQ(outcome.reason.cause, store::SkipCause::stale);
    EXPECT_EQ(state_of("create"), StepState::planned);
    EXPECT_FALSE(must(scene_.state().pin(scene_.run(), outcome.row.resource)));
}

TEST_F(StepRunnerTest, ASourceThatCannotBeReadIsNotStale) {
    begin_with();
    world_.source.fail(Error::make(ErrorKind::permission, "not allowed to look"));
    const auto outcome = must(runner_->run(row("create")));
    EXPECT_EQ(outcome.next, Next::skip_resource);
    EXPECT_EQ(outcome.reason.cause, store::SkipCause::unreadable);
    EXPECT_THAT(outcome.reason.words, HasSubstr("not allowed to look"));
    world_.source.fail(Error::make(ErrorKind::interrupted, "told to stop"));
    EXPECT_EQ(must(runner_->run(row("create"))).next, Next::stopped);
    world_.source.fail(Error::make(ErrorKind::bug, "an invariant broke"));
    EXPECT_TRUE(runner_->run(row("create")).is_error());
    world_.source.heal();
    create();
    EXPECT_EQ(state_of("create"), StepState::done);
}

TEST_F(StepRunnerTest, ADefiniteNoFailsOrBreaks) {
    begin_with();
    create();
    world_.set_call_fault(1, CallFault::refused);
    const auto filled = must(runner_->run(row("fill"))); // its first part has begun
    EXPECT_EQ(filled.row.state, StepState::broken);
    EXPECT_THAT(filled.row.error, HasSubstr("quota"));
}

TEST_F(StepRunnerTest, ARemovalWithoutAnswerIsRepeatedAndThenGivenUp) {
    begin_with();
    create();
    world_.cloud.set_fault(1, CallFault::lost_before, 0);
    auto outcome = must(runner_->compensate(row("create")));
    EXPECT_EQ(outcome.row.state, StepState::compensating);
    int calls = 1;
    for (; calls < 20 && outcome.next == Next::look; ++calls)
        outcome = must(runner_->compensate(outcome.row));
    EXPECT_EQ(outcome.row.state, StepState::undo_failed);
    EXPECT_EQ(calls, 5);
    world_.clear_call_fault();
    EXPECT_EQ(must(runner_->compensate(outcome.row)).row.state, StepState::compensated);
}

TEST_F(StepRunnerTest, WhatIsNotAsMadeStaysAndIsShown) {
    begin_with();
    create();
    world_.tamper("alpha");
    const auto outcome = must(runner_->compensate(row("create")));
    EXPECT_EQ(outcome.row.state, StepState::stuck);
    EXPECT_THAT(outcome.row.reason, HasSubstr("changed by somebody"));
    EXPECT_THAT(outcome.row.result, HasSubstr("present_value"));
    EXPECT_NE(world_.dump(), "");
}

TEST_F(StepRunnerTest, AWaiverOfThePlanMakesAWeakOutcomeDone) {
    world_.add("alpha");
    must(plan());
    const auto resource = [this] {
        std::string key;
        EXPECT_TRUE(
            read_plan(scene_.plan_file(), [&key](const PlanStep& step, std::int64_t, std::string_view) -> Status {
                key = step.resource;
                return {};
            }));
        return key;
    }();
    begin_run({{"VERIFY-DIFFERENT", resource, "known to differ", 1}});
    create();
    EXPECT_EQ(must(runner_->run(row("fill"))).row.state, StepState::done);
    world_.tamper("alpha/0");
    const auto verified = must(runner_->run(row("verify")));
    EXPECT_EQ(verified.row.state, StepState::done);
    EXPECT_EQ(verified.row.outcome, "different(1)");
    const auto given = must(waiver_from_json(verified.row.waiver));
    EXPECT_EQ(given.waiver.reason, "known to differ");
    EXPECT_EQ(given.waiver.code, "VERIFY-DIFFERENT");
    EXPECT_EQ(given.waiver.most, 1U);
    EXPECT_EQ(given.by + given.at, "") << "the plan's, and nobody's of this run";
    world_.tamper("alpha/1"); // one more than the waiver covers
    ASSERT_TRUE(runner_->verify_again(verified.row));
    EXPECT_EQ(row("verify").outcome, "different(2)");
    EXPECT_EQ(row("verify").waiver, "");
}

TEST_F(StepRunnerTest, AnExceptionBelowARemovalOrALookIsAnErrorOfItsStep) {
    begin_with();
    create();
    world_.cloud.set_fault(1, CallFault::thrown);
    const auto undone = runner_->compensate(row("create"));
    ASSERT_TRUE(undone.is_error());
    EXPECT_EQ(undone.error().kind(), ErrorKind::bug);
    EXPECT_EQ(undone.error().where(), row("create").step);
    EXPECT_EQ(state_of("create"), StepState::compensating);
    world_.cloud.throw_at_looks(1);
    EXPECT_EQ(runner_->look_aside(row("create")).error().kind(), ErrorKind::bug);
    world_.clear_call_fault();
    EXPECT_EQ(must(runner_->compensate(row("create"))).row.state, StepState::compensated);
}

TEST_F(StepRunnerTest, AKindThatTheLaneDoesNotKnowIsABug) {
    begin_with();
    auto strange = row("create");
    strange.kind = "memory.unheard-of";
    EXPECT_EQ(runner_->run(strange).error().kind(), ErrorKind::bug);
}

} // namespace
} // namespace godwit::core
