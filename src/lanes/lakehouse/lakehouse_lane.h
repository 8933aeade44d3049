#pragma once

#include "core/lane.h"

#include <vector>

namespace godwit::lakehouse {

/// AWS lakehouses (Glue catalogue and files) to an Iceberg warehouse with a REST catalogue.
///
/// Options of the source are those of read_source_options; of the target `warehouse` (folder or file:// URI) and
/// `catalog` (URL); of plans those of planner.h.
class LakehouseLane final : public core::Lane {
public:
    LakehouseLane();
    core::LaneDescription describe() const override;
    std::span<const core::OptionText> options(std::string_view role) const override;
    std::span<const core::Rule> rules() const override { return rules_; }
    core::Mapping mapping() const override;
    Result<core::AssessmentWriter::Header> identify(std::string_view role, const core::Options& options,
                                                    const core::Services& services) override;
    Status assess(std::string_view role, const core::Options& options, const core::Services& services,
                  std::stop_token stop, core::AssessmentSink& sink) override;
    Result<core::PlanHeader> plan_header(const core::PlanRequest& request) override;
    Status plan(const core::PlanRequest& request, core::PlanSink& sink) override;
    Result<std::unique_ptr<core::LaneRun>> open(const core::PlanHeader& header,
                                                const core::Services& services) override;
    Result<std::string> summary(const core::AssessmentReader& source) override;
    Result<std::vector<std::string>> write_reports(const core::AssessmentReader& source,
                                                   const std::string& folder) override;

private:
    std::vector<core::Rule> rules_; ///< of resources and of the planner, in order of code
};

} // namespace godwit::lakehouse
