#include "core/engine.h"

#include "base/fault_point.h"
#include "contract/engine_scene.h"
#include "core/certificate.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <gtest/gtest.h>

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

TEST_F(EngineTest, AppliesNothingThatNobodyConfirms) {
    world_.add("alpha");
    plan();
    ASSERT_TRUE(remove_file(scene_.plan_file() + ".sha256"));
    const auto digest = must(read_plan(scene_.plan_file(), {})).digest;
    EXPECT_EQ(scene_.try_apply().error().kind(), ErrorKind::stale);
    EXPECT_EQ(scene_.engine().apply(scene_.plan_file(), std::string(64, '0'), scene_.request).error().kind(),
              ErrorKind::stale);
    EXPECT_TRUE(must(scene_.state().runs()).empty());
    EXPECT_EQ(must(scene_.engine().apply(scene_.plan_file(), digest, scene_.request)).run.state, RunState::done);
    // The state database knows the plan now.
    EXPECT_EQ(scene_.apply().run.state, RunState::done);
}

TEST_F(EngineTest, RefusesAnotherTargetAndRecordsNothing) {
    world_.add("alpha");
    plan();
    dynamic_cast<contract::MemoryLane&>(world_.lane()).change_identity("another cloud");
    EXPECT_EQ(scene_.try_apply().error().kind(), ErrorKind::stale);
    EXPECT_TRUE(must(scene_.state().runs()).empty());
}

TEST_F(EngineTest, AnUnfinishedRunNamesTheCommandsToGoOn) {
    world_.add("alpha");
    plan();
    world_.set_call_fault(1, CallFault::refused);
    const auto first = scene_.apply();
    EXPECT_EQ(first.exit_code(), 1); // nothing succeeded
    EXPECT_EQ(state_of("create"), StepState::failed);
    const auto second = scene_.try_apply();
    ASSERT_TRUE(second.is_error());
    EXPECT_EQ(second.error().kind(), ErrorKind::held);
    EXPECT_THAT(second.error().fix(), HasSubstr("run resume " + first.run.id));
    EXPECT_THAT(second.error().fix(), HasSubstr("run rollback " + first.run.id));
    EXPECT_EQ(scene_.resume().run.state, RunState::done);
}

TEST_F(EngineTest, AnOutcomeIsAcceptedUpToABoundAndForAReason) {
    world_.add("alpha");
    plan();
    set_fault("step.after-result", 1, FaultAction::die);
    EXPECT_TRUE(scene_.try_apply().is_error());
    scene_.restart();
    world_.cloud.stranger_makes("alpha", "another alpha");
    EXPECT_EQ(scene_.resume().exit_code(), 8);
    const auto verify = scene_.row("verify");
    EXPECT_EQ(verify.outcome, "different(1)");
    EXPECT_EQ(scene_.accept(verify, 0).error().kind(), ErrorKind::usage);
    EXPECT_EQ(scene_.accept(scene_.row("create"), 9).error().kind(), ErrorKind::usage);
    EXPECT_EQ(scene_.engine().accept(scene_.run(), verify.step, "", 1, scene_.request).error().kind(),
              ErrorKind::usage);
    const auto accepted_at = format_time(scene_.clock().now());
    EXPECT_EQ(must(scene_.accept(verify, 1)).waived, 1U);
    const auto done = scene_.resume();
    EXPECT_EQ(done.run.state, RunState::done);
    EXPECT_EQ(done.exit_code(), 0);
    const auto given = must(waiver_from_json(scene_.row("verify").waiver));
    EXPECT_EQ(given.waiver.reason, "known");
    EXPECT_EQ(given.waiver.most, 1U);
    EXPECT_EQ(given.by, "ann@here");
    EXPECT_EQ(given.at, accepted_at);
    std::vector<std::string> told;
    for (const auto& event : must(scene_.state().events(scene_.run(), 0, 1000)))
        if (event.type == "verify_result")
            told.push_back(event.data);
    EXPECT_THAT(told.back(), HasSubstr(R"("by":"ann@here")"));
    EXPECT_EQ(scene_.accept(scene_.row("verify"), 1).error().kind(), ErrorKind::usage); // it is accepted
}

TEST_F(EngineTest, AnOutcomeThatVerifyFoundLaterIsAcceptedToo) {
    world_.add("alpha");
    plan();
    scene_.apply();
    EXPECT_EQ(scene_.accept(scene_.row("verify"), 1).error().kind(), ErrorKind::usage) << "it is equal";
    world_.tamper("alpha");
    EXPECT_EQ(must(scene_.verify()).exit_code(), 8);
    EXPECT_EQ(must(scene_.accept(scene_.row("verify"), 1)).exit_code(), 0);
    EXPECT_EQ(state_of("verify"), StepState::done);
    EXPECT_EQ(must(waiver_from_json(scene_.row("verify").waiver)).by, "ann@here");
}

