// The planner over assessments in a state database: which steps a table gets, and what refuses a plan.

#include "lanes/lakehouse/assess_world.h"
#include "lanes/lakehouse/lakehouse_lane.h"
#include "lanes/lakehouse/planner.h"
#include "lanes/lakehouse/steps.h"
#include "lanes/lakehouse/table_move.h"

#include <gmock/gmock.h>

using namespace godwit;
using namespace godwit::lakehouse;
using namespace godwit::lakehouse::testing_world;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

namespace {

class Steps final : public core::PlanSink {
public:
    Status step(const core::PlanStep& step) override {
        steps.push_back(step);
        return {};
    }
    std::vector<std::string> kinds(std::string_view display) const {
        std::vector<std::string> found;
        for (const auto& step : steps)
            if (step.display == display)
                found.push_back(step.kind.substr(step.kind.find('.') + 1) + " " + std::string(to_string(step.action)));
        return found;
    }
    const core::PlanStep& of(std::string_view kind) const {
        for (const auto& step : steps)
            if (step.kind == kind)
                return step;
        ADD_FAILURE() << "no step of kind " << kind;
        return steps.front();
    }
    std::vector<core::PlanStep> steps;
};

class PlannerTest : public ::testing::Test {
protected:
    PlannerTest() {
        auto location = store::StateLocation::parse(folder_.path() + "/state.db");
        auto opened = store::State::open(std::move(location).release(), clock_, random_);
        EXPECT_FALSE(opened.is_error());
        state_ = std::move(opened).release();
    }

    void assess_source() {
        const core::Services services{&clock_, &random_, nullptr};
        auto header = lane_.identify("source", world_.options(), services);
        auto writer =
            core::AssessmentWriter::begin(*state_, clock_, random_, std::move(header).release(), lane_.rules())
                .release();
        ASSERT_FALSE(lane_.assess("source", world_.options(), services, {}, writer).is_error());
        ASSERT_FALSE(writer.finish().is_error());
    }
    void assess_target(const std::vector<core::Resource>& present = {}) {
        const core::AssessmentWriter::Header header{
            "lakehouse", "target",
            R"({"identity":{"uuid":"u"},"reference":{"catalogue":"http://c","warehouse":"/w","warehouse_uri":"file:///w"}})",
            "{}"};
        auto writer = core::AssessmentWriter::begin(*state_, clock_, random_, header, lane_.rules()).release();
        for (const auto& resource : present)
            ASSERT_FALSE(writer.resource(resource).is_error());
        ASSERT_FALSE(writer.finish().is_error());
    }
    static core::Resource present_namespace(const std::string& name) {
        NamespaceFacts facts;
        facts.levels = {name};
        return {"lakehouse:namespace:u/" + name, std::string(type::kNamespace), name, to_json(facts)};
    }
    static core::Resource present_table(const std::string& space, const std::string& name) {
        TargetTableFacts facts;
        facts.levels = {space};
        facts.name = name;
        facts.metadata_location = "file:///w/x.metadata.json";
        return {"lakehouse:target-table:u/" + space + "/" + name, std::string(type::kTargetTable), space + "." + name,
                to_json(facts)};
    }

    Status plan(Steps& steps, core::Options options = {}, std::vector<core::Waiver> waivers = {}) {
        const auto source = TRY(core::AssessmentReader::newest(*state_, "lakehouse", "source"));
        const auto target = TRY(core::AssessmentReader::newest(*state_, "lakehouse", "target"));
        return plan_steps({&source, &target, std::move(options), std::move(waivers)}, steps);
    }
    Steps planned(core::Options options = {}) {
        Steps steps;
        const auto status = plan(steps, std::move(options));
        EXPECT_FALSE(status.is_error()) << (status.is_error() ? status.error().to_block() : "");
        return steps;
    }

