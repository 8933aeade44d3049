#include "lanes/lakehouse/summary.h"

#include "base/json.h"
#include "base/text.h"
#include "lanes/lakehouse/mapping.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace godwit::lakehouse {

namespace {

constexpr std::size_t kExamples = 5;

void fill(Row& row, const TableFacts& facts) {
    row.database = facts.database;
    row.name = facts.name;
    row.kind = to_string(facts.kind);
    row.objects = facts.sizes.objects;
    row.bytes = facts.sizes.bytes;
    row.partitions = facts.partitions.count;
    row.columns = facts.iceberg && facts.iceberg->problem.empty() ? facts.iceberg->columns.size()
                                                                  : facts.columns.size() + facts.partition_keys.size();
    row.location = facts.place.location;
    row.updated_at = facts.iceberg && !facts.iceberg->updated_at.empty() ? facts.iceberg->updated_at
                     : facts.updated_at.empty()                          ? facts.created_at
                                                                         : facts.updated_at;
}

void fill(Row& row, const ViewFacts& facts) {
    row.database = facts.database;
    row.name = facts.name;
    row.kind = std::string(to_string(facts.kind)) + " view";
    row.columns = facts.columns.size();
    row.updated_at = facts.updated_at;
}

void fill(Row& row, const LinkFacts& facts) {
    row.database = facts.database;
    row.name = facts.name;
    row.kind = "resource link";
    row.location = facts.target_catalogue + "/" + facts.target_database +
                   (facts.target_name.empty() ? "" : "/" + facts.target_name);
}

void add_finding(Summary& summary, std::map<std::string, FindingGroup>& groups, const core::Finding& finding) {
    auto& group = groups[finding.code];
    if (group.count++ == 0)
        group.first = finding;
    group.effort_minutes += finding.effort_minutes;
    if (group.examples.size() < kExamples)
        group.examples.push_back(finding.display);
    if (finding.severity == core::Severity::info)
        return;
    ++(finding.severity == core::Severity::blocking ? summary.blocking : summary.warnings);
    summary.effort_minutes += finding.effort_minutes;
}

void add_row(Summary& summary, const Row& row) {
    if (row.type == type::kView)
        ++summary.views;
    else if (row.type == type::kLink)
        ++summary.links;
    if (row.type != type::kTable)
        return;
    summary.tables.add(row.bytes);
    summary.objects += row.objects;
    summary.by_readiness[static_cast<std::size_t>(row.readiness)].add(row.bytes);
    summary.by_kind[row.kind].add(row.bytes);
    summary.by_database[row.database].add(row.bytes);
}

} // namespace

Assessed Assessed::of(const core::AssessmentReader& reader) {
    return {[&reader](const Visitor& visit) { return reader.each_resource(visit); }, reader.row().id,
            reader.row().digest, reader.row().taken_at};
}

bool is_listed(std::string_view resource_type) {
    return resource_type == type::kTable || resource_type == type::kView || resource_type == type::kLink;
}

Result<Row> row_of(const core::Resource& resource, std::span<const core::Finding> findings) {
    Row row;
    row.type = resource.type;
    if (resource.type == type::kTable)
        fill(row, TRY(facts_from_json<TableFacts>(resource.facts)));
    else if (resource.type == type::kView)
        fill(row, TRY(facts_from_json<ViewFacts>(resource.facts)));
    else
        fill(row, TRY(facts_from_json<LinkFacts>(resource.facts)));
    row.readiness = core::readiness_of(findings);
    for (const auto& finding : findings) {
        row.notes.push_back({finding.code, finding.severity, finding.title});
        row.effort_minutes += finding.severity == core::Severity::info ? 0 : finding.effort_minutes;
    }
    auto chosen = core::choose(default_mapping(), TRY(parse_json(resource.facts)));
    const bool moves = row.readiness == core::Readiness::ready || row.readiness == core::Readiness::convertible;
    row.method = moves ? chosen["method"].value : "skip";
    row.why = chosen["method"].reason;
    return row;
}

