#pragma once

// For the tests of src/core: a run of the memory lane that has begun and done nothing yet.

#include "base/fault_point.h"
#include "contract/memory_world.h"
#include "contract/scene.h"
#include "core/journal.h"
#include "core/step_runner.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace godwit::contract {

class Bench : public ::testing::Test {
protected:
    /// Source and cloud stand as the test put them; assesses, plans and makes the run's row. Steps are all planned.
    void begin_run(std::vector<core::Waiver> waivers = {}) {
        must(plan(std::move(waivers)));
        set_fault("engine.after-run-row", 1, FaultAction::die);
        EXPECT_TRUE(scene_.try_apply().is_error());
        scene_.restart();
        open();
    }

    /// The run as one process holds it.
    void open() {
        auto& state = scene_.state();
        const auto run = must(state.run(scene_.run()));
        lease_ = must(state.acquire("plan:test", "the test"));
        header_ = must(core::plan_header_from_json(must(state.plan(run.plan))->header));
        lane_run_ = must(world_.lane().open(header_, scene_.services()));
        journal_ = std::make_unique<core::Journal>(state, lease_, run, scene_.services(), nullptr);
        runner_ =
            std::make_unique<core::StepRunner>(*journal_, header_, *lane_run_, scene_.folder(), stop_.get_token());
    }

    Result<bool> plan(std::vector<core::Waiver> waivers = {}) {
        TRY(scene_.plan(std::move(waivers)));
        return true;
    }

    store::StepRow row(std::string_view kind, std::string_view display = {}) { return scene_.row(kind, display); }
    store::StepState state_of(std::string_view kind, std::string_view display = {}) { return row(kind, display).state; }
    /// Moves a step along legal transitions without calling its kind.
    store::StepRow move(store::StepRow row, std::initializer_list<store::StepState> states) {
        for (const auto state : states)
            EXPECT_FALSE(journal_->move(row, state).is_error()) << store::to_string(state);
        return row;
    }

    MemoryWorld world_;
    Scene scene_{world_.lane(), {}};
    std::stop_source stop_;
    store::Lease lease_;
    core::PlanHeader header_;
    std::unique_ptr<core::LaneRun> lane_run_;
    std::unique_ptr<core::Journal> journal_;
    std::unique_ptr<core::StepRunner> runner_;
};

} // namespace godwit::contract
