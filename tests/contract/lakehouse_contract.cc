#include "contract/lakehouse_world.h"
#include "contract/suite.h"

namespace godwit::contract {

INSTANTIATE_TEST_SUITE_P(Lakehouse, LaneContract,
                         ::testing::Values(NamedWorld{"lakehouse", [] { return std::make_unique<LakehouseWorld>(); }}));

} // namespace godwit::contract
