#include "catalog/catalog_server.h"
#include "cli/commands.h"

#include <ostream>

namespace godwit::cli {

Result<int> run_catalog_dump(Session& session, const std::string& database) {
    *session.out << TRY(catalog::dump_catalog(database, *session.services.clock, *session.services.random)) << "\n";
    return 0;
}

} // namespace godwit::cli
