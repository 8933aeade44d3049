#include "core/journal.h"

#include "base/json.h"
#include "contract/bench.h"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>

namespace godwit::core {
namespace {

using store::StepState;
using testing::HasSubstr;

class JournalTest : public contract::Bench {
protected:
    void SetUp() override {
        world_.add("alpha");
        begin_run();
    }

    std::vector<store::EventRow> events() { return contract::must(scene_.state().events(scene_.run(), 0, 100)); }
};

TEST_F(JournalTest, AMoveCommitsRowAndEventTogether) {
    auto step = row("create");
    const auto before = events().size();
    ASSERT_TRUE(journal_->move(step, StepState::intent, [](store::StepRow& edit) { edit.reason = "because"; }));
    EXPECT_EQ(step.state, StepState::intent);
    EXPECT_EQ(row("create").reason, "because");
    const auto after = events();
    ASSERT_EQ(after.size(), before + 1);
    EXPECT_EQ(after.back().step, step.step);
    EXPECT_EQ(after.back().type, "step_state");
    EXPECT_THAT(after.back().data, HasSubstr(R"("state":"intent")"));
}

TEST_F(JournalTest, NothingIsKeptWhenAnyPartOfAMoveFails) {
    auto step = row("create");
    const auto before = events().size();
    const auto moved = journal_->move(step, StepState::intent, {}, [](store::Transaction&) -> Status {
        return Error::make(ErrorKind::no_space, "full");
    });
    EXPECT_EQ(moved.error().kind(), ErrorKind::no_space);
    EXPECT_EQ(step.state, StepState::planned);
    EXPECT_EQ(state_of("create"), StepState::planned);
    EXPECT_EQ(events().size(), before);
}

TEST_F(JournalTest, AnIllegalMoveIsABug) {
    auto step = row("create");
    EXPECT_EQ(journal_->move(step, StepState::done).error().kind(), ErrorKind::bug);
    EXPECT_EQ(state_of("create"), StepState::planned);
}

TEST_F(JournalTest, ARowThatAnotherChangedIsNotOverwritten) {
    auto mine = row("create");
    auto theirs = mine;
    ASSERT_TRUE(journal_->move(theirs, StepState::intent));
    EXPECT_EQ(journal_->move(mine, StepState::skipped).error().kind(), ErrorKind::held);
    EXPECT_EQ(state_of("create"), StepState::intent);
}

TEST_F(JournalTest, WithoutItsLeaseNothingMoves) {
    ASSERT_TRUE(scene_.state().release(lease_));
    auto step = row("create");
    EXPECT_EQ(journal_->move(step, StepState::intent).error().kind(), ErrorKind::held);
    EXPECT_EQ(journal_->tell("", "diagnostic", "info", "{}").error().kind(), ErrorKind::held);
    EXPECT_EQ(state_of("create"), StepState::planned);
}

TEST_F(JournalTest, AnAmendmentIsNoEvent) {
    auto step = row("create");
    const auto before = events().size();
    ASSERT_TRUE(journal_->amend(step, [](store::StepRow& edit) { edit.result = "{}"; }));
    EXPECT_EQ(row("create").result, "{}");
    EXPECT_EQ(events().size(), before);
}

TEST(ErrorJson, HoldsWhatWhyFixWhereAndCauseWithoutControlCharacters) {
    const auto json = Json::parse(error_to_json(Error::make(ErrorKind::io, "a\nb")
                                                    .why("c\x1b")
                                                    .fix("d")
                                                    .at("e")
                                                    .code("X-1")
                                                    .cause(Error::make(ErrorKind::no_space, "full"))));
    EXPECT_EQ(json["kind"], "io");
    EXPECT_EQ(json["what"].get<std::string>().find('\n'), std::string::npos);
    EXPECT_EQ(json["why"].get<std::string>().find('\x1b'), std::string::npos);
    EXPECT_EQ(json["where"], "e");
    EXPECT_EQ(json["cause"], "full");
}

} // namespace
} // namespace godwit::core
