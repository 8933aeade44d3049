#pragma once

#include "base/bytes.h"
#include "formats/iceberg/manifest.h"
#include "formats/iceberg/table_metadata.h"
#include "rows/batch.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace godwit::engines {

/// Opens a file by the location that the table's metadata spells. Called from the thread that pulls batches.
using FileOpener = std::function<Result<std::unique_ptr<ByteSource>>(const std::string& location)>;

/// Reads the rows of one snapshot of an Iceberg table, deletes applied, in the types of its current schema. Data files
/// must be Parquet; delete files Parquet or Puffin. Memory: one batch, the live delete entries, the deletes of one
/// file.
class IcebergScan {
public:
    /// `snapshot_id`: nothing for the current one; a table without snapshots has no rows.
    static Result<IcebergScan> create(FileOpener opener, iceberg::TableMetadata metadata,
                                      std::optional<std::int64_t> snapshot_id = {});

    const iceberg::Schema& schema() const;
    /// Each stream starts anew. Batches may be empty.
    Result<rows::BatchStream> open() const;
    Result<rows::AddressedStream> open_addressed() const;

private:
    friend class ScanPass;
    struct Table;
    explicit IcebergScan(std::shared_ptr<const Table> table) : table_(std::move(table)) {}
    std::shared_ptr<const Table> table_;
};

} // namespace godwit::engines
