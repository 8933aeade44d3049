// What is seen of a run while it goes on.

#include "cli/progress.h"

#include "base/json.h"
#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <sstream>

namespace godwit::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

store::EventRow event(std::string type, std::string level, const Json& data, std::string step = "step1") {
    return {"run1", 0, 0, std::move(step), std::move(type), std::move(level), canonical_json(data)};
}

store::EventRow step_is(std::string_view state, Json more = Json::object()) {
    more["state"] = state;
    more["kind"] = "lakehouse.copy-table";
    return event("step_state", "info", more);
}

/// What a terminal shows of a text: it goes back at \r, clears to the end of the line at ESC [ K, and begins a new line
/// where one is full.
std::vector<std::string> screen(const std::string& text, std::size_t columns) {
    std::vector<std::string> lines(1);
    std::size_t at = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r') {
            at = 0;
        } else if (text.compare(i, 3, "\x1b[K") == 0) {
            lines.back().resize(at);
            i += 2;
        } else {
            if (text[i] == '\n' || at == columns) {
                lines.emplace_back();
                at = 0;
            }
            if (text[i] != '\n') {
                lines.back().resize(std::max(lines.back().size(), at + 1));
                lines.back()[at++] = text[i];
            }
        }
    }
    return lines;
}

class Progress : public ::testing::Test {
protected:
    void begin(std::string_view mode) {
        listener_ = make_progress(
            mode, [this] { return columns_; }, err_, clock_,
            [](const store::EventRow& told) { return "name of " + told.step; });
    }
    std::vector<std::string> lines() { return split(err_.str(), '\n'); }
    std::vector<std::string> shown() { return screen(err_.str(), columns_); }

    std::size_t columns_ = 0;
    ManualClock clock_{0};
    std::ostringstream err_;
    std::unique_ptr<core::RunListener> listener_;
};

TEST_F(Progress, a_status_line_stands_below_the_lines_of_a_terminal) {
    columns_ = 60;
    begin("auto");
    listener_->on_progress("step1", "sales.orders", 1, 512);
    EXPECT_THAT(shown(), ElementsAre("sales.orders: 1 objects, 512 B"));
    listener_->on_progress("step1", "ref.x", 2, 1);
    EXPECT_THAT(shown(), ElementsAre("ref.x: 2 objects, 1 B")) << "nothing is left of the longer line";
    listener_->on_event(event("run_state", "warning", {{"state", "stopped"}}, ""));
    EXPECT_THAT(shown(), ElementsAre("1970-01-01T00:00:00Z  run run1 is stopped", ""));
    listener_->on_progress("step1", "ref.x", 3, 2);
    EXPECT_THAT(shown(), ElementsAre("1970-01-01T00:00:00Z  run run1 is stopped", "ref.x: 3 objects, 2 B"));
    listener_.reset();
    EXPECT_THAT(shown(), ElementsAre("1970-01-01T00:00:00Z  run run1 is stopped", ""))
        << "what is written next begins a line";
}

TEST_F(Progress, a_status_line_never_wraps) {
    columns_ = 40;
    begin("auto");
    for (const std::size_t columns : {40U, 20U, 5U, 1U, 80U}) {
        err_.str("");
        columns_ = columns;
        listener_->on_progress("step1", "sales.a_table_with_a_long_name_of_its_own", 12, 3456);
        ASSERT_EQ(shown().size(), 1U) << columns;
        EXPECT_LT(shown().front().size(), columns);
    }
    columns_ = 40;
    err_.str("");
    listener_->on_progress("step1", "sales.a_table_with_a_long_name_of_its_own", 12, 3456);
    EXPECT_THAT(shown().front(), EndsWith(": 12 objects, 3.4 KiB")) << "the figures are what changes";
    err_.str("");
    const std::string wide = "\u8868";
    std::string name;
    for (int i = 0; i < 10; ++i)
        name += wide;
    listener_->on_progress("step1", name, 12, 3456);
    name.resize(9 * wide.size());
    EXPECT_THAT(err_.str(), EndsWith("\x1b[K" + name + ": 12 objects, 3.4 KiB")) << "each may take two columns";
}

