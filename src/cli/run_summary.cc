#include "cli/run_summary.h"

#include "base/text.h"
#include "cli/advice.h"
#include "core/keys.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <ostream>

namespace godwit::cli {

namespace {

using store::RunState;
using store::StepState;

Json advice_json(const std::vector<Advice>& advice) {
    Json list = Json::array();
    for (const auto& one : advice)
        list.push_back({{"command", one.command}, {"does", one.words}});
    return list;
}

Json cause_json(const store::RunRow& run, const core::RunCause& cause) {
    return {{"state", store::to_string(cause.state)},
            {"skip_cause", store::to_string(cause.skip_cause)},
            {"count", cause.count},
            {"given_up", cause.is_given_up},
            {"what", cause.what},
            {"why", cause.why},
            {"fix", cause.fix},
            {"where", cause.where},
            {"code", cause.code},
            {"reason", cause.reason},
            {"outcome", cause.outcome},
            {"step", cause.step},
            {"kind", cause.kind},
            {"resource", cause.resource},
            {"display", cause.display},
            {"next", advice_json(advice_for(run, cause))}};
}

std::string counted(std::uint64_t count, const std::string& word) {
    return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

void print_line(std::ostream& out, std::string_view label, const std::string& text) {
    if (!text.empty())
        out << "    " << label << std::string(7 - label.size(), ' ') << printable(text) << "\n";
}

void print_advice(std::ostream& out, std::string_view indent, std::string_view first_label,
                  const std::vector<Advice>& advice) {
    std::size_t width = 0;
    for (const auto& one : advice)
        width = std::max(width, one.command.size());
    auto label = first_label;
    for (const auto& one : advice) {
        out << indent << label << std::string(first_label.size() - label.size(), ' ') << one.command
            << std::string(width - one.command.size() + 2, ' ') << one.words << "\n";
        label = {};
    }
}

void print_cause(std::ostream& out, const store::RunRow& run, const core::RunCause& cause) {
    const bool was_done = cause.state == StepState::done; // a check that was made again since
    out << "  " << (was_done ? "check" : state_words(cause.state, cause.skip_cause)) << ": ";
    if (cause.count > 1)
        out << counted(cause.count, "step") << ", for instance ";
    out << printable(cause.display) << " (" << cause.kind << ", step " << cause.step << ")\n";
    print_line(out, "What:", cause.what + (cause.code.empty() ? "" : " (" + cause.code + ")"));
    print_line(out, "Why:", cause.why);
    print_line(out, "Fix:", cause.fix);
    print_line(out, "Where:", cause.where);
    print_advice(out, "    ", "Next:  ", advice_for(run, cause));
    if (cause.count > 1 && !was_done)
        out << "    All:   godwit run show " << run.id << " --steps " << store::to_string(cause.state) << "\n";
}

/// What is not finished is no cause while somebody is at it.
bool is_in_work(StepState state) {
    return state == StepState::intent || state == StepState::made || state == StepState::unknown ||
           state == StepState::compensating;
}

void print_causes(std::ostream& out, const core::RunReport& report, std::size_t most) {
    std::size_t shown = 0;
    std::size_t others = 0;
    for (const auto& cause : report.causes) {
        if (!report.held_by.empty() && is_in_work(cause.state))
            continue;
        if (shown == most) {
            ++others;
            continue;
        }
        ++shown;
        print_cause(out, report.run, cause);
    }
    if (others > 0)
        out << "  and " << counted(others, "other cause") << ": godwit run show " << report.run.id << "\n";
    if (report.beyond > 0)
        out << "  and " << counted(report.beyond, "step") << " with causes of their own\n";
}

/// A value of evidence, which is JSON, in words.
std::string words_of(const Json& value) {
    if (value.is_string())
        return printable(value.get<std::string>());
    if (!value.is_object())
        return printable(canonical_json(value));
    std::vector<std::string> fields;
    for (const auto& [field, inner] : value.items())
        fields.push_back(printable(field) + " " + words_of(inner));
    return join(fields, ", ");
}

/// One block for each code, with the first examples.
void print_findings(std::ostream& out, const store::RunRow& run, const core::RunFindings& findings) {
    constexpr std::size_t kExamples = 3;
    std::map<std::string, std::vector<const core::Finding*>> by_code;
    for (const auto& found : findings.listed)
        by_code[found.finding.code].push_back(&found.finding);
    for (const auto& [code, list] : by_code) {
        out << "Met on the way: " << printable(code) << " (" << core::to_string(list.front()->severity) << "), "
            << counted(list.size(), "time") << ": " << printable(list.front()->title) << "\n";
        for (std::size_t i = 0; i < std::min(list.size(), kExamples); ++i) {
            out << "    " << printable(list[i]->display) << "\n";
            for (const auto& [field, value] : list[i]->evidence)
                out << "        " << printable(field) << ": " << words_of(parse_json(value).value_or(Json(value)))
                    << "\n";
        }
        if (list.size() > kExamples)
            out << "    and " << list.size() - kExamples << " more: godwit certificate " << run.id << "\n";
        out << "    Remedy: " << printable(list.front()->remedy) << "\n";
    }
    if (findings.beyond > 0)
        out << "Met on the way: " << findings.beyond << " more: godwit certificate " << run.id << "\n";
}

void print_verification(std::ostream& out, const core::RunReport& report) {
    if (report.verified == 0)
        return;
    out << "Verification: " << counted(report.verified, "check");
    if (report.verified > report.waived)
        out << ", weakest outcome " << core::to_string(report.verdict);
    if (report.waived > 0)
        out << ", " << report.waived << " waived with " << core::to_string(report.waived_verdict);
    out << ".\n";
    if (report.not_repeated > 0)
        out << counted(report.not_repeated, "check") << " could not be made now; what was found before stands.\n";
}

void print_ending(std::ostream& out, const core::RunReport& report) {
    if (!report.held_by.empty()) {
        out << "In work: " << printable(report.held_by) << "\n";
        return;
    }
    switch (report.run.state) {
    case RunState::stopped:
    case RunState::running: out << "Nothing on the source was changed.\n"; break;
    case RunState::rolled_back:
        out << (report.given_up == 0 ? "Everything that this run made is gone.\n"
                                     : "What this run made is gone, but for what was left by decision.\n");
        break;
    case RunState::done:
    case RunState::rolling_back: break;
    }
    print_advice(out, "", "Next:  ", advice_for(report));
}

} // namespace

std::string state_words(store::StepState state, store::SkipCause cause) {
    std::string words(store::to_string(state));
    return cause == store::SkipCause::none ? words : words + " (" + std::string(store::to_string(cause)) + ")";
}

std::string names_at_target(const std::string& plan) { return "godwit-" + core::plan_prefix(plan); }

Json summary_json(const core::RunReport& report, const core::RunFindings& findings) {
    Json counts = Json::object();
    for (const auto& one : report.counts) {
        const std::string state(store::to_string(one.state));
        counts[state] = counts.value(state, std::uint64_t{0}) + one.count;
    }
    Json causes = Json::array();
    for (const auto& cause : report.causes)
        causes.push_back(cause_json(report.run, cause));
    Json found = Json::array();
    for (const auto& one : findings.listed) {
        auto json = parse_json(core::finding_to_json(one.finding)).value_or(Json::object());
        json["step"] = one.step;
        found.push_back(std::move(json));
    }
    return {{"schema", "godwit.run/v1"},
            {"run", report.run.id},
            {"plan", report.run.plan},
            {"names_begin_with", names_at_target(report.run.plan)},
            {"state", store::to_string(report.run.state)},
            {"steps", counts},
            {"total", report.total()},
            {"skipped_by_plan", report.skipped_by_plan()},
            {"outcome", core::to_string(report.outcome())},
            {"verified", report.verified},
            {"waived", report.waived},
            {"not_repeated", report.not_repeated},
            {"given_up", report.given_up},
            {"held_by", printable(report.held_by)},
            {"causes", causes},
            {"causes_beyond", report.beyond},
            {"findings", found},
            {"findings_beyond", findings.beyond},
            {"next", advice_json(advice_for(report))},
            {"exit_code", report.exit_code()}};
}

void print_summary(std::ostream& out, const core::RunReport& report, const core::RunFindings& findings,
                   bool says_migrated, std::size_t most) {
    const bool is_open = report.run.state == RunState::running || report.run.state == RunState::rolling_back;
    out << "Run " << report.run.id << " is " << store::to_string(report.run.state)
        << (is_open && report.held_by.empty() ? " and nobody works on it: " : ": ") << report.count(StepState::done)
        << " of " << report.total() << " steps done";
    for (const auto& [words, count] : report.shown_counts())
        if (words != store::to_string(StepState::done))
            out << ", " << count << " " << words;
    out << ".\n";
    print_verification(out, report);
    if (says_migrated)
        out << "Migrated: what the plan moves arrived equal.\n";
    print_findings(out, report.run, findings);
    print_causes(out, report, most);
    print_ending(out, report);
}

} // namespace godwit::cli