Amount Summary::movable() const {
    const auto& ready = of(core::Readiness::ready);
    const auto& convertible = of(core::Readiness::convertible);
    return {ready.count + convertible.count, ready.bytes + convertible.bytes};
}

Result<Summary> summarise(const Assessed& assessed) {
    Summary summary;
    std::map<std::string, FindingGroup> groups;
    TRY(assessed.each_resource([&](const core::Resource& resource, std::span<const core::Finding> findings) -> Status {
        if (resource.type == type::kEstate)
            summary.estate = TRY(facts_from_json<EstateFacts>(resource.facts));
        else if (is_listed(resource.type))
            add_row(summary, TRY(row_of(resource, findings)));
        for (const auto& finding : findings)
            add_finding(summary, groups, finding);
        return {};
    }));
    for (auto& [code, group] : groups)
        summary.findings.push_back(std::move(group));
    std::stable_sort(summary.findings.begin(), summary.findings.end(), [](const auto& a, const auto& b) {
        return a.first.severity != b.first.severity ? a.first.severity > b.first.severity : a.count > b.count;
    });
    return summary;
}

unsigned percent(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0 || part == 0)
        return 0;
    if (part >= whole)
        return 100;
    const auto share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
    return static_cast<unsigned>(std::clamp(share + 0.5, 1.0, 99.0));
}

std::string counted(std::uint64_t count, std::string_view word) {
    return std::to_string(count) + " " + std::string(word) + (count == 1 ? "" : "s");
}

std::string human_effort(std::uint64_t minutes) {
    constexpr std::uint64_t kHour = 60, kDay = 8 * kHour;
    if (minutes < 2 * kHour)
        return std::to_string(minutes) + " min";
    if (minutes < 3 * kDay)
        return std::to_string((minutes + kHour / 2) / kHour) + " h";
    return std::to_string((minutes + kDay / 2) / kDay) + " days";
}

std::string_view meaning_of(core::Readiness readiness) {
    switch (readiness) {
    case core::Readiness::ready: return "moves as it is";
    case core::Readiness::convertible: return "moves and becomes an Iceberg table";
    case core::Readiness::manual: return "reported; a person decides";
    case core::Readiness::blocked: return "something must be repaired first";
    }
    return "";
}

std::string_view symbol_of(core::Readiness readiness) {
    constexpr std::array<std::string_view, 4> kSymbols{"●", "◐", "▲", "■"};
    return kSymbols[static_cast<std::size_t>(readiness)];
}

std::string_view symbol_of(core::Severity severity) {
    constexpr std::array<std::string_view, 3> kSymbols{"i", "▲", "■"};
    return kSymbols[static_cast<std::size_t>(severity)];
}

std::vector<std::string> next_steps(const Summary& summary) {
    std::vector<std::string> steps;
    if (!summary.estate.unmapped.empty()) {
        std::string buckets;
        for (const auto& [bucket, count] : summary.estate.unmapped)
            buckets += (buckets.empty() ? "" : ", ") + printable(bucket) + " (" + counted(count, "location") + ")";
        steps.push_back("Map what has no folder yet and assess again: " + buckets + ".");
    }
    if (summary.blocking > 0)
        steps.push_back("Settle " + counted(summary.blocking, "blocking finding") +
                        ": a plan is refused until each is repaired, excluded or waived by name.");
    if (const auto& blocked = summary.of(core::Readiness::blocked); blocked.count > 0)
        steps.push_back("Repair " + counted(blocked.count, "blocked table") + " (" + human_bytes(blocked.bytes) +
                        "), or leave " + (blocked.count == 1 ? "it" : "them") + " behind knowingly.");
    if (const auto movable = summary.movable(); movable.count > 0)
        steps.push_back("Plan the move of " + counted(movable.count, "table") + " (" + human_bytes(movable.bytes) +
                        ").");
    if (const auto& manual = summary.of(core::Readiness::manual); manual.count + summary.views + summary.links > 0)
        steps.push_back("Decide about what is only reported: " + counted(manual.count, "table") + ", " +
                        counted(summary.views, "view") + ", " + counted(summary.links, "resource link") + ".");
    return steps;
}

} // namespace godwit::lakehouse
