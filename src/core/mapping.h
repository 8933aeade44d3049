#pragma once

#include "base/json.h"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace godwit::core {

/// One rule of a mapping template: for each outcome key the first rule that matches wins.
struct MappingRule {
    std::string_view name; ///< "parquet-in-place"
    std::string_view why;  ///< in words, for `plan show`
    bool (*when)(const Json& facts) = nullptr;
    std::vector<std::pair<std::string_view, std::string_view>> then; ///< outcome key and value
};

struct Mapping {
    std::string_view name; ///< "default"
    int version = 1;
    std::span<const MappingRule> rules;
};

struct Outcome {
    std::string value;
    std::string reason; ///< "<why> (rule parquet-in-place of default@1)"
};

std::map<std::string, Outcome> choose(const Mapping& mapping, const Json& facts);

} // namespace godwit::core
