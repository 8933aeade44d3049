#include "lanes/lakehouse/rules.h"

#include <vector>

namespace godwit::lakehouse {

namespace {

std::vector<core::Rule> all_rules() {
    std::vector<core::Rule> all;
    for (const auto part : {table_rules(), file_rules(), iceberg_rules(), estate_rules(), target_rules()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

} // namespace

std::span<const core::Rule> rules() {
    static const std::vector<core::Rule> kRules = all_rules();
    return kRules;
}

} // namespace godwit::lakehouse
