#include "clients/file_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace godwit::clients {

namespace {

using testing::ElementsAre;

class FileTargetTest : public testing::Test {
protected:
    std::string path(const std::string& key) const { return folder_.path() + "/" + key; }
    std::vector<std::string> names(const std::string& key = "") const {
        std::vector<std::string> found;
        const std::vector<FolderEntry> entries = list_folder(path(key)).value();
        for (const FolderEntry& entry : entries)
            found.push_back(entry.name);
        return found;
    }

    TemporaryFolder folder_ = TemporaryFolder::create().value();
    FileTarget target_ = FileTarget::open(folder_.path()).value();
};

TEST_F(FileTargetTest, WritesUnderItsNameOnlyAndNeverOver) {
    ASSERT_FALSE(target_.write_durably("file", "one").is_error());
    EXPECT_EQ(target_.write_durably("file", "two").error().kind(), ErrorKind::conflict);
    EXPECT_EQ(target_.files().read("file").value(), "one");
    EXPECT_THAT(names(), ElementsAre("file"));
}

TEST_F(FileTargetTest, CreatesExclusively) {
    TargetFile file = target_.create("file").value();
    ASSERT_FALSE(file.write("abc").is_error());
    ASSERT_FALSE(file.write_at(1, "X").is_error());
    ASSERT_FALSE(file.sync().is_error());
    EXPECT_EQ(file.state().value().size, 3U);
    ASSERT_FALSE(file.close().is_error());
    EXPECT_EQ(target_.files().read("file").value(), "aXc");
    EXPECT_EQ(target_.create("file").error().kind(), ErrorKind::conflict);
    EXPECT_EQ(target_.create("absent/file").error().kind(), ErrorKind::not_found);
}

TEST_F(FileTargetTest, WhatItMakesIsAsReadableAsItsRoot) {
    const auto mode = [this](const std::string& key) { return std::filesystem::status(path(key)).permissions(); };
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0700), 0);
    const FileTarget closed = FileTarget::open(folder_.path()).value();
    ASSERT_FALSE(closed.make_folders("folder").is_error());
    ASSERT_FALSE(closed.write_durably("folder/file", "x").is_error());
    ASSERT_FALSE(closed.create("other").value().close().is_error());
    EXPECT_EQ(mode("folder"), std::filesystem::perms::owner_all);
    const auto for_owner = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
    EXPECT_EQ(mode("folder/file"), for_owner);
    EXPECT_EQ(mode("other"), for_owner);
}

TEST_F(FileTargetTest, SaysWhichFoldersItMade) {
    EXPECT_THAT(target_.make_folders("a/b/c").value(), ElementsAre("a", "a/b", "a/b/c"));
    EXPECT_THAT(target_.make_folders("a/b/d").value(), ElementsAre("a/b/d"));
    EXPECT_THAT(target_.make_folders("a/b").value(), ElementsAre());
    ASSERT_FALSE(target_.write_durably("a/file", "").is_error());
    EXPECT_TRUE(target_.make_folders("a/file").is_error());
    EXPECT_TRUE(target_.make_folders("a/file/x").is_error());
}

TEST_F(FileTargetTest, RenamesWithoutReplacing) {
    ASSERT_FALSE(target_.make_folders("d").is_error());
    ASSERT_FALSE(target_.write_durably("one", "1").is_error());
    ASSERT_FALSE(target_.write_durably("two", "2").is_error());
    EXPECT_EQ(target_.rename_without_replacing("one", "two").error().kind(), ErrorKind::conflict);
    EXPECT_EQ(target_.files().read("two").value(), "2");
    ASSERT_FALSE(target_.rename_without_replacing("one", "d/three").is_error());
    EXPECT_EQ(target_.files().read("d/three").value(), "1");
    EXPECT_THAT(names(), ElementsAre("d", "two"));
    EXPECT_EQ(target_.rename_without_replacing("one", "four").error().kind(), ErrorKind::not_found);
    ASSERT_FALSE(target_.rename_without_replacing("two", "four", false).is_error());
    EXPECT_THAT(names(), ElementsAre("d", "four"));
}

TEST_F(FileTargetTest, RemovesFilesAndEmptyFoldersOnly) {
    ASSERT_FALSE(target_.make_folders("d/e").is_error());
    ASSERT_FALSE(target_.write_durably("d/e/file", "x").is_error());
    EXPECT_EQ(target_.remove_empty_folder("d/e").error().kind(), ErrorKind::conflict);
    EXPECT_TRUE(target_.remove("d/e").is_error());
    ASSERT_FALSE(target_.remove("d/e/file").is_error());
    EXPECT_EQ(target_.remove("d/e/file").error().kind(), ErrorKind::not_found);
    EXPECT_TRUE(target_.remove_empty_folder("d").is_error());
    ASSERT_FALSE(target_.remove_empty_folder("d/e").is_error());
    ASSERT_FALSE(target_.remove_empty_folder("d").is_error());
    EXPECT_THAT(names(), ElementsAre());
}

TEST_F(FileTargetTest, NothingIsWrittenOutside) {
    const TemporaryFolder outside = TemporaryFolder::create().value();
    ASSERT_EQ(::symlink(outside.path().c_str(), path("link").c_str()), 0);
    for (const std::string& key : {std::string("../x"), std::string("/tmp/x"), std::string("link/x"),
                                   std::string("a\0b", 3), std::string("."), std::string("")}) {
        EXPECT_EQ(target_.write_durably(key, "x").error().kind(), ErrorKind::invalid_input) << key;
        EXPECT_EQ(target_.create(key).error().kind(), ErrorKind::invalid_input) << key;
        EXPECT_EQ(target_.make_folders(key).error().kind(), ErrorKind::invalid_input) << key;
        EXPECT_EQ(target_.remove(key).error().kind(), ErrorKind::invalid_input) << key;
        EXPECT_EQ(target_.remove_empty_folder(key).error().kind(), ErrorKind::invalid_input) << key;
        EXPECT_EQ(target_.rename_without_replacing("link", key).error().kind(), ErrorKind::invalid_input) << key;
    }
    EXPECT_TRUE(list_folder(outside.path()).value().empty());
    EXPECT_THAT(names(), ElementsAre("link"));
}

TEST_F(FileTargetTest, ALinkUnderANameIsAConflict) {
    ASSERT_EQ(::symlink("/etc/passwd", path("link").c_str()), 0);
    EXPECT_EQ(target_.write_durably("link", "x").error().kind(), ErrorKind::conflict);
    EXPECT_EQ(target_.create("link").error().kind(), ErrorKind::conflict);
    EXPECT_TRUE(target_.make_folders("link").is_error());
}

TEST_F(FileTargetTest, SyncsFoldersAndTheFileSystem) {
    ASSERT_FALSE(target_.make_folders("d").is_error());
    EXPECT_FALSE(target_.sync_folder("d").is_error());
    EXPECT_FALSE(target_.sync_folder("").is_error());
    EXPECT_TRUE(target_.sync_folder("absent").is_error());
    EXPECT_FALSE(target_.sync().is_error());
}

} // namespace

} // namespace godwit::clients
