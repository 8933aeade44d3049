// CSV tables rewritten and Parquet tables taken over, with the comparison of their rows, step by step.

#include "lanes/lakehouse/steps_world.h"

#include <gmock/gmock.h>

#include <sys/resource.h>

using namespace godwit;
using namespace godwit::lakehouse;
using namespace godwit::lakehouse::testing_world;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

namespace {

/// A table of a source on its way.
class Moved {
public:
    Moved(World& source, const std::string& display, bool strict = false) : source_(&source), world_(source.options()) {
        const auto found = source.assess();
        const auto facts = found.table(display);
        move_.levels = {facts.database};
        move_.name = facts.name;
        move_.root = facts.database + "/" + facts.name;
        move_.table = to_json(facts);
        move_.options = strict ? R"({"strict":true})" : R"({"strict":false})";
        const bool is_csv = facts.kind == TableKind::csv;
        move_.copy_step = world_.id(kind::kCopyTable);
        move_.metadata_step = world_.id(is_csv ? kind::kConvertTable : kind::kDescribeTable);
    }

    StepsWorld& world() { return world_; }
    const TableMove& move() const { return move_; }
    Result<core::Applied> apply(std::string_view kind) { return world_.apply(kind, move_); }
    std::vector<std::string> compare_rows() {
        auto context = world_.context(kind::kCompareRows, move_);
        const auto applied = world_.apply(kind::kCompareRows, context);
        if (applied.is_error())
            return {applied.error().to_line()};
        std::vector<std::string> words{to_string(*applied->verdict)};
        for (const auto& comparison : context.comparisons)
            words.push_back(comparison.detail);
        return words;
    }
    std::vector<std::string> data_files() const {
        std::vector<std::string> found;
        for (const auto& name : world_.tree("target"))
            if (name.ends_with(".parquet"))
                found.push_back(name);
        return found;
    }

private:
    World* source_;
    StepsWorld world_;
    TableMove move_;
};

Json orders() {
    auto table = csv_table("orders");
    table["StorageDescriptor"]["Columns"] = {{{"Name", "id"}, {"Type", "int"}},
                                             {{"Name", "price"}, {"Type", "decimal(5,2)"}}};
    table["StorageDescriptor"]["SerdeInfo"]["Parameters"] = {{"field.delim", ","}};
    return table;
}

TEST(ConvertTable, rows_arrive_and_are_equal_and_a_rollback_leaves_nothing) {
    World source;
    source.tables({orders()});
    source.data("orders/a.csv", "1,1.50\n2,2.25\n");
    source.data("orders/b.csv", "3,\n");
    source.data("orders/_hidden.csv", "9,9\n");
    Moved table(source, "d.orders");
    ASSERT_FALSE(table.apply(kind::kConvertTable).is_error());
    EXPECT_THAT(table.data_files(), SizeIs(1));
    const auto words = table.compare_rows();
    EXPECT_EQ(words.front(), "equal");
    EXPECT_THAT(words.back(),
                AllOf(HasSubstr(R"("source_rows":"3")"), HasSubstr(R"("target_rows":"3")"),
                      HasSubstr("LazySimpleSerDe"), HasSubstr("Apache Arrow"), HasSubstr("two decoders")));
    auto context = table.world().context(kind::kConvertTable, table.move());
    ASSERT_FALSE(table.world().kind(kind::kConvertTable).compensate(context).is_error());
    EXPECT_THAT(table.world().tree("target"), IsEmpty());
    EXPECT_THAT(table.world().tree("run"), IsEmpty());
}

TEST(ConvertTable, a_cell_that_does_not_parse_is_null_counted_and_kept_aside_for_its_owner_alone) {
    World source;
    source.tables({orders()});
    source.data("orders/a.csv", "1,1.50\nx\xff,2.25\n3,dear\n");
    Moved table(source, "d.orders");
    auto context = table.world().context(kind::kConvertTable, table.move());
    ASSERT_FALSE(table.world().apply(kind::kConvertTable, context).is_error());
    ASSERT_THAT(context.findings, SizeIs(1));
    EXPECT_EQ(context.findings.front().code, "LAKE-162");
    std::string rejects;
    for (const auto& name : table.world().tree("run"))
        if (name.ends_with(".rejects.jsonl"))
            rejects = "run/" + name;
    ASSERT_FALSE(rejects.empty());
    EXPECT_EQ(file_state(table.world().path(rejects))->mode, 0600u);
    const auto text = table.world().read(rejects);
    EXPECT_THAT(text,
                AllOf(HasSubstr(R"("text":"dear")"), HasSubstr(R"("column":"price")"), HasSubstr(R"("line":"3")")));
    EXPECT_THAT(text, HasSubstr("s3://b/orders/a.csv"));
    EXPECT_THAT(table.world().tree("target"), testing::Not(Contains(HasSubstr("rejects")))) << "never in the warehouse";
    EXPECT_EQ(table.compare_rows().front(), "equal") << "NULL is what Athena returns";
    ASSERT_FALSE(table.world().kind(kind::kConvertTable).compensate(context).is_error());
    EXPECT_THAT(table.world().tree("run"), IsEmpty());
}

TEST(ConvertTable, what_an_earlier_process_met_is_told_again_although_its_state_was_lost) {
    World source;
    source.tables({orders()});
    source.data("orders/a.csv", "1,1.50\nx,2.25\n3,dear\n4,1\n");
    Moved table(source, "d.orders", true);
    const auto findings = [&] {
        auto context = table.world().context(kind::kConvertTable, table.move());
        EXPECT_FALSE(table.world().apply(kind::kConvertTable, context).is_error());
        return context.findings;
    };
    const auto first = findings();
    ASSERT_THAT(first, SizeIs(1));
    EXPECT_THAT(first.front().evidence, Contains(testing::Pair(HasSubstr("dropped_rows"), HasSubstr("2"))));
    table.world().records.parts.clear();
    const auto again = findings();
    ASSERT_THAT(again, SizeIs(1));
    EXPECT_EQ(finding_to_json(again.front()), finding_to_json(first.front()));
    auto context = table.world().context(kind::kConvertTable, table.move());
    ASSERT_FALSE(table.world().kind(kind::kConvertTable).compensate(context).is_error());
    EXPECT_THAT(table.world().tree("run"), IsEmpty());
}

TEST(ConvertTable, strict_sets_such_rows_aside_and_each_is_a_difference) {
    World source;
    source.tables({orders()});
    source.data("orders/a.csv", "1,1.50\nx,2.25\n3,dear\n4,1\n");
    Moved table(source, "d.orders", true);
    ASSERT_FALSE(table.apply(kind::kConvertTable).is_error());
    const auto words = table.compare_rows();
    EXPECT_EQ(words.front(), "different(2)");
    EXPECT_THAT(words.back(), AllOf(HasSubstr(R"("source_rows":"4")"), HasSubstr(R"("target_rows":"2")")));
    EXPECT_THAT(words.back(), testing::Not(HasSubstr("dear"))) << "no value of a row is stored";
}

TEST(ConvertTable, partitions_give_their_values_to_the_rows_and_folders_to_the_files) {
    World source;
    auto table = orders();
    table["PartitionKeys"] = {{{"Name", "day"}, {"Type", "date"}}};
    source.tables({table});
    source.partitions({glue_partition(table, {"2024-01-02"}, "s3://b/orders/day=2024-01-02"),
                       glue_partition(table, {"2024-01-01"}, "s3://b/orders/elsewhere"),
                       glue_partition(table, {"__HIVE_DEFAULT_PARTITION__"}, "s3://b/orders/null")});
    source.data("orders/day=2024-01-02/a.csv", "1,1\n");
    source.data("orders/elsewhere/a.csv", "2,2\n3,3\n");
    source.data("orders/null/a.csv", "4,4\n");
    Moved moved(source, "d.orders");
    ASSERT_FALSE(moved.apply(kind::kConvertTable).is_error());
    EXPECT_THAT(moved.data_files(), ElementsAre(HasSubstr("data/day=2024-01-01/"), HasSubstr("data/day=2024-01-02/"),
                                                HasSubstr("data/day=__HIVE_DEFAULT_PARTITION__/")));
    const auto words = moved.compare_rows();
    EXPECT_EQ(words.front(), "equal");
    EXPECT_THAT(words.back(), AllOf(HasSubstr(R"("groups":"3")"), HasSubstr(R"("source_rows":"4")")));
}

TEST(ConvertTable, a_target_that_somebody_changed_is_different) {
    World source;
    source.tables({orders()});
    source.data("orders/a.csv", "1,1.50\n2,2.25\n");
    Moved table(source, "d.orders");
    ASSERT_FALSE(table.apply(kind::kConvertTable).is_error());
    World other;
    other.tables({orders()});
    other.data("orders/a.csv", "1,1.50\n2,2.26\n");
    Moved second(other, "d.orders");
    ASSERT_FALSE(second.apply(kind::kConvertTable).is_error());
    table.world().write("target/" + table.data_files().front(),
                        second.world().read("target/" + second.data_files().front()));
    const auto words = table.compare_rows();
    EXPECT_EQ(words.front(), "different(2)") << "one row that the target lacks, one that the source lacks";
}

TEST(ConvertTable, a_target_that_leaves_out_a_column_is_different) {
    World source;
    source.tables({orders()});
    source.data("orders/a.csv", "1,1.50\n2,2.25\n");
    Moved table(source, "d.orders");
    ASSERT_FALSE(table.apply(kind::kConvertTable).is_error());
    for (const auto& name : table.world().tree("target")) {
        if (!name.ends_with(".metadata.json"))
            continue;
        auto metadata = OrderedJson::parse(table.world().read("target/" + name));
        for (auto& schema : metadata["schemas"])
            schema["fields"].erase(1);
        table.world().write("target/" + name, metadata.dump());
    }
    const auto words = table.compare_rows();
    EXPECT_EQ(words.front(), "different(1)");
    EXPECT_THAT(words.back(), HasSubstr("price"));
}

TEST(ConvertTable, a_source_that_changes_after_the_pin_is_drift_and_before_it_is_stale) {
    World source;
    source.tables({orders()});
    source.data("orders/a.csv", "1,1.50\n");
    Moved table(source, "d.orders");
    ASSERT_FALSE(table.apply(kind::kConvertTable).is_error());
    auto context = table.world().context(kind::kCompareRows, table.move());
    const auto pin = context.pin();
    source.data("orders/b.csv", "2,2\n");
    EXPECT_EQ(to_string(*table.world().apply(kind::kCompareRows, context)->verdict), "not-comparable(drift)");
    EXPECT_NE(table.world().kind(kind::kCompareRows).observe(context).value(), pin);

    source.tables({});
    table.world().records.clock.advance(RunExport::kLookInterval);
    const auto gone = table.world().kind(kind::kCompareRows).observe(context);
    ASSERT_TRUE(gone.is_error());
    EXPECT_EQ(gone.error().kind(), ErrorKind::stale);
}

/// While it lives, the process can open nothing more.
class NoMoreFiles {
public:
    NoMoreFiles() {
        EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
        auto none = before_;
        none.rlim_cur = 0;
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    }
    NoMoreFiles(const NoMoreFiles&) = delete;
    NoMoreFiles& operator=(const NoMoreFiles&) = delete;
    ~NoMoreFiles() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }

private:
    ::rlimit before_{};
};

