#include "base/fault_point.h"

#include "base/environment.h"
#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

#ifdef GODWIT_FAULT_POINTS
namespace godwit {

/// Seen from outside, so that the optimiser cannot drop it although nobody calls it.
Status fault_point_test_never_called();
Status fault_point_test_never_called() {
    FAULT_POINT("base_test.never_called");
    return {};
}

namespace {

Status first_place() {
    FAULT_POINT("base_test.first");
    return {};
}

Status second_place() {
    FAULT_POINT("base_test.second");
    return {};
}

class FaultPoint : public ::testing::Test {
protected:
    FaultPoint() { clear_fault(); }
    ~FaultPoint() override { clear_fault(); }
};

using FaultPointDeathTest = FaultPoint;

TEST_F(FaultPoint, names_are_known_whether_executed_or_not) {
    EXPECT_THAT(fault_point_names(), ::testing::IsSupersetOf({"base_test.first", "base_test.never_called"}));
}

TEST_F(FaultPoint, errors_at_the_nth_pass_only) {
    set_fault("base_test.first", 2, FaultAction::error);
    EXPECT_FALSE(second_place().is_error());
    EXPECT_FALSE(first_place().is_error());
    const auto hit = first_place();
    ASSERT_TRUE(hit.is_error());
    EXPECT_EQ(hit.error().kind(), ErrorKind::io);
    EXPECT_EQ(hit.error().where(), "fault point base_test.first");
    EXPECT_FALSE(first_place().is_error());
    EXPECT_EQ(fault_passes("base_test.first"), 3u);
    EXPECT_EQ(fault_passes(), 4u);
    clear_fault();
    EXPECT_EQ(fault_passes(), 0u);
}

TEST_F(FaultPoint, the_star_counts_every_point) {
    set_fault("*", 2, FaultAction::error);
    EXPECT_FALSE(first_place().is_error());
    EXPECT_TRUE(second_place().is_error());
}

TEST_F(FaultPoint, after_death_every_point_fails) {
    set_fault("base_test.second", 1, FaultAction::die);
    EXPECT_FALSE(first_place().is_error());
    EXPECT_TRUE(second_place().is_error());
    EXPECT_TRUE(first_place().is_error());
    EXPECT_TRUE(second_place().is_error());
    clear_fault();
    EXPECT_FALSE(first_place().is_error());
}

TEST_F(FaultPointDeathTest, kills_without_a_chance_to_clean_up) {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(
        {
            set_fault("base_test.first", 1, FaultAction::kill);
            (void)first_place();
        },
        ::testing::KilledBySignal(SIGKILL), "");
}

// The variables are read at the first pass of a process; a threadsafe death test is a fresh process.
void pass_both_with(const char* fault) {
    ::setenv("GODWIT_FAULT", fault, 1);
    for (const auto& status : {first_place(), second_place()}) {
        if (status.is_error())
            std::fprintf(stderr, "%s\n", status.error().to_line().c_str());
    }
    std::_Exit(7);
}

TEST(FaultPointEnvironmentDeathTest, variables_are_obeyed) {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    std::optional<TemporaryFolder> folder;
    if (!ProcessEnvironment().get("GODWIT_FAULT_TRACE")) { // the processes below run this line too
        folder.emplace(TemporaryFolder::create().value());
        ::setenv("GODWIT_FAULT_TRACE", (folder->path() + "/trace").c_str(), 1);
    }
    EXPECT_EXIT(pass_both_with("base_test.second:1:kill"), ::testing::KilledBySignal(SIGKILL), "");
    EXPECT_EXIT(pass_both_with("base_test.second:1:error"), ::testing::ExitedWithCode(7), "injected.*base_test.second");
    EXPECT_EXIT(pass_both_with("base_test.second:0:error"), ::testing::ExitedWithCode(7), "cannot be understood");
    EXPECT_EXIT(pass_both_with("base_test.second:1:explode"), ::testing::ExitedWithCode(7), "cannot be understood");
    ::unsetenv("GODWIT_FAULT_TRACE");
    EXPECT_EQ(read_file(folder->path() + "/trace").value(),
              "base_test.first\nbase_test.second\nbase_test.first\nbase_test.second\n");
}

} // namespace
} // namespace godwit
#endif
