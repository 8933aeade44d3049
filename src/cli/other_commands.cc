#include "base/fault_point.h"
#include "base/json.h"
#include "base/text.h"
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

Result<int> run_db_backup(Session& session, const std::string& file) {
    TRY(TRY(session.existing_state())->backup(file));
    if (session.options.output == Output::json)
        *session.out << canonical_json({{"schema", "godwit.state-backup/v1"}, {"file", printable(file)}}) << "\n";
    else
        *session.out << "Backup: " << printable(file) << "\n";
    return 0;
}

Result<int> run_db_migrate(Session& session) {
    // Opening migrates, after a backup.
    const auto version = TRY(session.existing_state())->schema_version();
    if (session.options.output == Output::json)
        *session.out << canonical_json({{"schema", "godwit.state-migration/v1"}, {"schema_version", version}}) << "\n";
    else
        *session.out << "The state database has schema version " << version << ".\n";
    return 0;
}

Result<int> run_lanes_list(Session& session) {
    for (const auto& [name, lane] : session.lanes->all()) {
        const auto description = lane->describe();
        const auto texts = [](const std::vector<std::string_view>& list) {
            return std::vector<std::string>(list.begin(), list.end());
        };
        if (session.options.output == Output::json)
            *session.out << canonical_json({{"schema", "godwit.lane/v1"},
                                            {"name", description.name},
                                            {"version", description.version},
                                            {"status", description.status},
                                            {"sources", texts(description.sources)},
                                            {"targets", texts(description.targets)},
                                            {"privileges", texts(description.privileges)}})
                         << "\n";
        else
            *session.out << name << " (" << description.status << ")\n  from " << join(texts(description.sources), "; ")
                         << "\n  to " << join(texts(description.targets), "; ") << "\n  needs "
                         << join(texts(description.privileges), "; ") << "\n";
    }
    return 0;
}

Result<int> run_fault_points(Session& session) {
    for (const auto& name : fault_point_names())
        *session.out << name << "\n";
    return 0;
}

} // namespace godwit::cli
