#include "lanes/lakehouse/planner.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"
#include "core/keys.h"
#include "lanes/lakehouse/facts.h"
#include "lanes/lakehouse/mapping.h"
#include "lanes/lakehouse/plan_rules.h"
#include "lanes/lakehouse/steps.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace godwit::lakehouse {

namespace {

using core::Action;
using core::PlanStep;

constexpr std::size_t kLongestFolder = 200;
constexpr std::size_t kShownFindings = 12;
/// For estimates only: one spinning disk's copy, and files opened a second.
constexpr std::uint64_t kBytesPerSecond = 100'000'000;
constexpr std::uint64_t kObjectsPerSecond = 500;

std::set<std::string> all_options(const core::Options& options, const std::string& name) {
    std::set<std::string> values;
    for (auto [at, end] = options.equal_range(name); at != end; ++at)
        values.insert(at->second);
    return values;
}

/// What stands at the target, by name. Names only: they are few beside the source's partitions and files.
struct Present {
    std::set<std::string> namespaces;
    std::map<std::string, std::string> tables;  ///< joined name -> metadata location
    std::map<std::string, std::string> folders; ///< key below the warehouse -> objects
};

Result<Present> read_present(const core::AssessmentReader& target) {
    Present present;
    TRY(target.each_resource([&](const core::Resource& resource, std::span<const core::Finding>) -> Status {
        if (resource.type == type::kNamespace) {
            present.namespaces.insert(join(TRY(facts_from_json<NamespaceFacts>(resource.facts)).levels, "\x1f"));
        } else if (resource.type == type::kTargetTable) {
            const auto facts = TRY(facts_from_json<TargetTableFacts>(resource.facts));
            present.tables[join(facts.levels, "\x1f") + "\x1f" + facts.name] = facts.metadata_location;
        } else if (resource.type == type::kTargetFolder) {
            const auto facts = TRY(facts_from_json<TargetFolderFacts>(resource.facts));
            present.folders[join(facts.path, "/")] = std::to_string(facts.sizes.objects);
        }
        return {};
    }));
    return present;
}

/// Why a table or namespace of this name can never be asked for in a URL (Iceberg REST: 0x1F divides levels;
/// RFC 3986 section 5.2.4: clients take dots out of a path). Empty: it can.
std::string why_refused(std::string_view name) {
    constexpr std::size_t kLongestName = 1024;
    if (name.empty() || name.size() > kLongestName)
        return "it has " + std::to_string(name.size()) + " bytes";
    if (name == "." || name == "..")
        return "it cannot stand in the path of a URL";
    if (!is_storable_text(name))
        return "it is not UTF-8, or holds U+0000";
    return name.find('\x1f') == std::string_view::npos ? "" : "it holds the namespace separator 0x1F";
}

core::Estimate estimate_of(const Sizes& sizes) {
    return {sizes.objects, sizes.bytes, sizes.bytes / kBytesPerSecond + sizes.objects / kObjectsPerSecond};
}

class Planner {
public:
    Planner(const core::PlanRequest& request, core::PlanSink& sink, Present present)
        : request_(&request),
          sink_(&sink),
          present_(std::move(present)),
          only_(all_options(request.options, "only")),
          excluded_(all_options(request.options, "exclude")) {
        options_ = canonical_json({{"strict", request.options.contains("strict")}});
    }

    Status run() {
        TRY(request_->target->each_finding([this](const core::Finding& finding) { return gate(finding); }));
        TRY(request_->source->each_resource(
            [this](const core::Resource& resource, std::span<const core::Finding> findings) -> Status {
                return visit(resource, findings);
            }));
        TRY(refuse_unknown_names());
        return refuse_if_blocked();
    }

private:
    Status visit(const core::Resource& resource, std::span<const core::Finding> findings) {
        const bool is_named =
            resource.type == type::kTable || resource.type == type::kView || resource.type == type::kLink;
        if (is_named && !is_chosen(resource.display))
            return {};
        for (const auto& finding : findings)
            TRY(gate(finding));
        if (resource.type == type::kTable)
            return plan_table(resource, findings);
        if (is_named)
            return skip(resource, findings, "views and links are made anew at the target by a person");
        return {};
    }