TEST(ConvertTable, a_source_that_cannot_be_listed_is_not_one_that_changed) {
    World source;
    source.tables({orders()});
    source.data("orders/a.csv", "1,1.50\n");
    Moved table(source, "d.orders");
    auto context = table.world().context(kind::kCompareRows, table.move());
    const auto pin = context.pin();
    {
        const NoMoreFiles limit;
        const auto blind = table.world().kind(kind::kCompareRows).observe(context);
        ASSERT_TRUE(blind.is_error());
        EXPECT_EQ(blind.error().kind(), ErrorKind::io) << blind.error().to_line();
    }
    EXPECT_EQ(table.world().kind(kind::kCompareRows).observe(context).value(), pin);
}

TEST(ConvertTable, the_same_plan_gives_the_same_bytes) {
    World source;
    source.tables({orders()});
    source.data("orders/a.csv", "1,1.50\n");
    Moved first(source, "d.orders"), second(source, "d.orders");
    const auto a = first.apply(kind::kConvertTable).value().result;
    ASSERT_FALSE(second.apply(kind::kConvertTable).is_error());
    const auto names = first.world().tree("target");
    ASSERT_EQ(names, second.world().tree("target"));
    for (const auto& name : first.data_files())
        EXPECT_EQ(first.world().read("target/" + name), second.world().read("target/" + name)) << name;
    EXPECT_THAT(a, HasSubstr("metadata_location"));
}

