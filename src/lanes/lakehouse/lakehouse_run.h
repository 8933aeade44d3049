#pragma once

#include "clients/catalogue_connection.h"
#include "clients/file_target.h"
#include "core/lane.h"
#include "lanes/lakehouse/export_index.h"
#include "lanes/lakehouse/source_options.h"
#include "lanes/lakehouse/table_files.h"
#include "lanes/lakehouse/table_move.h"
#include "transfer/copy_files.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::lakehouse {

/// The two ends of a run, opened and identified.
struct Ends {
    SourceOptions options; ///< the source as the plan refers to it
    TableFiles source;
    clients::FileTarget warehouse;
    std::unique_ptr<clients::CatalogueConnection> connection;
    std::unique_ptr<RunExport> exported = {}; ///< of a Glue export

    const clients::IcebergRest& catalogue() const { return connection->rest(); }

    /// The paths of an Iceberg table that is relocated.
    Result<TablePaths> paths(const TableMove& move) const {
        return TablePaths::create(warehouse.root(), move.root, move.pairs);
    }
};

/// Opens what the plan's connections name; kind `stale` when the catalogue or the warehouse is not the one assessed.
Result<std::unique_ptr<Ends>> open_ends(const core::PlanHeader& header, const core::Services& services);

/// The step kinds of the lane over one pair of ends.
class LakehouseRun final : public core::LaneRun {
public:
    explicit LakehouseRun(std::unique_ptr<Ends> ends);
    ~LakehouseRun() override;
    Status require_source() override;
    core::StepKind* step_kind(std::string_view name) override;

private:
    void add(std::unique_ptr<core::StepKind> kind);

    std::unique_ptr<Ends> ends_;
    std::vector<std::unique_ptr<transfer::CopyPlanner>> planners_;
    std::map<std::string, std::unique_ptr<core::StepKind>, std::less<>> kinds_;
};

} // namespace godwit::lakehouse
