#include "base/json.h"
#include "cli/commands.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace godwit::cli {

Result<int> run_db_migrate(Session& session) {
    // Opening migrates, after a backup.
    const auto version = TRY(session.existing_state())->schema_version();
    if (session.options.output == Output::json)
        *session.out << canonical_json({{"schema", "godwit.state-migration/v1"}, {"schema_version", version}}) << "\n";
    else
        *session.out << "The state database has schema version " << version << ".\n";
    return 0;
}

} // namespace godwit::cli
