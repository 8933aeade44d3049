#include "lanes/lakehouse/table_files.h"
#include "lanes/lakehouse/table_paths.h"

#include <gtest/gtest.h>

#include <set>

using namespace godwit;
using namespace godwit::lakehouse;

namespace {

TablePaths paths(const TablePaths::Pairs& pairs = {{"s3://b/t", ""}, {"s3://b/t/inner", "moved"}, {"s3://c", "c"}}) {
    return TablePaths::create("/w house", "d/t", pairs).release();
}

std::string key(std::string_view location) {
    const auto found = paths().key(location);
    return found.is_error() ? found.error().to_line() : *found;
}

TEST(TablePaths, the_longest_prefix_decides_where_a_path_goes) {
    EXPECT_EQ(key("s3://b/t/data/x"), "d/t/data/x");
    EXPECT_EQ(key("s3a://b/t/data/x"), "d/t/data/x");
    EXPECT_EQ(key("s3n://b/t/inner/x"), "d/t/moved/x");
    EXPECT_EQ(key("s3://b/t/innermost/x"), "d/t/innermost/x") << "elements, not characters";
    EXPECT_EQ(key("s3://c/x"), "d/t/c/x");
}

TEST(TablePaths, what_lies_elsewhere_goes_below_external) {
    EXPECT_EQ(key("s3://b/tt/x"), "d/t/external/s3/b/tt/x");
    EXPECT_EQ(key("s3://other/x/y"), "d/t/external/s3/other/x/y");
    EXPECT_EQ(key("file:///x/y"), "d/t/external/file/x/y");
    EXPECT_EQ(key("/x/y"), "d/t/external/file/x/y");
    EXPECT_EQ(key("x/y"), "d/t/external/relative/x/y");
}

TEST(TablePaths, no_two_places_have_one_key) {
    EXPECT_EQ(key("s3://b/t/external/s3/other/x"), "d/t/external~/s3/other/x");
    EXPECT_EQ(key("s3://b/t/external"), "d/t/external~");
    EXPECT_EQ(key("s3://b/t/external~/x"), "d/t/external~~/x");
    EXPECT_EQ(key("s3://b/t/externals/x"), "d/t/externals/x");
    EXPECT_EQ(key("s3://b/t/data/external/x"), "d/t/data/external/x");
    std::set<std::string> keys;
    const std::vector<std::string> locations{"s3://other/x",
                                             "s3://file/other/x",
                                             "file:///other/x",
                                             "other/x",
                                             "s3://s3/other/x",
                                             "s3://relative/other/x",
                                             "s3://b/t/external/other/x",
                                             "s3://b/t/external/s3/other/x",
                                             "s3://b/t/external~/s3/other/x",
                                             "s3://b/t/external/file/other/x",
                                             "s3://b/t/external/relative/other/x",
                                             "s3://b/external/other/x"};
    for (const auto& location : locations)
        EXPECT_TRUE(keys.insert(key(location)).second) << location << " " << key(location);
    EXPECT_EQ(key("s3a://other//x"), key("s3n://other/x")) << "the same place in another spelling";
}

TEST(TablePaths, no_path_leads_out_of_the_table) {
    for (const auto* location :
         {"s3://b/t/../../x", "s3://other/../../../etc", "s3://../x", "s3://./x", "file:///../x", ""})
        EXPECT_TRUE(paths().key(location).is_error()) << location;
}

TEST(TablePaths, a_uri_keeps_every_character_because_no_reader_decodes_it) {
    EXPECT_EQ(*paths().uri("s3://b/t/a b"), "file:///w house/d/t/a b");
}

TEST(TablePaths, a_property_moves_only_where_it_is_a_path_of_the_table) {
    const auto table = paths();
    const auto mapper = table.mapper();
    const auto map = [&](std::string_view text) { return *mapper(iceberg::PathField::other_property, "p", text); };
    EXPECT_EQ(map("s3://b/t/x"), "file:///w house/d/t/x");
    EXPECT_EQ(map("s3://elsewhere/x"), "s3://elsewhere/x");
    EXPECT_EQ(map("zstd"), "zstd");
    EXPECT_EQ(*mapper(iceberg::PathField::manifest_list, "", "s3://elsewhere/x"),
              "file:///w house/d/t/external/s3/elsewhere/x");
}

TEST(TableFiles, reads_through_the_map_and_nothing_beside_it) {
    const auto folder = TemporaryFolder::create().release();
    ASSERT_FALSE(make_folders(folder.path() + "/a/b").is_error());
    ASSERT_FALSE(write_file_durably(folder.path() + "/a/b/x", "bytes").is_error());
    clients::PrefixMap map;
    ASSERT_FALSE(map.add("s3://bucket/p", folder.path() + "/a").is_error());
    const TableFiles files(map);
    EXPECT_EQ(*files.read("s3://bucket/p/b/x"), "bytes");
    EXPECT_EQ(files.state("s3n://bucket/p/b/x")->size, 5u);
    EXPECT_TRUE(*files.exists("s3://bucket/p/b/x"));
    EXPECT_FALSE(*files.exists("s3://bucket/p/b/y"));
    EXPECT_EQ((*files.open("s3://bucket/p/b/x"))->size(), 5u);
    const auto located = files.locate("s3://bucket/p/b/x").value();
    EXPECT_EQ(located.folder, folder.path() + "/a");
    EXPECT_EQ(located.key, "b/x");
    EXPECT_EQ(files.read("s3://bucket/p/b/x", 4).error().where().find("x") != std::string::npos, true);
    for (const auto* location :
         {"s3://bucket/p", "s3://bucket/p/", "s3://bucket/q/x", "s3://other/x", "s3://bucket/p/../x"})
        EXPECT_TRUE(files.state(location).is_error()) << location;
    EXPECT_EQ(files.state("s3://bucket/p").error().kind(), ErrorKind::not_found);
}

} // namespace
