#include "cli/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

using namespace godwit;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace {

Result<cli::Invocation> parse(const std::vector<std::string>& arguments) {
    const core::LaneRegistry no_lanes;
    return cli::parse_command_line(arguments, no_lanes);
}

TEST(ParseTest, WithoutACommandTheHelpIsAUsageError) {
    const auto invocation = parse({});
    ASSERT_FALSE(invocation.is_error());
    EXPECT_EQ(invocation->exit_code, 2);
    EXPECT_THAT(invocation->text, HasSubstr("godwit assess lakehouse"));
}

TEST(ParseTest, TheUsageNamesTheWholeCommand) {
    for (const std::string command : {"plan create", "run rollback", "catalog serve", "db backup"}) {
        const auto words = command.find(' ');
        const auto invocation = parse({command.substr(0, words), command.substr(words + 1), "--help"});
        ASSERT_FALSE(invocation.is_error()) << command;
        EXPECT_EQ(invocation->exit_code, 0);
        EXPECT_THAT(invocation->text, HasSubstr("Usage: godwit " + command + " "));
    }
}

TEST(ParseTest, WhatIsUnknownNamesTheHelpToRead) {
    const auto command = parse({"nonsense"});
    ASSERT_TRUE(command.is_error());
    EXPECT_EQ(command.error().kind(), ErrorKind::usage);
    EXPECT_THAT(command.error().fix(), HasSubstr("`godwit --help`"));
    const auto option = parse({"run", "show", "r", "--nonsense"});
    ASSERT_TRUE(option.is_error());
    EXPECT_THAT(option.error().fix(), HasSubstr("`godwit run show --help`"));
}

TEST(ParseTest, WhatIsMisspeltIsGuessed) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> misspelt = {
        {{"aply", "plan.jsonl"}, "`apply`"},
        {{"run", "shwo", "r"}, "`show`"},
        {{"run", "show", "r", "--step", "all"}, "`--steps`"},
        {{"run", "list", "--sate=x.db"}, "`--state`"},
        {{"apply", "--digset", "x", "plan.jsonl"}, "`--digest`"}};
    for (const auto& [words, meant] : misspelt) {
        const auto invocation = parse(words);
        ASSERT_TRUE(invocation.is_error()) << meant;
        EXPECT_THAT(invocation.error().fix(), HasSubstr(std::string("did you mean ") + meant));
    }
    for (const auto& words : std::vector<std::vector<std::string>>{{"nonsense"}, {"run", "list", "extra"}}) {
        const auto invocation = parse(words);
        ASSERT_TRUE(invocation.is_error());
        EXPECT_THAT(invocation.error().fix(), Not(HasSubstr("did you mean")));
        EXPECT_THAT(invocation.error().why(), HasSubstr("'" + words.back() + "'"));
    }
}

TEST(ParseTest, HelpShowsDefaultsAndSaysWhereTheOthersAre) {
    const auto help = parse({"catalog", "serve", "--help"});
    ASSERT_FALSE(help.is_error());
    EXPECT_THAT(help->text, AllOf(HasSubstr("=127.0.0.1"), HasSubstr("=8181"), HasSubstr("godwit --help")));
    EXPECT_THAT(help->text, AllOf(Not(HasSubstr("=[]")), Not(HasSubstr("=false"))));
    const auto hidden = parse({"--help"});
    EXPECT_THAT(hidden->text, AllOf(Not(HasSubstr("reference")), HasSubstr("=warning")));
}

TEST(ParseTest, EveryOptionHasWords) {
    const auto invocation = parse({"reference"});
    ASSERT_FALSE(invocation.is_error());
    std::ostringstream out;
    cli::Session session;
    session.out = &out;
    ASSERT_FALSE(invocation->run(session).is_error());
    EXPECT_THAT(out.str(), AllOf(HasSubstr("## `godwit run resolve RUN STEP`"), HasSubstr("`--forget`"),
                                 HasSubstr("| `--port` | `PORT` | `8181` |")));
    EXPECT_THAT(out.str(), AllOf(Not(HasSubstr("|  |\n")), Not(HasSubstr("fault-points"))));
}

TEST(ParseTest, StepsAreListedByStateOrAll) {
    for (const auto* which : {"all", "open", "failed", "undo_failed"})
        EXPECT_FALSE(parse({"run", "show", "r", "--steps", which}).is_error()) << which;
    EXPECT_TRUE(parse({"run", "show", "r", "--steps", "good"}).is_error());
}

TEST(ParseTest, ADecisionIsExactlyOne) {
    EXPECT_TRUE(parse({"run", "resolve", "r", "s"}).is_error());
    EXPECT_TRUE(parse({"run", "resolve", "r", "s", "--adopt", "--forget"}).is_error());
    EXPECT_FALSE(parse({"run", "resolve", "r", "s", "--adopt"}).is_error());
}

TEST(ParseTest, GlobalOptionsStandBeforeOrBehindTheCommand) {
    for (const auto& arguments : {std::vector<std::string>{"--state", "other.db", "run", "list"},
                                  std::vector<std::string>{"run", "list", "--state", "other.db"}}) {
        const auto invocation = parse(arguments);
        ASSERT_FALSE(invocation.is_error());
        EXPECT_EQ(invocation->options.state, "other.db");
    }
}

TEST(ParseTest, TheOutputIsKnownWhereTheRestIsNotUnderstood) {
    using Words = std::vector<std::string>;
    for (const auto& words : {Words{"-o", "json", "nonsense"}, Words{"nonsense", "-ojson"}, Words{"x", "--output=json"},
                              Words{"--nonsense", "--output", "json"}})
        EXPECT_EQ(cli::named_output(words), cli::Output::json) << words[0];
    for (const auto& words : {Words{}, Words{"-o"}, Words{"json"}, Words{"-o", "text", "json"}, Words{"--output=xml"},
                              Words{"--outputs=json"}})
        EXPECT_EQ(cli::named_output(words), cli::Output::text);
}

TEST(ParseTest, WorkersAreBounded) {
    EXPECT_TRUE(parse({"--api-workers", "0", "run", "list"}).is_error());
    EXPECT_TRUE(parse({"--api-workers", "65", "run", "list"}).is_error());
    EXPECT_FALSE(parse({"--api-workers", "64", "run", "list"}).is_error());
}

TEST(ParseTest, AcceptNeedsAReason) {
    EXPECT_TRUE(parse({"run", "accept", "r", "s"}).is_error());
    EXPECT_FALSE(parse({"run", "accept", "r", "s", "--reason", "known"}).is_error());
    EXPECT_TRUE(parse({"run", "accept", "r", "s", "--reason", "known", "--most", "-1"}).is_error());
}

} // namespace
