#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "core/keys.h"
#include "core/plan.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>
#include <span>

namespace godwit::cli {

namespace {

constexpr std::string_view kDifferent = "VERIFY-DIFFERENT";

/// A code that no rule has waives nothing: most likely it is misspelt.
bool is_known(std::string_view code, std::span<const core::Rule> rules) {
    for (const auto known : {std::string_view("VERIFY-NOT-COMPARABLE"), std::string_view("VERIFY-NOT-CHECKED"),
                             std::string_view("VERIFY-SAMPLE"), kDifferent})
        if (code == known)
            return true;
    return std::ranges::any_of(rules, [&](const core::Rule& rule) { return rule.code == code; });
}

/// CODE=RESOURCE=REASON, where VERIFY-DIFFERENT:3 also says how many differences are accepted.
Result<core::Waiver> parse_waiver(const std::string& text, std::span<const core::Rule> rules) {
    const auto first = text.find('=');
    const auto second = first == std::string::npos ? first : text.find('=', first + 1);
    if (second == std::string::npos || second + 1 == text.size())
        return Error::make(ErrorKind::usage, "a waiver cannot be understood")
            .why("'" + printable(text) + "' is not CODE=RESOURCE=REASON")
            .fix("for instance --waive 'LAKE-091=lakehouse:table:...=history is not needed'");
    core::Waiver waiver{text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1), 0};
    if (const auto colon = waiver.code.find(':'); colon != std::string::npos) {
        waiver.most = TRY(parse_uint64(waiver.code.substr(colon + 1)));
        waiver.code.resize(colon);
    }
    if (!is_known(waiver.code, rules) || (waiver.code == kDifferent) != (waiver.most > 0))
        return Error::make(ErrorKind::usage, "a waiver cannot be understood")
            .why(waiver.code == kDifferent
                     ? "it does not say how many differences are accepted"
                     : (is_known(waiver.code, rules) ? "a number stands only after " + std::string(kDifferent)
                                                     : "no finding has the code '" + printable(waiver.code) + "'"))
            .fix("write a code that `godwit findings` lists, or " + std::string(kDifferent) + ":3=RESOURCE=REASON");
    TRY(core::parse_resource_key(waiver.resource));
    return waiver;
}

Result<core::AssessmentReader> open_assessment(store::State& state, const std::string& lane, const std::string& role,
                                               const std::string& id) {
    return id.empty() ? core::AssessmentReader::newest(state, lane, role) : core::AssessmentReader::open(state, id);
}

} // namespace

Result<int> run_plan_create(Session& session, const PlanCreateArguments& arguments) {
    auto& state = *TRY(session.existing_state());
    auto& lane = *TRY(session.lanes->find(arguments.lane));
    const auto source = TRY(open_assessment(state, arguments.lane, "source", arguments.source));
    const auto target = TRY(open_assessment(state, arguments.lane, "target", arguments.target));
    core::PlanRequest request{&source, &target, arguments.options, {}};
    for (const auto& text : arguments.waivers)
        request.waivers.push_back(TRY(parse_waiver(text, lane.rules())));
    auto writer = TRY(core::PlanWriter::create(arguments.file, TRY(lane.plan_header(request))));
    TRY(lane.plan(request, writer));
    const auto digest = TRY(writer.finish());
    const auto& totals = writer.totals();
    if (session.options.output == Output::json) {
        *session.out << canonical_json({{"schema", "godwit.plan-created/v1"},
                                        {"file", printable(arguments.file)},
                                        {"digest", digest},
                                        {"steps", std::to_string(totals.steps)},
                                        {"by_action", totals.by_action},
                                        {"bytes", std::to_string(totals.estimate.bytes)}})
                     << "\n";
        return 0;
    }
    *session.out << "Plan: " << totals.steps << " steps";
    for (const auto& [action, count] : totals.by_action)
        *session.out << ", " << count << " " << action;
    *session.out << "; " << totals.estimate.objects << " objects, " << human_bytes(totals.estimate.bytes);
    if (totals.estimate.seconds > 0) // not every lane estimates times
        *session.out << ", about " << human_seconds(static_cast<double>(totals.estimate.seconds));
    *session.out << "\n"
                 << "Digest: " << digest << "\n"
                 << "Nothing was changed. Read it: godwit plan show " << printable(arguments.file)
                 << "   Do it: godwit apply " << printable(arguments.file) << "\n";
    return 0;
}

} // namespace godwit::cli
