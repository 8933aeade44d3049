#pragma once

#include "catalog/committer.h"

namespace godwit::catalog {

/// Removes the files of a table that was just dropped with `purgeRequested=true`: those that its metadata names (data,
/// deletes, manifests, manifest lists, statistics, metadata files), and folders that this empties.
///
/// Nothing is removed where the table's folder lies outside of the warehouse or is shared with another table, nothing
/// outside of that folder, and nothing that the metadata does not name. Data and delete files stay where the table's
/// property `gc.enabled` is false (Iceberg, table properties): others may use them. What cannot be read or removed
/// stays: the row is gone, and files that nobody names do no harm.
void purge_table(const Warehouse& warehouse, CatalogDatabase& database, const CommittedTable& table);

} // namespace godwit::catalog
