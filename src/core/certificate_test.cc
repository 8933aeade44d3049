#include "core/certificate.h"

#include "base/fault_point.h"
#include "base/json.h"
#include "contract/memory_world.h"
#include "contract/scene.h"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

namespace godwit::core {
namespace {

using contract::CallFault;
using contract::must;

class CertificateTest : public ::testing::Test {
protected:
    Json made() { return Json::parse(must(certificate(scene_.state(), scene_.run()))); }
    bool migrated() { return must(says_migrated(must(certificate(scene_.state(), scene_.run())))); }
    Json resource(const std::string& display) {
        const auto json = made();
        for (const auto& one : json["resources"])
            if (one["display"] == display)
                return one;
        return {};
    }
    void apply() {
        ASSERT_TRUE(scene_.plan());
        scene_.apply();
    }

    contract::MemoryWorld world_;
    contract::Scene scene_{world_.lane(), {}};
};

TEST_F(CertificateTest, SaysMigratedOfEqualOnly) {
    world_.add("alpha");
    world_.source.put("fixed", {"value", contract::Ending::at_once, "", 0, false});
    apply();
    const auto json = made();
    EXPECT_EQ(json["outcome"], "equal");
    EXPECT_TRUE(json["migrated"].get<bool>());
    EXPECT_EQ(resource("alpha")["outcome"], "equal");
    EXPECT_FALSE(resource("alpha")["pin"].is_null());
    EXPECT_EQ(resource("alpha")["checks"][0]["comparisons"].size(), 3U);
    EXPECT_EQ(json["skipped"][0]["findings"][0], "MEMORY-001");
    scene_.roll_back();
    EXPECT_FALSE(migrated());
}

TEST_F(CertificateTest, AnOutcomeThatWasAcceptedIsNotMigrated) {
    world_.add("alpha");
    ASSERT_TRUE(scene_.plan());
    set_fault("step.after-result", 1, FaultAction::die);
    EXPECT_TRUE(scene_.try_apply().is_error());
    scene_.restart();
    world_.cloud.stranger_makes("alpha", "another alpha");
    scene_.resume();
    const auto at = format_time(scene_.clock().now());
    must(scene_.accept(scene_.row("verify"), 1));
    scene_.resume();
    EXPECT_EQ(made()["outcome"], "different(1)");
    EXPECT_EQ(resource("alpha")["checks"][0]["waived"], Json({{"code", "VERIFY-DIFFERENT"},
                                                              {"resource", made()["resources"][0]["resource"]},
                                                              {"reason", "known"},
                                                              {"most", "1"},
                                                              {"by", "ann@here"},
                                                              {"at", at}}));
    EXPECT_FALSE(migrated());
}

/// A check that ended well says nothing of a step that came after it and failed.
TEST_F(CertificateTest, WhatDidNotArriveWholeIsNotChecked) {
    world_.add("alpha");
    world_.add("beta");
    apply();
    auto row = scene_.row("fill", "alpha");
    auto broken = row;
    broken.state = store::StepState::compensating;
    ASSERT_TRUE(scene_.state().write(
        {}, [&](store::Transaction& transaction) { return transaction.change_step(row, broken); }));
    EXPECT_EQ(resource("alpha")["outcome"], "not-checked");
    EXPECT_FALSE(resource("alpha")["migrated"].get<bool>());
    EXPECT_EQ(resource("beta")["outcome"], "equal");
    EXPECT_EQ(made()["outcome"], "not-checked");
    EXPECT_FALSE(migrated());
}

TEST_F(CertificateTest, ARunThatMovedNothingProvesNothing) {
    world_.source.put("fixed", {"value", contract::Ending::at_once, "", 0, false});
    apply();
    EXPECT_EQ(made()["outcome"], "not-checked");
    EXPECT_FALSE(migrated());
    EXPECT_TRUE(certificate(scene_.state(), "no-such-run").is_error());
}

} // namespace
} // namespace godwit::core
