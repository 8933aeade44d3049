// One small table for each feature (tests/fixtures): what other readers see in them decides what an assessment has to
// say.

#include "lanes/lakehouse/assess_world.h"

#include <gmock/gmock.h>

using namespace godwit;
using namespace godwit::lakehouse;
using namespace godwit::lakehouse::testing_world;

namespace {

const std::string kFixtures = GODWIT_SOURCE_DIR "/tests/fixtures";

Json read_json(const std::string& path) {
    const auto text = read_file(path);
    EXPECT_FALSE(text.is_error()) << path;
    auto json = parse_json(text.is_error() ? "{}" : *text);
    EXPECT_FALSE(json.is_error()) << path;
    return json.is_error() ? Json() : std::move(json).release();
}

std::string codes_of(const Collector& found, const core::Resource& table) {
    std::string out;
    for (const auto& finding : found.findings.at(table.key))
        out += finding.code + " ";
    return out;
}

const core::Resource* only_table(const Collector& found) {
    const core::Resource* table = nullptr;
    for (const auto& [key, resource] : found.resources) {
        if (resource.type != type::kTable)
            continue;
        EXPECT_EQ(table, nullptr);
        table = &resource;
    }
    return table;
}

TEST(Fixtures, parquet_tables_are_taken_in_place_exactly_where_other_readers_agree) {
    const auto entries = list_folder(kFixtures + "/parquet");
    ASSERT_FALSE(entries.is_error());
    for (const auto& entry : *entries) {
        SCOPED_TRACE(entry.name);
        const auto folder = kFixtures + "/parquet/" + entry.name;
        const auto expected = read_json(folder + "/expected.json");
        core::Options options{{"export", folder + "/export"}};
        const auto buckets = list_folder(folder + "/data");
        for (const auto& bucket : *buckets)
            options.emplace("map", "s3://" + bucket.name + "=" + folder + "/data/" + bucket.name);
        const auto found = World().assess(options);
        const auto* table = only_table(found);
        ASSERT_NE(table, nullptr);
        const auto readiness = core::readiness_of(found.findings.at(table->key));
        // Stricter than Spark, whose readers ignore the case of names: readers of Iceberg do not.
        const bool refused = expected["in_place"] == "no" || entry.name == "mixed-case";
        EXPECT_EQ(readiness == core::Readiness::convertible, !refused)
            << expected["in_place"] << ": " << codes_of(found, *table) << "\n"
            << table->facts;
        if (expected["in_place"] == "no" || !expected.contains("rows"))
            continue;
        const auto facts = facts_from_json<TableFacts>(table->facts);
        ASSERT_FALSE(facts.is_error());
        // Spark does not look into nested folders; footers below them are read all the same.
        if (facts->partitions.unregistered_objects == 0 && facts->partitions.nested_objects == 0) {
            EXPECT_EQ(facts->parquet->rows, expected["rows"].size());
        }
    }
}

TEST(Fixtures, iceberg_tables_are_whole_and_read_to_the_last_file) {
    const auto fixtures = read_json(kFixtures + "/iceberg/fixtures.json");
    for (const auto& fixture : fixtures["fixtures"]) {
        SCOPED_TRACE(fixture["name"].get<std::string>());
        const auto found = World().assess({{"metadata", kFixtures + "/iceberg/" + fixture["file"].get<std::string>()},
                                           {"map", "s3://fixtures=" + kFixtures + "/iceberg"}});
        const auto* table = only_table(found);
        ASSERT_NE(table, nullptr);
        const auto facts = facts_from_json<TableFacts>(table->facts);
        ASSERT_FALSE(facts.is_error());
        const auto& iceberg = *facts->iceberg;
        EXPECT_EQ(iceberg.problem, "") << iceberg.detail;
        EXPECT_EQ(iceberg.format_version, fixture["format-version"].get<int>());
        EXPECT_EQ(iceberg.snapshots, fixture["snapshots"].get<std::uint64_t>());
        EXPECT_EQ(iceberg.missing_needed, 0u) << iceberg.missing_example;
        EXPECT_EQ(iceberg.broken_needed, 0u) << iceberg.broken_example;
        EXPECT_TRUE(iceberg.live_known);
        if (iceberg.live_delete_files == 0 && fixture.contains("rows")) {
            EXPECT_EQ(iceberg.live_rows, fixture["rows"].get<std::uint64_t>());
        }
        const bool orc_deletes = fixture["name"] == "position-deletes-orc";
        EXPECT_EQ(core::readiness_of(found.findings.at(table->key)),
                  orc_deletes ? core::Readiness::manual : core::Readiness::ready)
            << codes_of(found, *table);
    }
}

} // namespace