    bool is_chosen(const std::string& display) {
        seen_.insert(display);
        return (only_.empty() || only_.contains(display)) && !excluded_.contains(display);
    }

    Status refuse_unknown_names() const {
        for (const auto* names : {&only_, &excluded_})
            for (const auto& name : *names)
                if (!seen_.contains(name))
                    return Error::make(ErrorKind::usage, "the assessment holds no " + printable(name))
                        .why("--only and --exclude name tables as database.table")
                        .fix("see `godwit findings` for the names");
        return {};
    }

    Status gate(const core::Finding& finding) {
        if (finding.severity != core::Severity::blocking)
            return {};
        const bool waived = std::ranges::any_of(request_->waivers, [&](const core::Waiver& waiver) {
            return waiver.code == finding.code && waiver.resource == finding.resource;
        });
        if (!waived)
            blocking_.push_back(finding.code + " " + printable(finding.display) + ": " + finding.title + " [" +
                                finding.resource + "]");
        return {};
    }

    Status refuse_if_blocked() const {
        if (blocking_.empty())
            return {};
        std::string list;
        for (std::size_t i = 0; i < std::min(blocking_.size(), kShownFindings); ++i)
            list += "\n           " + blocking_[i];
        if (blocking_.size() > kShownFindings)
            list += "\n           and " + std::to_string(blocking_.size() - kShownFindings) + " more";
        return Error::make(ErrorKind::blocked, "findings forbid the plan")
            .why(std::to_string(blocking_.size()) + " of them are blocking:" + list)
            .fix("mend what they name, leave tables out with --exclude database.table, or decide otherwise with "
                 "--waive CODE=RESOURCE=REASON");
    }

    Status skip(const core::Resource& resource, std::span<const core::Finding> findings, const std::string& why) {
        PlanStep step;
        step.kind = "lakehouse.skip";
        step.resource = resource.key;
        step.display = resource.display;
        step.action = Action::skip;
        step.reason = why;
        for (const auto& finding : findings)
            if (finding.readiness != core::Readiness::ready)
                step.findings.push_back(finding.code);
        return sink_->step(step);
    }

    Status plan_table(const core::Resource& resource, std::span<const core::Finding> findings) {
        const auto json = TRY(parse_json(resource.facts));
        const auto outcomes = core::choose(default_mapping(), json);
        const auto& method = outcomes.at("method");
        if (method.value == "skip")
            return skip(resource, findings, method.reason);
        for (const auto& finding : findings)
            if (finding.readiness == core::Readiness::manual || finding.readiness == core::Readiness::blocked)
                return skip(resource, findings, finding.title + " (" + finding.code + ")");
        const auto facts = TRY(facts_from_json<TableFacts>(resource.facts));
        auto move = TRY(move_of(facts, resource.facts));
        const auto encounter_findings = TRY(findings_of(encounter(resource, move)));
        if (!encounter_findings.empty()) {
            for (const auto& finding : encounter_findings)
                TRY(gate(finding));
            return skip(resource, encounter_findings, encounter_findings.front().title);
        }
        const auto space = TRY(plan_namespace(resource, move));
        return method.value == "relocate"   ? relocate(resource, facts, std::move(move), method.reason, space)
               : method.value == "in-place" ? take_over(resource, facts, std::move(move), method.reason, space)
                                            : rewrite(resource, facts, std::move(move), method.reason, space);
    }

    Result<TableMove> move_of(const TableFacts& facts, const std::string& facts_json) const {
        TableMove move;
        move.levels = {facts.database};
        move.name = facts.name;
        move.root = folder_name(facts.database) + "/" + folder_name(facts.name);
        move.options = options_;
        if (!facts.iceberg) {
            move.table = facts_json;
            return move;
        }
        move.metadata_location = facts.iceberg->metadata_location;
        move.pairs.emplace_back(facts.iceberg->location, "");
        return move;
    }

