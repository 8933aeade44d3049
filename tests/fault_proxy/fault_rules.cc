#include "fault_proxy/fault_proxy.h"

#include "base/json.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace godwit::testing {

namespace {

constexpr std::array<std::pair<Fault, std::string_view>, 10> kNames = {{
    {Fault::drop_after, "drop-after"},
    {Fault::reset_before, "reset-before"},
    {Fault::reset_after, "reset-after"},
    {Fault::cut_after, "cut-after"},
    {Fault::status_before, "status-before"},
    {Fault::status_after, "status-after"},
    {Fault::delay, "delay"},
    {Fault::hang_before, "hang-before"},
    {Fault::hang_after, "hang-after"},
    {Fault::trickle_after, "trickle-after"},
}};

Error bad_rule(std::string why, const std::string& where) {
    return Error::make(ErrorKind::usage, "the fault rules cannot be understood").why(std::move(why)).at(where);
}

Result<Fault> parse_fault(const std::string& name) {
    for (const auto& [fault, known] : kNames) {
        if (name == known)
            return fault;
    }
    return bad_rule("no fault is called '" + printable(name) + "'", "field \"fault\"");
}

Result<std::int64_t> natural(const Json& rule, std::string_view field, std::int64_t fallback) {
    const auto number = TRY(json_int64_or(rule, field, fallback));
    if (number < 0)
        return bad_rule("a number is negative", "field " + json_quote(field));
    return number;
}

Status check_fields(const Json& rule) {
    constexpr std::array<std::string_view, 8> kFields = {"method", "path",   "nth",   "times",
                                                         "fault",  "status", "bytes", "time-ms"};
    for (const auto& [name, value] : rule.items()) {
        if (std::find(kFields.begin(), kFields.end(), name) == kFields.end())
            return bad_rule("no rule has a field of this name", "field " + json_quote(name));
    }
    return {};
}

Result<FaultRule> parse_rule(const Json& object) {
    FaultRule rule;
    rule.fault = TRY(parse_fault(TRY(json_string(object, "fault"))));
    TRY(check_fields(object));
    rule.method = TRY(json_string_or(object, "method", rule.method));
    rule.path = TRY(json_string_or(object, "path", rule.path));
    rule.nth = static_cast<std::uint64_t>(TRY(natural(object, "nth", 1)));
    rule.times = static_cast<std::uint64_t>(TRY(natural(object, "times", 1)));
    rule.status = static_cast<int>(TRY(natural(object, "status", rule.status)));
    rule.bytes = static_cast<std::size_t>(TRY(natural(object, "bytes", 0)));
    rule.time = std::chrono::milliseconds(TRY(natural(object, "time-ms", rule.time.count())));
    if (rule.nth == 0)
        return bad_rule("matches are counted from 1", "field \"nth\"");
    if (rule.status < 200 || rule.status > 599)
        return bad_rule("it is no status of an answer", "field \"status\"");
    return rule;
}

} // namespace

std::string_view to_string(Fault fault) { return kNames.at(static_cast<std::size_t>(fault)).second; }

Result<std::vector<FaultRule>> parse_fault_rules(std::string_view json) {
    const auto array = TRY(parse_json(json));
    if (!array.is_array())
        return bad_rule("they are not an array", "top level");
    std::vector<FaultRule> rules;
    for (const auto& object : array)
        rules.push_back(TRY(parse_rule(object)));
    return rules;
}

} // namespace godwit::testing
