// What is said of a run: short, grouped, and with the command that comes next.

#include "cli/run_summary.h"

#include "base/file.h"
#include "base/text.h"
#include "cli/advice.h"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <sstream>
#include <utility>

namespace godwit::cli {
namespace {

using core::RunCause;
using core::RunReport;
using store::RunState;
using store::StepState;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

RunCause cause(StepState state, std::uint64_t count = 1) {
    RunCause cause;
    cause.state = state;
    cause.what = "the target refused it";
    cause.step = "step1";
    cause.kind = "lakehouse.copy-table";
    cause.resource = "lakehouse:table:1/sales/orders";
    cause.display = "sales.orders";
    cause.count = count;
    return cause;
}

RunReport stopped(std::vector<RunCause> causes) {
    RunReport report;
    report.run.id = "run1";
    report.run.plan = "00";
    report.run.state = RunState::stopped;
    report.counts = {{StepState::done, "copy", 2}, {StepState::failed, "copy", 3}};
    report.causes = std::move(causes);
    return report;
}

std::string text_of(const RunReport& report, const core::RunFindings& findings = {}, std::size_t most = 8) {
    std::ostringstream out;
    print_summary(out, report, findings, false, most);
    return out.str();
}

TEST(RunSummary, a_cause_says_what_why_fix_where_and_what_comes_next) {
    auto one = cause(StepState::failed, 1000);
    one.why = "quota\x1b[2J exceeded";
    one.fix = "raise it";
    one.where = "/warehouse/x";
    one.code = "CODE-7";
    const auto text = text_of(stopped({one}));
    for (const auto* words :
         {"2 of 5 steps done, 3 failed.",
          "failed: 1000 steps, for instance sales.orders (lakehouse.copy-table, step step1)",
          "What:  the target refused it (CODE-7)", "Why:   quota\\x1B[2J exceeded", "Fix:   raise it",
          "Where: /warehouse/x", "Next:  godwit run resume run1", "godwit run show run1 --steps failed"})
        EXPECT_THAT(text, HasSubstr(words));
    EXPECT_THAT(text, Not(HasSubstr("lakehouse:table:"))) << "keys are for machines";
}

TEST(RunSummary, json_has_the_key_and_the_name) {
    const auto json = summary_json(stopped({cause(StepState::stuck)}), {});
    EXPECT_EQ(json["causes"][0]["resource"], "lakehouse:table:1/sales/orders");
    EXPECT_EQ(json["causes"][0]["display"], "sales.orders");
    EXPECT_EQ(json["causes"][0]["next"].size(), 4U);
    EXPECT_EQ(json["next"][0]["command"], "godwit run resume run1");
    EXPECT_EQ(json["outcome"], "not-checked");
}

TEST(RunSummary, no_more_causes_than_wanted) {
    const auto text = text_of(stopped(std::vector<RunCause>(10, cause(StepState::failed))), {}, 8);
    EXPECT_THAT(text, HasSubstr("and 2 other causes: godwit run show run1"));
}

TEST(RunSummary, a_run_that_somebody_works_on_is_not_to_be_resumed) {
    auto report = stopped({cause(StepState::made), cause(StepState::failed)});
    report.run.state = RunState::running;
    EXPECT_THAT(text_of(report), AllOf(HasSubstr("is running and nobody works on it"), HasSubstr("run resume")));
    report.held_by = "ann@here, pid 7";
    EXPECT_THAT(text_of(report), AllOf(HasSubstr("In work: ann@here, pid 7"), HasSubstr("failed: sales.orders"),
                                       Not(HasSubstr("made: "))));
}

TEST(RunSummary, what_was_left_by_decision_is_not_said_to_be_gone) {
    auto report = stopped({});
    report.run.state = RunState::rolled_back;
    EXPECT_THAT(text_of(report), HasSubstr("Everything that this run made is gone."));
    report.given_up = 1;
    EXPECT_THAT(text_of(report), HasSubstr("but for what was left by decision"));
}

TEST(RunSummary, waived_outcomes_are_told_apart) {
    auto report = stopped({});
    report.verified = 3;
    report.waived = 1;
    report.waived_verdict = core::Verdict::different(2);
    EXPECT_THAT(text_of(report),
                HasSubstr("Verification: 3 checks, weakest outcome equal, 1 waived with different(2)."));
    report.verified = 1;
    EXPECT_THAT(text_of(report), HasSubstr("Verification: 1 check, 1 waived with different(2)."));
}

TEST(RunSummary, findings_stand_together_by_code_with_their_evidence) {
    core::RunFindings findings;
    for (const auto* table : {"a.b", "c.d", "e.f", "g.h", "i.j"})
        findings.listed.push_back(
            {"s", core::Finding{
                      "LAKE-162",
                      core::Severity::warning,
                      core::Readiness::ready,
                      "key",
                      table,
                      "Cells did not parse",
                      {{"bad_cells", "12"}, {"by_column", "{\"price\":2,\"day\":1}"}, {"rejects_file", "\"/r.jsonl\""}},
                      "Mend it",
                      0}});
    const auto text = text_of(stopped({}), findings);
    for (const auto* words :
         {"LAKE-162 (warning), 5 times: Cells did not parse", "a.b", "bad_cells: 12", "by_column: day 1, price 2",
          "rejects_file: /r.jsonl", "and 2 more: godwit certificate run1", "Remedy: Mend it"})
        EXPECT_THAT(text, HasSubstr(words));
    EXPECT_THAT(text, Not(HasSubstr("g.h")));
    EXPECT_EQ(summary_json(stopped({}), findings)["findings"].size(), 5U);
}

std::string commands(const std::vector<Advice>& advice) {
    std::string text;
    for (const auto& one : advice) {
        EXPECT_FALSE(one.words.empty());
        text += one.command + "\n";
    }
    return text;
}

TEST(Advice, depends_on_the_state_of_the_step) {
    const auto run = stopped({}).run;
    const auto of = [&run](const RunCause& cause) { return commands(advice_for(run, cause)); };
    EXPECT_THAT(of(cause(StepState::stuck)), AllOf(HasSubstr("resolve run1 step1 --look"), HasSubstr("--adopt"),
                                                   HasSubstr("--forget"), HasSubstr("--undo")));
    for (const auto state :
         {StepState::broken, StepState::compensating, StepState::undo_failed, StepState::compensated})
        EXPECT_EQ(of(cause(state)), "godwit run resume run1 --replace step1\n") << store::to_string(state);
    for (const auto state : {StepState::failed, StepState::unknown, StepState::intent, StepState::made})
        EXPECT_EQ(of(cause(state)), "godwit run resume run1\n") << store::to_string(state);
    EXPECT_EQ(of(cause(StepState::skipped)), "");
    auto stale = cause(StepState::skipped);
    stale.skip_cause = store::SkipCause::stale;
    EXPECT_THAT(of(stale), HasSubstr("godwit plan create"));
    auto unreadable = cause(StepState::skipped);
    unreadable.skip_cause = store::SkipCause::unreadable;
    EXPECT_EQ(of(unreadable), "godwit run resume run1\n");
    auto given_up = cause(StepState::failed);
    given_up.is_given_up = true;
    EXPECT_EQ(of(given_up), "godwit run rollback run1\ngodwit run resume run1\n");
    auto check = cause(StepState::failed);
    check.outcome = "different(4)";
    EXPECT_THAT(of(check),
                AllOf(HasSubstr("run accept run1 step1 --reason WHY --most 4\n"), HasSubstr("run rollback")));
    check.outcome = "not-comparable(drift)";
    EXPECT_THAT(of(check), AllOf(HasSubstr("--reason WHY\n"), Not(HasSubstr("--most"))));
    check.state = StepState::done;
    EXPECT_THAT(of(check), AllOf(HasSubstr("godwit verify run1\n"), HasSubstr("run accept"), Not(HasSubstr("resume"))));
    check.outcome = "equal";
    EXPECT_EQ(of(check), "godwit verify run1\n");
    check.state = StepState::failed;
    EXPECT_EQ(of(check), "godwit run resume run1\n") << "it was mended: nothing is to be accepted";
}

TEST(Advice, of_a_run_that_rolls_back_never_leads_forwards) {
    auto report = stopped({});
    report.run.state = RunState::rolling_back;
    EXPECT_EQ(commands(advice_for(report.run, cause(StepState::failed))), "");
    EXPECT_EQ(commands(advice_for(report.run, cause(StepState::undo_failed))),
              "godwit run rollback run1\ngodwit run resolve run1 step1 --forget\n");
    EXPECT_THAT(commands(advice_for(report.run, cause(StepState::stuck))), Not(HasSubstr("--adopt")));
    EXPECT_EQ(commands(advice_for(report)), "godwit run resume run1\n");
    report.run.state = RunState::rolled_back;
    EXPECT_EQ(commands(advice_for(report)), "");
    EXPECT_EQ(commands(advice_for(report.run, cause(StepState::failed))), "");
    report.run.state = RunState::done;
    EXPECT_EQ(commands(advice_for(report)), "godwit certificate run1\ngodwit run rollback run1\n");
}

/// A row of the page's table as a cause: `skipped (stale)`, `failed, a check`, `broken, in a rollback`.
std::pair<RunReport, RunCause> told_by(std::string_view cell) {
    auto report = stopped({});
    auto one = cause(store::parse_step_state(cell.substr(0, cell.find_first_of(" ,"))).value());
    if (const auto open = cell.find('('); open != std::string_view::npos)
        one.skip_cause = store::parse_skip_cause(cell.substr(open + 1, cell.find(')') - open - 1)).value();
    if (cell.ends_with(", a check"))
        one.outcome = "not-comparable(drift)";
    if (cell.ends_with(", in a rollback"))
        report.run.state = RunState::rolling_back;
    return {report, one};
}

TEST(Advice, is_what_the_page_for_people_says) {
    const auto page = read_file(GODWIT_SOURCE_DIR "/docs/how-to/when-a-run-stops.md").value();
    const std::regex command("`(godwit [^`]+)`");
    std::size_t compared = 0;
    for (const auto& line : split(page, '\n')) {
        const auto cells = split(line, '|');
        if (cells.size() != 5 || trim(cells[1]) == "a step is" || trim(cells[1]) == "---")
            continue;
        const auto [report, one] = told_by(trim(cells[1]));
        const auto given = commands(advice_for(report.run, one));
        for (std::sregex_iterator found(cells[3].begin(), cells[3].end(), command), end; found != end; ++found) {
            auto said = std::regex_replace((*found)[1].str(), std::regex("STEP"), one.step);
            said = std::regex_replace(said, std::regex("RUN"), report.run.id);
            EXPECT_THAT("\n" + given, HasSubstr("\n" + said + "\n")) << line;
            ++compared;
        }
    }
    EXPECT_GE(compared, 9U) << "the table was not found";
}

} // namespace
} // namespace godwit::cli