    Encounter encounter(const core::Resource& resource, const TableMove& move) const {
        Encounter met{resource.key, resource.display, join(move.levels, ".") + "." + move.name, {}, {}};
        for (const auto& name : {move.levels.front(), move.name})
            if (met.refused_name.empty())
                met.refused_name = why_refused(name);
        if (const auto table = present_.tables.find(join(move.levels, "\x1f") + "\x1f" + move.name);
            table != present_.tables.end())
            met.present_table = table->second.empty() ? "(not readable)" : table->second;
        if (const auto folder = present_.folders.find(move.root); folder != present_.folders.end())
            met.present_folder = folder->second + " objects";
        return met;
    }

    /// Once per namespace; returns the key of its step.
    Result<std::string> plan_namespace(const core::Resource& table, const TableMove& move) {
        auto parts = TRY(core::parse_resource_key(table.key)).parts;
        parts.pop_back();
        PlanStep step;
        step.kind = kind::kCreateNamespace;
        step.resource = core::resource_key("lakehouse", type::kDatabase, parts);
        step.display = join(move.levels, ".");
        const bool stands = present_.namespaces.contains(join(move.levels, "\x1f"));
        step.action = stands ? Action::adopt : Action::create;
        step.reason = stands ? "the namespace stands at the target already" : "the tables below it need it";
        TableMove space;
        space.levels = move.levels;
        step.body = to_json(space);
        if (planned_namespaces_.insert(step.key()).second)
            TRY(sink_->step(step));
        return step.key();
    }

    /// One step of a table; `after` are step keys.
    Result<std::string> add(const core::Resource& resource, const TableFacts& facts, const TableMove& move,
                            std::string_view kind, Action action, std::string reason, std::vector<std::string> after,
                            core::Estimate estimate = {}) {
        PlanStep step;
        step.kind = kind;
        step.resource = resource.key;
        step.display = resource.display;
        step.action = action;
        step.reason = std::move(reason);
        step.depends_on = std::move(after);
        step.fingerprint = facts.fingerprint;
        step.estimate = estimate;
        step.body = to_json(move);
        TRY(sink_->step(step));
        return step.key();
    }

    /// The end of every move: registration after the checks, and a look at what the catalogue shows.
    Status publish(const core::Resource& resource, const TableFacts& facts, TableMove move,
                   const std::string& metadata_step, std::vector<std::string> after) {
        move.metadata_step = core::step_id(metadata_step);
        const auto registered = TRY(add(resource, facts, move, kind::kRegisterTable, Action::register_,
                                        "the table becomes visible once its check is equal", std::move(after)));
        TRY(add(resource, facts, move, kind::kCheckTable, Action::verify,
                "what the catalogue shows is held against what was written", {registered, metadata_step}));
        return {};
    }

    Status relocate(const core::Resource& resource, const TableFacts& facts, TableMove move, const std::string& why,
                    const std::string& space) {
        const auto copied =
            TRY(add(resource, facts, move, kind::kCopyFiles, Action::copy, why, {}, estimate_of(facts.sizes)));
        const auto written = TRY(add(resource, facts, move, kind::kRelocateMetadata, Action::convert,
                                     "every absolute path in the table's metadata and delete files is rewritten", {}));
        move.copy_step = core::step_id(copied);
        move.metadata_step = core::step_id(written);
        const auto compared = TRY(add(resource, facts, move, kind::kCompareFiles, Action::verify,
                                      "every copied byte is read again on both sides", {copied}));
        const auto checked = TRY(add(resource, facts, move, kind::kCheckMetadata, Action::verify,
                                     "every reachable snapshot, manifest entry and delete is held against the source",
                                     {copied, written}));
        return publish(resource, facts, std::move(move), written, {space, compared, checked});
    }

