#include "clients/location.h"

#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace godwit::clients {

namespace {

std::string canonical(std::string_view text) {
    const auto location = Location::parse(text);
    return location.is_error() ? "error: " + location.error().why() : location->canonical();
}

TEST(Location, SpellingsOfOnePlaceAreOne) {
    EXPECT_EQ(canonical("s3://b/a/x"), "s3://b/a/x");
    EXPECT_EQ(canonical("s3a://b/a/x/"), "s3://b/a/x");
    EXPECT_EQ(canonical("S3N://b//a///x"), "s3://b/a/x");
    EXPECT_EQ(canonical("s3://b"), "s3://b");
    EXPECT_EQ(canonical("s3://b/"), "s3://b");
    EXPECT_EQ(canonical("file:///tmp/x/"), "/tmp/x");
    EXPECT_EQ(canonical("file:/tmp/x"), "/tmp/x");
    EXPECT_EQ(canonical("file://localhost/tmp/x"), "/tmp/x");
    EXPECT_EQ(canonical("/tmp//x"), "/tmp/x");
    EXPECT_EQ(canonical("relative/x"), "relative/x");
    EXPECT_EQ(canonical("./relative/./x"), "relative/x");
    EXPECT_EQ(canonical("s3://b/./x"), "s3://b/./x");
}

TEST(Location, BytesAfterTheSchemeAreKept) {
    EXPECT_EQ(canonical("s3://b/dt=2024-01-01 00%3A00/x"), "s3://b/dt=2024-01-01 00%3A00/x");
    EXPECT_EQ(canonical("s3://b/a?b#c"), "s3://b/a?b#c");
    EXPECT_EQ(canonical("C:name"), "C:name");
    EXPECT_EQ(canonical("a:b"), "a:b");
    EXPECT_EQ(canonical("data:file"), "data:file");
}

TEST(Location, WhatIsNoPlaceIsRefused) {
    for (const std::string_view text :
         {std::string_view(""), std::string_view("s3:///key"), std::string_view("s3:/b/k"),
          std::string_view("http://host/x"), std::string_view("file://host/x"), std::string_view("file://"),
          std::string_view("/a\0b", 4)})
        EXPECT_TRUE(Location::parse(text).is_error()) << text;
}

TEST(PathElements, LeaveOutEmptyOnesAndRefuseDots) {
    EXPECT_THAT(path_elements("a//b/").value(), testing::ElementsAre("a", "b"));
    EXPECT_TRUE(path_elements("a/../b").is_error());
    EXPECT_TRUE(path_elements("./a").is_error());
    EXPECT_THAT(path_elements("a/..b").value(), testing::ElementsAre("a", "..b"));
}

PrefixMap two_prefixes() {
    PrefixMap map;
    EXPECT_FALSE(map.add("s3://b/warehouse", "/local/w").is_error());
    EXPECT_FALSE(map.add("s3a://b/warehouse/sales.db/", "file:///other/").is_error());
    EXPECT_FALSE(map.add("/old", "/new").is_error());
    return map;
}

TEST(PrefixMap, TheLongestPrefixWinsWhateverTheSpelling) {
    const PrefixMap map = two_prefixes();
    EXPECT_EQ(map.map("s3n://b/warehouse/hr.db/t").value(), "/local/w/hr.db/t");
    EXPECT_EQ(map.map("s3://b/warehouse/sales.db/t/x").value(), "file:///other/t/x");
    EXPECT_EQ(map.map("s3://b/warehouse/sales.db").value(), "file:///other");
    EXPECT_EQ(map.map("file:///old/x").value(), "/new/x");
    EXPECT_EQ(map.map("s3://b/warehouse//hr.db///t").value(), "/local/w/hr.db/t");
}

TEST(PrefixMap, PrefixesEndAtElements) {
    const PrefixMap map = two_prefixes();
    EXPECT_EQ(map.map("s3://b/warehouse/sales.dbx/t").value(), "/local/w/sales.dbx/t");
    EXPECT_TRUE(map.map("s3://b/warehouse2/t").is_error());
    EXPECT_TRUE(map.map("s3://bb/warehouse/t").is_error());
    EXPECT_TRUE(map.map("/oldest/t").is_error());
}

TEST(PrefixMap, WhatIsMissingIsNamed) {
    const auto missing = two_prefixes().map("s3a://elsewhere/x/y");
    ASSERT_TRUE(missing.is_error());
    EXPECT_EQ(missing.error().kind(), ErrorKind::not_found);
    EXPECT_THAT(missing.error().fix(), testing::HasSubstr("--map s3://elsewhere=FOLDER"));
    EXPECT_EQ(missing.error().where(), "s3a://elsewhere/x/y");
}

TEST(PrefixMap, LocationsDoNotLeadOutOfTheirFolder) {
    EXPECT_TRUE(two_prefixes().map("s3://b/warehouse/../secret").is_error());
    EXPECT_TRUE(two_prefixes().map("s3://b/warehouse/./t").is_error());
}

TEST(PrefixMap, AWholeBucketAndTheRootCanBeMapped) {
    PrefixMap map;
    ASSERT_FALSE(map.add("s3://b", "/").is_error());
    ASSERT_FALSE(map.add("/", "/mirror").is_error());
    EXPECT_EQ(map.map("s3://b/x/y").value(), "/x/y");
    EXPECT_EQ(map.map("/x/y").value(), "/mirror/x/y");
}

TEST(PrefixMap, OptionsAreDividedAtTheLastEqualsSign) {
    PrefixMap map;
    ASSERT_FALSE(map.add_option("s3://b/t/dt=1=/local/one").is_error());
    EXPECT_EQ(map.map("s3://b/t/dt=1/f").value(), "/local/one/f");
    EXPECT_TRUE(map.add_option("s3://b/t").is_error());
    EXPECT_TRUE(map.add_option("s3://b/t=").is_error());
    EXPECT_TRUE(map.add_option("=folder").is_error());
}

TEST(PrefixMap, APrefixHasOneMeaning) {
    PrefixMap map;
    ASSERT_FALSE(map.add("s3://b/x", "/one").is_error());
    EXPECT_FALSE(map.add("s3a://b/x/", "/one/").is_error());
    const Status twice = map.add("s3n://b/x", "/two");
    ASSERT_TRUE(twice.is_error());
    EXPECT_EQ(twice.error().kind(), ErrorKind::usage);
    EXPECT_EQ(map.pairs().size(), 1U);
}

TEST(CanonicalFolder, ResolvesLinksAndRefusesFiles) {
    const TemporaryFolder folder = TemporaryFolder::create().value();
    const std::string real = canonical_folder(folder.path() + "/.").value();
    EXPECT_EQ(canonical_folder(real).value(), real);
    ASSERT_FALSE(write_file_durably(real + "/file", "x").is_error());
    EXPECT_TRUE(canonical_folder(real + "/file").is_error());
    EXPECT_EQ(canonical_folder(real + "/absent").error().kind(), ErrorKind::not_found);
    EXPECT_EQ(file_uri("/a b"), "file:///a b");
}

} // namespace

} // namespace godwit::clients