TEST(ConvertTable, what_was_written_is_known_although_row_and_result_were_lost) {
    World source;
    source.tables({orders()});
    source.data("orders/a.csv", "1,1.50\n");
    Moved table(source, "d.orders");
    const auto first = table.apply(kind::kConvertTable).value().result;
    table.world().records.parts.clear();
    table.world().records.results.clear();
    EXPECT_EQ(table.apply(kind::kConvertTable).value().result, first);
    EXPECT_THAT(table.data_files(), SizeIs(1)) << "not a second time";
    EXPECT_EQ(table.compare_rows().front(), "equal");
}

TEST(DescribeTable, parquet_files_become_a_table_in_place_and_its_rows_are_equal) {
    const std::string folder = GODWIT_SOURCE_DIR "/tests/fixtures/parquet/null-partition";
    core::Options options{{"export", folder + "/export"}};
    const auto buckets = list_folder(folder + "/data").release();
    for (const auto& bucket : buckets)
        options.emplace("map", "s3://" + bucket.name + "=" + folder + "/data/" + bucket.name);
    World assessor;
    const auto found = assessor.assess(options);
    StepsWorld world(options);
    for (const auto& [key, resource] : found.resources) {
        if (resource.type != type::kTable)
            continue;
        const auto facts = facts_from_json<TableFacts>(resource.facts).release();
        TableMove move;
        move.levels = {facts.database};
        move.name = facts.name;
        move.root = "d/t";
        move.table = resource.facts;
        move.copy_step = world.id(kind::kCopyTable);
        move.metadata_step = world.id(kind::kDescribeTable);
        ASSERT_FALSE(world.apply(kind::kCopyTable, move).is_error());
        const auto described = world.apply(kind::kDescribeTable, move);
        ASSERT_FALSE(described.is_error()) << described.error().to_block();
        EXPECT_EQ(to_string(*world.apply(kind::kCompareTable, move)->verdict), "equal");
        auto context = world.context(kind::kCompareRows, move);
        const auto compared = world.apply(kind::kCompareRows, context);
        ASSERT_FALSE(compared.is_error()) << compared.error().to_block();
        EXPECT_EQ(to_string(*compared->verdict), "equal");
        EXPECT_THAT(context.comparisons.back().detail, HasSubstr("one decoder"));
        for (const auto kind : {kind::kDescribeTable, kind::kCopyTable}) {
            auto undo = world.context(kind, move);
            EXPECT_FALSE(world.kind(kind).compensate(undo).is_error());
        }
        EXPECT_THAT(world.tree("target"), IsEmpty());
    }
}

} // namespace
