#include "core/mapping.h"

#include <nlohmann/json.hpp>

namespace godwit::core {

std::map<std::string, Outcome> choose(const Mapping& mapping, const Json& facts) {
    std::map<std::string, Outcome> chosen;
    const std::string template_name = std::string(mapping.name) + "@" + std::to_string(mapping.version);
    for (const auto& rule : mapping.rules) {
        if (!rule.when(facts))
            continue;
        const std::string reason =
            std::string(rule.why) + " (rule " + std::string(rule.name) + " of " + template_name + ")";
        for (const auto& [key, value] : rule.then)
            chosen.try_emplace(std::string(key), Outcome{std::string(value), reason});
    }
    return chosen;
}

} // namespace godwit::core
