#include "base/digest.h"
#include "base/json.h"
#include "lanes/lakehouse/hive_tables.h"
#include "lanes/lakehouse/steps.h"

#include <nlohmann/json.hpp>

namespace godwit::lakehouse {

Result<std::string> table_fingerprint(const Ends& ends, core::StepContext& context) {
    const auto move = TRY(table_move_from_json(context.step().body));
    if (move.metadata_location.empty())
        return hive_fingerprint(ends, move, context.stop());
    const auto metadata = TRY(ends.source.read(move.metadata_location));
    return canonical_json({{"kind", "iceberg"},
                           {"metadata_location", move.metadata_location},
                           {"metadata_size", std::to_string(metadata.size())},
                           {"metadata_digest", sha256_hex(metadata)}});
}

} // namespace godwit::lakehouse
