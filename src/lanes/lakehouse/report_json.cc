#include "lanes/lakehouse/reports.h"

#include "base/json.h"

#include <nlohmann/json.hpp>

namespace godwit::lakehouse {

namespace {

Json amount(const Amount& amount) {
    return {{"count", std::to_string(amount.count)}, {"bytes", std::to_string(amount.bytes)}};
}

Json amounts(const std::map<std::string, Amount>& by_name) {
    auto json = Json::object();
    for (const auto& [name, value] : by_name)
        json[name] = amount(value);
    return json;
}

Json to_json(const Summary& summary) {
    auto readiness = Json::object();
    for (std::size_t i = 0; i < summary.by_readiness.size(); ++i)
        readiness[std::string(core::to_string(static_cast<core::Readiness>(i)))] = amount(summary.by_readiness[i]);
    auto codes = Json::array();
    for (const auto& group : summary.findings)
        codes.push_back({{"code", group.first.code},
                         {"severity", core::to_string(group.first.severity)},
                         {"title", group.first.title},
                         {"count", std::to_string(group.count)},
                         {"effort_minutes", std::to_string(group.effort_minutes)}});
    return {{"tables", amount(summary.tables)},
            {"objects", std::to_string(summary.objects)},
            {"views", std::to_string(summary.views)},
            {"links", std::to_string(summary.links)},
            {"partitions", std::to_string(summary.estate.partitions)},
            {"databases", std::to_string(summary.estate.databases)},
            {"readiness", readiness},
            {"kinds", amounts(summary.by_kind)},
            {"by_database", amounts(summary.by_database)},
            {"findings", codes},
            {"effort_minutes", std::to_string(summary.effort_minutes)}};
}

Result<std::string> resource_line(const core::Resource& resource, std::span<const core::Finding> findings) {
    const auto facts = TRY(parse_json(resource.facts));
    Json json = {{"key", resource.key}, {"type", resource.type}, {"display", resource.display}, {"facts", facts}};
    auto list = Json::array();
    for (const auto& finding : findings)
        list.push_back(TRY(parse_json(core::finding_to_json(finding))));
    json["findings"] = std::move(list);
    if (is_listed(resource.type))
        json["readiness"] = core::to_string(core::readiness_of(findings));
    return canonical_json(json);
}

} // namespace

Status write_full_json(const Assessed& assessed, const Summary& summary, ByteSink& sink) {
    TRY(sink.write("{\"schema\":\"godwit.assessment/v1\",\"lane\":\"lakehouse\",\"role\":\"source\",\n"));
    TRY(sink.write("\"version\":" + canonical_json(GODWIT_VERSION) + ",\"id\":" + canonical_json(assessed.id) +
                   ",\"digest\":" + canonical_json(assessed.digest) +
                   ",\"taken_at\":" + canonical_json(format_time(assessed.taken_at)) + ",\n"));
    TRY(sink.write("\"summary\":" + canonical_json(to_json(summary)) + ",\n\"resources\":["));
    bool first = true;
    TRY(assessed.each_resource([&](const core::Resource& resource, std::span<const core::Finding> findings) -> Status {
        TRY(sink.write((first ? "\n" : ",\n") + TRY(resource_line(resource, findings))));
        first = false;
        return {};
    }));
    return sink.write("\n]}\n");
}

} // namespace godwit::lakehouse
