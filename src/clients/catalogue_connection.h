#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "clients/iceberg_rest.h"

#include <memory>

namespace godwit::clients {

/// An Iceberg REST client with an HTTP client of its own, which repeats what is safe to repeat.
class CatalogueConnection {
public:
    static Result<std::unique_ptr<CatalogueConnection>> open(Clock& clock, Random& random,
                                                             IcebergRest::Settings settings, std::stop_token stop = {});
    /// Over an HTTP client of the caller; nothing is repeated.
    static Result<std::unique_ptr<CatalogueConnection>> open(std::unique_ptr<net::HttpClient> http, Clock& clock,
                                                             IcebergRest::Settings settings, std::stop_token stop = {});
    ~CatalogueConnection();

    const IcebergRest& rest() const { return *rest_; }

private:
    explicit CatalogueConnection(std::unique_ptr<net::HttpClient> http);

    std::unique_ptr<net::HttpClient> http_;
    std::unique_ptr<net::HttpClient> repeating_;
    std::optional<IcebergRest> rest_;
};

} // namespace godwit::clients
