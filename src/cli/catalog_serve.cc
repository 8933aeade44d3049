#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "catalog/catalog_server.h"
#include "cli/commands.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace godwit::cli {

namespace {

constexpr std::chrono::milliseconds kNap{50};

} // namespace

Result<int> run_catalog_serve(Session& session, const CatalogArguments& arguments) {
    catalog::CatalogServerOptions options;
    options.catalog = {arguments.warehouse, arguments.database, arguments.roots};
    options.address = arguments.address;
    options.allow_beyond_loopback = arguments.allow_beyond_loopback;
    options.hosts = arguments.hosts;
    options.port = arguments.port;
    const auto server = TRY(catalog::CatalogServer::start(options, *session.services.clock, *session.services.random));
    if (session.options.output == Output::json)
        *session.out << canonical_json({{"schema", "godwit.catalog-serving/v1"},
                                        {"url", server->endpoint()},
                                        {"warehouse", printable(server->catalog().warehouse())}})
                     << std::endl;
    else
        *session.out << "Serving the catalogue of " << printable(arguments.warehouse) << " at " << server->endpoint()
                     << " (stop with Ctrl-C)" << std::endl;
    if (!arguments.port_file.empty())
        TRY(write_file_durably(arguments.port_file, server->endpoint() + "\n"));
    while (!session.stop.stop_requested())
        session.services.clock->sleep_for(kNap);
    server->stop();
    return 0;
}

} // namespace godwit::cli
