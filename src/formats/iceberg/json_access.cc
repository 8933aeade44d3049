#include "formats/iceberg/json_access.h"

namespace godwit::iceberg {

Result<std::vector<std::pair<std::string, std::string>>> parse_properties(const OrderedJson& object, const char* name) {
    std::vector<std::pair<std::string, std::string>> result;
    const auto* found = find_field(object, name);
    if (found == nullptr)
        return result;
    if (!found->is_object())
        return json_error("it is not an object", name);
    for (const auto& [key, value] : found->items()) {
        if (value.is_string())
            result.emplace_back(key, value.template get<std::string>());
        else if (value.is_number() || value.is_boolean())
            result.emplace_back(key, value.dump());
        else if (!value.is_null())
            return json_error("it is not a text", std::string(name) + "." + key);
    }
    return result;
}

OrderedJson properties_to_json(const std::vector<std::pair<std::string, std::string>>& properties) {
    auto result = OrderedJson::object();
    for (const auto& [key, value] : properties)
        result[key] = value;
    return result;
}

JsonLimits metadata_json_limits() {
    JsonLimits limits;
    limits.depth = 256;
    limits.bytes = std::size_t{512} << 20;
    return limits;
}

} // namespace godwit::iceberg
