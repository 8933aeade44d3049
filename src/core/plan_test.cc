#include "core/plan.h"

#include "base/digest.h"
#include "base/file.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace godwit::core {
namespace {

PlanStep step(std::string kind, std::vector<std::string> after = {}) {
    PlanStep step;
    step.kind = std::move(kind);
    step.resource = "lane:thing:x";
    step.action = Action::create;
    step.reason = "because";
    step.depends_on = std::move(after);
    step.fingerprint = R"({"size":"1"})";
    step.estimate = {1, 18'000'000'000'000'000'000U, 3};
    step.body = R"({"a":["b",1]})";
    return step;
}

PlanHeader header() {
    PlanHeader header;
    header.lane = "lane";
    header.connections = {{"source", R"({"id":"1"})", R"({"folder":"/x"})"}};
    header.options = "{}";
    header.waivers = {{"CODE", "lane:thing:x", "reason", 7}};
    return header;
}

class Plan : public ::testing::Test {
protected:
    Plan() : folder_(TemporaryFolder::create().value()), file_(folder_.path() + "/plan.jsonl") {}

    Result<std::string> write(const std::vector<PlanStep>& steps) {
        auto writer = TRY(PlanWriter::create(file_, header()));
        for (const auto& one : steps)
            TRY(writer.step(one));
        return writer.finish();
    }

    TemporaryFolder folder_;
    std::string file_;
};

TEST_F(Plan, ReadsBackWhatWasWrittenInOrderOfDepthAndKey) {
    const auto first = step("b");
    const auto second = step("a", {first.key()});
    const auto digest = write({second, step("c"), first});
    ASSERT_TRUE(digest) << digest.error().to_line();
    std::vector<std::string> kinds;
    const auto plan = read_plan(file_, [&](const PlanStep& read, std::int64_t position, std::string_view) -> Status {
        EXPECT_EQ(position, static_cast<std::int64_t>(kinds.size()));
        EXPECT_EQ(read.body, R"({"a":["b",1]})");
        EXPECT_EQ(read.estimate.bytes, 18'000'000'000'000'000'000U);
        kinds.push_back(read.kind);
        return {};
    });
    ASSERT_TRUE(plan) << plan.error().to_line();
    EXPECT_EQ(kinds, (std::vector<std::string>{"b", "c", "a"}));
    EXPECT_EQ(plan->digest, *digest);
    EXPECT_EQ(plan->digest, sha256_hex(read_file(file_).value()));
    EXPECT_EQ(stated_digest(file_).value().value(), *digest);
    EXPECT_EQ(plan->header.waivers.front().most, 7U);
}

TEST_F(Plan, SameStepsInAnyOrderGiveTheSameBytes) {
    std::vector<PlanStep> steps{step("a"), step("b"), step("c", {step("a").key()}), step("d", {step("c").key()})};
    const auto digest = write(steps).value();
    std::ranges::reverse(steps);
    EXPECT_EQ(write(steps).value(), digest);
}

TEST_F(Plan, RefusesWhatIsNoGraph) {
    EXPECT_TRUE(write({step("a"), step("a")}).is_error());
    EXPECT_TRUE(write({step("a", {step("missing").key()})}).is_error());
    EXPECT_TRUE(write({step("a", {step("b").key()}), step("b", {step("a").key()})}).is_error());
}

TEST_F(Plan, RefusesEveryTruncationAndEveryChangedByte) {
    ASSERT_TRUE(write({step("a"), step("b", {step("a").key()})}));
    const auto whole = read_file(file_).value();
    const auto digest = read_plan(file_, {}).value().digest;
    const auto reads_as_the_same = [&](const std::string& bytes) {
        EXPECT_TRUE(write_file_durably(file_, bytes));
        const auto plan = read_plan(file_, {});
        return plan && plan->digest == digest;
    };
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(reads_as_the_same(whole.substr(0, size))) << size;
    for (std::size_t i = 0; i < whole.size(); i += 3) {
        auto changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(reads_as_the_same(changed)) << i;
    }
    EXPECT_FALSE(reads_as_the_same(whole + "{}\n"));
    EXPECT_TRUE(reads_as_the_same(whole));
}

} // namespace
} // namespace godwit::core