TEST_F(Progress, plain_lines_tell_what_changed) {
    columns_ = 80;
    begin("plain");
    for (const auto* silent : {"intent", "made", "compensating"})
        listener_->on_event(step_is(silent));
    listener_->on_progress("step1", "sales.orders", 1, 512);
    EXPECT_THAT(err_.str(), IsEmpty());
    listener_->on_event(step_is("done", {{"outcome", "equal"}}));
    clock_.advance(std::chrono::seconds(61));
    listener_->on_event(step_is("skipped", {{"skip_cause", "stale"}, {"reason", "it changed"}}));
    listener_->on_event(event("diagnostic", "warning", {{"message", "slow"}}));
    listener_->on_event(event("finding", "warning", {{"code", "LAKE-1"}, {"display", "a.b"}, {"title", "odd"}}));
    listener_->on_event(event("heartbeat", "info", Json::object()));
    EXPECT_THAT(lines(),
                ElementsAre("1970-01-01T00:00:00Z  done  lakehouse.copy-table  name of step1  equal",
                            "1970-01-01T00:01:01Z  skipped (stale)  lakehouse.copy-table  name of step1  (it changed)",
                            "1970-01-01T00:01:01Z  warning: slow", "1970-01-01T00:01:01Z  LAKE-1 a.b: odd", ""));
}

TEST_F(Progress, no_name_or_message_commands_the_terminal) {
    begin("plain");
    listener_->on_event(step_is("failed", {{"reason", "no\nway \x1b[2J"}}));
    listener_->on_event(event("finding", "info", {{"code", "\x1b[2J"}, {"title", "\x1b[2J"}}));
    EXPECT_THAT(err_.str(), AllOf(Not(HasSubstr("\x1b")), HasSubstr("(no\\x0Away \\x1B[2J)")));
    EXPECT_EQ(lines().size(), 3U);
    columns_ = 80;
    begin("auto");
    listener_->on_progress("step1", "\x1b[2J", 1, 1);
    EXPECT_THAT(err_.str(), Not(HasSubstr("\x1b[2J")));
}

TEST_F(Progress, without_a_terminal_auto_is_plain) {
    begin("auto");
    listener_->on_progress("step1", "sales.orders", 1, 512);
    listener_->on_event(step_is("done"));
    listener_.reset();
    EXPECT_EQ(err_.str(), "1970-01-01T00:00:00Z  done  lakehouse.copy-table  name of step1\n");
}

TEST_F(Progress, json_lines_hold_the_event) {
    columns_ = 80;
    begin("json");
    listener_->on_event(step_is("done", {{"reason", "two\nlines"}}));
    listener_->on_progress("step1", "sales.\"orders\"", 1, 512);
    listener_.reset();
    ASSERT_EQ(lines().size(), 3U);
    const auto change = parse_json(lines()[0]).value();
    EXPECT_EQ(change,
              Json({{"type", "step_state"},
                    {"run", "run1"},
                    {"step", "step1"},
                    {"level", "info"},
                    {"time", "1970-01-01T00:00:00.000000Z"},
                    {"data", {{"state", "done"}, {"kind", "lakehouse.copy-table"}, {"reason", "two\nlines"}}}}));
    const auto live = parse_json(lines()[1]).value();
    EXPECT_EQ(live, Json({{"type", "live_progress"},
                          {"step", "step1"},
                          {"display", "sales.\"orders\""},
                          {"objects", "1"},
                          {"bytes", "512"},
                          {"time", "1970-01-01T00:00:00.000000Z"}}));
}

TEST_F(Progress, none_is_silent) {
    begin("none");
    EXPECT_EQ(listener_, nullptr);
}

TEST(Columns, there_are_none_without_a_terminal) { EXPECT_EQ(columns_of(-1)(), 0U); }

} // namespace
} // namespace godwit::cli
