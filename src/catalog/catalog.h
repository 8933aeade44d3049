#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

#include <memory>
#include <string>
#include <vector>

namespace godwit::net {
struct HttpRequest;
struct HttpResponse;
} // namespace godwit::net

namespace godwit::catalog {

struct CatalogOptions {
    std::string warehouse;                ///< folder or `file://` URI; must exist
    std::string database;                 ///< file outside of the warehouse; made when absent
    std::vector<std::string> extra_roots; ///< further folders that tables may lie in
};

/// The built-in Iceberg REST catalogue (apache/iceberg open-api/rest-catalog-open-api.yaml) over SQLite and a warehouse
/// on `file://`. It holds namespaces with their properties and, for each table, where its current metadata.json lies;
/// all else about a table stands in that file.
///
/// - A commit writes the new metadata.json durably, then moves the pointer by one conditional update on the old
///   location: after a crash there may be a metadata file that nobody points to, never a pointer to a missing file.
/// - Dropping a table or namespace removes rows only. `purgeRequested=true` removes, after the row, the table's folder,
///   but only where that folder lies below the warehouse and holds no other table; else it is left.
/// - Locations outside of warehouse and extra roots are refused (403).
/// - A parent namespace must exist before its child. The same name twice is 409, also for a repeated request: a client
///   whose answer was lost looks up what it asked for.
/// - Views, functions, server-side planning, credentials and Idempotency-Key are not advertised and answer 406.
class Catalog {
public:
    /// Clock and random give the times and the uuids of what clients commit; both must outlive the catalogue.
    static Result<std::unique_ptr<Catalog>> open(const CatalogOptions& options, Clock& clock, Random& random);
    ~Catalog();

    /// Never fails: errors are answers in the protocol's error model. Thread-safe.
    net::HttpResponse handle(const net::HttpRequest& request);

    /// Made with the database; the catalogue's identity.
    const std::string& uuid() const;
    /// Canonical path of the warehouse.
    const std::string& warehouse() const;

    /// Everything that the catalogue knows, as canonical JSON: namespaces with properties, tables with the location of
    /// their metadata, in byte order. Equal catalogues give equal bytes. The uuid is left out.
    Result<std::string> dump();

private:
    struct Parts;
    explicit Catalog(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// The same dump of a database file, whether a server has it open or not.
Result<std::string> dump_catalog(const std::string& database, Clock& clock, Random& random);

} // namespace godwit::catalog
