#include "formats/iceberg/json_access.h"

#include "base/text.h"

#include <unordered_map>

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

void set_texts(OrderedJson& object, const std::vector<std::pair<std::string, std::string>>& texts) {
    OrderedJson::object_t::Container& members = object.get_ref<OrderedJson::object_t&>();
    std::unordered_map<std::string, std::size_t> places;
    for (const auto& member : members)
        places.emplace(member.first, places.size());
    for (const auto& [key, text] : texts)
        if (const auto [place, is_new] = places.emplace(key, members.size()); is_new)
            members.emplace_back(key, text);
        else
            members[place->second].second = text;
}

OrderedJson properties_to_json(const std::vector<std::pair<std::string, std::string>>& properties) {
    auto result = OrderedJson::object();
    set_texts(result, properties);
    return result;
}

std::string dump(const OrderedJson& json) { return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace); }

Status check_text(const OrderedJson& json) {
    if (json.is_string() && !is_utf8(json.get_ref<const std::string&>()))
        return json_error(
            "the text '" + printable(json.get_ref<const std::string&>()) + "' is not UTF-8, which JSON must be", "");
    if (!json.is_structured())
        return {};
    for (const auto& [key, value] : json.items()) {
        if (json.is_object() && !is_utf8(key))
            return json_error("the name '" + printable(key) + "' is not UTF-8, which JSON must be", "");
        if (auto status = check_text(value); status.is_error())
            return std::move(status.error()).at(json.is_object() ? key : "[" + key + "]");
    }
    return {};
}

JsonLimits metadata_json_limits() {
    JsonLimits limits;
    limits.depth = 256;
    limits.bytes = std::size_t{512} << 20;
    limits.values = 8'000'000;
    return limits;
}

} // namespace godwit::iceberg
