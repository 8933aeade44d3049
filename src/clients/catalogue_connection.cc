#include "clients/catalogue_connection.h"

#include "net/retrying_http_client.h"

namespace godwit::clients {

CatalogueConnection::CatalogueConnection(Clock& clock, Random& random)
    : http_(std::make_unique<net::CurlHttpClient>(clock)),
      repeating_(std::make_unique<net::RetryingHttpClient>(*http_, clock, random)) {}
CatalogueConnection::~CatalogueConnection() = default;

Result<std::unique_ptr<CatalogueConnection>> CatalogueConnection::open(Clock& clock, Random& random,
                                                                       IcebergRest::Settings settings,
                                                                       std::stop_token stop) {
    std::unique_ptr<CatalogueConnection> connection(new CatalogueConnection(clock, random));
    connection->rest_.emplace(TRY(IcebergRest::connect(*connection->repeating_, std::move(settings), std::move(stop))));
    return connection;
}

} // namespace godwit::clients
