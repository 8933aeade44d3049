#include "core/verification.h"

#include "base/json.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace godwit::core {

namespace {

/// In the order of Equality.
constexpr std::string_view kNames[] = {"different", "not-checked", "not-comparable", "equal-by-sample", "equal"};
constexpr std::string_view kCodes[] = {"VERIFY-DIFFERENT", "VERIFY-NOT-CHECKED", "VERIFY-NOT-COMPARABLE",
                                       "VERIFY-SAMPLE", ""};

} // namespace

std::string to_string(const Verdict& verdict) {
    std::string text(kNames[static_cast<std::size_t>(verdict.equality)]);
    if (verdict.equality == Equality::different)
        text += "(" + std::to_string(verdict.differences) + ")";
    else if (!verdict.why.empty())
        text += "(" + verdict.why + ")";
    return text;
}

Result<Verdict> parse_verdict(std::string_view text) {
    const auto open = text.find('(');
    const auto name = text.substr(0, open);
    const auto* found = std::ranges::find(kNames, name);
    if (found == std::end(kNames) || (open != std::string_view::npos && !text.ends_with(')')))
        return Error::make(ErrorKind::invalid_input, "an outcome of a verification cannot be read")
            .why("'" + printable(text) + "' is none of different, not-checked, not-comparable, equal-by-sample, equal");
    Verdict verdict;
    verdict.equality = static_cast<Equality>(found - std::begin(kNames));
    if (open == std::string_view::npos)
        return verdict;
    const auto inside = text.substr(open + 1, text.size() - open - 2);
    if (verdict.equality == Equality::different)
        verdict.differences = TRY(parse_uint64(inside));
    else
        verdict.why = inside;
    return verdict;
}

Verdict weaker(const Verdict& a, const Verdict& b) {
    Verdict result = a.equality <= b.equality ? a : b;
    if (a.equality == Equality::different && b.equality == Equality::different)
        result.differences = a.differences + b.differences;
    return result;
}

std::string_view verdict_code(const Verdict& verdict) { return kCodes[static_cast<std::size_t>(verdict.equality)]; }

bool covers(const Waiver& waiver, std::string_view resource, const Verdict& verdict) {
    return waiver.code == verdict_code(verdict) && waiver.resource == resource &&
           (verdict.equality != Equality::different || verdict.differences <= waiver.most);
}

const Waiver* find_waiver(const std::vector<Waiver>& waivers, std::string_view resource, const Verdict& verdict) {
    const auto found =
        std::ranges::find_if(waivers, [&](const Waiver& waiver) { return covers(waiver, resource, verdict); });
    return found == waivers.end() ? nullptr : &*found;
}

std::string waiver_to_json(const GivenWaiver& given) {
    const auto& waiver = given.waiver;
    Json json{{"code", waiver.code},
              {"resource", waiver.resource},
              {"reason", waiver.reason},
              {"most", std::to_string(waiver.most)}};
    if (!given.by.empty())
        json["by"] = given.by;
    if (!given.at.empty())
        json["at"] = given.at;
    return canonical_json(json);
}

Result<GivenWaiver> waiver_from_json(std::string_view text) {
    const auto json = TRY(parse_json(text));
    GivenWaiver given;
    given.waiver.code = TRY(json_string(json, "code"));
    given.waiver.resource = TRY(json_string(json, "resource"));
    given.waiver.reason = TRY(json_string(json, "reason"));
    given.waiver.most = TRY(parse_uint64(TRY(json_string(json, "most"))));
    given.by = TRY(json_string_or(json, "by", {}));
    given.at = TRY(json_string_or(json, "at", {}));
    return given;
}

} // namespace godwit::core
