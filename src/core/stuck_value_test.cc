#include "core/stuck_value.h"

#include <gtest/gtest.h>

namespace godwit::core {
namespace {

TEST(StuckValue, IsPermittedOnlyAfterItWasShownAndUntilItIsForgotten) {
    store::StepRow row;
    row.result = R"({"objects":"7"})";
    EXPECT_EQ(permitted_value(row), "");
    const std::string value("any \xff\0bytes", 11);
    note_present_value(row, value);
    EXPECT_EQ(permitted_value(row), "");
    permit_present_value(row);
    EXPECT_EQ(permitted_value(row), value);
    EXPECT_NE(row.result.find(R"("objects":"7")"), std::string::npos);
    forget_values(row);
    EXPECT_EQ(row.result, R"({"objects":"7"})");
    EXPECT_EQ(permitted_value(row), "");
}

TEST(StuckValue, IsGivenUpUntilTheStepActsAgain) {
    store::StepRow row;
    row.result = R"({"objects":"7"})";
    EXPECT_FALSE(leaves_changed(row));
    give_up_changed(row);
    EXPECT_TRUE(leaves_changed(row));
    EXPECT_EQ(permitted_value(row), "");
    forget_values(row);
    EXPECT_FALSE(leaves_changed(row));
    EXPECT_EQ(row.result, R"({"objects":"7"})");
}

TEST(StuckValue, LeavesOtherResultsAlone) {
    store::StepRow row;
    forget_values(row);
    EXPECT_EQ(row.result, "");
    row.result = "[1]";
    forget_values(row);
    EXPECT_EQ(row.result, "[1]");
    EXPECT_EQ(permitted_value(row), "");
    note_present_value(row, "x");
    forget_values(row);
    EXPECT_EQ(row.result, "");
}

} // namespace
} // namespace godwit::core