/// The cloud cannot be looked at when the check begins.
class OutageAtTheCheck final : public RunListener {
public:
    explicit OutageAtTheCheck(contract::MemoryCloud& cloud, std::string step)
        : cloud_(&cloud), step_(std::move(step)) {}
    void on_event(const store::EventRow& event) override {
        if (event.step == step_ && event.data.find(R"("intent")") != std::string::npos)
            cloud_->fail_looks(1);
    }
    void on_progress(std::string_view, std::string_view, std::uint64_t, std::uint64_t) override {}

private:
    contract::MemoryCloud* cloud_;
    std::string step_;
};

TEST_F(EngineTest, ACheckThatCannotBeMadeInARunHasAnOutcomeThatCanBeAccepted) {
    world_.add("alpha");
    plan();
    set_fault("engine.after-run-row", 1, FaultAction::die);
    EXPECT_TRUE(scene_.try_apply().is_error());
    scene_.restart();
    OutageAtTheCheck outage(world_.cloud, scene_.row("verify").step);
    scene_.request.listener = &outage;
    const auto stopped = scene_.resume();
    scene_.request.listener = nullptr;
    EXPECT_EQ(stopped.exit_code(), 11);
    const auto verify = scene_.row("verify");
    EXPECT_EQ(verify.state, StepState::failed);
    EXPECT_EQ(verify.outcome, "not-checked");
    EXPECT_THAT(verify.reason, HasSubstr("cannot be reached"));
    EXPECT_EQ(must(scene_.state().validations(verify.run, verify.step)).back().outcome, "not-checked");
    EXPECT_THAT(must(certificate(scene_.state(), scene_.run())), Not(HasSubstr("not_repeated"))) << "it was never made";
    EXPECT_FALSE(scene_.accept(verify, 0).is_error());
    EXPECT_EQ(scene_.resume().run.state, RunState::done);
}

TEST_F(EngineTest, VerifyingAgainSeesWhatChangedAndDropsAWaiverThatDoesNotCoverIt) {
    world_.add("alpha");
    plan();
    scene_.apply();
    EXPECT_EQ(must(scene_.verify()).exit_code(), 0);
    world_.tamper("alpha");
    EXPECT_EQ(must(scene_.verify()).exit_code(), 8);
    EXPECT_EQ(scene_.row("verify").outcome, "different(1)");
    EXPECT_EQ(state_of("verify"), StepState::done);
    world_.cloud.stranger_changes("alpha", "value of it");
    EXPECT_EQ(must(scene_.verify()).exit_code(), 0);
    scene_.roll_back();
    EXPECT_EQ(scene_.verify().error().kind(), ErrorKind::usage);
}

TEST_F(EngineTest, AWaiverThatAPersonGaveHoldsWhileItCoversTheOutcome) {
    world_.add("alpha");
    plan();
    scene_.apply();
    world_.tamper("alpha");
    must(scene_.verify());
    auto verify = scene_.row("verify");
    auto accepted = verify;
    accepted.waiver = waiver_to_json({{"VERIFY-DIFFERENT", verify.resource, "known", 1}, "ann", "today"});
    ASSERT_TRUE(scene_.state().write(
        {}, [&](store::Transaction& transaction) { return transaction.change_step(verify, accepted); }));
    EXPECT_EQ(must(scene_.verify()).exit_code(), 0);
    EXPECT_EQ(scene_.row("verify").waiver, accepted.waiver);
    world_.tamper_part("alpha"); // one more than it covers
    EXPECT_EQ(must(scene_.verify()).exit_code(), 8);
    EXPECT_EQ(scene_.row("verify").waiver, "");
}

TEST_F(EngineTest, ACheckThatCannotBeMadeKeepsNoOtherFromBeingMade) {
    world_.add("alpha");
    world_.add("beta");
    plan();
    scene_.apply();
    world_.cloud.fail_looks(1);
    world_.tamper("beta");
    const auto report = must(scene_.verify());
    std::vector<std::string> outcomes;
    for (const auto* display : {"alpha", "beta"})
        outcomes.push_back(scene_.row("verify", display).outcome);
    EXPECT_THAT(outcomes, ::testing::Contains("equal")) << "what an earlier check proved stays";
    EXPECT_EQ(report.verified, 2U);
    EXPECT_EQ(report.not_repeated, 1U);
    EXPECT_NE(report.exit_code(), 0);
    int not_repeated = 0;
    for (const auto& row : scene_.rows()) {
        if (row.error.empty())
            continue;
        ++not_repeated;
        EXPECT_THAT(row.reason, HasSubstr("cannot be reached")) << row.reason;
        for (const auto& validation : must(scene_.state().validations(row.run, row.step)))
            EXPECT_EQ(validation.outcome, "equal");
    }
    EXPECT_EQ(not_repeated, 1);
    world_.cloud.stranger_changes("beta", "value of it");
    EXPECT_EQ(must(scene_.verify()).exit_code(), 0);
    EXPECT_EQ(scene_.row("verify", "alpha").reason, "");
    world_.cloud.fail_looks(1);
    EXPECT_EQ(must(scene_.verify()).exit_code(), 11) << "not proved";
}

