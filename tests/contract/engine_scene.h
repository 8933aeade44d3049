#pragma once

// For the tests of the Engine in src/core: the memory lane and a Scene over it.

#include "contract/memory_world.h"
#include "contract/scene.h"

#include <gtest/gtest.h>

#include <string_view>

namespace godwit::contract {

class EngineTest : public ::testing::Test {
protected:
    void plan() {
        const auto planned = scene_.plan();
        ASSERT_TRUE(planned) << planned.error().to_block();
    }
    store::StepState state_of(std::string_view kind, std::string_view display = {}) {
        return scene_.row(kind, display).state;
    }

    MemoryWorld world_;
    Scene scene_{world_.lane(), {}};
};

} // namespace godwit::contract
