#pragma once

#include "catalog/catalog.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace godwit::catalog {

struct CatalogServerOptions {
    CatalogOptions catalog;
    std::string address = "127.0.0.1";
    /// Other machines may reach the catalogue only where this names the address too: it knows no passwords.
    std::string allow_beyond_loopback;
    std::uint16_t port = 0;              ///< 0: a free one
    std::vector<std::string> hosts = {}; ///< names that clients call it by, besides addresses
};

/// The catalogue behind a socket. Stops when it is destroyed.
class CatalogServer {
public:
    static Result<std::unique_ptr<CatalogServer>> start(const CatalogServerOptions& options, Clock& clock,
                                                        Random& random);
    ~CatalogServer();

    /// `http://127.0.0.1:41234`: what clients are given.
    const std::string& endpoint() const;
    std::uint16_t port() const;
    Catalog& catalog();
    /// Answers what has begun, then stops listening. May be called twice.
    void stop();

private:
    struct Parts;
    explicit CatalogServer(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

} // namespace godwit::catalog
