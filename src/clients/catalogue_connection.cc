#include "clients/catalogue_connection.h"

#include "net/http_client.h"

namespace godwit::clients {

CatalogueConnection::CatalogueConnection(Clock& clock) : http_(std::make_unique<net::CurlHttpClient>(clock)) {}
CatalogueConnection::~CatalogueConnection() = default;

Result<std::unique_ptr<CatalogueConnection>> CatalogueConnection::open(Clock& clock, IcebergRest::Settings settings,
                                                                       std::stop_token stop) {
    std::unique_ptr<CatalogueConnection> connection(new CatalogueConnection(clock));
    connection->rest_.emplace(TRY(IcebergRest::connect(*connection->http_, std::move(settings), std::move(stop))));
    return connection;
}

} // namespace godwit::clients
