#include "core/verification.h"

#include "base/text.h"

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

const Waiver* find_waiver(const std::vector<Waiver>& waivers, std::string_view resource, const Verdict& verdict) {
    const auto found = std::ranges::find_if(waivers, [&](const Waiver& waiver) {
        return waiver.code == verdict_code(verdict) && waiver.resource == resource &&
               (verdict.equality != Equality::different || verdict.differences <= waiver.most);
    });
    return found == waivers.end() ? nullptr : &*found;
}

} // namespace godwit::core
