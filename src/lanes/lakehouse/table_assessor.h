#pragma once

#include "base/digest.h"
#include "core/assessment.h"
#include "lanes/lakehouse/export_reader.h"
#include "lanes/lakehouse/facts.h"
#include "lanes/lakehouse/parquet_check.h"
#include "lanes/lakehouse/sizes.h"
#include "lanes/lakehouse/source_options.h"

#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace godwit::lakehouse {

/// Fills in what the catalogue does not say about one table: partitions, sizes, footers, metadata.json.
class TableAssessor {
public:
    /// `listings`, for runs: no file is opened; fingerprints, places and sizes are the same, and a place that cannot be
    /// listed is an error, because a plan moves only what could be.
    enum class Depth { files, listings };
    TableAssessor(const SourceOptions& source, core::AssessmentSink& sink, std::stop_token stop,
                  Depth depth = Depth::files)
        : source_(source), sink_(sink), stop_(std::move(stop)), depth_(depth) {}

    /// `key_path`: catalogue, database, table. Sends the partitions to the sink; the table itself is left to the
    /// caller.
    Status assess(TableFacts& facts, const std::vector<std::string>& key_path, PartitionCursor* partitions);
    /// For metadata mode: `facts.iceberg` is filled from `metadata_location`.
    Status assess_iceberg(TableFacts& facts, const std::string& metadata_location);
    /// Locations without a map since the assessor was made, by bucket.
    const std::map<std::string, std::uint64_t>& unmapped() const { return unmapped_; }
    std::uint64_t partitions() const { return partitions_; }

private:
    struct Listed {
        Sizes sizes;
        std::uint64_t nested = 0;
    };
    Status assess_files(TableFacts& facts, const std::vector<std::string>& key_path, PartitionCursor* partitions);
    Status read_partitions(TableFacts& facts, const std::vector<std::string>& key_path, PartitionCursor& cursor);
    Result<PartitionFacts> read_partition(TableFacts& facts, const glue::Partition& partition, Listed& listed);
    void compare_partition(const TableFacts& table, const glue::Partition& entry, PartitionFacts& partition) const;
    void check_values(TableFacts& table, const glue::Partition& entry, const std::string& shown);
    Status list_table(TableFacts& facts);
    Result<Listed> list(Place& place, TableFacts& facts, Sha256& digest, bool check_objects);
    Status check_object(TableFacts& facts, const ListedObject& object, const clients::FileSource& files,
                        const std::string& key);
    Status cannot_list(Place& place, Error error) const;
    void resolve(Place& place);
    static void finish_fingerprint(TableFacts& facts);

    const SourceOptions& source_;
    core::AssessmentSink& sink_;
    std::stop_token stop_;
    Depth depth_;
    std::map<std::string, std::uint64_t> unmapped_;
    std::uint64_t partitions_ = 0;
    // Of the table at hand:
    std::unique_ptr<ParquetChecker> checker_;
    Sizes inside_;  ///< of partitions below the table's location
    Sizes outside_; ///< of the others
    Sha256 listing_;
    std::vector<iceberg::Type> key_types_; ///< empty: not known
};

/// How a key is shown to people: `sales.orders`, `sales.orders/dt=2024-01-01`.
std::string display_name(const std::vector<std::string>& names);
std::string display_partition(const TableFacts& table, const std::vector<std::string>& values);

} // namespace godwit::lakehouse
