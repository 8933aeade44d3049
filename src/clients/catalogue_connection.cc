#include "clients/catalogue_connection.h"

#include "net/retrying_http_client.h"

namespace godwit::clients {

CatalogueConnection::CatalogueConnection(std::unique_ptr<net::HttpClient> http) : http_(std::move(http)) {}
CatalogueConnection::~CatalogueConnection() = default;

Result<std::unique_ptr<CatalogueConnection>> CatalogueConnection::open(Clock& clock, Random& random,
                                                                       IcebergRest::Settings settings,
                                                                       std::stop_token stop) {
    std::unique_ptr<CatalogueConnection> connection(
        new CatalogueConnection(std::make_unique<net::CurlHttpClient>(clock)));
    connection->repeating_ = std::make_unique<net::RetryingHttpClient>(*connection->http_, clock, random);
    connection->rest_.emplace(
        TRY(IcebergRest::connect(*connection->repeating_, clock, std::move(settings), std::move(stop))));
    return connection;
}

Result<std::unique_ptr<CatalogueConnection>> CatalogueConnection::open(std::unique_ptr<net::HttpClient> http,
                                                                       Clock& clock, IcebergRest::Settings settings,
                                                                       std::stop_token stop) {
    std::unique_ptr<CatalogueConnection> connection(new CatalogueConnection(std::move(http)));
    connection->rest_.emplace(
        TRY(IcebergRest::connect(*connection->http_, clock, std::move(settings), std::move(stop))));
    return connection;
}

} // namespace godwit::clients
