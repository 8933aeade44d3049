#include "lanes/lakehouse/source_options.h"

#include "lanes/lakehouse/assess_world.h"

#include <gmock/gmock.h>

#include <filesystem>

using namespace godwit;
using namespace godwit::lakehouse;
using namespace godwit::lakehouse::testing_world;
using testing::HasSubstr;

namespace {

std::string usage_error(const core::Options& options) {
    const auto source = read_source_options(options);
    if (!source.is_error())
        return "accepted";
    EXPECT_EQ(source.error().kind(), ErrorKind::usage) << source.error().to_line();
    EXPECT_NE(source.error().fix(), "") << source.error().to_line();
    return source.error().to_line();
}

TEST(SourceOptions, what_is_missing_is_a_usage_error_that_says_how) {
    World world;
    EXPECT_THAT(usage_error({}), HasSubstr("neither"));
    EXPECT_THAT(usage_error({{"export", "x"}, {"metadata", "y"}}), HasSubstr("both"));
    EXPECT_THAT(usage_error({{"export", world.export_folder() + "/missing"}}), HasSubstr("--export"));
    EXPECT_THAT(usage_error({{"export", world.export_folder()}}), HasSubstr("empty"));
    world.tables({csv_table("t")});
    EXPECT_THAT(usage_error({{"export", world.export_folder()}}), HasSubstr("region"));
    auto table = csv_table("t");
    table.erase("CatalogId");
    world.tables({table});
    EXPECT_THAT(usage_error({{"export", world.export_folder()}, {"region", "r"}}), HasSubstr("account"));
    const core::Options good{{"export", world.export_folder()}, {"region", "r"}, {"account", "1"}};
    auto bad_map = good;
    bad_map.emplace("map", "s3://b");
    EXPECT_THAT(usage_error(bad_map), HasSubstr("PREFIX=FOLDER"));
    bad_map = good;
    bad_map.emplace("map", "s3://b=/nowhere/at/all");
    EXPECT_THAT(usage_error(bad_map), HasSubstr("/nowhere/at/all"));
    bad_map = good;
    bad_map.emplace("map", "hdfs://b=" + world.data_folder());
    EXPECT_THAT(usage_error(bad_map), HasSubstr("hdfs"));
    EXPECT_EQ(usage_error(good), "accepted");
    EXPECT_THAT(usage_error({{"metadata", world.data_folder() + "/none.json"}}), HasSubstr("--metadata"));
}

TEST(SourceOptions, the_account_defaults_to_the_catalogue) {
    World world;
    world.tables({csv_table("t")});
    const auto source = read_source_options({{"export", world.export_folder()}, {"region", "eu-west-1"}});
    ASSERT_FALSE(source.is_error());
    EXPECT_EQ(source->identity(), R"({"account":"123456789012","kind":"glue-export","region":"eu-west-1"})");
}

TEST(SourceOptions, settings_beside_the_files_fill_in_and_options_win) {
    World world;
    world.tables({csv_table("t")});
    world.write("export/godwit-export.json",
                R"({"account":"1","region":"a","map":{"s3://b":"../data","s3://c":"../data"}})");
    world.write("other/x", "");
    const auto settings = read_source_options({{"export", world.export_folder()}});
    ASSERT_FALSE(settings.is_error()) << settings.error().to_line();
    EXPECT_EQ(settings->account, "1");
    EXPECT_EQ(settings->map.pairs().size(), 2u);
    const auto other = *clients::canonical_folder(world.data_folder() + "/../other");
    const auto options =
        read_source_options({{"export", world.export_folder()}, {"account", "2"}, {"map", "s3a://b/=" + other}});
    ASSERT_FALSE(options.is_error()) << options.error().to_line();
    EXPECT_EQ(options->account, "2");
    EXPECT_EQ(*options->map.map("s3://b/k"), other + "/k");
}

TEST(SourceOptions, broken_settings_name_the_field) {
    World world;
    world.tables({csv_table("t")});
    for (const auto* text : {"", "[]", R"({"acount":"1"})", R"({"account":123})", R"({"map":[]})",
                             R"({"map":{"s3://b":1}})", R"({"region":null})"}) {
        world.write("export/godwit-export.json", text);
        EXPECT_THAT(usage_error({{"export", world.export_folder()}}), HasSubstr("settings of the export")) << text;
    }
}

TEST(SourceOptions, a_folder_may_hold_an_equals_sign) {
    World world;
    world.tables({csv_table("t")});
    world.data("dt=1/x", "");
    const auto folder = *clients::canonical_folder(world.data_folder());
    const auto source = read_source_options(
        {{"export", world.export_folder()}, {"region", "r"}, {"map", "s3://b/dt=1=" + folder + "/dt=1"}});
    ASSERT_FALSE(source.is_error()) << source.error().to_line();
    EXPECT_EQ(*source->map.map("s3://b/dt=1/k"), folder + "/dt=1/k");
    const auto again = source_from_reference(source->reference());
    ASSERT_FALSE(again.is_error()) << again.error().to_line();
    EXPECT_EQ(again->reference(), source->reference());
}

TEST(SourceOptions, a_reference_is_understood_when_the_source_is_gone) {
    World world;
    world.tables({csv_table("t")});
    const auto source = read_source_options(world.options());
    ASSERT_FALSE(source.is_error()) << source.error().to_line();
    EXPECT_TRUE(require_source(*source));
    std::filesystem::remove_all(world.data_folder());
    const auto again = source_from_reference(source->reference());
    ASSERT_FALSE(again.is_error()) << again.error().to_line();
    EXPECT_EQ(again->identity(), source->identity());
    const auto gone = require_source(*again);
    ASSERT_TRUE(gone.is_error());
    EXPECT_THAT(gone.error().where(), HasSubstr(world.data_folder()));
}

} // namespace
