#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "catalog/catalog_database.h"
#include "catalog/warehouse.h"

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace godwit::catalog {

/// One table's share of a commit, as the protocol's CommitTableRequest holds it.
struct TableChange {
    TableId id;
    const OrderedJson* requirements = nullptr;
    const OrderedJson* updates = nullptr;
};

struct CommittedTable {
    TableRow row;
    iceberg::TableMetadata metadata;
};

/// Everything that moves a table's pointer: the metadata file is durable before the pointer names it, and a pointer
/// moves only from where it was read. Changes are made one after another; a second process is held off by the pointer's
/// conditional update. Thread-safe.
class Committer {
public:
    Committer(Warehouse& warehouse, CatalogDatabase& database, Clock& clock, Random& random)
        : warehouse_(warehouse), database_(database), clock_(clock), random_(random) {}

    /// The current metadata of a table that exists; what is wrong with it is the catalogue's fault, not the client's.
    Result<CommittedTable> load(const TableId& id);
    /// The metadata of a table that the catalogue does not hold yet, its uuid and default location chosen.
    Result<iceberg::TableMetadata> plan_new_table(const TableId& id, const OrderedJson& request);
    Result<CommittedTable> create(const TableId& id, const iceberg::TableMetadata& metadata);
    /// All tables or none.
    Result<std::vector<CommittedTable>> commit(std::span<const TableChange> changes);
    Result<CommittedTable> register_table(const TableId& id, const std::string& metadata_location, bool overwrite);
    /// Removes the row; returns what it named.
    Result<TableRow> drop(const TableId& id);
    Result<CommittedTable> unregister(const TableId& id);

private:
    struct Prepared;
    Result<Prepared> prepare(const TableChange& change);
    Result<iceberg::TableMetadata> apply(const TableChange& change, const iceberg::TableMetadata* base,
                                         const std::string& previous_location);
    Result<OrderedJson> complete_creation(const TableId& id, const OrderedJson& updates);
    Result<std::string> default_location(const TableId& id);
    Result<CommittedTable> read_row(TableRow row);
    Status move(std::span<Prepared> prepared);

    Warehouse& warehouse_;
    CatalogDatabase& database_;
    Clock& clock_;
    Random& random_;
    std::mutex mutex_;
};

} // namespace godwit::catalog
