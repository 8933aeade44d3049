#include "lanes/lakehouse/rule_facts.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace godwit::lakehouse::rule {

const Json* field(const Json& facts, std::string_view pointer) {
    const Json::json_pointer path{std::string(pointer)};
    return facts.contains(path) ? &facts.at(path) : nullptr;
}

std::string_view text(const Json& facts, std::string_view pointer) {
    const auto* value = field(facts, pointer);
    return value != nullptr && value->is_string() ? std::string_view(value->get_ref<const std::string&>())
                                                  : std::string_view();
}

bool flag(const Json& facts, std::string_view pointer) {
    const auto* value = field(facts, pointer);
    return value != nullptr && value->is_boolean() && value->get<bool>();
}

bool some(const Json& facts, std::string_view pointer) {
    const auto value = text(facts, pointer);
    return !value.empty() && value != "0";
}

bool is_empty(const Json& facts, std::string_view pointer) {
    const auto* value = field(facts, pointer);
    return value == nullptr || value->empty() || (value->is_string() && value->get_ref<const std::string&>().empty());
}

bool is_one_of(std::string_view value, std::initializer_list<std::string_view> values) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

bool is_plain_files(const Json& facts) {
    return !is_one_of(text(facts, "/kind"), {"iceberg", "hudi", "delta", "delta_manifest", "other_store"});
}

} // namespace godwit::lakehouse::rule
