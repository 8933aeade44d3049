#include "clients/aws/shared_config.h"

#include "base/file.h"

#include <gtest/gtest.h>

namespace godwit::aws {
namespace {

using File = SharedConfig::File;

SharedConfig read(File file, std::string_view text) {
    SharedConfig config;
    const auto added = config.add(file, text, "config");
    EXPECT_TRUE(added) << added.error().to_block();
    return config;
}

TEST(SharedConfig, ProfilesSessionsAndServices) {
    const auto config = read(File::config, "# of the team\n"
                                           "[default]\n"
                                           "Region = eu-west-1\n"
                                           "[profile data platform]\n" // two words: nobody's
                                           "region = nowhere\n"
                                           "[profile \"data platform\"]\n"
                                           "region=eu-central-1\n"
                                           "; a remark\n"
                                           "[sso-session main]\n"
                                           "sso_region: eu-north-1\n"
                                           "[services local]\n"
                                           "s3 =\n"
                                           "  endpoint_url = http://127.0.0.1:9000\n"
                                           "glue =\n"
                                           "\tendpoint_url = http://127.0.0.1:5000 # not a remark\n");
    EXPECT_EQ(config.profile("default")->find("region"), "eu-west-1");
    EXPECT_EQ(config.profile("data platform")->find("region"), "eu-central-1");
    EXPECT_EQ(config.sso_session("main")->find("sso_region"), "eu-north-1");
    EXPECT_EQ(config.services("local")->find("s3.endpoint_url"), "http://127.0.0.1:9000");
    EXPECT_EQ(config.services("local")->find("glue.endpoint_url"), "http://127.0.0.1:5000 # not a remark");
    EXPECT_EQ(config.profile("data"), nullptr);
    EXPECT_EQ(config.profile("default")->find("output"), std::nullopt);
}

TEST(SharedConfig, WhatTheCredentialsFileSaysCounts) {
    auto config = read(File::config, "[profile a]\naws_access_key_id = OLD\nregion = eu-west-1\n");
    ASSERT_TRUE(config.add(File::credentials,
                           "[a]\naws_access_key_id = AKIA\naws_secret_access_key = x=y:z\n[profile b]\nregion = r\n",
                           "credentials"));
    EXPECT_EQ(config.profile("a")->find("aws_access_key_id"), "AKIA");
    EXPECT_EQ(config.profile("a")->find("region"), "eu-west-1");
    EXPECT_EQ(config.profile("a")->secret("aws_secret_access_key").reveal(), "x=y:z");
    EXPECT_EQ(config.profile("a")->find("aws_secret_access_key"), std::nullopt);
    EXPECT_EQ(config.profile("b"), nullptr) << "in that file it is a profile named `profile b`";
}

TEST(SharedConfig, SaysWhereItCannotBeRead) {
    for (const auto* text : {"region = r\n", "[default\n", "[default]\nregion\n"}) {
        SharedConfig config;
        const auto added = config.add(File::config, text, "config");
        ASSERT_TRUE(added.is_error()) << text;
        EXPECT_EQ(added.error().kind(), ErrorKind::invalid_input);
        EXPECT_TRUE(added.error().where().starts_with("config line ")) << added.error().where();
        EXPECT_EQ(added.error().to_block().find("= r"), std::string::npos) << "a line may hold a secret";
    }
}

TEST(SharedConfig, LiesWhereTheEnvironmentSays) {
    const auto folder = TemporaryFolder::create("godwit-aws").value();
    ASSERT_TRUE(make_folders(folder.path() + "/.aws", 0700));
    ASSERT_TRUE(write_file_durably(folder.path() + "/.aws/config", "[default]\nregion = of-home\n"));
    ASSERT_TRUE(write_file_durably(folder.path() + "/other", "[default]\nregion = of-other\n"));
    const auto region = [](const std::map<std::string, std::string>& environment) {
        const auto config = SharedConfig::load(FixedEnvironment(environment)).value();
        const auto* section = config.profile("default");
        return section == nullptr ? std::nullopt : section->find("region");
    };
    EXPECT_EQ(region({{"HOME", folder.path()}}), "of-home");
    EXPECT_EQ(region({{"HOME", folder.path()}, {"AWS_CONFIG_FILE", "~/other"}}), "of-other");
    EXPECT_EQ(region({{"HOME", folder.path() + "/nowhere"}}), std::nullopt);
}

TEST(SharedConfig, TheProfileThatIsMeant) {
    const auto meant = [](const std::map<std::string, std::string>& environment) {
        return default_profile(FixedEnvironment(environment));
    };
    EXPECT_EQ(meant({}), "default");
    EXPECT_EQ(meant({{"AWS_DEFAULT_PROFILE", "a"}}), "a");
    EXPECT_EQ(meant({{"AWS_DEFAULT_PROFILE", "a"}, {"AWS_PROFILE", "b"}}), "b");
    EXPECT_EQ(meant({{"AWS_PROFILE", std::string()}}), "default");
}

} // namespace
} // namespace godwit::aws