    TemporaryFolder folder_ = TemporaryFolder::create().release();
    ManualClock clock_{1'700'000'000'000'000};
    SeededRandom random_{1};
    World world_;
    LakehouseLane lane_;
    std::unique_ptr<store::State> state_;
};

TEST_F(PlannerTest, a_table_with_additional_locations_is_skipped) {
    auto table = csv_table("c");
    table["StorageDescriptor"]["AdditionalLocations"] = {"s3://b/more"};
    world_.tables({table});
    world_.data("c/x.csv", "1\n");
    world_.data("more/x.csv", "2\n");
    assess_source();
    assess_target();
    const auto steps = planned();
    EXPECT_THAT(steps.kinds("d.c"), ElementsAre("skip skip"));
    EXPECT_THAT(steps.steps.back().findings, Contains("LAKE-051"));
}

TEST_F(PlannerTest, a_csv_table_is_rewritten_compared_registered_and_looked_at) {
    world_.tables({csv_table("c")});
    world_.data("c/x.csv", "1\n");
    assess_source();
    assess_target();
    const auto steps = planned();
    EXPECT_THAT(steps.kinds("d.c"), ElementsAre("convert-table convert", "compare-rows verify",
                                                "register-table register", "check-table verify"));
    EXPECT_THAT(steps.kinds("d"), ElementsAre("create-namespace create"));
    const auto& converted = steps.of(kind::kConvertTable);
    const auto& compared = steps.of(kind::kCompareRows);
    const auto& registered = steps.of(kind::kRegisterTable);
    EXPECT_THAT(converted.depends_on, IsEmpty());
    EXPECT_THAT(compared.depends_on, ElementsAre(converted.key()));
    EXPECT_THAT(registered.depends_on, UnorderedElementsAre(steps.of(kind::kCreateNamespace).key(), compared.key()));
    EXPECT_THAT(steps.of(kind::kCheckTable).depends_on, ElementsAre(registered.key(), converted.key()));
    EXPECT_EQ(table_move_from_json(registered.body)->metadata_step, converted.id());
    EXPECT_EQ(table_move_from_json(converted.body)->root, "d/c");
    EXPECT_FALSE(converted.fingerprint.empty());
    EXPECT_EQ(converted.estimate.objects, 1u);
}

TEST_F(PlannerTest, strict_stands_in_the_body_of_the_steps) {
    world_.tables({csv_table("c")});
    world_.data("c/x.csv", "1\n");
    assess_source();
    assess_target();
    EXPECT_EQ(table_move_from_json(planned().of(kind::kConvertTable).body)->options, R"({"strict":false})");
    EXPECT_EQ(table_move_from_json(planned({{"strict", "true"}}).of(kind::kConvertTable).body)->options,
              R"({"strict":true})");
}

TEST_F(PlannerTest, the_same_input_gives_the_same_steps) {
    world_.tables({csv_table("b"), csv_table("c")});
    world_.data("b/x.csv", "1\n");
    world_.data("c/x.csv", "1\n");
    assess_source();
    assess_target();
    const auto first = planned(), second = planned();
    ASSERT_EQ(first.steps.size(), second.steps.size());
    for (std::size_t i = 0; i < first.steps.size(); ++i)
        EXPECT_EQ(plan_step_to_json(first.steps[i]), plan_step_to_json(second.steps[i]));
    EXPECT_THAT(first.kinds("d"), ElementsAre("create-namespace create")) << "once for both tables";
}

TEST_F(PlannerTest, a_namespace_that_stands_is_adopted) {
    world_.tables({csv_table("c")});
    world_.data("c/x.csv", "1\n");
    assess_source();
    assess_target({present_namespace("d")});
    EXPECT_THAT(planned().kinds("d"), ElementsAre("create-namespace adopt"));
}

TEST_F(PlannerTest, what_cannot_be_moved_is_skipped_with_its_findings) {
    world_.tables(
        {glue_table("a", "org.apache.hadoop.hive.serde2.avro.AvroSerDe", ""),
         {{"Name", "v"}, {"DatabaseName", "d"}, {"TableType", "VIRTUAL_VIEW"}, {"ViewOriginalText", "SELECT 1"}}});
    world_.data("a/x.avro", "x");
    assess_source();
    assess_target();
    const auto steps = planned();
    EXPECT_THAT(steps.kinds("d.a"), ElementsAre("skip skip"));
    EXPECT_THAT(steps.kinds("d.v"), ElementsAre("skip skip"));
    for (const auto& step : steps.steps)
        EXPECT_FALSE(step.findings.empty()) << step.display;
}

TEST_F(PlannerTest, only_and_exclude_choose_and_a_name_that_nobody_has_is_a_usage_error) {
    world_.tables({csv_table("b"), csv_table("c")});
    world_.data("b/x.csv", "1\n");
    world_.data("c/x.csv", "1\n");
    assess_source();
    assess_target();
    EXPECT_THAT(planned({{"only", "d.b"}}).kinds("d.c"), IsEmpty());
    EXPECT_THAT(planned({{"exclude", "d.b"}}).kinds("d.b"), IsEmpty());
    EXPECT_FALSE(planned({{"exclude", "d.b"}}).kinds("d.c").empty());
    Steps steps;
    for (const auto* option : {"only", "exclude"}) {
        const auto status = plan(steps, {{option, "d.x"}});
        ASSERT_TRUE(status.is_error());
        EXPECT_EQ(status.error().kind(), ErrorKind::usage);
        EXPECT_THAT(status.error().what(), HasSubstr("d.x"));
    }
}

TEST_F(PlannerTest, a_table_that_stands_at_the_target_refuses_the_plan_until_it_is_waived_or_left_out) {
    world_.tables({csv_table("b"), csv_table("c")});
    world_.data("b/x.csv", "1\n");
    world_.data("c/x.csv", "1\n");
    assess_source();
    assess_target({present_table("d", "c")});
    Steps refused;
    const auto status = plan(refused);
    ASSERT_TRUE(status.is_error());
    EXPECT_EQ(status.error().kind(), ErrorKind::blocked);
    EXPECT_THAT(status.error().why(), AllOf(HasSubstr("LAKE-160"), HasSubstr("d.c")));
    EXPECT_FALSE(planned({{"exclude", "d.c"}}).kinds("d.b").empty());

    std::string resource;
    for (const auto& step : refused.steps)
        if (step.display == "d.c")
            resource = step.resource;
    Steps waived;
    const auto allowed = plan(waived, {}, {{"LAKE-160", resource, "it is the same", 0}});
    ASSERT_FALSE(allowed.is_error()) << allowed.error().to_block();
    EXPECT_THAT(waived.kinds("d.c"), ElementsAre("skip skip"))
        << "a waiver lets the others go; this one stays as it is";
    Steps other;
    EXPECT_TRUE(plan(other, {}, {{"LAKE-160", "lakehouse:table:another", "x", 0}}).is_error());
}

TEST_F(PlannerTest, a_plan_needs_a_catalogue_at_the_target) {
    world_.tables({csv_table("c")});
    assess_source();
    const core::AssessmentWriter::Header header{
        "lakehouse", "target", R"({"identity":{},"reference":{"catalogue":"","warehouse":"/w"}})", "{}"};
    auto writer = core::AssessmentWriter::begin(*state_, clock_, random_, header, lane_.rules()).release();
    ASSERT_FALSE(writer.finish().is_error());
    const auto source = core::AssessmentReader::newest(*state_, "lakehouse", "source").release();
    const auto target = core::AssessmentReader::newest(*state_, "lakehouse", "target").release();
    const auto refused = plan_header({&source, &target, {}, {}});
    ASSERT_TRUE(refused.is_error());
    EXPECT_EQ(refused.error().kind(), ErrorKind::usage);
}

} // namespace
