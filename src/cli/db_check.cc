#include "base/json.h"
#include "cli/commands.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace godwit::cli {

Result<int> run_db_check(Session& session) {
    auto& state = *TRY(session.existing_state());
    TRY(state.check());
    if (session.options.output == Output::json)
        *session.out << canonical_json({{"schema", "godwit.state-check/v1"},
                                        {"sound", true}, // else there is an error, which names the row
                                        {"schema_version", state.schema_version()}})
                     << "\n";
    else
        *session.out << "The state database is sound.\n";
    return 0;
}

} // namespace godwit::cli
