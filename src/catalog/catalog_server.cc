#include "catalog/catalog_server.h"

#include "catalog/protocol.h"
#include "net/http_server.h"

namespace godwit::catalog {

namespace {

/// What the HTTP server itself refuses, in the error model that clients of the protocol parse.
net::HttpResponse refusal(int status, const std::string& message) {
    const std::string_view type = status == 503   ? "ServiceUnavailableException"
                                  : status >= 500 ? "InternalServerError"
                                                  : "BadRequestException";
    Answer answer = error_answer({status, type}, message);
    return {status, {{"Content-Type", "application/json"}}, std::move(answer.body)};
}

} // namespace

/// The server is last: it stops before the catalogue goes.
struct CatalogServer::Parts {
    std::unique_ptr<Catalog> catalog;
    std::unique_ptr<net::HttpServer> server;
    std::string endpoint;
};

CatalogServer::CatalogServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
CatalogServer::~CatalogServer() = default;

Result<std::unique_ptr<CatalogServer>> CatalogServer::start(const CatalogServerOptions& options, Clock& clock,
                                                            Random& random) {
    auto parts = std::make_unique<Parts>();
    parts->catalog = TRY(Catalog::open(options.catalog, clock, random));
    net::HttpServerOptions http;
    http.address = options.address;
    http.allow_beyond_loopback = options.allow_beyond_loopback;
    http.hosts = options.hosts;
    http.port = options.port;
    http.refusal = refusal;
    Catalog& catalog = *parts->catalog;
    parts->server = TRY(net::HttpServer::start(
        std::move(http), [&catalog](const net::HttpRequest& request) { return catalog.handle(request); }, random));
    parts->endpoint = parts->server->endpoint();
    return std::unique_ptr<CatalogServer>(new CatalogServer(std::move(parts)));
}

const std::string& CatalogServer::endpoint() const { return parts_->endpoint; }
std::uint16_t CatalogServer::port() const { return parts_->server->port(); }
Catalog& CatalogServer::catalog() { return *parts_->catalog; }
void CatalogServer::stop() { parts_->server->stop(); }

} // namespace godwit::catalog