TEST_F(EngineTest, AnOutageTakesNoWaiverAway) {
    world_.add("alpha");
    plan();
    scene_.apply();
    world_.tamper("alpha");
    must(scene_.verify());
    must(scene_.accept(scene_.row("verify"), 1));
    world_.cloud.fail_looks(1);
    EXPECT_EQ(must(scene_.verify()).exit_code(), 11);
    EXPECT_EQ(scene_.row("verify").outcome, "different(1)");
    EXPECT_THAT(must(certificate(scene_.state(), scene_.run())), HasSubstr("not_repeated"));
    EXPECT_EQ(must(scene_.verify()).exit_code(), 0);
}

TEST_F(EngineTest, AVerificationThatDiesLeavesTheOldRecordWholeOrTheNewOne) {
    world_.add("alpha");
    world_.add("beta");
    plan();
    scene_.apply();
    const auto record = [this](const char* display) {
        const auto row = scene_.row("verify", display);
        std::string text = row.outcome;
        for (const auto& validation : must(scene_.state().validations(row.run, row.step)))
            text += " " + validation.what + " " + validation.outcome;
        return text;
    };
    const auto equal = record("alpha");
    const auto equal_beta = record("beta");
    for (const auto* thing : {"alpha", "beta"})
        world_.tamper(thing);
    int whole = 0;
    for (std::uint64_t nth = 1; whole == 0; ++nth) {
        set_fault("journal.before-commit", nth, FaultAction::die);
        whole += scene_.verify() ? 1 : 0;
        scene_.restart();
        const auto present = record("alpha");
        EXPECT_TRUE(present == equal || present.starts_with("different(1)")) << present;
        EXPECT_EQ(std::ranges::count(present, ' '), std::ranges::count(equal, ' ')) << present;
        EXPECT_EQ(std::ranges::count(record("beta"), ' '), std::ranges::count(equal_beta, ' '));
    }
    EXPECT_TRUE(record("alpha").starts_with("different(1)"));
    EXPECT_TRUE(record("beta").starts_with("different(1)"));
}

TEST_F(EngineTest, AnInternalErrorStopsTheRunAndSaysHowToGoOn) {
    world_.add("alpha");
    plan();
    world_.cloud.set_fault(1, CallFault::thrown);
    const auto thrown = scene_.try_apply();
    ASSERT_TRUE(thrown.is_error());
    EXPECT_EQ(thrown.error().kind(), ErrorKind::bug);
    EXPECT_THAT(thrown.error().fix(), HasSubstr("godwit run resume " + scene_.run()));
    EXPECT_EQ(must(scene_.state().run(scene_.run())).state, RunState::stopped);
    world_.clear_call_fault();
    EXPECT_EQ(scene_.resume().run.state, RunState::done);
    world_.cloud.set_fault(1, CallFault::thrown);
    const auto undone = scene_.try_roll_back();
    ASSERT_TRUE(undone.is_error());
    EXPECT_EQ(undone.error().kind(), ErrorKind::bug);
    EXPECT_THAT(undone.error().fix(), HasSubstr("godwit run resume " + scene_.run()));
    EXPECT_EQ(must(scene_.state().run(scene_.run())).state, RunState::rolling_back);
    EXPECT_EQ(scene_.try_resume(scene_.row("create").step).error().kind(), ErrorKind::usage) << "nothing is made anew";
    world_.clear_call_fault();
    EXPECT_EQ(scene_.resume().run.state, RunState::rolled_back);
}

TEST_F(EngineTest, AVerificationThatThrowsIsAnErrorAndChangesNothing) {
    world_.add("alpha");
    plan();
    scene_.apply();
    world_.cloud.throw_at_looks(1);
    const auto thrown = scene_.verify();
    ASSERT_TRUE(thrown.is_error());
    EXPECT_EQ(thrown.error().kind(), ErrorKind::bug);
    EXPECT_EQ(scene_.row("verify").outcome, "equal");
    EXPECT_EQ(must(scene_.verify()).exit_code(), 0);
}

