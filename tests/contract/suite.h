#pragma once

#include "contract/scene.h"
#include "contract/world.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace godwit::contract {

bool is_long_form();

/// The cases that every lane passes (spine, section 9). A program instantiates them with its world:
///     INSTANTIATE_TEST_SUITE_P(Memory, LaneContract, ::testing::Values(NamedWorld{"memory", make}));
class LaneContract : public ::testing::TestWithParam<NamedWorld> {
protected:
    void SetUp() override;

    /// A plan over these things; remembers the world before it. Fails the test when it cannot be made.
    void plan(const std::vector<std::string>& names);
    /// A plan over one thing of each kind that the lane can have, run once undisturbed and undone: what every disturbed
    /// run is compared with.
    void prepare();
    /// The run has ended well, wherever it was disturbed: the same world, and a journal that says so.
    void expect_done(const core::RunReport& report);
    void expect_undone(const core::RunReport& report);
    /// A person gives the stuck step up: the rollback comes to its end, and the step says so.
    void expect_given_up(const store::StepRow& step);
    /// The one step that is stuck; ends the test when there is none.
    store::StepRow stuck() const;

    /// Between the places of a run that the short form disturbs.
    std::uint64_t stride() const { return is_long_form() ? 1 : world_->is_costly() ? 12 : 5; }

    /// Every pass of a fault point that `work` makes after `before`; in the short form of each point its first and
    /// last, or of a costly world its middle one.
    struct Pass {
        std::string name;
        std::uint64_t nth = 0;
    };
    std::vector<Pass> passes_of(const std::function<void()>& before, const std::function<void()>& work);

    std::unique_ptr<World> world_;
    std::unique_ptr<Scene> scene_;
    std::string empty_;               ///< the world before
    std::string expected_;            ///< the world after an undisturbed run
    std::uint64_t calls_forward_ = 0; ///< mutating calls of an undisturbed run, and of its rollback
    std::uint64_t calls_back_ = 0;
};

/// Calls a function at the nth event of a run.
class AtEvent final : public core::RunListener {
public:
    AtEvent(std::uint64_t nth, std::function<void()> act) : nth_(nth), act_(std::move(act)) {}
    void on_event(const store::EventRow&) override {
        if (++seen_ == nth_)
            act_();
    }
    void on_progress(std::string_view, std::string_view, std::uint64_t, std::uint64_t) override {}
    std::uint64_t seen() const { return seen_; }

private:
    std::uint64_t nth_;
    std::function<void()> act_;
    std::atomic<std::uint64_t> seen_ = 0;
};

} // namespace godwit::contract
