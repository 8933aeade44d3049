// What apply says to the catalogue: namespaces and tables, and the look-ups that find them again.

#include "lanes/lakehouse/steps_world.h"

#include <gmock/gmock.h>

using namespace godwit;
using namespace godwit::lakehouse;
using namespace godwit::lakehouse::testing_world;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

namespace {

using LookedUp = core::LookUp::Verdict;

class CatalogueSteps : public ::testing::Test {
protected:
    CatalogueSteps() : fixture_("v1"), world_(fixture_.options()), move_(fixture_.move()) {
        move_.metadata_step = world_.id(kind::kRelocateMetadata);
        space_.levels = {"d"};
    }

    TestContext context(std::string_view kind) {
        return world_.context(kind, kind == kind::kCreateNamespace ? space_ : move_);
    }
    core::LookUp looked_up(std::string_view kind) {
        auto context = this->context(kind);
        return world_.kind(kind).look_up(context).value();
    }
    LookedUp look_up(std::string_view kind) { return looked_up(kind).verdict; }
    std::string detail(std::string_view kind) { return looked_up(kind).detail; }
    Status compensate(std::string_view kind, const std::string& permitted = {}) {
        auto context = this->context(kind);
        context.permitted = permitted;
        return world_.kind(kind).compensate(context);
    }
    Result<core::Applied> apply(std::string_view kind) {
        auto context = this->context(kind);
        return world_.apply(kind, context);
    }
    clients::test::TestCatalogue& catalogue() { return world_.catalogue; }

    IcebergFixture fixture_;
    StepsWorld world_;
    TableMove move_;
    TableMove space_;
};

TEST_F(CatalogueSteps, a_namespace_bears_the_marker_by_which_it_is_found_and_dropped) {
    EXPECT_EQ(look_up(kind::kCreateNamespace), LookedUp::absent);
    EXPECT_EQ(apply(kind::kCreateNamespace)->target_id, "d");
    EXPECT_EQ(catalogue().namespaces.at("d").at("godwit.marker"), context(kind::kCreateNamespace).marker());
    EXPECT_EQ(look_up(kind::kCreateNamespace), LookedUp::ready);
    EXPECT_EQ(detail(kind::kCreateNamespace), "") << "nobody else made it";
    EXPECT_FALSE(compensate(kind::kCreateNamespace).is_error());
    EXPECT_TRUE(catalogue().namespaces.empty());
    EXPECT_FALSE(compensate(kind::kCreateNamespace).is_error()) << "gone already is success";
}

TEST_F(CatalogueSteps, a_namespace_of_somebody_else_is_never_dropped_unless_a_person_saw_it) {
    catalogue().namespaces["d"] = {{"owner", "them"}};
    EXPECT_EQ(look_up(kind::kCreateNamespace), LookedUp::differs);
    EXPECT_THAT(detail(kind::kCreateNamespace), HasSubstr("somebody else"));
    EXPECT_EQ(apply(kind::kCreateNamespace).error().kind(), ErrorKind::conflict);
    EXPECT_EQ(compensate(kind::kCreateNamespace).error().kind(), ErrorKind::different);
    EXPECT_EQ(compensate(kind::kCreateNamespace, R"({"owner":"me"})").error().kind(), ErrorKind::different);
    EXPECT_TRUE(catalogue().namespaces.contains("d"));
    EXPECT_FALSE(compensate(kind::kCreateNamespace, R"({"owner":"them"})").is_error());
    EXPECT_FALSE(catalogue().namespaces.contains("d"));
}

TEST_F(CatalogueSteps, a_namespace_that_is_adopted_is_only_looked_at) {
    auto planned = world_.step(std::string(kind::kCreateNamespace), to_json(space_));
    planned.action = core::Action::adopt;
    TestContext adopting(world_.records, planned);
    EXPECT_EQ(world_.kind(kind::kCreateNamespace).apply(adopting).error().kind(), ErrorKind::not_found);
    catalogue().namespaces["d"] = {{"owner", "them"}};
    EXPECT_FALSE(world_.kind(kind::kCreateNamespace).apply(adopting).is_error());
    EXPECT_THAT(catalogue().calls, Not(Contains(HasSubstr("POST"))));
}

TEST_F(CatalogueSteps, a_table_of_somebody_else_under_that_name_was_never_ours) {
    EXPECT_EQ(look_up(kind::kRegisterTable), LookedUp::absent);
    const auto theirs = world_.path("elsewhere.metadata.json");
    world_.write("elsewhere.metadata.json", *read_file(IcebergFixture::folder() + "/" + fixture_.file));
    catalogue().tables["d/t"] = "file://" + theirs;
    EXPECT_EQ(look_up(kind::kRegisterTable), LookedUp::absent);
    EXPECT_EQ(compensate(kind::kRegisterTable).error().kind(), ErrorKind::different);
    EXPECT_TRUE(catalogue().tables.contains("d/t"));
}

TEST_F(CatalogueSteps, a_table_is_registered_found_checked_and_dropped) {
    ASSERT_FALSE(apply(kind::kRelocateMetadata).is_error());
    ASSERT_FALSE(apply(kind::kCreateNamespace).is_error());
    EXPECT_EQ(look_up(kind::kRegisterTable), LookedUp::absent);
    const auto registered = apply(kind::kRegisterTable);
    ASSERT_FALSE(registered.is_error()) << registered.error().to_block();
    EXPECT_FALSE(registered->target_id.empty());
    EXPECT_EQ(look_up(kind::kRegisterTable), LookedUp::ready);
    EXPECT_EQ(to_string(*apply(kind::kCheckTable)->verdict), "equal");
    EXPECT_EQ(apply(kind::kRegisterTable).error().kind(), ErrorKind::conflict);
    EXPECT_FALSE(compensate(kind::kRegisterTable).is_error());
    EXPECT_TRUE(catalogue().tables.empty());
    EXPECT_FALSE(compensate(kind::kRegisterTable).is_error());
}

TEST_F(CatalogueSteps, a_table_that_was_changed_after_it_was_registered_stays_unless_a_person_saw_it) {
    ASSERT_FALSE(apply(kind::kRelocateMetadata).is_error());
    ASSERT_FALSE(apply(kind::kRegisterTable).is_error());
    const auto ours = catalogue().tables.at("d/t");
    const auto theirs = ours + ".2";
    const auto path = ours.substr(std::string_view("file://").size());
    ASSERT_FALSE(write_file_durably(path + ".2", *read_file(path)).is_error());
    catalogue().tables["d/t"] = theirs;
    EXPECT_EQ(look_up(kind::kRegisterTable), LookedUp::differs);
    EXPECT_EQ(to_string(*apply(kind::kCheckTable)->verdict), "different(1)");
    EXPECT_EQ(compensate(kind::kRegisterTable).error().kind(), ErrorKind::different);
    EXPECT_EQ(catalogue().tables.at("d/t"), theirs);
    EXPECT_FALSE(compensate(kind::kRegisterTable, theirs).is_error());
    EXPECT_TRUE(catalogue().tables.empty());
}

TEST_F(CatalogueSteps, a_refusal_of_the_catalogue_is_a_definite_no) {
    ASSERT_FALSE(apply(kind::kRelocateMetadata).is_error());
    catalogue().refuse_next = 409;
    EXPECT_EQ(apply(kind::kRegisterTable).error().kind(), ErrorKind::conflict);
    EXPECT_TRUE(catalogue().tables.empty());
}

} // namespace
