// Where a run keeps its files is remembered with the run.

#include "base/file.h"
#include "contract/memory_world.h"
#include "contract/scene.h"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace godwit::core {
namespace {

using contract::must;
using testing::HasSubstr;

class RunFiles : public ::testing::Test {
protected:
    RunFiles() {
        world_.add("alpha");
        const auto planned = scene_.plan();
        EXPECT_TRUE(planned) << planned.error().to_block();
        chosen_ = scene_.folder() + "/chosen";
    }

    contract::MemoryWorld world_;
    contract::Scene scene_{world_.lane(), {}};
    std::string chosen_;
};

TEST_F(RunFiles, are_found_again_by_every_later_command) {
    scene_.request.run_files = chosen_;
    scene_.apply();
    EXPECT_TRUE(file_exists(chosen_));
    scene_.request.run_files.clear();
    EXPECT_EQ(must(scene_.verify()).exit_code(), 0);
    scene_.request.run_files = chosen_;
    EXPECT_EQ(must(scene_.verify()).exit_code(), 0);
    EXPECT_EQ(scene_.roll_back().run.state, store::RunState::rolled_back);
    EXPECT_FALSE(file_exists(scene_.state().run_files_folder()));
}

TEST_F(RunFiles, are_not_looked_for_in_another_folder) {
    scene_.request.run_files = chosen_;
    scene_.apply();
    scene_.request.run_files = scene_.folder() + "/other";
    for (const auto& refused : {scene_.verify(), scene_.try_resume(), scene_.try_roll_back()}) {
        ASSERT_TRUE(refused.is_error());
        EXPECT_EQ(refused.error().kind(), ErrorKind::usage);
        EXPECT_THAT(refused.error().why(), HasSubstr(chosen_));
    }
    EXPECT_FALSE(file_exists(scene_.request.run_files));
}

TEST_F(RunFiles, beside_the_state_database_are_remembered_too) {
    scene_.request.run_files.clear();
    scene_.apply();
    scene_.request.run_files = chosen_;
    EXPECT_TRUE(scene_.verify().is_error());
    scene_.request.run_files = scene_.state().run_files_folder();
    EXPECT_FALSE(scene_.verify().is_error());
}

TEST_F(RunFiles, are_not_made_anew_where_they_were) {
    scene_.request.run_files = chosen_;
    scene_.apply();
    ASSERT_FALSE(remove_tree(chosen_).is_error());
    const auto refused = scene_.try_roll_back();
    ASSERT_TRUE(refused.is_error());
    EXPECT_EQ(refused.error().kind(), ErrorKind::not_found);
    EXPECT_FALSE(file_exists(chosen_));
}

TEST_F(RunFiles, lie_where_nobody_else_may_write) {
    ASSERT_FALSE(make_folders(chosen_, 0700).is_error());
    ASSERT_EQ(::chmod(chosen_.c_str(), 0777), 0);
    scene_.request.run_files = chosen_;
    const auto refused = scene_.try_apply();
    ASSERT_TRUE(refused.is_error());
    EXPECT_EQ(refused.error().kind(), ErrorKind::permission);
}

TEST_F(RunFiles, need_a_full_path) {
    scene_.request.run_files = "here";
    EXPECT_EQ(scene_.try_apply().error().kind(), ErrorKind::usage);
}

TEST_F(RunFiles, need_a_name_that_can_be_written_down) {
    scene_.request.run_files = scene_.folder() + "/\xff";
    const auto refused = scene_.try_apply();
    ASSERT_TRUE(refused.is_error());
    EXPECT_EQ(refused.error().kind(), ErrorKind::usage);
}

} // namespace
} // namespace godwit::core
