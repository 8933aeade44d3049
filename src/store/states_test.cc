#include "store/states.h"

#include "base/file.h"

#include <gtest/gtest.h>

using namespace godwit;
using namespace godwit::store;

namespace {

template <typename State>
std::string table_of(std::span<const Transition<State>> transitions) {
    std::string text = "| from | to | when |\n| --- | --- | --- |\n";
    for (const auto& [from, to, when] : transitions)
        text += "| " + std::string(to_string(from)) + " | " + std::string(to_string(to)) + " | " + std::string(when) +
                " |\n";
    return text;
}

TEST(StatesTest, TheReferenceIsWhatTheTableSays) {
    const std::string expected =
        "# States\n\nRendered from the table in `src/store/states.cc`; a test compares the two.\n\n## Steps\n\n" +
        table_of(step_transitions()) + "\n## Runs\n\n" + table_of(run_transitions()) + "\n## Parts of long steps\n\n" +
        table_of(part_transitions());
    const auto written = read_file(GODWIT_SOURCE_DIR "/docs/reference/states.md");
    ASSERT_FALSE(written.is_error());
    EXPECT_EQ(*written, expected) << "docs/reference/states.md has to be:\n" << expected;
}

TEST(StatesTest, ATransitionIsAllowedOrABug) {
    EXPECT_TRUE(is_allowed(StepState::planned, StepState::intent));
    EXPECT_FALSE(is_allowed(StepState::planned, StepState::done));
    EXPECT_FALSE(is_allowed(StepState::compensated, StepState::done));
    EXPECT_FALSE(is_allowed(RunState::rolled_back, RunState::running));
    EXPECT_FALSE(is_allowed(PartState::done, PartState::written));
}

TEST(StatesTest, AnUnknownWordIsDamage) {
    EXPECT_EQ(parse_step_state("undo_failed").value(), StepState::undo_failed);
    EXPECT_EQ(parse_step_state("finished").error().kind(), ErrorKind::corrupt);
    EXPECT_EQ(parse_run_state("").error().kind(), ErrorKind::corrupt);
    EXPECT_EQ(parse_part_state("planned").error().kind(), ErrorKind::corrupt);
}

} // namespace
