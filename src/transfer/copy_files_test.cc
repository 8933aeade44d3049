#include "transfer/copy_files.h"

#include "transfer/file_parts.h"
#include "transfer/test_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace godwit::transfer {
namespace {

using test::FilesWorld;
using test::RunRecords;
using test::TestContext;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Copies everything below `source` to the same key below `target/t`.
class FolderPlanner final : public CopyPlanner {
public:
    explicit FolderPlanner(std::string folder) : folder_(std::move(folder)) {}

    Result<std::unique_ptr<CopyListing>> list(core::StepContext&) override {
        auto source = TRY(clients::FileSource::open(folder_));
        return std::unique_ptr<CopyListing>(std::make_unique<Listing>(folder_, TRY(source.list())));
    }
    Result<std::string> fingerprint(core::StepContext&) override { return std::string("{}"); }
    Result<std::string> copy_step(core::StepContext&) override { return copy; }

    std::string copy; ///< id of the copy step

private:
    class Listing final : public CopyListing {
    public:
        Listing(std::string folder, clients::FileLister lister)
            : folder_(std::move(folder)),
              source_(clients::FileSource::open(folder_).release()),
              lister_(std::move(lister)) {}
        Result<std::optional<CopyObject>> next() override {
            const auto entry = TRY(lister_.next());
            if (!entry)
                return std::optional<CopyObject>();
            return std::optional(CopyObject{"t/" + entry->key, folder_, entry->key, "s3://b/" + entry->key});
        }

    private:
        std::string folder_;
        clients::FileSource source_; // the lister reads through it
        clients::FileLister lister_;
    };

    std::string folder_;
};

class CopyFilesTest : public ::testing::Test {
protected:
    CopyFilesTest() {
        for (int i = 0; i < 5; ++i)
            world_.write("source/d/" + std::to_string(i), std::string(100, static_cast<char>('a' + i)));
        planner_.copy = copy_step().id();
    }

    core::PlanStep copy_step() const { return world_.step("copy"); }
    TestContext context() { return {world_.records, copy_step()}; }
    CopyFiles copy() { return {"copy", planner_, target_, {2, 1 << 20}}; }

    Result<core::Applied> compare(std::vector<core::Comparison>& comparisons) {
        TestContext context(world_.records, world_.step("compare"));
        auto applied = CompareFiles("compare", planner_, target_).apply(context);
        comparisons = context.comparisons;
        return applied;
    }
    /// The outcome, and what was recorded about single files.
    std::vector<std::string> outcome() {
        std::vector<core::Comparison> comparisons;
        const auto applied = compare(comparisons);
        if (applied.is_error())
            return {applied.error().to_line()};
        std::vector<std::string> words{to_string(*applied->verdict)};
        for (const auto& comparison : comparisons)
            if (comparison.what != "files")
                words.push_back(comparison.what + " " + to_string(comparison.verdict));
        return words;
    }
    std::vector<std::string> states() {
        std::vector<std::string> words;
        for (const auto& part : world_.records.parts[copy_step().id()])
            words.push_back(part.from_key + ".." + part.to_key + " " + std::string(to_string(part.state)));
        return words;
    }

    static std::vector<std::string> whole() { return {"t/", "t/d/", "t/d/0", "t/d/1", "t/d/2", "t/d/3", "t/d/4"}; }

