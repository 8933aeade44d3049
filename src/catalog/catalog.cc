#include "catalog/catalog.h"

#include "base/log.h"
#include "base/text.h"
#include "catalog/router.h"
#include "net/http_server.h"

#include <filesystem>
#include <optional>

namespace godwit::catalog {

struct Catalog::Parts {
    Parts(Warehouse warehouse, std::unique_ptr<CatalogDatabase> database, Clock& clock, Random& random)
        : warehouse(std::move(warehouse)),
          database(std::move(database)),
          handlers(this->warehouse, *this->database, clock, random) {}

    Warehouse warehouse;
    std::unique_ptr<CatalogDatabase> database;
    Handlers handlers;
};

Catalog::Catalog(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Catalog::~Catalog() = default;

Result<std::unique_ptr<Catalog>> Catalog::open(const CatalogOptions& options, Clock& clock, Random& random) {
    Warehouse warehouse = TRY(Warehouse::open(options.warehouse, options.extra_roots));
    std::error_code failed;
    const std::string real =
        std::filesystem::weakly_canonical(std::filesystem::absolute(options.database), failed).string();
    if (failed || warehouse.holds(real))
        return Error::make(ErrorKind::usage, "the catalogue's database cannot lie there")
            .why(failed ? failed.message() : "it is inside of the warehouse or another root, where tables lie")
            .fix("name a file outside of them")
            .at(printable(options.database));
    auto database = TRY(CatalogDatabase::open(options.database, clock, random));
    return std::unique_ptr<Catalog>(
        new Catalog(std::make_unique<Parts>(std::move(warehouse), std::move(database), clock, random)));
}

net::HttpResponse Catalog::handle(const net::HttpRequest& request) {
    Answer answer = route(parts_->handlers, request.method, request.target,
                          request.headers.find("If-None-Match").value_or(""), request.body);
    if (answer.status >= 500)
        log_error("the catalogue could not do what it was asked",
                  {{"request", request.id}, {"method", request.method}, {"answer", answer.body}});
    net::HttpResponse response;
    response.status = answer.status;
    if (!answer.body.empty())
        response.headers.add("Content-Type", "application/json");
    if (!answer.etag.empty())
        response.headers.add("ETag", answer.etag);
    if (!answer.allow.empty())
        response.headers.add("Allow", answer.allow);
    response.body = std::move(answer.body);
    return response;
}

const std::string& Catalog::uuid() const { return parts_->database->uuid(); }
const std::string& Catalog::warehouse() const { return parts_->warehouse.path(); }
Result<std::string> Catalog::dump() { return parts_->database->dump(); }

Result<std::string> dump_catalog(const std::string& database, Clock& clock, Random& random) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(database, failed))
        return Error::make(ErrorKind::not_found, "the catalogue's database does not exist")
            .fix("name the file that was given to `godwit catalog serve --database`")
            .at(printable(database));
    return TRY(CatalogDatabase::open(database, clock, random))->dump();
}

} // namespace godwit::catalog
