#include "core/plan_order.h"

#include "base/file.h"
#include "core/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace godwit::core {
namespace {

using testing::ElementsAre;

class PlanOrderTest : public ::testing::Test {
protected:
    Status add(const std::string& key, std::vector<std::string> after = {}) {
        return order_.add({step_id(key), key, key, std::move(after)});
    }

    std::vector<std::string> arranged() {
        std::vector<std::string> lines;
        EXPECT_TRUE(order_.arrange());
        EXPECT_TRUE(order_.each([&lines](std::int64_t depth, std::string_view line) -> Status {
            lines.push_back(std::to_string(depth) + std::string(line));
            return {};
        }));
        return lines;
    }

    TemporaryFolder folder_ = TemporaryFolder::create().value();
    PlanOrder order_ = PlanOrder::create(folder_.path() + "/sorting").value();
};

TEST_F(PlanOrderTest, SortsByTheLongestWayThenByBytes) {
    ASSERT_TRUE(add("d", {"b", "a"}));
    ASSERT_TRUE(add("b", {"a"}));
    ASSERT_TRUE(add("\xc3\xa9"));
    ASSERT_TRUE(add("a"));
    ASSERT_TRUE(add("Z"));
    EXPECT_THAT(arranged(), ElementsAre("0Z", "0a", "0\xc3\xa9", "1b", "2d"));
}

TEST_F(PlanOrderTest, ADependencyNamedTwiceCountsOnce) {
    ASSERT_TRUE(add("a"));
    ASSERT_TRUE(add("b", {"a", "a"}));
    EXPECT_THAT(arranged(), ElementsAre("0a", "1b"));
}

TEST_F(PlanOrderTest, RefusesTwoStepsOfOneIdAMissingOneAndACircle) {
    ASSERT_TRUE(add("a"));
    EXPECT_EQ(add("a").error().kind(), ErrorKind::bug);
    ASSERT_TRUE(add("b", {"missing"}));
    const auto missing = order_.arrange();
    ASSERT_TRUE(missing.is_error());
    EXPECT_EQ(missing.error().where(), "b");

    auto circle = PlanOrder::create(folder_.path() + "/circle").value();
    ASSERT_TRUE(circle.add({step_id("x"), "x", "x", {"y"}}));
    ASSERT_TRUE(circle.add({step_id("y"), "y", "y", {"x"}}));
    EXPECT_TRUE(circle.arrange().is_error());
}

TEST_F(PlanOrderTest, IsForNobodyElseAndTakesNoLinkForItsFile) {
    EXPECT_EQ(file_state(folder_.path() + "/sorting").value().mode & 0777U, 0600U);
    ASSERT_FALSE(write_file_durably(folder_.path() + "/theirs", "theirs").is_error());
    std::filesystem::create_symlink(folder_.path() + "/theirs", folder_.path() + "/linked");
    std::filesystem::create_directory_symlink(folder_.path(), folder_.path() + "/way");
    {
        const auto order = PlanOrder::create(folder_.path() + "/way/linked");
        ASSERT_FALSE(order.is_error()) << order.error().to_line();
        EXPECT_EQ(file_state(folder_.path() + "/linked").value().type, FileState::Type::file);
    }
    EXPECT_EQ(read_file(folder_.path() + "/theirs").value(), "theirs");
}

TEST_F(PlanOrderTest, StopsWhenTheVisitorDoesAndLeavesNoFile) {
    {
        auto order = PlanOrder::create(folder_.path() + "/brief").value();
        ASSERT_TRUE(order.add({step_id("a"), "a", "a", {}}));
        ASSERT_TRUE(order.arrange());
        EXPECT_EQ(
            order
                .each([](std::int64_t, std::string_view) -> Status { return Error::make(ErrorKind::no_space, "full"); })
                .error()
                .kind(),
            ErrorKind::no_space);
    }
    EXPECT_FALSE(file_exists(folder_.path() + "/brief"));
}

} // namespace
} // namespace godwit::core
