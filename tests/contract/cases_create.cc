// What runs make and undo when nothing disturbs them, and whose things they leave alone.

#include "contract/suite.h"

#include "base/text.h"

#include <gmock/gmock.h>

#include <mutex>

namespace godwit::contract {

namespace {

using store::RunState;
using store::StepState;
using ::testing::HasSubstr;

TEST_P(LaneContract, CreatesOnceAndUndoesOnce) {
    prepare();
    scene_->begin();
    const auto first = scene_->apply();
    EXPECT_EQ(first.run.state, RunState::done);
    world_->clear_call_fault();
    const auto again = scene_->apply();
    EXPECT_EQ(again.run.id, first.run.id);
    EXPECT_EQ(scene_->resume().run.state, RunState::done);
    EXPECT_EQ(world_->mutating_calls(), 0U);
    expect_done(again);
    expect_undone(scene_->roll_back());
    world_->clear_call_fault();
    expect_undone(scene_->roll_back());
    EXPECT_EQ(scene_->resume().run.state, RunState::rolled_back);
    EXPECT_EQ(world_->mutating_calls(), 0U);
    EXPECT_NE(scene_->apply().run.id, first.run.id);
    expect_undone(scene_->roll_back());
}

TEST_P(LaneContract, ShowsWhatRollbackWouldRemoveAndChangesNothing) {
    prepare();
    scene_->begin();
    const auto applied = scene_->apply();
    const auto rows = scene_->rows();
    world_->clear_call_fault();
    std::uint64_t shown = 0;
    std::uint64_t present = 0;
    const auto preview = scene_->engine().preview_roll_back(
        scene_->run(), scene_->request, [&](const store::StepRow& row, const Result<core::LookUp>& found) -> Status {
            ++shown;
            EXPECT_NE(row.action, "verify");
            EXPECT_NE(row.action, "adopt");
            present += found && found->verdict != core::LookUp::Verdict::absent ? 1 : 0;
            return {};
        });
    ASSERT_TRUE(preview) << preview.error().to_block();
    EXPECT_GT(shown, 0U);
    EXPECT_EQ(present, shown);
    EXPECT_EQ(preview->run.state, RunState::done);
    EXPECT_EQ(world_->mutating_calls(), 0U);
    const auto after = scene_->rows();
    ASSERT_EQ(after.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(after[i].state, rows[i].state);
        EXPECT_EQ(after[i].changed_at, rows[i].changed_at);
    }
    expect_done(applied);
    expect_undone(scene_->roll_back());
}

TEST_P(LaneContract, AdoptsWhatStandsAndLeavesIt) {
    world_->add("alpha");
    world_->stands_already("alpha");
    plan({});
    const auto report = scene_->apply();
    EXPECT_EQ(report.run.state, RunState::done);
    std::size_t adopted = 0;
    for (const auto& row : scene_->rows())
        adopted += row.action == "adopt" && row.state == StepState::done ? 1 : 0;
    EXPECT_EQ(adopted, 1U);
    expect_undone(scene_->roll_back());
}

TEST_P(LaneContract, UpdatesAndPutsTheOldValueBack) {
    if (!world_->lacks().updates.empty())
        GTEST_SKIP() << world_->lacks().updates;
    world_->add("alpha");
    world_->stands_otherwise("alpha");
    plan({});
    EXPECT_EQ(scene_->apply().run.state, RunState::done);
    EXPECT_NE(world_->dump(), empty_);
    std::size_t updated = 0;
    for (const auto& row : scene_->rows())
        updated += row.action == "update" && !row.before_image.empty() ? 1 : 0;
    EXPECT_EQ(updated, 1U);
    expect_undone(scene_->roll_back());
}

TEST_P(LaneContract, WaitsForWhatIsMadeSlowly) {
    if (!world_->lacks().asynchronous_creation.empty())
        GTEST_SKIP() << world_->lacks().asynchronous_creation;
    ASSERT_TRUE(world_->add("alpha", Ending::ready_later));
    plan({});
    std::vector<std::string> states;
    class Collector final : public core::RunListener {
    public:
        explicit Collector(std::vector<std::string>& states) : states_(&states) {}
        void on_event(const store::EventRow& event) override {
            const std::scoped_lock lock(mutex_);
            states_->push_back(event.data);
        }
        void on_progress(std::string_view, std::string_view, std::uint64_t, std::uint64_t) override {}

    private:
        std::mutex mutex_;
        std::vector<std::string>* states_;
    } collector(states);
    scene_->request.listener = &collector;
    EXPECT_EQ(scene_->apply().run.state, RunState::done);
    EXPECT_THAT(states, ::testing::Contains(HasSubstr(R"("state":"made")")));
    scene_->request.listener = nullptr;
    expect_undone(scene_->roll_back());
}

TEST_P(LaneContract, KeepsWhatBrokeUntilItIsReplaced) {
    if (!world_->lacks().asynchronous_creation.empty())
        GTEST_SKIP() << world_->lacks().asynchronous_creation;
    ASSERT_TRUE(world_->add("alpha", Ending::error_later));
    plan({"beta"});
    const auto report = scene_->apply();
    EXPECT_EQ(report.run.state, RunState::stopped);
    EXPECT_EQ(report.exit_code(), 3);
    EXPECT_EQ(report.count(StepState::broken), 1U);
    EXPECT_GT(report.skipped_in_run(), 0U);
    EXPECT_EQ(scene_->resume().count(StepState::broken), 1U); // looked at again, and still so
    world_->heal();
    std::string broken;
    for (const auto& row : scene_->rows())
        if (row.state == StepState::broken)
            broken = row.step;
    EXPECT_EQ(scene_->resume(broken).run.state, RunState::done);
    expect_undone(scene_->roll_back());
}

TEST_P(LaneContract, UndoesWhatBroke) {
    if (!world_->lacks().asynchronous_creation.empty())
        GTEST_SKIP() << world_->lacks().asynchronous_creation;
    ASSERT_TRUE(world_->add("alpha", Ending::error_later));
    plan({"beta"});
    EXPECT_EQ(scene_->apply().exit_code(), 3);
    expect_undone(scene_->roll_back());
}

TEST_P(LaneContract, LeavesWhatAStrangerPutBeside) {
    world_->add("alpha");
    plan({});
    world_->stranger_beside("alpha");
    empty_ = world_->dump();
    EXPECT_EQ(scene_->apply().run.state, RunState::done);
    world_->stranger_beside("alpha"); // and once more, after the run
    expect_undone(scene_->roll_back());
}

TEST_P(LaneContract, LeavesWhatIsNotOursAnyMoreUntilAPersonDecides) {
    prepare();
    scene_->begin();
    scene_->apply();
    world_->tamper("alpha");
    EXPECT_EQ(scene_->roll_back().exit_code(), 10);
    EXPECT_NE(stuck().reason, "");
    const auto kept = world_->dump();
    EXPECT_NE(kept, empty_);
    must(scene_->resolve(stuck(), core::Resolution::look));
    EXPECT_EQ(world_->dump(), kept);
    EXPECT_NE(stuck().reason, "");
    must(scene_->resolve(stuck(), core::Resolution::undo));
    expect_undone(scene_->resume());
}

TEST_P(LaneContract, UndoesWhatIsNotOursAnyMoreRightAfterRollbackShowedIt) {
    prepare();
    scene_->begin();
    scene_->apply();
    world_->tamper("alpha");
    EXPECT_EQ(scene_->roll_back().exit_code(), 10);
    must(scene_->resolve(stuck(), core::Resolution::undo));
    expect_undone(scene_->resume());
}

TEST_P(LaneContract, LeavesForGoodWhatAPersonGaveUp) {
    prepare();
    scene_->begin();
    scene_->apply();
    world_->tamper("alpha");
    EXPECT_EQ(scene_->roll_back().exit_code(), 10);
    expect_given_up(stuck());
    EXPECT_NE(world_->dump(), empty_);
}

TEST_P(LaneContract, RemovesAChangedPartOnlyAsItWasShown) {
    prepare();
    scene_->begin();
    scene_->apply();
    world_->tamper_part("alpha");
    EXPECT_EQ(scene_->roll_back().exit_code(), 10);
    world_->tamper_part("alpha");
    must(scene_->resolve(stuck(), core::Resolution::undo));
    const auto kept = world_->dump();
    EXPECT_NE(stuck().reason, "") << "this change was not shown";
    EXPECT_NE(kept, empty_);
    must(scene_->resolve(stuck(), core::Resolution::undo));
    expect_undone(scene_->resume());
}

TEST_P(LaneContract, LeavesAChangedPartThatAPersonGaveUpAndNothingElse) {
    prepare();
    scene_->begin();
    scene_->apply();
    world_->tamper_part("alpha");
    EXPECT_EQ(scene_->roll_back().exit_code(), 10);
    const auto given_up = stuck().step;
    expect_given_up(stuck());
    std::vector<std::string> told;
    for (const auto& event : must(scene_->state().events(scene_->run(), 0, 10'000)))
        if (event.type == "diagnostic" && event.step == given_up)
            told.push_back(event.data);
    EXPECT_THAT(told, ::testing::ElementsAre(HasSubstr("decided with --forget"), HasSubstr("left")));
    EXPECT_NE(world_->dump(), empty_);
    world_->clear_part_away("alpha");
    EXPECT_EQ(world_->dump(), empty_);
}

TEST_P(LaneContract, BearsHostileNames) {
    const std::vector<std::string> names{"quote\"'`;--",
                                         "new\nline",
                                         "${HOME}$(id)",
                                         "../../etc/passwd",
                                         "..",
                                         "%2e%2e%2f",
                                         std::string(255, 'n'),
                                         "\u202egpj.exe",
                                         "caf\u00e9 \u8868",
                                         std::string("nul\0inside", 10),
                                         " ",
                                         "a/b\\c"};
    std::size_t moved = 0;
    for (const auto& name : names) {
        SetUp();
        if (!world_->add(name))
            continue;
        const auto before = world_->dump();
        const auto planned = scene_->plan();
        EXPECT_EQ(world_->dump(), before) << printable(name);
        if (planned.is_error()) { // a clear refusal is an answer too
            EXPECT_NE(planned.error().kind(), ErrorKind::bug) << planned.error().to_block();
            EXPECT_NE(planned.error().why(), "") << planned.error().to_block();
            continue;
        }
        empty_ = before;
        const auto report = scene_->try_apply();
        ASSERT_TRUE(report) << printable(name) << "\n" << report.error().to_block();
        EXPECT_EQ(report->run.state, RunState::done)
            << printable(name) << ": " << (report->causes.empty() ? "" : report->causes.front().reason);
        moved += report->count(StepState::done) > 0 ? 1 : 0;
        expect_undone(scene_->roll_back());
    }
    EXPECT_GE(moved, names.size() / 2);
}

} // namespace

} // namespace godwit::contract
