#include "clients/file_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>

namespace godwit::clients {

namespace {

using testing::ElementsAre;

class FileSourceTest : public testing::Test {
protected:
    void put(const std::string& key, const std::string& bytes = "x") {
        const std::string path = folder_.path() + "/" + key;
        ASSERT_FALSE(make_folders(path.substr(0, path.rfind('/'))).is_error());
        ASSERT_FALSE(write_file_durably(path, bytes).is_error()) << path;
    }

    FileSource open() { return FileSource::open(folder_.path()).value(); }

    std::vector<std::string> keys(const std::string& prefix = "", std::size_t window = FileLister::kWindow) {
        FileLister lister = open().list(prefix, window).value();
        std::vector<std::string> found;
        while (const auto entry = lister.next().value())
            found.push_back(entry->key);
        return found;
    }

    TemporaryFolder folder_ = TemporaryFolder::create().value();
};

TEST_F(FileSourceTest, ListsInByteOrderOfWholeKeys) {
    for (const char* key : {"a/b", "a-b", "a.b/c", "a0", "a/b.c/d", "ab", "\xff\xfe", "A", "a/\n'\"${x}"})
        put(key);
    std::vector<std::string> expected{"a/b", "a-b", "a.b/c", "a0", "a/b.c/d", "ab", "\xff\xfe", "A", "a/\n'\"${x}"};
    std::ranges::sort(expected);
    EXPECT_EQ(keys(), expected);
}

TEST_F(FileSourceTest, TheOrderDoesNotDependOnTheWindow) {
    for (int i = 0; i < 40; ++i) {
        put("f/" + std::to_string(i));
        put("f/" + std::to_string(i) + "d/x");
        put("f/" + std::to_string(i) + "d/y");
    }
    const std::vector<std::string> whole = keys();
    EXPECT_EQ(whole.size(), 120U);
    EXPECT_TRUE(std::ranges::is_sorted(whole));
    EXPECT_EQ(keys("", 1), whole);
    EXPECT_EQ(keys("", 7), whole);
}

TEST_F(FileSourceTest, APrefixIsAFolder) {
    put("t/a/1");
    put("t/ab/2");
    EXPECT_THAT(keys("t/a"), ElementsAre("t/a/1"));
    EXPECT_EQ(open().list("t/c").error().kind(), ErrorKind::not_found);
    EXPECT_TRUE(open().list("t/a/1").is_error());
}

TEST_F(FileSourceTest, EntriesSayWhatStandsThere) {
    put("file", "12345");
    const std::string link = folder_.path() + "/link";
    ASSERT_EQ(::symlink("/etc", link.c_str()), 0);
    ASSERT_EQ(::mkfifo((folder_.path() + "/pipe").c_str(), 0600), 0);
    FileLister lister = open().list().value();
    const auto file = lister.next().value();
    ASSERT_TRUE(file);
    EXPECT_EQ(file->state.size, 5U);
    EXPECT_GT(file->state.mtime_ns, 0);
    EXPECT_EQ(file->state, file_state(folder_.path() + "/file").value());
    EXPECT_EQ(lister.next().value()->state.type, FileState::Type::link);
    EXPECT_EQ(lister.next().value()->state.type, FileState::Type::other);
    EXPECT_FALSE(lister.next().value());
    EXPECT_FALSE(lister.next().value());
}

TEST_F(FileSourceTest, AFolderThatVanishesHasNoEntries) {
    put("a/1");
    put("b/2");
    FileLister lister = open().list().value();
    EXPECT_EQ(lister.next().value()->key, "a/1");
    ASSERT_FALSE(remove_tree(folder_.path() + "/b").is_error());
    EXPECT_FALSE(lister.next().value());
}

TEST_F(FileSourceTest, ReadsWholeAndInPieces) {
    put("d/file", "0123456789");
    const FileSource source = open();
    EXPECT_EQ(source.read("d/file").value(), "0123456789");
    SourceFile file = source.open_file("d/file").value();
    char into[4];
    EXPECT_EQ(file.read_at(3, into).value(), 4U);
    EXPECT_EQ(std::string(into, 4), "3456");
    EXPECT_EQ(file.read_at(8, into).value(), 2U);
    EXPECT_EQ(file.read_at(10, into).value(), 0U);
    EXPECT_EQ(file.size(), 10U);
    EXPECT_EQ(file.state().value(), source.state("d/file").value());
    EXPECT_TRUE(source.read("d/file", 9).is_error());
}

TEST_F(FileSourceTest, NoNameLeadsOut) {
    put("d/file");
    const FileSource source = open();
    for (const std::string& key : {std::string("../x"), std::string("d/../../x"), std::string("/etc/passwd"),
                                   std::string(""), std::string("d//file"), std::string("d/"), std::string("."),
                                   std::string("d/./file"), std::string("d\0file", 6)}) {
        EXPECT_EQ(source.read(key).error().kind(), ErrorKind::invalid_input) << key;
        EXPECT_EQ(source.state(key).error().kind(), ErrorKind::invalid_input) << key;
    }
}

TEST_F(FileSourceTest, LinksAreNotFollowed) {
    put("d/file");
    ASSERT_EQ(::symlink("d", (folder_.path() + "/inside").c_str()), 0);
    ASSERT_EQ(::symlink("/etc/passwd", (folder_.path() + "/outside").c_str()), 0);
    const FileSource source = open();
    EXPECT_EQ(source.read("inside/file").error().kind(), ErrorKind::invalid_input);
    EXPECT_EQ(source.read("outside").error().kind(), ErrorKind::invalid_input);
    EXPECT_THAT(source.read("outside").error().why(), testing::HasSubstr("symbolic link"));
    EXPECT_TRUE(source.list("inside").is_error());
    EXPECT_EQ(source.state("outside").value().type, FileState::Type::link);
}

TEST_F(FileSourceTest, TheRootMayBeALink) {
    put("real/file", "y");
    ASSERT_EQ(::symlink("real", (folder_.path() + "/alias").c_str()), 0);
    const FileSource source = FileSource::open(folder_.path() + "/alias").value();
    EXPECT_EQ(source.read("file").value(), "y");
    EXPECT_EQ(source.root(), FileSource::open(folder_.path() + "/real").value().root());
}

TEST_F(FileSourceTest, SpecialFilesAreNotOpened) {
    ASSERT_EQ(::mkfifo((folder_.path() + "/pipe").c_str(), 0600), 0);
    put("d/file");
    EXPECT_EQ(open().open_file("pipe").error().kind(), ErrorKind::invalid_input);
    EXPECT_TRUE(open().open_file("d").is_error());
}

TEST_F(FileSourceTest, AbsenceIsTold) {
    put("d/file");
    const FileSource source = open();
    EXPECT_TRUE(source.exists("d/file").value());
    EXPECT_FALSE(source.exists("d/other").value());
    EXPECT_FALSE(source.exists("e/other").value());
    EXPECT_EQ(source.read("d/other").error().kind(), ErrorKind::not_found);
    EXPECT_EQ(FileSource::open(folder_.path() + "/absent").error().kind(), ErrorKind::not_found);
}

TEST_F(FileSourceTest, LongNamesWork) {
    const std::string name(255, 'n');
    put(name + "/" + name);
    EXPECT_THAT(keys(), ElementsAre(name + "/" + name));
    EXPECT_EQ(open().read(name + "/" + name).value(), "x");
}

} // namespace

} // namespace godwit::clients
