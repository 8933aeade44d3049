#pragma once

// For the tests of the Engine: the memory lane, planned and not begun.

#include "contract/memory_world.h"
#include "contract/scene.h"

#include <gtest/gtest.h>

#include <string_view>

namespace godwit::core {

class EngineTest : public ::testing::Test {
protected:
    void plan() {
        const auto planned = scene_.plan();
        ASSERT_TRUE(planned) << planned.error().to_block();
    }
    store::StepState state_of(std::string_view kind, std::string_view display = {}) {
        return scene_.row(kind, display).state;
    }

    contract::MemoryWorld world_;
    contract::Scene scene_{world_.lane(), {}};
};

} // namespace godwit::core
