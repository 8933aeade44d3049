#include "lanes/lakehouse/lakehouse_run.h"

#include "base/json.h"
#include "base/text.h"
#include "lanes/lakehouse/assess_target.h"
#include "lanes/lakehouse/steps.h"

#include <nlohmann/json.hpp>

namespace godwit::lakehouse {

namespace {

Error not_the_same(std::string_view what, const std::string& planned, const std::string& present) {
    return Error::make(ErrorKind::stale, "the " + std::string(what) + " is not the one that the plan was made for")
        .why("planned for " + printable(planned) + ", found " + printable(present))
        .fix("reach the one that was assessed, or assess and plan again");
}

Result<const core::PlanConnection*> connection(const core::PlanHeader& header, std::string_view role) {
    const auto* found = header.connection(role);
    if (found == nullptr)
        return Error::make(ErrorKind::invalid_input, "the plan does not say what its " + std::string(role) + " is");
    return found;
}

} // namespace

Result<std::unique_ptr<Ends>> open_ends(const core::PlanHeader& header, const core::Services& services) {
    const auto* source = TRY(connection(header, "source"));
    const auto* target = TRY(connection(header, "target"));
    auto options = TRY(source_from_reference(source->reference));
    if (options.identity() != source->identity)
        return not_the_same("source", source->identity, options.identity());
    const auto reference = TRY(parse_json(target->reference));
    auto warehouse = TRY(clients::FileTarget::open(TRY(json_string(reference, "warehouse"))));
    const auto url = TRY(json_string(reference, "catalogue"));
    const auto warehouse_uri = TRY(json_string(reference, "warehouse_uri"));
    auto catalogue =
        TRY(clients::CatalogueConnection::open(*services.clock, *services.random, {url, warehouse_uri, {}, {}}));
    const auto present = target_identity(catalogue->rest().config().uuid, warehouse.root());
    if (present != target->identity)
        return not_the_same("target", target->identity, present);
    auto map = options.map;
    auto exported = std::make_unique<RunExport>(options.folder, options.account, *services.clock);
    // new: Ends holds a mutex and cannot be moved into place
    return std::unique_ptr<Ends>(new Ends{std::move(options), TableFiles(std::move(map)), std::move(warehouse),
                                          std::move(catalogue), std::move(exported)});
}

LakehouseRun::LakehouseRun(std::unique_ptr<Ends> ends) : ends_(std::move(ends)) {
    auto& iceberg_files = *planners_.emplace_back(make_iceberg_files(*ends_));
    auto& table_files = *planners_.emplace_back(make_table_files(*ends_));
    add(std::make_unique<transfer::CopyFiles>(std::string(kind::kCopyFiles), iceberg_files, ends_->warehouse));
    add(std::make_unique<transfer::CompareFiles>(std::string(kind::kCompareFiles), iceberg_files, ends_->warehouse));
    add(std::make_unique<transfer::CopyFiles>(std::string(kind::kCopyTable), table_files, ends_->warehouse));
    add(std::make_unique<transfer::CompareFiles>(std::string(kind::kCompareTable), table_files, ends_->warehouse));
    add(make_create_namespace(*ends_));
    add(make_relocate_metadata(*ends_));
    add(make_check_metadata(*ends_));
    add(make_describe_table(*ends_));
    add(make_convert_table(*ends_));
    add(make_compare_rows(*ends_));
    add(make_register_table(*ends_));
    add(make_check_table(*ends_));
}

LakehouseRun::~LakehouseRun() = default;

void LakehouseRun::add(std::unique_ptr<core::StepKind> kind) {
    std::string name(kind->traits().name);
    kinds_.emplace(std::move(name), std::move(kind));
}

Status LakehouseRun::require_source() { return lakehouse::require_source(ends_->options); }

core::StepKind* LakehouseRun::step_kind(std::string_view name) {
    const auto found = kinds_.find(name);
    return found == kinds_.end() ? nullptr : found->second.get();
}

} // namespace godwit::lakehouse
