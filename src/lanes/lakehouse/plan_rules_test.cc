#include "lanes/lakehouse/plan_rules.h"

#include "lanes/lakehouse/planner.h"

#include <gtest/gtest.h>

namespace godwit::lakehouse {
namespace {

std::vector<std::string> codes(const Encounter& encounter) {
    std::vector<std::string> found;
    const auto findings = findings_of(encounter).value();
    for (const auto& finding : findings)
        found.push_back(finding.code);
    return found;
}

TEST(PlanRules, NothingAtTheTargetIsNoFinding) { EXPECT_TRUE(codes(Encounter{}).empty()); }

TEST(PlanRules, WhatStandsThereIsNamed) {
    Encounter table;
    table.present_table = "file:///warehouse/a/b/metadata/v1.metadata.json";
    EXPECT_EQ(codes(table), std::vector<std::string>{"LAKE-160"});
    Encounter folder;
    folder.present_folder = "3 objects";
    EXPECT_EQ(codes(folder), std::vector<std::string>{"LAKE-161"});
}

TEST(PlanRules, BadCellsAreCounted) {
    Encounter cells;
    cells.bad_cells = 2;
    cells.bad_cells_by_column = {{"price: unparsable", 2}};
    EXPECT_EQ(codes(cells), std::vector<std::string>{"LAKE-162"});
}

TEST(PlanRules, ANameThatNoUrlHoldsIsAFinding) {
    Encounter refused;
    refused.refused_name = "it cannot stand in the path of a URL";
    EXPECT_EQ(codes(refused), std::vector<std::string>{"LAKE-163"});
}

TEST(FolderName, NoNameLeadsAnywhereElse) {
    EXPECT_EQ(folder_name("orders"), "orders");
    for (const char* name : {"..", ".", "a/b", "../x", "a\nb", "\xff", "${x}", ".godwit"}) {
        const auto folder = folder_name(name);
        EXPECT_EQ(folder.find('/'), std::string::npos) << folder;
        EXPECT_FALSE(folder.starts_with('.')) << folder;
    }
    const auto longest = folder_name(std::string(255, '\n'));
    EXPECT_LE(longest.size(), 200U);
    EXPECT_NE(longest, folder_name(std::string(254, '\n') + "x"));
}

} // namespace
} // namespace godwit::lakehouse
