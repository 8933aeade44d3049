#pragma once

#include "core/lane.h"
#include "formats/iceberg/manifest_writer.h"
#include "formats/iceberg/table_metadata.h"
#include "formats/parquet/footer.h"
#include "lanes/lakehouse/hive_schema.h"
#include "lanes/lakehouse/part_sink.h"
#include "lanes/lakehouse/table_move.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace godwit::lakehouse {

/// Makes the Iceberg metadata (version 2, one snapshot) of a table whose data files stand below the warehouse. Every
/// id, name and sync marker comes from the step's marker, every time from the run's start: same plan, same world.
class TableBuilder {
public:
    /// `schema`: the fields, partition keys last; identity partitions on `schema.partition_ids`.
    static Result<TableBuilder> create(const core::StepContext& context, const TableMove& move,
                                       const std::string& warehouse, const HiveSchema& schema,
                                       transfer::OpenPart& part);
    TableBuilder(TableBuilder&&) noexcept;
    ~TableBuilder();

    /// The schema as the table has it: ids are final.
    const iceberg::Schema& schema() const;
    /// Ids of the partition keys in `schema`.
    const std::vector<std::int32_t>& partition_ids() const;
    /// How columns are found in files without ids.
    const iceberg::NameMapping& names() const;
    /// Of a file that is taken over as it is: the mapping learns what it calls its columns.
    Status name_columns(const parquet_format::Footer& footer);
    /// For tables that Spark reads right only row by row.
    void forbid_batches();
    /// `file.file_path` is the key below the warehouse.
    Status add(iceberg::DataFile file);
    Status finish();

    struct State;

private:
    explicit TableBuilder(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// What TableBuilder writes for the step of this marker, known without the journal: a log that was cut off has lost it.
WrittenTable written_by(const std::string& marker, const TableMove& move, const std::string& warehouse);

/// The manifest's view of a Parquet file; `key` below the warehouse.
iceberg::DataFile data_file_of(const parquet_format::FileMetrics& metrics, std::string key,
                               std::vector<iceberg::Value> partition);

/// The typed partition tuple of a data file.
Result<std::vector<iceberg::Value>> partition_tuple(const iceberg::Schema& schema, const std::vector<std::int32_t>& ids,
                                                    const std::vector<std::string>& values);

/// The schema that a table gets: of Parquet as its footers decided, of text as the catalogue declares.
Result<HiveSchema> target_schema(const TableFacts& table);

} // namespace godwit::lakehouse