    FilesWorld world_;
    clients::FileTarget target_ = world_.target();
    FolderPlanner planner_{world_.path("source")};
};

TEST_F(CopyFilesTest, copies_in_parts_and_proves_that_every_file_arrived) {
    auto context = this->context();
    const auto applied = copy().apply(context).value();
    EXPECT_EQ(applied.result, R"({"bytes":"500","objects":"5","parts":"3"})");
    EXPECT_THAT(world_.tree("target"), testing::ElementsAreArray(whole()));
    EXPECT_EQ(world_.read("target/t/d/3"), std::string(100, 'd'));
    EXPECT_THAT(states(),
                ElementsAre("t%2Fd%2F0..t%2Fd%2F1 done", "t%2Fd%2F2..t%2Fd%2F3 done", "t%2Fd%2F4..t%2Fd%2F4 done"));
    EXPECT_THAT(outcome(), ElementsAre("equal"));
}

TEST_F(CopyFilesTest, goes_on_after_the_last_part_that_is_done) {
    for (int death = 0; death < 9; ++death) {
        FilesWorld world;
        for (int i = 0; i < 5; ++i)
            world.write("source/d/" + std::to_string(i), std::string(100, static_cast<char>('a' + i)));
        const auto target = world.target();
        FolderPlanner planner(world.path("source"));
        CopyFiles copy("copy", planner, target, {2, 1 << 20});
        TestContext dying(world.records, world.step("copy"));
        dying.die_at_commit(death);
        ASSERT_TRUE(copy.apply(dying).is_error()) << death;

        const auto done = FileParts(dying, target).totals().value().parts;
        TestContext resumed(world.records, world.step("copy"));
        EXPECT_EQ(copy.look_up(resumed).value().verdict,
                  death == 0 ? core::LookUp::Verdict::absent : core::LookUp::Verdict::pending);
        const auto applied = copy.apply(resumed);
        ASSERT_FALSE(applied.is_error()) << death << " " << applied.error().to_line();
        EXPECT_EQ(applied->result, R"({"bytes":"500","objects":"5","parts":"3"})") << death;
        EXPECT_THAT(world.tree("target"), testing::ElementsAreArray(whole())) << death;
        EXPECT_EQ(done, static_cast<std::uint64_t>(death) / 3) << "three commits make a part";

        ASSERT_FALSE(copy.compensate(resumed).is_error());
        EXPECT_THAT(world.tree("target"), IsEmpty()) << death;
        EXPECT_THAT(world.tree("run"), IsEmpty()) << death;
        EXPECT_FALSE(copy.compensate(resumed).is_error()) << "twice is nothing more";
    }
}

TEST_F(CopyFilesTest, a_file_that_changes_while_it_is_read_is_a_definite_no_and_leaves_nothing_under_its_name) {
    auto context = this->context();
    context.on_progress = [this] {
        auto file = File::open_for_appending(world_.path("source/d/0")).release();
        EXPECT_FALSE(file.write("more").is_error());
    };
    const auto applied = copy().apply(context);
    ASSERT_TRUE(applied.is_error());
    EXPECT_EQ(applied.error().kind(), ErrorKind::stale);
    EXPECT_EQ(applied.error().where(), "s3://b/d/0");
    EXPECT_FALSE(file_exists(world_.path("target/t/d/0")));
    ASSERT_FALSE(copy().compensate(context).is_error());
    EXPECT_THAT(world_.tree("target"), IsEmpty());
}

TEST_F(CopyFilesTest, an_interrupt_ends_between_two_blocks_and_the_rest_follows) {
    auto context = this->context();
    int blocks = 0;
    context.on_progress = [&] {
        if (++blocks == 4)
            context.interrupt();
    };
    EXPECT_EQ(copy().apply(context).error().kind(), ErrorKind::interrupted);
    auto resumed = this->context();
    EXPECT_FALSE(copy().apply(resumed).is_error());
    EXPECT_THAT(world_.tree("target"), testing::ElementsAreArray(whole()));
}

TEST_F(CopyFilesTest, a_strangers_file_under_a_final_name_is_a_conflict_and_stays) {
    world_.write("target/t/d/2", "theirs");
    auto context = this->context();
    EXPECT_EQ(copy().apply(context).error().kind(), ErrorKind::conflict);
    ASSERT_FALSE(copy().compensate(context).is_error());
    EXPECT_THAT(world_.tree("target"), ElementsAre("t/", "t/d/", "t/d/2"));
    EXPECT_EQ(world_.read("target/t/d/2"), "theirs");
}

TEST_F(CopyFilesTest, the_comparison_names_what_is_missing_or_differs_at_the_target) {
    auto context = this->context();
    ASSERT_FALSE(copy().apply(context).is_error());
    ASSERT_FALSE(remove_file(world_.path("target/t/d/1")).is_error());
    world_.write("target/t/d/4", std::string(99, 'e') + "E");
    EXPECT_THAT(outcome(), ElementsAre("different(2)", "file t/d/1 different(1)", "file t/d/4 different(1)"));
}

TEST_F(CopyFilesTest, what_came_left_or_changed_at_the_source_since_the_copy_is_drift) {
    auto context = this->context();
    ASSERT_FALSE(copy().apply(context).is_error());
    world_.write("source/a", "before all others");
    world_.write("source/d/11", "between");
    world_.write("source/z", "behind all others");
    ASSERT_FALSE(remove_file(world_.path("source/d/2")).is_error());
    world_.write("source/d/3", std::string(100, 'd')); // the same bytes, another file
    EXPECT_THAT(outcome(), ElementsAre("not-comparable(drift)", "file t/a not-comparable(drift)",
                                       "file t/d/11 not-comparable(drift)", "file t/d/2 not-comparable(drift)",
                                       "file t/d/3 not-comparable(drift)", "file t/z not-comparable(drift)"));
}

TEST_F(CopyFilesTest, a_comparison_without_its_ledgers_proves_nothing) {
    auto context = this->context();
    ASSERT_FALSE(copy().apply(context).is_error());
    const auto ledgers = world_.tree("run");
    ASSERT_EQ(ledgers.size(), 3u);
    const auto kept = world_.read("run/" + ledgers[0]);
    ASSERT_FALSE(remove_file(world_.path("run/" + ledgers[0])).is_error());
    EXPECT_THAT(outcome(), ElementsAre(Not(HasSubstr("equal"))));
    world_.write("run/" + ledgers[0], world_.read("run/" + ledgers[1])); // whole, but of another part
    EXPECT_THAT(outcome(), ElementsAre(HasSubstr("not the one that the state database knows")));
    world_.write("run/" + ledgers[0], kept);
    EXPECT_THAT(outcome(), ElementsAre("equal"));
}

TEST_F(CopyFilesTest, an_empty_listing_is_copied_and_compared) {
    ASSERT_FALSE(remove_tree(world_.path("source/d")).is_error());
    auto context = this->context();
    EXPECT_EQ(copy().apply(context).value().result, R"({"bytes":"0","objects":"0","parts":"0"})");
    EXPECT_THAT(world_.tree("target"), IsEmpty());
    EXPECT_THAT(outcome(), ElementsAre("equal"));
}

} // namespace
} // namespace godwit::transfer
