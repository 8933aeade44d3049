#pragma once

#include "base/clock.h"
#include "clients/iceberg_rest.h"

#include <memory>

namespace godwit::clients {

/// An Iceberg REST client with an HTTP client of its own.
class CatalogueConnection {
public:
    static Result<std::unique_ptr<CatalogueConnection>> open(Clock& clock, IcebergRest::Settings settings,
                                                             std::stop_token stop = {});
    ~CatalogueConnection();

    const IcebergRest& rest() const { return *rest_; }

private:
    explicit CatalogueConnection(Clock& clock);

    std::unique_ptr<net::HttpClient> http_;
    std::optional<IcebergRest> rest_;
};

} // namespace godwit::clients
