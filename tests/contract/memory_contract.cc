#include "contract/memory_world.h"
#include "contract/suite.h"

namespace godwit::contract {

INSTANTIATE_TEST_SUITE_P(Memory, LaneContract,
                         ::testing::Values(NamedWorld{"memory", [] { return std::make_unique<MemoryWorld>(); }}));

} // namespace godwit::contract
