#include "core/keys.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"
#include "store/state.h"

#include <nlohmann/json.hpp>

namespace godwit::core {

namespace {

constexpr std::size_t kStepIdLength = 16;
constexpr std::size_t kPlanPrefixLength = 12;

Error bad_key(std::string_view key, std::string why) {
    return Error::make(ErrorKind::invalid_input, "a resource key cannot be read")
        .why(std::move(why))
        .fix("use a key as `godwit findings` and `godwit plan show` print it")
        .at(printable(key));
}

} // namespace

std::string resource_key(std::string_view lane, std::string_view type,
                         const std::vector<std::string>& identity_and_path) {
    std::string key = percent_encode(lane) + ":" + percent_encode(type) + ":";
    for (std::size_t i = 0; i < identity_and_path.size(); ++i)
        key += (i == 0 ? "" : "/") + percent_encode(identity_and_path[i]);
    return key;
}

Result<ResourceKeyParts> parse_resource_key(std::string_view key) {
    const auto fields = split(key, ':');
    if (fields.size() != 3)
        return bad_key(key, "it has " + std::to_string(fields.size()) + " parts between colons, not 3");
    ResourceKeyParts parts;
    parts.lane = TRY(percent_decode(fields[0]));
    parts.type = TRY(percent_decode(fields[1]));
    for (const auto& part : split(fields[2], '/'))
        parts.parts.push_back(TRY(percent_decode(part)));
    return parts;
}

std::string step_key(std::string_view kind, std::string_view resource, std::uint64_t ordinal) {
    return canonical_json(Json::array({kind, resource, ordinal}));
}

std::string step_id(std::string_view step_key) { return base32(sha256(step_key)).substr(0, kStepIdLength); }

std::string plan_prefix(std::string_view plan_digest) {
    const auto bytes = from_hex(plan_digest);
    return base32(bytes ? *bytes : sha256(plan_digest)).substr(0, kPlanPrefixLength);
}

std::string marker(std::string_view plan_digest, std::string_view step_id) {
    return "godwit-" + plan_prefix(plan_digest) + "-" + std::string(step_id);
}

std::string marker_of(std::string_view marker, std::string_view step_id) {
    return std::string(marker.substr(0, marker.rfind('-') + 1)) + std::string(step_id);
}

std::string plan_scope(std::string_view plan_digest) {
    return std::string(store::kPlanScope) + plan_prefix(plan_digest);
}

} // namespace godwit::core
