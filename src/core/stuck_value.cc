#include "core/stuck_value.h"

#include "base/json.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

namespace godwit::core {

namespace {

constexpr const char* kPresent = "present_value";
constexpr const char* kPermitted = "permitted_value";
constexpr const char* kGivenUp = "changed_is_given_up";

Json result_of(const store::StepRow& row) {
    const auto json = parse_json(row.result);
    return json && json->is_object() ? *json : Json::object();
}

/// Values are any bytes of a target, and stand percent-encoded.
std::string text_of(const Json& result, const char* field) {
    const auto text = json_string_or(result, field, {});
    return text ? percent_decode(*text).value_or("") : std::string();
}

} // namespace

void note_present_value(store::StepRow& row, const std::string& value) {
    auto result = result_of(row);
    result[kPresent] = percent_encode(value);
    row.result = canonical_json(result);
}

void permit_present_value(store::StepRow& row) {
    auto result = result_of(row);
    result[kPermitted] = percent_encode(text_of(result, kPresent));
    row.result = canonical_json(result);
}

std::string permitted_value(const store::StepRow& row) { return text_of(result_of(row), kPermitted); }

void give_up_changed(store::StepRow& row) {
    auto result = result_of(row);
    result[kGivenUp] = true;
    row.result = canonical_json(result);
}

bool leaves_changed(const store::StepRow& row) { return result_of(row).contains(kGivenUp); }

void forget_values(store::StepRow& row) {
    auto result = result_of(row);
    if (result.erase(kPresent) + result.erase(kPermitted) + result.erase(kGivenUp) > 0)
        row.result = result.empty() ? std::string() : canonical_json(result);
}

} // namespace godwit::core