TEST_F(EngineTest, AJournalThatFailsLeavesTheRunStoppedWhereItCan) {
    world_.add("alpha");
    plan();
    set_fault("journal.before-commit", 3, FaultAction::error); // once, and it works again
    const auto failed = scene_.try_apply();
    ASSERT_TRUE(failed.is_error());
    EXPECT_THAT(failed.error().fix(), HasSubstr("godwit run resume " + scene_.run()));
    clear_fault();
    EXPECT_EQ(must(scene_.state().run(scene_.run())).state, RunState::stopped);
    EXPECT_EQ(scene_.resume().run.state, RunState::done);
}

TEST_F(EngineTest, AReplacementThatIsRefusedLeavesTheRunStopped) {
    world_.add("alpha", Ending::error_later);
    plan();
    scene_.apply();
    const auto refused = scene_.try_resume(scene_.row("fill").step);
    EXPECT_EQ(refused.error().kind(), ErrorKind::usage);
    EXPECT_EQ(must(scene_.state().run(scene_.run())).state, RunState::stopped);
}

TEST_F(EngineTest, AThingThatTheJournalForgotIsFoundByItsMarker) {
    world_.add("alpha");
    plan();
    scene_.apply();
    scene_.begin(); // another state database: the first one is lost
    world_.clear_call_fault();
    scene_.request.unrecorded = Unrecorded::take_over;
    EXPECT_EQ(scene_.apply().run.state, RunState::done);
    EXPECT_EQ(state_of("create"), StepState::done);
    EXPECT_EQ(world_.mutating_calls(), 0U);
    scene_.roll_back();
    EXPECT_EQ(world_.dump(), "");
}

TEST_F(EngineTest, AFirstLookThatFailsLeavesNoRun) {
    world_.add("alpha");
    plan();
    world_.cloud.fail_looks(1);
    EXPECT_TRUE(scene_.try_apply().is_error());
    EXPECT_TRUE(must(scene_.state().runs()).empty());
    std::stop_source stop;
    stop.request_stop();
    scene_.request.stop = stop.get_token();
    EXPECT_EQ(scene_.try_apply().error().kind(), ErrorKind::interrupted);
    EXPECT_TRUE(must(scene_.state().runs()).empty());
    scene_.request.stop = {};
    EXPECT_EQ(scene_.apply().run.state, RunState::done);
}

TEST_F(EngineTest, ALookThatFailsKeepsARollbackFromNothingElse) {
    world_.add("alpha");
    world_.add("beta");
    plan();
    world_.set_call_fault(1, CallFault::refused);
    EXPECT_EQ(scene_.apply().count(StepState::failed), 1U);
    world_.cloud.fail_looks(1);
    EXPECT_EQ(scene_.roll_back().run.state, RunState::rolled_back);
    EXPECT_EQ(world_.dump(), "");
}

TEST_F(EngineTest, AReplacementOfNothingIsAUsageError) {
    world_.add("alpha");
    plan();
    scene_.apply();
    EXPECT_EQ(scene_.try_resume(scene_.row("fill").step).error().kind(), ErrorKind::usage) << "the run is done";
    scene_.roll_back();
    EXPECT_EQ(scene_.try_resume(scene_.row("fill").step).error().kind(), ErrorKind::usage) << "it is undone";
    scene_.begin();
    set_fault("engine.after-run-row", 1, FaultAction::die);
    EXPECT_TRUE(scene_.try_apply().is_error());
    scene_.restart();
    EXPECT_EQ(scene_.try_resume("nosuchstep").error().kind(), ErrorKind::usage);
}

TEST_F(EngineTest, ThePreviewShowsOnlyWhatIsThereAndSaysWhatIsNotAsMade) {
    world_.add("alpha");
    world_.add("beta");
    plan();
    scene_.apply();
    world_.tamper("alpha");
    world_.cloud.stranger_removes("beta");
    std::vector<std::string> lines;
    must(scene_.engine().preview_roll_back(
        scene_.run(), scene_.request, [&lines](const store::StepRow& row, const Result<LookUp>& found) -> Status {
            lines.push_back(row.kind + " " + (found ? found->detail : found.error().to_line()));
            return {};
        }));
    EXPECT_EQ(lines.size(), 4U); // two creations, two fillings; in the order of removal
    EXPECT_THAT(lines.front(), HasSubstr("fill"));
    EXPECT_THAT(lines, ::testing::Contains(HasSubstr("changed by somebody")));
    world_.cloud.fail_looks(100);
    lines.clear();
    must(scene_.engine().preview_roll_back(scene_.run(), scene_.request,
                                           [&lines](const store::StepRow&, const Result<LookUp>& found) -> Status {
                                               EXPECT_TRUE(found.is_error());
                                               lines.emplace_back("unseen");
                                               return {};
                                           }));
    EXPECT_EQ(lines.size(), 4U);
    world_.clear_call_fault();
}

} // namespace
} // namespace godwit::core
