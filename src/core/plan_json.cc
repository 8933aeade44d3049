#include "base/json.h"
#include "base/text.h"
#include "core/keys.h"
#include "core/plan.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace godwit::core {

namespace {

constexpr std::string_view kActionNames[] = {"create",   "adopt",    "update", "remove",  "convert", "copy",
                                             "register", "generate", "gate",   "cutover", "verify",  "skip"};

Result<std::string> nested_text(const Json& object, const char* field) {
    const auto found = object.find(field);
    if (found == object.end() || found->is_null())
        return std::string();
    return canonical_json(*found);
}

Result<std::vector<std::string>> texts(const Json& object, const char* field) {
    std::vector<std::string> values;
    const auto found = object.find(field);
    if (found == object.end() || !found->is_array())
        return Error::make(ErrorKind::invalid_input, "a list is missing").at(field);
    for (const auto& value : *found) {
        if (!value.is_string())
            return Error::make(ErrorKind::invalid_input, "a list holds something other than text").at(field);
        values.push_back(value.get<std::string>());
    }
    return values;
}

Result<std::uint64_t> decimal(const Json& object, std::string_view field) {
    return parse_uint64(TRY(json_string(object, field)));
}

Json waiver_json(const Waiver& waiver) {
    return {{"code", waiver.code},
            {"resource", waiver.resource},
            {"reason", waiver.reason},
            {"most", std::to_string(waiver.most)}};
}

Result<Waiver> waiver_from(const Json& json) {
    Waiver waiver;
    waiver.code = TRY(json_string(json, "code"));
    waiver.resource = TRY(json_string(json, "resource"));
    waiver.reason = TRY(json_string(json, "reason"));
    waiver.most = TRY(decimal(json, "most"));
    return waiver;
}

Result<PlanConnection> connection_from(const Json& json) {
    PlanConnection connection;
    connection.role = TRY(json_string(json, "role"));
    connection.identity = TRY(nested_text(json, "identity"));
    connection.reference = TRY(nested_text(json, "reference"));
    return connection;
}

Status take_key(const Json& json, PlanStep& step) {
    const auto key = json.find("key");
    if (key == json.end() || !key->is_array() || key->size() != 3 || !(*key)[0].is_string() || !(*key)[1].is_string() ||
        !(*key)[2].is_number_unsigned())
        return Error::make(ErrorKind::invalid_input, "a step's key is not [kind, resource, ordinal]").at("key");
    step.kind = (*key)[0].get<std::string>();
    step.resource = (*key)[1].get<std::string>();
    step.ordinal = (*key)[2].get<std::uint64_t>();
    if (TRY(json_string(json, "id")) != step.id())
        return Error::make(ErrorKind::invalid_input, "a step's id does not follow from its key").at("id");
    return {};
}

} // namespace

std::string_view to_string(Action action) { return kActionNames[static_cast<std::size_t>(action)]; }

Result<Action> parse_action(std::string_view text) {
    const auto* found = std::ranges::find(kActionNames, text);
    if (found == std::end(kActionNames))
        return Error::make(ErrorKind::invalid_input, "an action is unknown").why("'" + printable(text) + "'");
    return static_cast<Action>(found - std::begin(kActionNames));
}

std::string PlanStep::key() const { return step_key(kind, resource, ordinal); }
std::string PlanStep::id() const { return step_id(key()); }

const PlanConnection* PlanHeader::connection(std::string_view role) const {
    const auto found = std::ranges::find(connections, role, &PlanConnection::role);
    return found == connections.end() ? nullptr : &*found;
}

std::string plan_step_to_json(const PlanStep& step) {
    const auto value = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json::parse(text); };
    return canonical_json({{"id", step.id()},
                           {"key", Json::array({step.kind, step.resource, step.ordinal})},
                           {"action", to_string(step.action)},
                           {"display", step.display},
                           {"reason", step.reason},
                           {"depends_on", step.depends_on},
                           {"fingerprint", value(step.fingerprint)},
                           {"estimate",
                            {{"objects", std::to_string(step.estimate.objects)},
                             {"bytes", std::to_string(step.estimate.bytes)},
                             {"seconds", std::to_string(step.estimate.seconds)}}},
                           {"findings", step.findings},
                           {"body", value(step.body)}});
}

Result<PlanStep> plan_step_from_json(std::string_view line) {
    const auto json = TRY(parse_json(line));
    PlanStep step;
    TRY(take_key(json, step));
    step.action = TRY(parse_action(TRY(json_string(json, "action"))));
    step.display = TRY(json_string(json, "display"));
    step.reason = TRY(json_string(json, "reason"));
    step.depends_on = TRY(texts(json, "depends_on"));
    step.fingerprint = TRY(nested_text(json, "fingerprint"));
    step.findings = TRY(texts(json, "findings"));
    step.body = TRY(nested_text(json, "body"));
    const auto estimate = json.find("estimate");
    if (estimate == json.end())
        return Error::make(ErrorKind::invalid_input, "a step has no estimate").at("estimate");
    step.estimate.objects = TRY(decimal(*estimate, "objects"));
    step.estimate.bytes = TRY(decimal(*estimate, "bytes"));
    step.estimate.seconds = TRY(decimal(*estimate, "seconds"));
    return step;
}

std::string plan_header_to_json(const PlanHeader& header) {
    const auto value = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json::parse(text); };
    Json connections = Json::array();
    for (const auto& connection : header.connections)
        connections.push_back({{"role", connection.role},
                               {"identity", value(connection.identity)},
                               {"reference", value(connection.reference)}});
    Json waivers = Json::array();
    for (const auto& waiver : header.waivers)
        waivers.push_back(waiver_json(waiver));
    return canonical_json({{"schema", "godwit.plan/v" + std::to_string(kPlanSchemaVersion)},
                           {"lane", header.lane},
                           {"lane_version", header.lane_version},
                           {"connections", connections},
                           {"source_assessment", header.source_assessment},
                           {"target_assessment", header.target_assessment},
                           {"mapping", header.mapping},
                           {"options", value(header.options)},
                           {"waivers", waivers}});
}

Result<PlanHeader> plan_header_from_json(std::string_view line) {
    const auto json = TRY(parse_json(line));
    const auto schema = TRY(json_string(json, "schema"));
    if (schema != "godwit.plan/v" + std::to_string(kPlanSchemaVersion))
        return Error::make(ErrorKind::unsupported, "this version cannot apply the plan")
            .why("its schema is '" + printable(schema) + "', not godwit.plan/v" + std::to_string(kPlanSchemaVersion))
            .fix("make the plan again with this version");
    PlanHeader header;
    header.lane = TRY(json_string(json, "lane"));
    header.lane_version = static_cast<int>(TRY(json_int64(json, "lane_version")));
    header.source_assessment = TRY(json_string(json, "source_assessment"));
    header.target_assessment = TRY(json_string(json, "target_assessment"));
    header.mapping = TRY(json_string(json, "mapping"));
    header.options = TRY(nested_text(json, "options"));
    for (const char* field : {"connections", "waivers"})
        if (!json.contains(field) || !json[field].is_array())
            return Error::make(ErrorKind::invalid_input, "the plan's header lacks a list").at(field);
    for (const auto& connection : json["connections"])
        header.connections.push_back(TRY(connection_from(connection)));
    for (const auto& waiver : json["waivers"])
        header.waivers.push_back(TRY(waiver_from(waiver)));
    return header;
}

} // namespace godwit::core
