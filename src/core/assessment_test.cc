#include "core/assessment.h"

#include "contract/scene.h"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace godwit::core {
namespace {

using contract::must;
using testing::ElementsAre;

const std::array kRules{Rule{"TEST-001",
                             Severity::warning,
                             Readiness::manual,
                             "It is big",
                             {"thing"},
                             [](const Json& facts) { return facts.value("size", 0) > 10; },
                             {"/size"},
                             "shrink it",
                             5}};

class Assessment : public ::testing::Test {
protected:
    AssessmentWriter begin(const std::string& role = "source") {
        return must(AssessmentWriter::begin(*state_, clock_, random_, {"lane", role, R"({"id":1})", R"({"all":true})"},
                                            kRules));
    }

    store::AssessmentRow write(std::vector<std::pair<std::string, int>> things) {
        auto writer = begin();
        for (const auto& [name, size] : things)
            EXPECT_TRUE(
                writer.resource({"lane:thing:" + name, "thing", name, R"({"size":)" + std::to_string(size) + "}"}));
        EXPECT_TRUE(writer.edge({"lane:thing:a", "lane:thing:b", EdgeKind::depends_on}));
        return must(writer.finish());
    }

    TemporaryFolder folder_ = must(TemporaryFolder::create());
    ManualClock clock_{7};
    SeededRandom random_{1};
    std::unique_ptr<store::State> state_ =
        must(store::State::open(must(store::StateLocation::parse(folder_.path() + "/state.db")), clock_, random_));
};

TEST_F(Assessment, GivesBackInOrderOfKeyWhatWasRead) {
    const auto row = write({{"b", 11}, {"a", 3}});
    const auto reader = must(AssessmentReader::open(*state_, row.id));
    std::vector<std::string> seen;
    EXPECT_TRUE(reader.each_resource([&seen](const Resource& resource, std::span<const Finding> findings) -> Status {
        seen.push_back(resource.display + (findings.empty() ? "" : " " + findings.front().code));
        return {};
    }));
    EXPECT_THAT(seen, ElementsAre("a", "b TEST-001"));
    std::vector<EdgeKind> kinds;
    EXPECT_TRUE(reader.each_edge([&kinds](const Edge& edge) -> Status {
        kinds.push_back(edge.kind);
        return {};
    }));
    EXPECT_THAT(kinds, ElementsAre(EdgeKind::depends_on));
    std::vector<std::string> evidence;
    EXPECT_TRUE(reader.each_finding([&evidence](const Finding& finding) -> Status {
        evidence.push_back(finding.resource + " " + finding.evidence.front().second);
        return {};
    }));
    EXPECT_THAT(evidence, ElementsAre("lane:thing:b 11"));
}

TEST_F(Assessment, TheDigestIsThatOfWhatWasReadWhateverTheOrderAndTheTime) {
    const auto first = write({{"a", 1}, {"b", 2}});
    clock_.advance(std::chrono::hours(1));
    const auto second = write({{"b", 2}, {"a", 1}});
    EXPECT_NE(first.id, second.id);
    EXPECT_EQ(first.digest, second.digest);
    EXPECT_NE(write({{"a", 1}, {"b", 3}}).digest, first.digest);
}

TEST_F(Assessment, MoreThanABatchIsOne) {
    std::vector<std::pair<std::string, int>> things;
    for (int i = 0; i < 2'500; ++i)
        things.emplace_back(std::to_string(i), i % 20);
    const auto reader = must(AssessmentReader::open(*state_, write(things).id));
    std::size_t resources = 0;
    std::size_t findings = 0;
    EXPECT_TRUE(reader.each_resource([&](const Resource&, std::span<const Finding> of_it) -> Status {
        ++resources;
        findings += of_it.size();
        return {};
    }));
    EXPECT_EQ(resources, 2'500U);
    EXPECT_EQ(findings, 2'500U * 9 / 20);
}

TEST_F(Assessment, WhatWasNotFinishedIsNotRead) {
    {
        auto cut_off = begin();
        EXPECT_TRUE(cut_off.resource({"lane:thing:a", "thing", "a", "{}"}));
    }
    const auto newest = AssessmentReader::newest(*state_, "lane", "source");
    ASSERT_TRUE(newest.is_error());
    EXPECT_EQ(newest.error().kind(), ErrorKind::usage);
    const auto unfinished = must(state_->assessments()).front();
    EXPECT_TRUE(AssessmentReader::open(*state_, unfinished.id).is_error());
    const auto whole = write({{"a", 1}});
    EXPECT_EQ(must(AssessmentReader::newest(*state_, "lane", "source")).row().id, whole.id);
    EXPECT_TRUE(AssessmentReader::newest(*state_, "lane", "target").is_error());
    EXPECT_TRUE(AssessmentReader::newest(*state_, "other", "source").is_error());
}

TEST_F(Assessment, AKeyThatComesTwiceIsAnError) {
    auto writer = begin();
    const Resource thing{"lane:thing:a", "thing", "a", "{}"};
    EXPECT_TRUE(writer.resource(thing));
    EXPECT_TRUE(writer.resource(thing));
    EXPECT_TRUE(writer.finish().is_error());
}

} // namespace
} // namespace godwit::core
