#include "lanes/lakehouse/export_index.h"

#include "base/clock.h"
#include "lanes/lakehouse/assess_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace godwit::lakehouse {
namespace {

using testing::ElementsAre;
using testing_world::World;

constexpr const char* kAccount = "123456789012";

struct Seen {
    std::string location;
    std::uint64_t duplicates = 0;
    std::vector<std::string> partitions; ///< first value of each
    std::uint64_t repeated = 0;
};

std::optional<Seen> look(const ExportIndex& index, const std::string& table) {
    std::optional<Seen> seen;
    const auto found =
        index.visit(kAccount, "d", table,
                    [&](const glue::Table& entry, std::uint64_t duplicates, PartitionCursor& cursor) -> Status {
                        EXPECT_EQ(entry.name, table);
                        seen = Seen{entry.storage.location, duplicates, {}, 0};
                        while (const auto partition = TRY(cursor.next()))
                            seen->partitions.push_back(partition->values.front());
                        seen->repeated = cursor.duplicates();
                        return {};
                    });
    EXPECT_FALSE(found.is_error()) << (found.is_error() ? found.error().to_line() : "");
    EXPECT_EQ(!found.is_error() && *found, seen.has_value());
    return seen;
}

ExportIndex index_of(const World& world) {
    auto index = ExportIndex::build(world.export_folder(), kAccount, {});
    EXPECT_FALSE(index.is_error()) << (index.is_error() ? index.error().to_line() : "");
    return std::move(index).release();
}

TEST(ExportIndex, finds_each_table_with_its_partitions_wherever_they_stand_in_the_export) {
    World world;
    std::vector<Json> first, second, partitions;
    for (int i = 0; i < 200; ++i)
        (i % 2 == 0 ? first : second).push_back(testing_world::csv_table("t" + std::to_string(i)));
    for (int i = 199; i >= 0; i -= 3)
        for (const auto* day : {"2024-01-02", "2024-01-01", "2024-01-01"})
            partitions.push_back(
                testing_world::glue_partition(testing_world::csv_table("t" + std::to_string(i)), {day}, "s3://b/x"));
    partitions.push_back(testing_world::glue_partition(testing_world::csv_table("nobody's"), {"1"}, "s3://b/x"));
    world.tables(first, "a.json");
    world.tables(second, "deep/b.json");
    world.partitions(partitions);
    const auto index = index_of(world);
    EXPECT_EQ(index.tables(), 200u);
    for (int i = 0; i < 200; ++i) {
        const auto seen = look(index, "t" + std::to_string(i));
        ASSERT_TRUE(seen) << i;
        EXPECT_EQ(seen->location, "s3://b/t" + std::to_string(i));
        if (i % 3 == 1) {
            EXPECT_THAT(seen->partitions, ElementsAre("2024-01-01", "2024-01-02")) << i;
            EXPECT_EQ(seen->repeated, 1u);
        } else {
            EXPECT_THAT(seen->partitions, ElementsAre()) << i;
        }
    }
    for (const auto* absent : {"", "t", "t2000", "zz", "nobody's"})
        EXPECT_FALSE(look(index, absent)) << absent;
}

TEST(ExportIndex, gives_the_newest_of_several_entries_and_knows_no_table_of_another_database) {
    World world;
    auto older = testing_world::csv_table("t"), newer = older;
    older["UpdateTime"] = 1'700'000'000;
    newer["UpdateTime"] = 1'700'000'001;
    newer["StorageDescriptor"]["Location"] = "s3://b/newer";
    newer.erase("CatalogId"); // the account stands for it
    world.tables({newer, older});
    const auto index = index_of(world);
    const auto seen = look(index, "t");
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->location, "s3://b/newer");
    EXPECT_EQ(seen->duplicates, 1u);
    const auto never = [](const glue::Table&, std::uint64_t, PartitionCursor&) -> Status {
        return Error::make(ErrorKind::io, "visited");
    };
    EXPECT_FALSE(index.visit(kAccount, "e", "t", never).value());
    EXPECT_FALSE(index.visit("999999999999", "d", "t", never).value());
}

TEST(ExportIndex, of_an_empty_export_finds_nothing) {
    World world;
    world.tables({});
    EXPECT_FALSE(look(index_of(world), "t"));
}

TEST(RunExport, is_read_once_and_again_only_when_its_files_changed) {
    World world;
    ManualClock clock(1);
    world.tables({testing_world::csv_table("a")});
    RunExport exported(world.export_folder(), kAccount, clock);
    const auto first = exported.index({}).value();
    EXPECT_TRUE(look(*first, "a"));
    clock.advance(RunExport::kLookInterval);
    EXPECT_EQ(exported.index({}).value(), first) << "nothing changed";

    world.tables({testing_world::csv_table("b")}, "more.json");
    EXPECT_EQ(exported.index({}).value(), first) << "the files are looked at once in an interval";
    clock.advance(RunExport::kLookInterval);
    const auto second = exported.index({}).value();
    ASSERT_NE(second, first);
    EXPECT_TRUE(look(*second, "b"));

    world.tables({testing_world::csv_table("c")}); // as long as before, in the same file
    clock.advance(RunExport::kLookInterval);
    const auto third = exported.index({}).value();
    EXPECT_TRUE(look(*third, "c"));
    EXPECT_FALSE(look(*third, "a"));
    EXPECT_TRUE(look(*first, "a")) << "who holds the old one goes on with it";
}

} // namespace
} // namespace godwit::lakehouse
