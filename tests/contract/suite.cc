#include "contract/suite.h"

#include "base/fault_point.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace godwit::contract {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LaneContract);

bool is_long_form() { return ProcessEnvironment().get("GODWIT_TEST_LONG").has_value(); }

void LaneContract::SetUp() {
    world_ = GetParam().make();
    scene_ = std::make_unique<Scene>(world_->lane(), world_->options());
}

void LaneContract::plan(const std::vector<std::string>& names) {
    for (const auto& name : names)
        ASSERT_TRUE(world_->add(name)) << name;
    if (auto planned = scene_->plan(); planned.is_error())
        give_up(planned.error());
    empty_ = world_->dump();
}

void LaneContract::prepare() {
    world_->add("alpha");
    world_->add("beta", world_->lacks().asynchronous_creation.empty() ? Ending::ready_later : Ending::at_once);
    world_->add("delta");
    world_->stands_already("delta");
    if (world_->lacks().updates.empty()) {
        world_->add("gamma");
        world_->stands_otherwise("gamma");
    }
    plan({});
    world_->clear_call_fault();
    const auto report = scene_->apply();
    ASSERT_EQ(report.run.state, store::RunState::done);
    calls_forward_ = world_->mutating_calls();
    expected_ = world_->dump();
    ASSERT_NE(expected_, empty_);
    world_->clear_call_fault();
    expect_undone(scene_->roll_back());
    calls_back_ = world_->mutating_calls();
}

void LaneContract::expect_done(const core::RunReport& report) {
    EXPECT_EQ(report.run.state, store::RunState::done) << causes_of(report);
    EXPECT_EQ(report.exit_code(), 0);
    EXPECT_EQ(world_->dump(), expected_);
    for (const auto& row : scene_->rows())
        EXPECT_TRUE(row.state == store::StepState::done || row.action == "skip") << row.kind << " " << row.reason;
    const auto checked = scene_->state().check();
    EXPECT_TRUE(checked) << checked.error().to_block();
}

void LaneContract::expect_given_up(const store::StepRow& step) {
    must(scene_->resolve(step, core::Resolution::forget));
    const auto report = scene_->resume();
    EXPECT_EQ(report.run.state, store::RunState::rolled_back);
    EXPECT_EQ(report.exit_code(), 0);
    EXPECT_THAT(must(scene_->state().step(scene_->run(), step.step)).reason,
                ::testing::HasSubstr("given up by decision: "));
}

void LaneContract::expect_undone(const core::RunReport& report) {
    EXPECT_EQ(report.run.state, store::RunState::rolled_back);
    EXPECT_EQ(report.exit_code(), 0);
    EXPECT_EQ(world_->dump(), empty_);
    const std::set<store::StepState> gone{store::StepState::planned, store::StepState::failed,
                                          store::StepState::skipped, store::StepState::compensated};
    for (const auto& row : scene_->rows())
        EXPECT_TRUE(gone.contains(row.state)) << row.kind << " is " << store::to_string(row.state);
}

store::StepRow LaneContract::stuck() const {
    for (const auto& row : scene_->rows())
        if (row.state == store::StepState::stuck)
            return row;
    throw std::runtime_error("no step is stuck");
}

std::vector<LaneContract::Pass> LaneContract::passes_of(const std::function<void()>& before,
                                                        const std::function<void()>& work) {
    before();
    clear_fault();
    work();
    std::vector<Pass> passes;
    for (const auto& name : fault_point_names()) {
        const auto count = fault_passes(name);
        if (count == 0 || !world_->is_ours(name))
            continue;
        std::set<std::uint64_t> chosen{1, count};
        if (world_->is_costly())
            chosen = {(count + 1) / 2};
        for (std::uint64_t nth = 1; is_long_form() && nth <= count; ++nth)
            chosen.insert(nth);
        for (const auto nth : chosen)
            passes.push_back({name, nth});
    }
    return passes;
}

} // namespace godwit::contract
