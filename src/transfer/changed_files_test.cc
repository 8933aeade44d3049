#include "transfer/changed_files.h"

#include "base/file.h"

#include <gtest/gtest.h>

namespace godwit::transfer {
namespace {

using Kind = Occupant::Kind;

TEST(ChangedFiles, are_read_as_they_were_written_whatever_their_identity_says) {
    const auto folder = TemporaryFolder::create().release();
    const auto path = changed_files_path(folder.path(), "m");
    const ChangedFiles files{{"a", {Kind::file, "a folder, 1:2 of 3"}},
                             {"b\xff", {Kind::folder, "1:2 of 3"}},
                             {"c", {Kind::hidden, "the file cannot be looked at"}},
                             {"d", {Kind::special, "1:3 of 4"}},
                             {"e", {Kind::unreadable, "1:4 of 5"}},
                             {"f", {Kind::changing, "1:5 of 6"}}};
    ASSERT_FALSE(write_changed_files(path, files).is_error());
    EXPECT_EQ(read_changed_files(path).value(), files);
    EXPECT_TRUE(files.at("a").may_be_removed());
    EXPECT_FALSE(files.at("b\xff").may_be_removed());
    EXPECT_FALSE(files.at("c").may_be_removed());
    EXPECT_EQ(to_words(files.at("b\xff")), "a folder, 1:2 of 3");
    EXPECT_EQ(value_of({}), "");
}

TEST(ChangedFiles, of_an_unknown_kind_are_refused) {
    const auto folder = TemporaryFolder::create().release();
    const auto path = changed_files_path(folder.path(), "m");
    ASSERT_FALSE(write_file_durably(path, R"({"identity":"x","key":"k","kind":"ghost"})"
                                          "\n")
                     .is_error());
    EXPECT_EQ(read_changed_files(path).error().kind(), ErrorKind::corrupt);
    ASSERT_FALSE(write_file_durably(path, R"({"identity":"x","key":"k"})"
                                          "\n")
                     .is_error());
    EXPECT_TRUE(read_changed_files(path).is_error());
}

} // namespace
} // namespace godwit::transfer
