#include "store/test_world.h"

#include <set>

namespace godwit::store {

namespace {

using StateTransitions = ContractTest;
INSTANTIATE_TEST_SUITE_P(BothBackEnds, StateTransitions,
                         testing::Values(StateLocation::Kind::sqlite, StateLocation::Kind::postgresql),
                         [](const auto& about) { return testing::PrintToString(about.param); });

template <typename State>
std::vector<State> all_states(std::span<const Transition<State>> table) {
    std::set<State> states;
    for (const auto& row : table)
        states.insert({row.from, row.to});
    return {states.begin(), states.end()};
}

TEST_P(StateTransitions, step_takes_every_transition_of_the_table_and_no_other) {
    make_run(1);
    const auto states = all_states(step_transitions());
    ASSERT_EQ(states.size(), 12U);
    for (const auto from : states) {
        for (const auto to : states) {
            const auto before = put_step("step0", from);
            auto after = before;
            after.state = to;
            after.attempts += 1;
            const auto changed = write([&](Transaction& t) { return t.change_step(before, after); });
            const auto now = must(state_->step("run1", "step0"));
            if (from == to || is_allowed(from, to)) {
                EXPECT_OK(changed);
                EXPECT_EQ(to_values(now), to_values(after));
            } else {
                EXPECT_KIND(changed, ErrorKind::bug);
                EXPECT_EQ(to_values(now), to_values(before));
            }
        }
    }
}

TEST_P(StateTransitions, run_takes_every_transition_of_the_table_and_no_other) {
    make_run(1);
    const auto states = all_states(run_transitions());
    ASSERT_EQ(states.size(), 5U);
    for (const auto from : states) {
        for (const auto to : states) {
            auto connection = place_->connect();
            auto before = must(state_->run("run1"));
            auto forced = before;
            forced.state = from;
            must(connection->begin());
            must(update(*connection, before, forced));
            must(connection->commit());
            const auto changed = write([&](Transaction& t) { return t.change_run(forced, to); });
            EXPECT_EQ(changed.has_value(), is_allowed(from, to));
            EXPECT_EQ(must(state_->run("run1")).state, is_allowed(from, to) ? to : from);
            if (changed.is_error()) {
                EXPECT_EQ(changed.error().kind(), ErrorKind::bug);
            }
        }
    }
}

TEST_P(StateTransitions, part_takes_every_transition_of_the_table_and_no_other) {
    make_run(1);
    const auto states = all_states(part_transitions());
    ASSERT_EQ(states.size(), 4U);
    int number = 0;
    for (const auto from : states) {
        for (const auto to : states) {
            PartRow before{"run1", "step0", std::to_string(number++), "z", "n", from, "", 0, 0, 0};
            auto after = before;
            after.state = to;
            const auto changed = write([&](Transaction& t) -> Status {
                TRY(t.insert(before));
                return t.change_part(before, after);
            });
            EXPECT_EQ(changed.has_value(), from == to || is_allowed(from, to));
            if (changed.is_error()) {
                EXPECT_EQ(changed.error().kind(), ErrorKind::bug);
            }
        }
    }
}

TEST_P(StateTransitions, change_needs_the_row_as_it_was_read) {
    make_run(1);
    const auto before = must(state_->step("run1", "step0"));
    auto after = before;
    after.state = StepState::intent;
    EXPECT_OK(write([&](Transaction& t) { return t.change_step(before, after); }));
    EXPECT_KIND(write([&](Transaction& t) { return t.change_step(before, after); }), ErrorKind::held);
    auto other = after;
    other.resource = "another";
    EXPECT_KIND(write([&](Transaction& t) { return t.change_step(after, other); }), ErrorKind::bug);
    auto elsewhere = after;
    elsewhere.step = "step9";
    EXPECT_KIND(write([&](Transaction& t) { return t.change_step(elsewhere, elsewhere); }), ErrorKind::held);
}

} // namespace

} // namespace godwit::store
