#include "core/step_context.h"

#include "contract/bench.h"
#include "core/keys.h"

#include <gmock/gmock.h>

namespace godwit::core {
namespace {

using store::PartState;
using store::StepState;

class StepContextTest : public contract::Bench {
protected:
    void SetUp() override {
        world_.add("alpha");
        begin_run();
    }

    JournalContext context(std::string_view kind) {
        const auto of = row(kind);
        return {*journal_,
                contract::must(
                    plan_step_from_json(contract::must(scene_.state().step_line(journal_->run().plan, of.step)))),
                of,
                marker(journal_->run().plan, of.step),
                scene_.folder(),
                {}};
    }
};

TEST_F(StepContextTest, TheFirstPartMakesTheStepMadeInTheSameTransaction) {
    move(row("fill"), {StepState::intent});
    auto fill = context("fill");
    set_fault("journal.after-commit", 1, FaultAction::error); // as if the process died right after the one commit
    EXPECT_TRUE(fill.begin_part("a", "m").is_error());
    clear_fault();
    EXPECT_EQ(state_of("fill"), StepState::made);
    const auto parts = contract::must(scene_.state().parts(scene_.run(), row("fill").step));
    ASSERT_EQ(parts.size(), 1U);
    EXPECT_EQ(parts[0].state, PartState::intent);
    EXPECT_TRUE(fill.journal_failure()) << "the run must stop";
}

TEST_F(StepContextTest, ARemovedPartIsMadeAgainWithANewNonce) {
    move(row("fill"), {StepState::intent});
    auto fill = context("fill");
    const auto first = contract::must(fill.begin_part("a", "m"));
    auto removed = first;
    removed.state = PartState::removed;
    ASSERT_TRUE(fill.change_part(first, removed));
    const auto second = contract::must(fill.begin_part("a", "m"));
    EXPECT_NE(second.nonce, first.nonce);
    const auto parts = contract::must(fill.parts());
    ASSERT_EQ(parts.size(), 1U);
    EXPECT_EQ(parts[0].nonce, second.nonce);
}

TEST_F(StepContextTest, APartThatIsTakenUpGetsThePlaceOfOneThatIsGone) {
    move(row("fill"), {StepState::intent});
    auto fill = context("fill");
    const auto first = contract::must(fill.begin_part("a", "m"));
    auto adopted = first;
    adopted.nonce = "another";
    auto removed = first;
    removed.state = PartState::removed;
    ASSERT_TRUE(fill.change_part(first, removed));
    ASSERT_TRUE(fill.adopt_part(adopted));
    auto beside = adopted;
    beside.from_key = "n";
    ASSERT_TRUE(fill.adopt_part(beside));
    const auto parts = contract::must(fill.parts());
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_EQ(parts[0].nonce, "another");
    EXPECT_EQ(parts[0].state, PartState::intent);
    EXPECT_FALSE(fill.journal_failure());
}

TEST_F(StepContextTest, ComparisonsWithoutEndAreToldTogetherFromSomePointOn) {
    auto verify = context("verify");
    for (int i = 0; i < 10'000; ++i)
        ASSERT_TRUE(verify.record(Comparison{"file", Verdict::equal(), "{}"}));
    EXPECT_EQ(verify.validations().back().what, "file");
    for (const auto& verdict : {Verdict::equal(), Verdict::different(2), Verdict::equal(), Verdict::different(1)})
        ASSERT_TRUE(verify.record(Comparison{"file", verdict, "{}"}));
    EXPECT_EQ(verify.validations().size(), 10'001U);
    const auto& rest = verify.validations().back();
    EXPECT_EQ(rest.what, "further comparisons");
    EXPECT_EQ(rest.outcome, "different(3)");
    EXPECT_EQ(rest.detail, R"({"count":"4"})");
}

TEST_F(StepContextTest, OthersReadWhatAStepRecorded) {
    auto create = context("create");
    ASSERT_TRUE(create.record_result(R"({"x":1})"));
    EXPECT_EQ(contract::must(context("verify").result_of(create.row().step)), R"({"x":1})");
    EXPECT_TRUE(context("verify").result_of("unknown").is_error());
}

TEST_F(StepContextTest, ComparisonsWaitForTheVerdict) {
    auto verify = context("verify");
    ASSERT_TRUE(verify.record(Comparison{"it", Verdict::different(2), "{}"}));
    ASSERT_EQ(verify.validations().size(), 1U);
    EXPECT_EQ(verify.validations()[0].outcome, "different(2)");
    EXPECT_TRUE(contract::must(scene_.state().validations(scene_.run(), verify.row().step)).empty());
}

TEST_F(StepContextTest, ProgressIsThrottledAndStoredEveryHalfMinute) {
    struct Live final : RunListener {
        void on_event(const store::EventRow&) override {}
        void on_progress(std::string_view, std::string_view, std::uint64_t, std::uint64_t) override { ++count; }
        int count = 0;
    } live;
    ManualClock clock(1'000'000'000);
    auto services = scene_.services();
    services.clock = &clock;
    Journal journal(scene_.state(), lease_, journal_->run(), services, &live);
    JournalContext context(journal, {}, row("fill"), "marker", scene_.folder(), {});
    const auto stored = [this] {
        std::size_t count = 0;
        for (const auto& event : contract::must(scene_.state().events(scene_.run(), 0, 100)))
            count += event.type == "progress" ? 1 : 0;
        return count;
    };
    for (int i = 0; i < 100; ++i) {
        context.progress(1, 1);
        clock.advance(std::chrono::milliseconds(25));
    }
    EXPECT_EQ(live.count, 10); // 2.5 s, four a second
    EXPECT_EQ(stored(), 0U);
    clock.advance(std::chrono::seconds(30));
    context.progress(2, 2);
    context.progress(3, 3);
    EXPECT_EQ(stored(), 1U);
}

} // namespace
} // namespace godwit::core
