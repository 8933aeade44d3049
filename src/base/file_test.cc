#include "base/file.h"

#include "base/file_internals.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace godwit {
namespace {

using std::string_literals::operator""s;
using ::testing::ElementsAre;

class FileTest : public ::testing::Test {
protected:
    std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
    std::vector<std::string> names(const std::string& folder) const {
        std::vector<std::string> found;
        const auto entries = list_folder(folder).value();
        for (const auto& entry : entries)
            found.push_back(entry.name);
        return found;
    }

    TemporaryFolder folder_ = TemporaryFolder::create().value();
};

TEST(FileState, times_beyond_nanoseconds_become_the_last_that_they_hold) {
    struct stat raw{};
    raw.st_mtim = {13'569'465'600, 1}; // 1 January 2400
    EXPECT_EQ(file_state_of(raw).mtime_ns, INT64_MAX);
    raw.st_mtim = {-13'569'465'600, 1};
    EXPECT_EQ(file_state_of(raw).mtime_ns, INT64_MIN);
    raw.st_mtim = {-1, 999'999'999};
    EXPECT_EQ(file_state_of(raw).mtime_ns, -1);
}

TEST_F(FileTest, written_bytes_are_read_at_any_offset) {
    auto file = File::create(path("a")).value();
    ASSERT_FALSE(file.write("hello ").is_error());
    ASSERT_FALSE(file.write("world").is_error());
    ASSERT_FALSE(file.write_at(4, "O W").is_error());
    ASSERT_FALSE(file.sync().is_error());
    char buffer[32];
    EXPECT_EQ(file.read_at(6, buffer, 3).value(), 3u);
    EXPECT_EQ(std::string(buffer, 3), "Wor");
    EXPECT_EQ(file.read_at(9, buffer, sizeof buffer).value(), 2u);
    EXPECT_EQ(file.read_at(100, buffer, 1).value(), 0u);
    EXPECT_EQ(file.read_at(UINT64_MAX - 1, buffer, 10).value(), 0u);
    EXPECT_TRUE(file.write_at(UINT64_MAX - 1, "x").is_error());
    EXPECT_EQ(file.size().value(), 11u);
    ASSERT_FALSE(file.close().is_error());
    EXPECT_EQ(read_file(path("a")).value(), "hellO World");
}

TEST_F(FileTest, descriptors_close_on_exec_and_at_the_end_of_the_scope) {
    int descriptor = -1;
    {
        auto file = File::create(path("a")).value();
        auto moved = std::move(file);
        descriptor = moved.descriptor();
        EXPECT_NE(::fcntl(descriptor, F_GETFD) & FD_CLOEXEC, 0);
    }
    EXPECT_EQ(::fcntl(descriptor, F_GETFD), -1);
}

TEST_F(FileTest, errors_say_what_kind) {
    EXPECT_EQ(File::open_for_reading(path("absent")).error().kind(), ErrorKind::not_found);
    ASSERT_FALSE(File::create(path("a")).is_error());
    EXPECT_EQ(File::create(path("a")).error().kind(), ErrorKind::conflict);
    EXPECT_EQ(read_file(folder_.path()).error().kind(), ErrorKind::invalid_input);
    EXPECT_EQ(read_file(path("a\0b"s)).error().kind(), ErrorKind::invalid_input);
    EXPECT_EQ(file_state(path("a/b")).error().kind(), ErrorKind::not_found);
}

TEST_F(FileTest, pipes_are_refused_without_waiting) {
    ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
    EXPECT_EQ(File::open_for_reading(path("pipe")).error().kind(), ErrorKind::invalid_input);
}

TEST_F(FileTest, read_file_has_a_limit) {
    ASSERT_FALSE(write_file_durably(path("a"), "12345").is_error());
    EXPECT_EQ(read_file(path("a"), 5).value(), "12345");
    EXPECT_EQ(read_file(path("a"), 4).error().kind(), ErrorKind::invalid_input);
    EXPECT_NE(read_file("/proc/self/stat").value().size(), 0u);
    EXPECT_EQ(read_file("/proc/self/stat", 3).error().kind(), ErrorKind::invalid_input);
}

TEST_F(FileTest, appending) {
    ASSERT_FALSE(File::open_for_appending(path("a")).value().write("one").is_error());
    ASSERT_FALSE(File::open_for_appending(path("a")).value().write("two").is_error());
    EXPECT_EQ(read_file(path("a")).value(), "onetwo");
}

TEST_F(FileTest, durable_writes_replace_as_a_whole_and_leave_nothing_else) {
    for (const auto* content : {"first", "", "a third, longer one"}) {
        ASSERT_FALSE(write_file_durably(path("a"), content, 0600).is_error());
        EXPECT_EQ(read_file(path("a")).value(), content);
    }
    EXPECT_THAT(names(folder_.path()), ElementsAre("a"));
    EXPECT_EQ(file_state(path("a")).value().mode, 0600u);
    ASSERT_FALSE(write_file_durably(path(std::string(255, 'n')), "x").is_error());
    EXPECT_EQ(write_file_durably(path("no/a"), "x").error().kind(), ErrorKind::not_found);
    ASSERT_FALSE(make_folders(path("folder")).is_error());
    EXPECT_TRUE(write_file_durably(path("folder"), "x").is_error());
    EXPECT_THAT(names(folder_.path()), ElementsAre("a", "folder", std::string(255, 'n')));
}

TEST_F(FileTest, durable_writes_without_nameless_files) {
    for (const auto* content : {"first", "second"}) {
        ASSERT_FALSE(file_internals::write_and_rename(path("a"), content, 0600).is_error());
        EXPECT_EQ(read_file(path("a")).value(), content);
    }
    ASSERT_FALSE(make_folders(path("folder")).is_error());
    EXPECT_TRUE(file_internals::write_and_rename(path("folder"), "x", 0600).is_error());
    EXPECT_THAT(names(folder_.path()), ElementsAre("a", "folder"));
}

TEST_F(FileTest, durable_writers_do_not_mix) {
    {
        std::vector<std::jthread> writers;
        for (char letter = 'a'; letter < 'e'; ++letter) {
            writers.emplace_back([this, letter] {
                for (int i = 0; i < 20; ++i) {
                    const auto written = write_file_durably(path("shared"), std::string(5000, letter));
                    EXPECT_FALSE(written.is_error()) << written.error().to_line();
                }
            });
        }
    }
    const auto content = read_file(path("shared")).value();
    EXPECT_EQ(content, std::string(5000, content.at(0)));
    EXPECT_THAT(names(folder_.path()), ElementsAre("shared"));
}

TEST_F(FileTest, listing_is_sorted_by_bytes_and_knows_types) {
    ASSERT_FALSE(write_file_durably(path("b"), "12").is_error());
    ASSERT_FALSE(write_file_durably(path("\xFF\n"), "").is_error());
    ASSERT_FALSE(make_folders(path("B")).is_error());
    ASSERT_EQ(::symlink("nowhere", path("link").c_str()), 0);
    const auto entries = list_folder(folder_.path()).value();
    ASSERT_EQ(entries.size(), 4u);
    EXPECT_THAT(names(folder_.path()), ElementsAre("B", "b", "link", "\xFF\n"));
    EXPECT_EQ(entries[0].state.type, FileState::Type::folder);
    EXPECT_EQ(entries[1].state.size, 2u);
    EXPECT_EQ(entries[1].state, file_state(path("b")).value());
    EXPECT_EQ(entries[2].state.type, FileState::Type::link);
    EXPECT_TRUE(file_exists(path("link")));
    EXPECT_EQ(list_folder(path("b")).error().kind(), ErrorKind::not_found);
}

TEST_F(FileTest, make_folders_tells_which_were_absent) {
    EXPECT_THAT(make_folders(path("a/b//c/")).value(), ElementsAre(path("a"), path("a/b"), path("a/b//c")));
    EXPECT_THAT(make_folders(path("a/b/c/d")).value(), ElementsAre(path("a/b/c/d")));
    EXPECT_THAT(make_folders(path("a/b/c/d")).value(), ElementsAre());
    ASSERT_EQ(::symlink("a", path("link").c_str()), 0);
    EXPECT_THAT(make_folders(path("link/e")).value(), ElementsAre(path("link/e")));
    ASSERT_FALSE(write_file_durably(path("file"), "").is_error());
    EXPECT_EQ(make_folders(path("file")).error().kind(), ErrorKind::conflict);
    EXPECT_TRUE(make_folders(path("file/x")).is_error());
}

TEST_F(FileTest, renaming_takes_no_name_that_is_taken) {
    ASSERT_FALSE(write_file_durably(path("a"), "a").is_error());
    ASSERT_FALSE(write_file_durably(path("b"), "b").is_error());
    EXPECT_EQ(rename_without_replacing(path("a"), path("b")).error().kind(), ErrorKind::conflict);
    EXPECT_EQ(read_file(path("b")).value(), "b");
    ASSERT_FALSE(rename_without_replacing(path("a"), path("c")).is_error());
    EXPECT_THAT(names(folder_.path()), ElementsAre("b", "c"));
    EXPECT_EQ(rename_without_replacing(path("a"), path("d")).error().kind(), ErrorKind::not_found);
}

TEST_F(FileTest, removing_follows_no_link) {
    ASSERT_FALSE(make_folders(path("keep")).is_error());
    ASSERT_FALSE(write_file_durably(path("keep/file"), "").is_error());
    ASSERT_FALSE(make_folders(path("tree/deep/er")).is_error());
    ASSERT_EQ(::symlink("../keep", path("tree/link").c_str()), 0);
    EXPECT_EQ(remove_empty_folder(path("tree")).error().kind(), ErrorKind::conflict);
    ASSERT_FALSE(remove_tree(path("tree")).is_error());
    ASSERT_FALSE(remove_tree(path("tree")).is_error());
    EXPECT_TRUE(file_exists(path("keep/file")));
    ASSERT_FALSE(remove_file(path("keep/file")).is_error());
    EXPECT_EQ(remove_file(path("keep/file")).error().kind(), ErrorKind::not_found);
    ASSERT_FALSE(remove_empty_folder(path("keep")).is_error());
    EXPECT_THAT(names(folder_.path()), ElementsAre());
}

TEST(TemporaryFolderTest, goes_with_its_content) {
    std::string path;
    {
        auto folder = TemporaryFolder::create("godwit-test").value();
        const auto moved = std::move(folder);
        path = moved.path();
        ASSERT_FALSE(write_file_durably(path + "/file", "x").is_error());
    }
    EXPECT_FALSE(file_exists(path));
}

TEST_F(FileTest, a_folder_that_others_may_write_is_not_our_own) {
    const auto own = path("own");
    ASSERT_FALSE(make_folders(own, 0700).is_error());
    EXPECT_FALSE(require_own_folder(own).is_error());
    ASSERT_EQ(::chmod(own.c_str(), 0707), 0);
    EXPECT_EQ(require_own_folder(own).error().kind(), ErrorKind::permission);
    ASSERT_EQ(::chmod(own.c_str(), 0700), 0);
    ASSERT_EQ(::symlink(own.c_str(), path("link").c_str()), 0);
    EXPECT_EQ(require_own_folder(path("link")).error().kind(), ErrorKind::permission);
    EXPECT_EQ(require_own_folder(path("missing")).error().kind(), ErrorKind::not_found);
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
    EXPECT_EQ(require_own_folder(own).error().kind(), ErrorKind::permission);
    ASSERT_EQ(::chmod(folder_.path().c_str(), 01777), 0);
    EXPECT_FALSE(require_own_folder(own).is_error()) << "sticky: nobody else can replace it";
    if (::geteuid() == 0) {
        ASSERT_EQ(::chmod(own.c_str(), 0770), 0);
        EXPECT_FALSE(require_own_folder(own).is_error()) << "root's group holds nobody but root";
        ASSERT_EQ(::chown(own.c_str(), 0, 65534), 0);
        EXPECT_EQ(require_own_folder(own).error().kind(), ErrorKind::permission);
        ASSERT_EQ(::chmod(own.c_str(), 0700), 0);
        ASSERT_EQ(::chown(own.c_str(), 65534, 65534), 0);
        EXPECT_EQ(require_own_folder(own).error().kind(), ErrorKind::permission);
    }
}

TEST_F(FileTest, a_temporary_file_has_no_name_and_is_read_and_written) {
    auto file = File::open_temporary(folder_.path()).value();
    EXPECT_THAT(names(folder_.path()), ElementsAre());
    ASSERT_FALSE(file.write("abc").is_error());
    char buffer[3];
    EXPECT_EQ(file.read_at(0, buffer, sizeof buffer).value(), 3u);
    EXPECT_EQ(std::string(buffer, 3), "abc");
    EXPECT_EQ(File::open_temporary(path("missing")).error().kind(), ErrorKind::not_found);
}

} // namespace
} // namespace godwit
