#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace godwit::cli {

Result<int> run_db_backup(Session& session, const std::string& file) {
    TRY(TRY(session.existing_state())->backup(file));
    if (session.options.output == Output::json)
        *session.out << canonical_json({{"schema", "godwit.state-backup/v1"}, {"file", printable(file)}}) << "\n";
    else
        *session.out << "Backup: " << printable(file) << "\n";
    return 0;
}

} // namespace godwit::cli
