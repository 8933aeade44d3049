// The example estate as AWS's own command line exported it, with data that Spark wrote.

#include "lanes/lakehouse/assess_world.h"

#include <gmock/gmock.h>

#include <filesystem>

using namespace godwit;
using namespace godwit::lakehouse;
using namespace godwit::lakehouse::testing_world;
using testing::Contains;
using testing::ElementsAre;

namespace {

const std::string kExample = GODWIT_SOURCE_DIR "/examples/lakehouse";

Collector assess_example() {
    return World().assess({{"export", kExample + "/export"},
                           {"map", "s3://acme-lake=" + kExample + "/data/acme-lake"},
                           {"map", "s3://acme-raw=" + kExample + "/data/acme-raw"}});
}

/// What `du` adds up, by somebody else's code.
std::pair<std::uint64_t, std::uint64_t> files_below(const std::string& folder) {
    std::uint64_t objects = 0, bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        objects += entry.is_regular_file() ? 1 : 0;
        bytes += entry.is_regular_file() ? entry.file_size() : 0;
    }
    return {objects, bytes};
}

TEST(ExampleEstate, kinds_and_readiness_are_told) {
    const auto found = assess_example();
    const std::vector<std::tuple<const char*, TableKind, core::Readiness>> expected{
        {"sales.orders", TableKind::iceberg, core::Readiness::ready},
        {"sales.events", TableKind::parquet, core::Readiness::convertible},
        {"ref.products", TableKind::parquet, core::Readiness::convertible},
        {"raw.customers", TableKind::csv, core::Readiness::convertible},
        {"raw.visits", TableKind::csv, core::Readiness::convertible},
        {"raw.suppliers", TableKind::open_csv, core::Readiness::manual},
        {"raw.sensors", TableKind::json, core::Readiness::manual},
        {"raw.clicks", TableKind::csv, core::Readiness::manual},
        {"sales.shipments", TableKind::hudi, core::Readiness::manual},
    };
    for (const auto& [name, kind, readiness] : expected) {
        EXPECT_EQ(found.table(name).kind, kind) << name;
        EXPECT_EQ(found.readiness(type::kTable, name), readiness) << name;
    }
    EXPECT_THAT(found.codes(type::kView, "sales.events_by_kind"), ElementsAre("LAKE-100"));
    EXPECT_THAT(found.codes(type::kLink, "ref.countries"), ElementsAre("LAKE-110"));
    EXPECT_THAT(found.codes(type::kTable, "raw.clicks"), Contains("LAKE-012"));
}

TEST(ExampleEstate, sizes_are_those_of_the_files) {
    const auto found = assess_example();
    for (const auto& [key, resource] : found.resources) {
        if (resource.type != type::kTable)
            continue;
        const auto facts = facts_from_json<TableFacts>(resource.facts);
        ASSERT_FALSE(facts.is_error());
        const auto [objects, bytes] = files_below(facts->place.folder);
        EXPECT_EQ(facts->sizes.objects, objects) << resource.display;
        EXPECT_EQ(facts->sizes.bytes, bytes) << resource.display;
    }
}

TEST(ExampleEstate, iceberg_facts_are_those_of_the_metadata) {
    const auto table = assess_example().table("sales.orders");
    ASSERT_TRUE(table.iceberg);
    EXPECT_EQ(table.iceberg->format_version, 2);
    EXPECT_EQ(table.iceberg->snapshots, 7u);
    EXPECT_EQ(table.iceberg->references.size(), 3u);
    EXPECT_THAT(table.iceberg->partition_fields, ElementsAre("day(ts)"));
    EXPECT_EQ(table.dropped_columns, 2u);
    EXPECT_TRUE(table.iceberg->live_known);
    EXPECT_GT(table.iceberg->live_delete_files, 0u);
}

TEST(ExampleEstate, partitions_are_resources_of_their_table) {
    const auto found = assess_example();
    const auto* null = found.find(type::kPartition, "sales.events/dt=__HIVE_DEFAULT_PARTITION__");
    ASSERT_NE(null, nullptr);
    const auto* table = found.find(type::kTable, "sales.events");
    EXPECT_EQ(null->key, "lakehouse:partition:" + table->key.substr(std::string("lakehouse:table:").size()) +
                             "/__HIVE_DEFAULT_PARTITION__");
    const auto member =
        std::count_if(found.edges.begin(), found.edges.end(), [&](const auto& edge) { return edge.to == table->key; });
    EXPECT_EQ(member, 6);
    const auto facts = found.table("sales.events");
    EXPECT_EQ(facts.partitions.count, 6u);
    EXPECT_EQ(facts.partitions.null_values, 1u);
    EXPECT_EQ(facts.parquet->rows, 3000u);
    const auto visits = found.facts<PartitionFacts>(type::kPartition, "raw.visits/day=2024-04-29/shop=köln süd");
    EXPECT_THAT(visits.values, ElementsAre("2024-04-29", "köln süd"));
    EXPECT_EQ(visits.place.problem, "");
}

TEST(ExampleEstate, the_same_files_give_the_same_facts) {
    const auto a = assess_example(), b = assess_example();
    ASSERT_EQ(a.resources.size(), b.resources.size());
    for (const auto& [key, resource] : a.resources)
        EXPECT_EQ(resource.facts, b.resources.at(key).facts);
}

} // namespace
