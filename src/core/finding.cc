#include "core/finding.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace godwit::core {

namespace {

constexpr std::string_view kSeverityNames[] = {"info", "warning", "blocking"};
constexpr std::string_view kReadinessNames[] = {"ready", "convertible", "manual", "blocked"};

template <std::size_t size>
Result<std::size_t> index_of(const std::string_view (&names)[size], std::string_view text, std::string_view what) {
    const auto* found = std::ranges::find(names, text);
    if (found == std::end(names))
        return Error::make(ErrorKind::invalid_input, "a " + std::string(what) + " cannot be read")
            .why("'" + std::string(text) + "' is none that this version knows");
    return static_cast<std::size_t>(found - std::begin(names));
}

Finding make_finding(const Rule& rule, const Resource& resource, const Json& facts) {
    Finding finding{std::string(rule.code),
                    rule.severity,
                    rule.readiness,
                    resource.key,
                    resource.display,
                    std::string(rule.title),
                    {},
                    std::string(rule.remedy),
                    rule.effort_minutes};
    for (const auto pointer : rule.evidence) {
        const Json::json_pointer path{std::string(pointer)};
        if (facts.contains(path))
            finding.evidence.emplace_back(pointer.substr(1), canonical_json(facts.at(path)));
    }
    return finding;
}

} // namespace

std::string_view to_string(Severity severity) { return kSeverityNames[static_cast<std::size_t>(severity)]; }
std::string_view to_string(Readiness readiness) { return kReadinessNames[static_cast<std::size_t>(readiness)]; }

Result<Severity> parse_severity(std::string_view text) {
    return static_cast<Severity>(TRY(index_of(kSeverityNames, text, "severity")));
}

std::string finding_to_json(const Finding& finding) {
    Json evidence = Json::array();
    for (const auto& [field, value] : finding.evidence)
        evidence.push_back({{"field", field}, {"value", value}});
    return canonical_json({{"code", finding.code},
                           {"severity", to_string(finding.severity)},
                           {"readiness", to_string(finding.readiness)},
                           {"resource", finding.resource},
                           {"display", finding.display},
                           {"title", finding.title},
                           {"evidence", evidence},
                           {"remedy", finding.remedy},
                           {"effort_minutes", finding.effort_minutes}});
}

Result<Finding> finding_from_json(std::string_view text) {
    const auto json = TRY(parse_json(text));
    Finding finding;
    finding.code = TRY(json_string(json, "code"));
    finding.severity = TRY(parse_severity(TRY(json_string(json, "severity"))));
    finding.readiness =
        static_cast<Readiness>(TRY(index_of(kReadinessNames, TRY(json_string(json, "readiness")), "readiness")));
    finding.resource = TRY(json_string(json, "resource"));
    finding.display = TRY(json_string(json, "display"));
    finding.title = TRY(json_string(json, "title"));
    finding.remedy = TRY(json_string(json, "remedy"));
    finding.effort_minutes = static_cast<std::uint32_t>(TRY(json_int64(json, "effort_minutes")));
    if (const auto evidence = json.find("evidence"); evidence != json.end() && evidence->is_array())
        for (const auto& item : *evidence)
            finding.evidence.emplace_back(TRY(json_string(item, "field")), TRY(json_string(item, "value")));
    return finding;
}

Result<std::vector<Finding>> evaluate(std::span<const Rule> rules, const Resource& resource) {
    const auto facts = TRY(parse_json(resource.facts));
    std::vector<Finding> findings;
    for (const auto& rule : rules)
        if (std::ranges::find(rule.types, resource.type) != rule.types.end() && rule.applies(facts))
            findings.push_back(make_finding(rule, resource, facts));
    return findings;
}

Readiness readiness_of(std::span<const Finding> findings) {
    auto worst = Readiness::ready;
    for (const auto& finding : findings)
        worst = std::max(worst, finding.readiness);
    return worst;
}

} // namespace godwit::core
