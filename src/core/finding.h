#pragma once

#include "base/json.h"
#include "core/resource.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// One rule engine for assessment and gate, so that the two cannot disagree (spine, section 5).
namespace godwit::core {

enum class Severity { info, warning, blocking };

/// What findings make of a resource; the worst one counts.
enum class Readiness { ready, convertible, manual, blocked };

std::string_view to_string(Severity severity);
std::string_view to_string(Readiness readiness);
Result<Severity> parse_severity(std::string_view text);

/// A rule is data and a pure function. Its page is docs/reference/findings/<code>.md.
struct Rule {
    std::string_view code; ///< `LAKE-012`: stable, never reused
    Severity severity = Severity::info;
    Readiness readiness = Readiness::ready; ///< what a resource with this finding is at best
    std::string_view title;                 ///< one sentence without names: "The table is partitioned by projection"
    std::vector<std::string_view> types;    ///< resource types it looks at
    bool (*applies)(const Json& facts) = nullptr;
    std::vector<std::string_view> evidence; ///< JSON pointers into the facts that it quotes
    std::string_view remedy;                ///< what a person does about it
    std::uint32_t effort_minutes = 0;
};

struct Finding {
    std::string code;
    Severity severity = Severity::info;
    Readiness readiness = Readiness::ready;
    std::string resource; ///< resource key
    std::string display;  ///< the resource, for people
    std::string title;
    std::vector<std::pair<std::string, std::string>> evidence; ///< field and its value as JSON text
    std::string remedy;
    std::uint32_t effort_minutes = 0;
};

std::string finding_to_json(const Finding& finding);
Result<Finding> finding_from_json(std::string_view text);

/// Every rule that applies to the resource, in order of the table.
Result<std::vector<Finding>> evaluate(std::span<const Rule> rules, const Resource& resource);
Readiness readiness_of(std::span<const Finding> findings);

} // namespace godwit::core
