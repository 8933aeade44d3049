// Which options there are depends on the lane.

#include "cli/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace godwit::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A lane that has options and nothing else.
class OptionsLane final : public core::Lane {
public:
    OptionsLane(std::string_view name, std::vector<core::OptionText> plan) : name_(name), plan_(std::move(plan)) {}

    core::LaneDescription describe() const override { return {name_, 1, "stable", {}, {}, {}}; }
    std::span<const core::OptionText> options(std::string_view role) const override {
        return std::span(plan_).first(role == "plan" ? plan_.size() : 0);
    }
    std::span<const core::Rule> rules() const override { return {}; }
    core::Mapping mapping() const override { return {}; }
    Result<core::AssessmentWriter::Header> identify(std::string_view, const core::Options&,
                                                    const core::Services&) override {
        return none();
    }
    Status assess(std::string_view, const core::Options&, const core::Services&, std::stop_token,
                  core::AssessmentSink&) override {
        return none();
    }
    Result<core::PlanHeader> plan_header(const core::PlanRequest&) override { return none(); }
    Status plan(const core::PlanRequest&, core::PlanSink&) override { return none(); }
    Result<std::unique_ptr<core::LaneRun>> open(const core::PlanHeader&, const core::Services&) override {
        return none();
    }
    Result<std::string> summary(const core::AssessmentReader&) override { return none(); }

private:
    static Error none() { return Error::make(ErrorKind::unsupported, "this lane only has options"); }

    std::string_view name_;
    std::vector<core::OptionText> plan_;
};

class LaneOptions : public ::testing::Test {
protected:
    LaneOptions() {
        lanes_.add(lakehouse_);
        lanes_.add(boats_);
    }

    Result<Invocation> parse(std::vector<std::string> arguments) { return parse_command_line(arguments, lanes_); }
    std::string error(std::vector<std::string> arguments) {
        const auto invocation = parse(std::move(arguments));
        if (!invocation.is_error())
            return "understood";
        EXPECT_EQ(invocation.error().kind(), ErrorKind::usage);
        return invocation.error().why();
    }

    OptionsLane lakehouse_{"lakehouse", {{"only", "TABLE", true, "this table"}, {"strict", "", false, "be strict"}}};
    OptionsLane boats_{"boats", {{"only", "BOAT", true, "this boat"}, {"sails", "N", false, "how many"}}};
    core::LaneRegistry lanes_;
};

TEST_F(LaneOptions, a_plan_takes_the_options_of_its_lane_and_of_no_other) {
    EXPECT_EQ(error({"plan", "create", "--only", "a", "--only", "b", "--strict"}), "understood");
    EXPECT_EQ(error({"plan", "create", "--lane", "boats", "--only", "a", "--sails", "2"}), "understood");
    EXPECT_EQ(error({"plan", "create", "--sails", "2", "--lane=boats"}), "understood");
    EXPECT_THAT(error({"plan", "create", "--sails", "2"}), HasSubstr("--sails"));
    EXPECT_THAT(error({"plan", "create", "--lane", "boats", "--strict"}), HasSubstr("--strict"));
    EXPECT_THAT(error({"plan", "create", "--lane", "trains", "--strict"}), HasSubstr("--strict"));
    EXPECT_NE(error({"plan", "create", "--lane"}), "understood");
}

TEST_F(LaneOptions, help_shows_the_options_of_the_lane_that_is_asked_for) {
    const auto lakehouse = parse({"plan", "create", "--help"});
    ASSERT_FALSE(lakehouse.is_error());
    EXPECT_THAT(lakehouse->text, AllOf(HasSubstr("--strict"), HasSubstr("TABLE"), Not(HasSubstr("--sails"))));
    const auto boats = parse({"plan", "create", "--lane", "boats", "--help"});
    ASSERT_FALSE(boats.is_error());
    EXPECT_THAT(boats->text, AllOf(HasSubstr("--sails"), HasSubstr("BOAT"), Not(HasSubstr("--strict"))));
}

} // namespace
} // namespace godwit::cli
