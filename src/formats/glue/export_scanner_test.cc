#include "formats/glue/export_scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace godwit;
using namespace godwit::glue;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

struct Scan {
    std::vector<std::string> entries;
    std::vector<std::uint64_t> offsets;
    ScanOutcome outcome;
};

Scan scan(std::string_view text, ScanLimits limits = {}) {
    MemorySource source(text);
    Scan scan;
    auto outcome = scan_export(
        source,
        [&](const RawEntry& entry) -> Status {
            scan.entries.push_back(std::string(list_name(entry.kind)) + " " + std::string(entry.text));
            scan.offsets.push_back(entry.offset);
            return {};
        },
        limits);
    EXPECT_FALSE(outcome.is_error());
    scan.outcome = std::move(outcome).release();
    return scan;
}

std::string problem(const Scan& scan) { return scan.outcome.problem ? scan.outcome.problem->to_line() : ""; }

TEST(ExportScanner, hands_out_the_entries_of_known_lists_and_skips_the_rest) {
    const auto got = scan(R"({"Other": [{"Name": "no"}], "TableList": [ {"Name": "a]}\"{"} , {"Name":"b"} ],
                            "x": "TableList", "DatabaseList": [], "Partitions": [{"Values": ["1"]}]})");
    EXPECT_THAT(got.entries, ElementsAre(R"(TableList {"Name": "a]}\"{"})", R"(TableList {"Name":"b"})",
                                         R"(Partitions {"Values": ["1"]})"));
    EXPECT_EQ(got.outcome.lists, 3u);
    EXPECT_EQ(got.outcome.entries, 3u);
    EXPECT_FALSE(got.outcome.continued);
    EXPECT_EQ(problem(got), "");
}

TEST(ExportScanner, reads_pages_appended_to_one_file) {
    const auto got = scan("\xEF\xBB\xBF{\"TableList\":[1],\"NextToken\":\"abc\"}\n{\"TableList\":[2]}\n");
    EXPECT_THAT(got.entries, ElementsAre("TableList 1", "TableList 2"));
    EXPECT_FALSE(got.outcome.continued);
    EXPECT_EQ(problem(got), "");
}

TEST(ExportScanner, says_that_more_pages_exist) {
    EXPECT_TRUE(scan(R"({"NextToken":"abc","TableList":[]})").outcome.continued);
    EXPECT_FALSE(scan(R"({"TableList":[],"NextToken":null})").outcome.continued);
}

TEST(ExportScanner, keeps_what_came_before_a_cut) {
    const std::string whole = R"({"TableList": [{"Name": "a"}, {"Name": "b"}]})";
    const auto first = whole.find('}') + 1, second = whole.rfind("}]") + 1;
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        const auto got = scan(std::string_view(whole).substr(0, cut));
        EXPECT_NE(problem(got), "") << cut;
        EXPECT_EQ(got.entries.size(), cut >= second ? 2u : cut >= first ? 1u : 0u) << cut;
    }
    EXPECT_THAT(problem(scan(std::string_view(whole).substr(0, 20))), HasSubstr("byte 20"));
}

TEST(ExportScanner, a_value_larger_than_the_limit_is_named_and_passed_over) {
    const auto got = scan(R"({"TableList": [{"Name": "long long long"}, 1]})", {8});
    EXPECT_THAT(got.entries, ElementsAre("TableList ", "TableList 1"));
    EXPECT_EQ(got.offsets[0], 15u);
}

TEST(ExportScanner, refuses_what_is_no_json) {
    EXPECT_THAT(problem(scan("")), HasSubstr("empty"));
    EXPECT_THAT(problem(scan(" \n")), HasSubstr("empty"));
    EXPECT_THAT(problem(scan("[1]")), HasSubstr("byte 0"));
    EXPECT_THAT(problem(scan("{]}")), HasSubstr("key"));
    EXPECT_THAT(problem(scan(R"({"TableList": {}})")), HasSubstr("list"));
    EXPECT_THAT(problem(scan(R"({"TableList": [,]})")), HasSubstr("value"));
    EXPECT_THAT(problem(scan(R"({"TableList": [1 2]})")), HasSubstr("byte 17"));
    EXPECT_THAT(problem(scan(std::string_view("\xFF\xFE{\0", 4))), HasSubstr("UTF-16"));
    EXPECT_THAT(problem(scan("{\"\\x\":1}")), HasSubstr("key"));
}

TEST(ExportScanner, depth_costs_nothing) {
    const std::string deep(1 << 20, '[');
    const auto got = scan("{\"a\":" + deep);
    EXPECT_THAT(problem(got), HasSubstr("inside a value"));
    EXPECT_THAT(got.entries, IsEmpty());
}

TEST(ExportScanner, an_error_of_the_visitor_ends_the_scan) {
    MemorySource source(R"({"TableList":[1,2]})");
    int seen = 0;
    const auto outcome = scan_export(source, [&](const RawEntry&) -> Status {
        ++seen;
        return Error::make(ErrorKind::interrupted, "enough");
    });
    ASSERT_TRUE(outcome.is_error());
    EXPECT_EQ(outcome.error().kind(), ErrorKind::interrupted);
    EXPECT_EQ(seen, 1);
}

} // namespace
