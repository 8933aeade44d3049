#include "lanes/lakehouse/lakehouse_lane.h"

#include "base/json.h"
#include "base/text.h"
#include "lanes/lakehouse/assess_source.h"
#include "lanes/lakehouse/assess_target.h"
#include "lanes/lakehouse/catalogue_reader.h"
#include "lanes/lakehouse/lakehouse_run.h"
#include "lanes/lakehouse/mapping.h"
#include "lanes/lakehouse/plan_rules.h"
#include "lanes/lakehouse/planner.h"
#include "lanes/lakehouse/reports.h"
#include "lanes/lakehouse/rules.h"
#include "lanes/lakehouse/summary.h"

#include <nlohmann/json.hpp>

#include <array>

namespace godwit::lakehouse {

namespace {

std::string option(const core::Options& options, const std::string& name) {
    const auto found = options.find(name);
    return found == options.end() ? std::string() : found->second;
}

/// The target as it was given, and its catalogue if it answers.
struct OpenTarget {
    TargetOptions options;
    std::string folder;
    std::unique_ptr<TargetCatalogue> catalogue;
};

Result<OpenTarget> open_target(const core::Options& options, const core::Services& services,
                               const std::stop_token& stop) {
    OpenTarget target;
    target.options.warehouse = option(options, "warehouse");
    if (target.options.warehouse.empty())
        return Error::make(ErrorKind::usage, "there is no warehouse to assess")
            .why("a catalogue alone does not say where files can lie")
            .fix("name its folder with --warehouse");
    target.folder = TRY(warehouse_folder(target.options.warehouse));
    target.options.catalogue_endpoint = option(options, "catalog");
    if (target.options.catalogue_endpoint.empty())
        return target;
    auto connection = clients::CatalogueConnection::open(
        *services.clock, *services.random,
        {target.options.catalogue_endpoint, clients::file_uri(target.folder), {}, {}}, stop);
    if (connection.is_error())
        target.options.catalogue_problem = connection.error().to_line();
    else
        target.catalogue = read_catalogue(std::move(connection).release());
    target.options.catalogue = target.catalogue.get();
    return target;
}

std::string connection_json(const std::string& identity, const std::string& reference) {
    return canonical_json({{"identity", Json::parse(identity)}, {"reference", Json::parse(reference)}});
}

std::string scope_json(const core::Options& options) {
    Json scope = Json::object();
    for (const auto& [name, value] : options)
        scope[name].push_back(is_storable_text(value) ? value : percent_encode(value));
    return canonical_json(scope);
}

} // namespace

LakehouseLane::LakehouseLane() {
    const auto resource_rules = lakehouse::rules();
    rules_.assign(resource_rules.begin(), resource_rules.end());
    for (auto& rule : plan_rules())
        rules_.push_back(std::move(rule));
}

core::LaneDescription LakehouseLane::describe() const {
    return {
        "lakehouse",
        1,
        "experimental",
        {"AWS Glue catalogue as exported by the AWS CLI, files in folders",
         "an Iceberg metadata.json, files in folders"},
        {"an Iceberg REST catalogue with a warehouse at file://"},
        {"read the export and the mapped folders", "write below the warehouse", "create and drop in the catalogue"}};
}

std::span<const core::OptionText> LakehouseLane::options(std::string_view role) const {
    static constexpr std::array kSource{
        core::OptionText{"export", "DIR", false,
                         "what the AWS command line printed (get-databases, get-tables, get-partitions)"},
        core::OptionText{"metadata", "FILE", false, "one Iceberg metadata.json that no catalogue knows"},
        core::OptionText{"table", "DATABASE.NAME", false, "the name that the table of --metadata gets"},
        core::OptionText{"map", "PREFIX=FOLDER", true, "where the files of a location lie; the longest prefix wins"},
        core::OptionText{"account", "ID", false, "the AWS account of the export"},
        core::OptionText{"region", "NAME", false, "the AWS region of the export"},
    };
    static constexpr std::array kTarget{
        core::OptionText{"warehouse", "FOLDER", false, "the target: a folder or file:// URI"},
        core::OptionText{"catalog", "URL", false, "the target's Iceberg REST catalogue"},
    };
    static constexpr std::array kPlan{
        core::OptionText{"only", "DATABASE.TABLE", true, "move this table, and others so named, and nothing else"},
        core::OptionText{"exclude", "DATABASE.TABLE", true, "leave this table out"},
        core::OptionText{"strict", "", false,
                         "set rows aside that hold a cell which does not parse; each is a difference"},
    };
    if (role == "source")
        return kSource;
    return role == "target" ? std::span<const core::OptionText>(kTarget) : std::span<const core::OptionText>(kPlan);
}

core::Mapping LakehouseLane::mapping() const { return default_mapping(); }

Result<core::AssessmentWriter::Header> LakehouseLane::identify(std::string_view role, const core::Options& options,
                                                               const core::Services& services) {
    if (role == "source") {
        const auto source = TRY(read_source_options(options));
        return core::AssessmentWriter::Header{
            "lakehouse", "source", connection_json(source.identity(), source.reference()), scope_json(options)};
    }
    const auto target = TRY(open_target(options, services, {}));
    const auto uuid = target.catalogue ? target.catalogue->uuid() : std::string();
    const auto reference = canonical_json({{"warehouse", target.folder},
                                           {"warehouse_uri", clients::file_uri(target.folder)},
                                           {"catalogue", target.options.catalogue_endpoint}});
    return core::AssessmentWriter::Header{
        "lakehouse", "target", connection_json(target_identity(uuid, target.folder), reference), scope_json(options)};
}

Status LakehouseLane::assess(std::string_view role, const core::Options& options, const core::Services& services,
                             std::stop_token stop, core::AssessmentSink& sink) {
    if (role == "source")
        return assess_source(TRY(read_source_options(options)), sink, std::move(stop));
    const auto target = TRY(open_target(options, services, stop));
    return assess_target(target.options, sink, std::move(stop));
}

Result<core::PlanHeader> LakehouseLane::plan_header(const core::PlanRequest& request) {
    return lakehouse::plan_header(request);
}

Status LakehouseLane::plan(const core::PlanRequest& request, core::PlanSink& sink) { return plan_steps(request, sink); }

Result<std::unique_ptr<core::LaneRun>> LakehouseLane::open(const core::PlanHeader& header,
                                                           const core::Services& services) {
    return std::unique_ptr<core::LaneRun>(std::make_unique<LakehouseRun>(TRY(open_ends(header, services))));
}

Result<std::string> LakehouseLane::summary(const core::AssessmentReader& source) {
    const auto assessed = Assessed::of(source);
    auto text = console_text(assessed, TRY(summarise(assessed)));
    // Shown because the export's own settings may name folders too, and whoever wrote the export wrote them.
    const auto connection = TRY(parse_json(source.row().connection));
    const auto options = TRY(source_from_reference(canonical_json(connection.at("reference"))));
    text += "\nWhere the data was looked for\n";
    for (const auto& pair : options.map.pairs())
        text += "  " + printable(pair.from) + " in " + printable(pair.to) + "\n";
    return text;
}

Result<std::vector<std::string>> LakehouseLane::write_reports(const core::AssessmentReader& source,
                                                              const std::string& folder) {
    return lakehouse::write_reports(Assessed::of(source), folder);
}

} // namespace godwit::lakehouse
