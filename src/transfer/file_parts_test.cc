#include "transfer/file_parts.h"

#include "base/fault_point.h"
#include "transfer/chunk_digest.h"
#include "transfer/test_context.h"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace godwit::transfer {
namespace {

using store::PartState;
using test::FilesWorld;
using test::TestContext;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FilePartsTest : public ::testing::Test {
protected:
    TestContext context() { return {world_.records, world_.step("make")}; }

    static Status put(OpenPart& part, const std::string& key, std::string_view bytes) {
        LedgerEntry entry;
        entry.key = key;
        auto file = TRY(part.create(entry.number));
        TRY(file.write(bytes));
        TRY(file.close());
        ChunkDigest digest;
        digest.update(bytes);
        entry.bytes = bytes.size();
        entry.digest = digest.finish();
        return part.add(std::move(entry));
    }
    /// A part with d/t/a and d/t/b; dies at that commit (0 is the intent's).
    Status make(int death) {
        auto context = this->context();
        context.die_at_commit(death);
        FileParts parts(context, target_);
        auto part = TRY(parts.begin("from", "to"));
        TRY(put(part, "d/t/b", "bb"));
        TRY(put(part, "d/t/a", "aaa"));
        return part.publish();
    }
    /// Ends after its first file, before there is a ledger.
    Status interrupted_try() {
        auto context = this->context();
        FileParts parts(context, target_);
        auto part = TRY(parts.begin("from", "to"));
        TRY(put(part, "d/t/b", "bb"));
        return Error::make(ErrorKind::interrupted, "interrupted between two files");
    }
    Status settle() {
        auto context = this->context();
        return FileParts(context, target_).settle();
    }
    Status remove_all(const std::string& permitted = {}) {
        auto context = this->context();
        context.permitted = permitted;
        return FileParts(context, target_).remove_all();
    }
    /// What a person is shown who is asked about changed files.
    std::string shown() {
        auto context = this->context();
        return FileParts(context, target_).look_up().value().value;
    }
    static std::string digest(std::string_view bytes) {
        ChunkDigest digest;
        digest.update(bytes);
        return digest.finish();
    }
    core::LookUp::Verdict look_up() {
        auto context = this->context();
        return FileParts(context, target_).look_up().value().verdict;
    }
    std::vector<store::PartRow>& rows() { return world_.records.parts[world_.step("make").id()]; }
    std::vector<PartState> states() {
        std::vector<PartState> found;
        for (const auto& row : rows())
            found.push_back(row.state);
        return found;
    }

    static constexpr int kIntent = 0, kWritten = 1, kDone = 2, kNever = 100;

    FilesWorld world_;
    clients::FileTarget target_ = world_.target();
};

TEST_F(FilePartsTest, a_part_is_published_whole_and_removed_whole) {
    ASSERT_FALSE(make(kNever).is_error());
    EXPECT_THAT(world_.tree("target"), ElementsAre("d/", "d/t/", "d/t/a", "d/t/b"));
    EXPECT_THAT(states(), ElementsAre(PartState::done));
    EXPECT_EQ(rows().front().objects, 2u);
    EXPECT_EQ(rows().front().bytes, 5u);
    EXPECT_EQ(look_up(), core::LookUp::Verdict::pending);
    ASSERT_FALSE(remove_all().is_error());
    EXPECT_THAT(world_.tree("target"), IsEmpty());
    EXPECT_THAT(world_.tree("run"), IsEmpty());
    EXPECT_EQ(look_up(), core::LookUp::Verdict::absent);
}

TEST_F(FilePartsTest, an_intent_without_a_ledger_is_dropped) {
    {
        auto context = this->context();
        FileParts parts(context, target_);
        auto part = parts.begin("from", "to").release();
        ASSERT_FALSE(put(part, "d/t/a", "aaa").is_error());
    } // killed before it was published
    EXPECT_FALSE(world_.tree("target").empty());
    ASSERT_FALSE(settle().is_error());
    EXPECT_THAT(world_.tree("target"), IsEmpty());
    EXPECT_THAT(states(), ElementsAre(PartState::removed));
    ASSERT_FALSE(make(kNever).is_error()) << "the same range can be begun anew";
}

TEST_F(FilePartsTest, a_ledger_that_the_row_does_not_know_is_taken_up) {
    ASSERT_TRUE(make(kWritten).is_error());
    EXPECT_THAT(states(), ElementsAre(PartState::intent));
    ASSERT_FALSE(settle().is_error());
    EXPECT_THAT(states(), ElementsAre(PartState::done));
    EXPECT_EQ(rows().front().bytes, 5u);
    EXPECT_EQ(world_.read("target/d/t/a"), "aaa");
    EXPECT_THAT(world_.tree("target"), ElementsAre("d/", "d/t/", "d/t/a", "d/t/b"));
}

TEST_F(FilePartsTest, a_ledger_whose_row_was_lost_is_taken_up_with_its_files) {
    for (const int death : {kWritten, kDone, kNever}) {
        (void)make(death); // fails for all but the last
        rows().clear();    // the log was cut off
        EXPECT_EQ(look_up(), core::LookUp::Verdict::pending);
        ASSERT_FALSE(settle().is_error()) << death;
        EXPECT_THAT(states(), ElementsAre(PartState::done));
        EXPECT_EQ(rows().front().from_key, "from");
        EXPECT_THAT(world_.tree("target"), ElementsAre("d/", "d/t/", "d/t/a", "d/t/b")) << death;
        ASSERT_FALSE(remove_all().is_error());
        EXPECT_THAT(world_.tree("target"), IsEmpty()) << death;
        rows().clear();
    }
}

TEST_F(FilePartsTest, a_backup_that_knows_an_older_try_of_a_part_takes_up_what_was_made_since) {
    for (const bool undone : {false, true}) {
        ASSERT_TRUE(interrupted_try().is_error());
        const auto backup = rows();
        ASSERT_THAT(states(), ElementsAre(PartState::intent));
        ASSERT_FALSE(settle().is_error());
        ASSERT_FALSE(make(kNever).is_error());
        const auto nonce = rows().front().nonce;
        rows() = backup;
        if (undone) {
            ASSERT_FALSE(remove_all().is_error());
            EXPECT_THAT(world_.tree("target"), IsEmpty());
            EXPECT_THAT(world_.tree("run"), IsEmpty());
            continue;
        }
        ASSERT_FALSE(settle().is_error());
        EXPECT_THAT(states(), ElementsAre(PartState::done));
        EXPECT_EQ(rows().front().nonce, nonce);
        EXPECT_THAT(world_.tree("target"), ElementsAre("d/", "d/t/", "d/t/a", "d/t/b"));
        ASSERT_FALSE(remove_all().is_error());
        rows().clear();
    }
}

TEST_F(FilePartsTest, a_part_that_stands_gives_its_place_to_no_other) {
    ASSERT_FALSE(make(kNever).is_error());
    auto older = rows();
    older.front().nonce = "older";
    rows() = older;
    EXPECT_EQ(settle().error().kind(), ErrorKind::corrupt);
    EXPECT_EQ(remove_all().error().kind(), ErrorKind::corrupt);
    EXPECT_THAT(world_.tree("target"), ElementsAre("d/", "d/t/", "d/t/a", "d/t/b"));
    EXPECT_EQ(rows().front().nonce, "older");
}

TEST_F(FilePartsTest, a_work_folder_that_neither_row_nor_ledger_knows_is_dropped_and_no_other) {
    const auto marker = context().marker();
    world_.write("target/.godwit/" + marker + "-lost/0", "x");
    world_.write("target/.godwit/godwit-other-step-nonce/0", "of another step");
    EXPECT_EQ(look_up(), core::LookUp::Verdict::pending);
    ASSERT_FALSE(settle().is_error());
    EXPECT_THAT(world_.tree("target"),
                ElementsAre(".godwit/", ".godwit/godwit-other-step-nonce/", ".godwit/godwit-other-step-nonce/0"));
}

TEST_F(FilePartsTest, a_row_whose_ledger_was_lost_says_so_and_removes_nothing) {
    ASSERT_FALSE(make(kNever).is_error());
    ASSERT_FALSE(remove_tree(world_.path("run")).is_error());
    ASSERT_FALSE(make_folders(world_.path("run")).is_error());
    const auto removed = remove_all();
    ASSERT_TRUE(removed.is_error());
    EXPECT_EQ(removed.error().kind(), ErrorKind::corrupt);
    EXPECT_THAT(world_.tree("target"), ElementsAre("d/", "d/t/", "d/t/a", "d/t/b"));
}

TEST_F(FilePartsTest, a_written_part_whose_ledger_is_another_is_neither_finished_nor_removed) {
    ASSERT_TRUE(make(kDone).is_error());
    rows().front().ledger_digest = std::string(64, '0');
    EXPECT_EQ(settle().error().kind(), ErrorKind::corrupt);
    const auto before = world_.tree("target");
    EXPECT_EQ(remove_all().error().kind(), ErrorKind::corrupt);
    EXPECT_EQ(world_.tree("target"), before);
}

TEST_F(FilePartsTest, a_damaged_ledger_stops_the_step) {
    ASSERT_TRUE(make(kWritten).is_error());
    const auto name = "run/" + world_.tree("run").front();
    world_.write(name, world_.read(name) + "x");
    EXPECT_EQ(settle().error().kind(), ErrorKind::corrupt);
    EXPECT_EQ(remove_all().error().kind(), ErrorKind::corrupt);
}

TEST_F(FilePartsTest, a_file_that_was_written_and_is_gone_is_told) {
    ASSERT_TRUE(make(kWritten).is_error());
    for (const auto& name : world_.tree("target"))
        if (name.ends_with("/0")) {
            ASSERT_FALSE(remove_file(world_.path("target/" + name)).is_error());
        }
    EXPECT_EQ(settle().error().kind(), ErrorKind::corrupt);
}

TEST_F(FilePartsTest, a_stranger_who_took_a_final_name_keeps_it) {
    ASSERT_TRUE(make(kWritten).is_error());
    world_.write("target/d/t/a", "theirs");
    EXPECT_EQ(settle().error().kind(), ErrorKind::conflict);
    ASSERT_FALSE(remove_all().is_error());
    EXPECT_THAT(world_.tree("target"), ElementsAre("d/", "d/t/", "d/t/a"));
    EXPECT_EQ(world_.read("target/d/t/a"), "theirs");
}

TEST_F(FilePartsTest, a_file_that_somebody_changed_is_not_removed) {
    ASSERT_FALSE(make(kNever).is_error());
    world_.write("target/d/t/b", "changed");
    EXPECT_EQ(remove_all().error().kind(), ErrorKind::different);
    EXPECT_EQ(world_.read("target/d/t/b"), "changed");
    world_.write("target/d/t/b", "bb"); // put back: now it is ours again
    ASSERT_FALSE(remove_all().is_error());
    EXPECT_THAT(world_.tree("target"), IsEmpty());
}

TEST_F(FilePartsTest, what_was_changed_is_listed_while_the_rest_goes) {
    ASSERT_FALSE(make(kNever).is_error());
    world_.write("target/d/t/b", "changed");
    const auto refused = remove_all();
    EXPECT_THAT(refused.error().why(), HasSubstr("d/t/b is now " + digest("changed")));
    EXPECT_THAT(world_.tree("target"), ElementsAre("d/", "d/t/", "d/t/b"));
    EXPECT_THAT(states(), ElementsAre(PartState::done));
    const auto line = R"({"identity":")" + digest("changed") + R"(","key":"d%2Ft%2Fb","kind":"file"})";
    EXPECT_EQ(shown(), R"({"digest":")" + sha256_hex(line + "\n") + R"(","files":"1","first":)" + line + "}");
}

TEST_F(FilePartsTest, changed_files_are_removed_only_as_they_were_shown) {
    ASSERT_FALSE(make(kNever).is_error());
    world_.write("target/d/t/a", "changed");
    world_.write("target/d/t/b", "changed too");
    EXPECT_THAT(remove_all().error().what(), HasSubstr("2 files"));
    const auto first = shown();
    world_.write("target/d/t/b", "changed once more");
    EXPECT_EQ(remove_all("another value").error().kind(), ErrorKind::different);
    EXPECT_THAT(world_.tree("target"), ElementsAre("d/", "d/t/", "d/t/a", "d/t/b"));
    EXPECT_NE(shown(), first);
    EXPECT_EQ(remove_all(first).error().kind(), ErrorKind::different) << "the list is another now";
    EXPECT_THAT(world_.tree("target"), ElementsAre("d/", "d/t/", "d/t/a", "d/t/b"));
    const auto second = shown();
    world_.write("target/d/t/b", "and again");
    EXPECT_EQ(remove_all(second).error().kind(), ErrorKind::different);
    EXPECT_THAT(world_.tree("target"), ElementsAre("d/", "d/t/", "d/t/b")) << "a was as it was shown";
    EXPECT_EQ(world_.read("target/d/t/b"), "and again");
    ASSERT_FALSE(remove_all(shown()).is_error());
    EXPECT_THAT(world_.tree("target"), IsEmpty());
    EXPECT_THAT(world_.tree("run"), IsEmpty());
    EXPECT_THAT(states(), ElementsAre(PartState::removed));
}

TEST_F(FilePartsTest, a_permission_outlives_the_process_that_used_half_of_it) {
    ASSERT_FALSE(make(kNever).is_error());
    world_.write("target/d/t/a", "changed");
    world_.write("target/d/t/b", "changed too");
    EXPECT_TRUE(remove_all().is_error());
    const auto permitted = shown();
    set_fault("part.after-removal", 1, FaultAction::die);
    EXPECT_TRUE(remove_all(permitted).is_error());
    clear_fault();
    EXPECT_THAT(world_.tree("target"), ElementsAre("d/", "d/t/", "d/t/b"));
    ASSERT_FALSE(remove_all(permitted).is_error());
    EXPECT_THAT(world_.tree("target"), IsEmpty());
    EXPECT_THAT(world_.tree("run"), IsEmpty());
}

TEST_F(FilePartsTest, what_was_given_up_stays_and_is_told_and_nothing_else_stays) {
    ASSERT_FALSE(make(kNever).is_error());
    world_.write("target/d/t/b", "changed");
    EXPECT_TRUE(remove_all().is_error());
    auto context = this->context();
    context.gives_up_changed = true;
    ASSERT_FALSE(FileParts(context, target_).remove_all().is_error());
    EXPECT_THAT(world_.tree("target"), ElementsAre("d/", "d/t/", "d/t/b"));
    EXPECT_EQ(world_.read("target/d/t/b"), "changed");
    EXPECT_THAT(context.diagnostics, ElementsAre("left where they are by decision: d/t/b"));
    EXPECT_THAT(states(), ElementsAre(PartState::removed));
    EXPECT_EQ(look_up(), core::LookUp::Verdict::absent);
    EXPECT_THAT(world_.tree("run"), ElementsAre(HasSubstr(".folders")));
}

TEST_F(FilePartsTest, a_folder_in_a_files_place_is_no_file_of_ours) {
    ASSERT_FALSE(make(kNever).is_error());
    ASSERT_FALSE(remove_file(world_.path("target/d/t/b")).is_error());
    world_.write("target/d/t/b/theirs", "theirs");
    EXPECT_THAT(remove_all().error().why(), HasSubstr("b is now a folder"));
    EXPECT_THAT(shown(), HasSubstr(R"("kind":"folder")"));
    EXPECT_EQ(remove_all(shown()).error().kind(), ErrorKind::different) << "nobody was shown what it holds";
    auto context = this->context();
    context.gives_up_changed = true;
    ASSERT_FALSE(FileParts(context, target_).remove_all().is_error());
    EXPECT_EQ(world_.read("target/d/t/b/theirs"), "theirs");
}

TEST_F(FilePartsTest, a_link_in_a_files_place_is_removed_only_as_it_was_shown) {
    ASSERT_FALSE(make(kNever).is_error());
    const auto place = world_.path("target/d/t/b");
    ASSERT_FALSE(remove_file(place).is_error());
    ASSERT_EQ(::symlink("/etc/hostname", place.c_str()), 0);
    EXPECT_THAT(remove_all().error().why(), HasSubstr("b is now no plain file"));
    const auto permitted = shown();
    ASSERT_FALSE(remove_file(place).is_error());
    world_.write("target/other", "holds the inode");
    ASSERT_EQ(::symlink("/etc/passwd", place.c_str()), 0);
    EXPECT_EQ(remove_all(permitted).error().kind(), ErrorKind::different) << "another link";
    ASSERT_FALSE(remove_all(shown()).is_error());
    EXPECT_FALSE(file_exists(place));
}

TEST_F(FilePartsTest, a_ledger_under_another_name_is_not_believed) {
    ASSERT_FALSE(make(kNever).is_error());
    for (const auto& name : world_.tree("run"))
        if (const auto at = name.find(".ledger"); at != std::string::npos)
            world_.write("run/" + name.substr(0, at - 1) + "x.ledger", world_.read("run/" + name));
    EXPECT_EQ(remove_all().error().kind(), ErrorKind::corrupt);
    EXPECT_EQ(world_.read("target/d/t/b"), "bb");
}

TEST_F(FilePartsTest, many_changed_files_are_told_in_several_events) {
    constexpr int kFiles = 250;
    auto context = this->context();
    {
        FileParts parts(context, target_);
        auto part = parts.begin("from", "to").release();
        for (int i = 0; i < kFiles; ++i)
            ASSERT_FALSE(put(part, "d/" + std::to_string(1000 + i), "x").is_error());
        ASSERT_FALSE(part.publish().is_error());
    }
    for (int i = 0; i < kFiles; ++i)
        world_.write("target/d/" + std::to_string(1000 + i), "changed");
    EXPECT_THAT(remove_all().error().what(), HasSubstr("250 files"));
    context.gives_up_changed = true;
    ASSERT_FALSE(FileParts(context, target_).remove_all().is_error());
    ASSERT_EQ(context.diagnostics.size(), 3U);
    EXPECT_THAT(context.diagnostics.back(), HasSubstr("d/1249"));
}

TEST_F(FilePartsTest, a_folder_that_a_stranger_filled_stays_with_his_file) {
    ASSERT_FALSE(make(kNever).is_error());
    world_.write("target/d/t/c", "theirs");
    ASSERT_FALSE(remove_all().is_error());
    EXPECT_THAT(world_.tree("target"), ElementsAre("d/", "d/t/", "d/t/c"));
}

TEST_F(FilePartsTest, parts_go_by_the_bytes_of_their_keys) {
    auto context = this->context();
    FileParts parts(context, target_);
    EXPECT_FALSE(parts.done_up_to().value());
    for (const auto* key : {"t%2Fb", "t%2F%FF", "t%2Fa"}) { // encoded, %FF comes before a
        auto part = parts.begin(key, key).release();
        ASSERT_FALSE(put(part, std::string("d/") + key, key).is_error());
        ASSERT_FALSE(part.publish().is_error());
    }
    EXPECT_EQ(parts.done_up_to().value(), "t/\xff");
    std::vector<std::string> visited;
    const auto status = each_entry(context, world_.step("make").id(), [&](const LedgerEntry& entry) {
        visited.push_back(entry.key);
        return Status();
    });
    ASSERT_FALSE(status.is_error());
    EXPECT_THAT(visited, ElementsAre("d/t%2Fa", "d/t%2Fb", "d/t%2F%FF"));
    EXPECT_EQ(parts.totals().value().objects, 3u);
}

TEST_F(FilePartsTest, two_keys_of_one_name_in_a_part_are_a_conflict) {
    auto context = this->context();
    FileParts parts(context, target_);
    auto part = parts.begin("from", "to").release();
    ASSERT_FALSE(put(part, "d/t/a", "1").is_error());
    ASSERT_FALSE(put(part, "d/t/a", "2").is_error());
    EXPECT_TRUE(part.publish().is_error());
    EXPECT_EQ(world_.read("target/d/t/a"), "1");
}

} // namespace
} // namespace godwit::transfer