    Status take_over(const core::Resource& resource, const TableFacts& facts, TableMove move, const std::string& why,
                     const std::string& space) {
        const auto copied =
            TRY(add(resource, facts, move, kind::kCopyTable, Action::copy, why, {}, estimate_of(facts.sizes)));
        move.copy_step = core::step_id(copied);
        const auto described = TRY(add(resource, facts, move, kind::kDescribeTable, Action::convert,
                                       "Iceberg metadata is made from catalogue and footers", {copied}));
        move.metadata_step = core::step_id(described);
        const auto compared = TRY(add(resource, facts, move, kind::kCompareTable, Action::verify,
                                      "every copied byte is read again on both sides", {copied}));
        const auto checked = TRY(add(resource, facts, move, kind::kCompareRows, Action::verify,
                                     "the rows of source and target are digested by partition", {copied, described}));
        return publish(resource, facts, std::move(move), described, {space, compared, checked});
    }

    Status rewrite(const core::Resource& resource, const TableFacts& facts, TableMove move, const std::string& why,
                   const std::string& space) {
        const auto converted =
            TRY(add(resource, facts, move, kind::kConvertTable, Action::convert, why, {}, estimate_of(facts.sizes)));
        move.metadata_step = core::step_id(converted);
        const auto checked = TRY(add(resource, facts, move, kind::kCompareRows, Action::verify,
                                     "the rows of source and target are digested by partition", {converted}));
        return publish(resource, facts, std::move(move), converted, {space, checked});
    }

    const core::PlanRequest* request_;
    core::PlanSink* sink_;
    Present present_;
    std::set<std::string> only_;
    std::set<std::string> excluded_;
    std::set<std::string> seen_;
    std::set<std::string> planned_namespaces_;
    std::vector<std::string> blocking_;
    std::string options_;
};

Result<core::PlanConnection> connection_of(const core::AssessmentReader& assessment, std::string role) {
    const auto json = TRY(parse_json(assessment.row().connection));
    if (!json.is_object() || !json.contains("identity") || !json.contains("reference"))
        return Error::make(ErrorKind::corrupt, "the assessment does not say what it read").at(assessment.row().id);
    return core::PlanConnection{std::move(role), canonical_json(json["identity"]), canonical_json(json["reference"])};
}

} // namespace

std::string folder_name(std::string_view name) {
    auto encoded = percent_encode(name);
    if (encoded.starts_with('.'))
        encoded = "%2E" + encoded.substr(1);
    if (encoded.size() <= kLongestFolder)
        return encoded;
    return encoded.substr(0, kLongestFolder / 2) + "-" + base32(sha256(name)).substr(0, 26);
}

Result<core::PlanHeader> plan_header(const core::PlanRequest& request) {
    core::PlanHeader header;
    header.lane = "lakehouse";
    header.lane_version = 1;
    header.connections.push_back(TRY(connection_of(*request.source, "source")));
    header.connections.push_back(TRY(connection_of(*request.target, "target")));
    const auto target = TRY(parse_json(header.connections.back().reference));
    if (TRY(json_string_or(target, "catalogue", {})).empty())
        return Error::make(ErrorKind::usage, "the target was assessed without a catalogue")
            .why("tables are registered in one")
            .fix("start `godwit catalog serve`, then assess the target again with --catalog URL");
    header.source_assessment = request.source->row().digest;
    header.target_assessment = request.target->row().digest;
    header.mapping = std::string(default_mapping().name) + "@" + std::to_string(default_mapping().version);
    Json options = Json::object();
    for (const auto& [name, value] : request.options)
        options[name].push_back(value);
    header.options = canonical_json(options);
    header.waivers = request.waivers;
    return header;
}

Status plan_steps(const core::PlanRequest& request, core::PlanSink& sink) {
    return Planner(request, sink, TRY(read_present(*request.target))).run();
}

} // namespace godwit::lakehouse
