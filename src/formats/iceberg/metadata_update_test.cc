#include "formats/iceberg/metadata_update.h"

#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace godwit::iceberg {
namespace {

using testing::HasSubstr;

TableMetadata table(std::int32_t version = 2) {
    NewTable made;
    made.uuid = "9c12d441-03fe-4693-9a96-a0705ddf69c1";
    made.location = "file:///w/t";
    made.schema =
        parse_schema_text(
            R"({"type":"struct","fields":[{"id":1,"name":"a","required":true,"type":"long"},{"id":2,"name":"b","required":false,"type":"string"}]})")
            .value();
    made.properties = {{"owner", "me"}};
    made.format_version = version;
    made.now_ms = 1000;
    return TableMetadata::create(made).value();
}

Result<TableMetadata> updated(const TableMetadata* base, const std::string& updates, std::int64_t now = 2000,
                              const std::string& previous = "v1.json") {
    return apply_updates(base, parse_ordered_json(updates).value(), {now, previous});
}

TableMetadata good(Result<TableMetadata> result) {
    EXPECT_TRUE(result.has_value()) << (result.is_error() ? result.error().to_line() : "");
    return std::move(result).release();
}

std::string snapshot(std::int64_t id, std::int64_t sequence, const std::string& more = "") {
    return R"({"action":"add-snapshot","snapshot":{"snapshot-id":)" + std::to_string(id) + R"(,"sequence-number":)" +
           std::to_string(sequence) + R"(,"timestamp-ms":)" + std::to_string(id * 100) +
           R"(,"manifest-list":"l","summary":{"operation":"append"},"schema-id":0,"mystery":1)" + more + "}}";
}
std::string set_ref(const std::string& name, std::int64_t id, const std::string& type = "branch") {
    return R"({"action":"set-snapshot-ref","ref-name":")" + name + R"(","type":")" + type + R"(","snapshot-id":)" +
           std::to_string(id) + "}";
}

TEST(MetadataUpdate, CreatesATableFromNothing) {
    const auto made = good(updated(
        nullptr, R"([{"action":"assign-uuid","uuid":"u-1"},{"action":"upgrade-format-version","format-version":2},
      {"action":"add-schema","schema":{"type":"struct","schema-id":0,"fields":[{"id":1,"name":"a","required":true,"type":"long"}]},"last-column-id":1},
      {"action":"set-current-schema","schema-id":-1},{"action":"add-spec","spec":{"spec-id":0,"fields":[{"name":"a","transform":"identity","source-id":1}]}},
      {"action":"set-default-spec","spec-id":-1},{"action":"add-sort-order","sort-order":{"order-id":0,"fields":[]}},
      {"action":"set-default-sort-order","sort-order-id":-1},{"action":"set-location","location":"file:///w/t/"},{"action":"set-properties","updates":{"a":"b"}}])"));
    EXPECT_EQ(made.uuid(), "u-1");
    EXPECT_EQ(made.location(), "file:///w/t");
    EXPECT_EQ(made.default_spec().fields[0].field_id, 1000);
    EXPECT_EQ(made.last_partition_id(), 1000);
    EXPECT_EQ(made.last_updated_ms(), 2000);
    EXPECT_TRUE(made.metadata_log().empty());
    EXPECT_TRUE(updated(nullptr, R"([{"action":"set-location","location":"x"}])").is_error());
}

TEST(MetadataUpdate, SnapshotsReferencesAndLogs) {
    const auto base = table();
    const auto first = good(updated(&base, "[" + snapshot(11, 1) + "," + set_ref("main", 11) + "]"));
    EXPECT_EQ(first.current_snapshot()->id, 11);
    EXPECT_EQ(first.last_sequence_number(), 1);
    EXPECT_EQ(first.last_updated_ms(), 1100);
    EXPECT_EQ(first.document()["snapshots"][0]["mystery"], 1);
    ASSERT_EQ(first.snapshot_log().size(), 1U);
    EXPECT_EQ(first.snapshot_log()[0].timestamp_ms, 1100);
    ASSERT_EQ(first.metadata_log().size(), 1U);
    EXPECT_EQ(first.metadata_log()[0].metadata_file, "v1.json");
    EXPECT_EQ(first.metadata_log()[0].timestamp_ms, 1000);

    // A snapshot that was current only inside the commit does not show in the log.
    const auto second =
        good(updated(&first, "[" + snapshot(12, 2, R"(,"parent-snapshot-id":11)") + "," + set_ref("main", 12) + "," +
                                 snapshot(13, 3, R"(,"parent-snapshot-id":12)") + "," + set_ref("main", 13) + "," +
                                 set_ref("audit", 12) + "," + set_ref("keep", 11, "tag") + "]"));
    ASSERT_EQ(second.snapshot_log().size(), 2U);
    EXPECT_EQ(second.snapshot_log()[1].snapshot_id, 13);
    EXPECT_EQ(second.references().size(), 3U);
    EXPECT_EQ(second.reference("keep")->kind, SnapshotReference::Kind::tag);

    // Back to an old snapshot: logged with the commit's time.
    const auto back = good(updated(&second, "[" + set_ref("main", 11) + "]", 5000));
    EXPECT_EQ(back.current_snapshot()->id, 11);
    EXPECT_EQ(back.snapshot_log().back().timestamp_ms, 5000);
    EXPECT_EQ(back.last_updated_ms(), 5000);

    // Behind a removed snapshot the log starts anew, and references to it are gone.
    const auto expired = good(updated(&second, R"([{"action":"remove-snapshots","snapshot-ids":[11,12]}])"));
    EXPECT_EQ(expired.snapshots().size(), 1U);
    ASSERT_EQ(expired.snapshot_log().size(), 1U);
    EXPECT_EQ(expired.snapshot_log()[0].snapshot_id, 13);
    EXPECT_EQ(expired.references().size(), 1U);

    const auto empty = good(updated(
        &second,
        R"([{"action":"remove-snapshot-ref","ref-name":"main"},{"action":"remove-snapshot-ref","ref-name":"none"}])"));
    EXPECT_EQ(empty.current_snapshot(), nullptr);
    EXPECT_TRUE(empty.snapshot_log().empty());
    EXPECT_EQ(empty.snapshots().size(), 3U);
}

TEST(MetadataUpdate, SchemasSpecsAndOrders) {
    const auto base = table();
    const auto evolved = good(updated(
        &base,
        R"([{"action":"add-schema","schema":{"type":"struct","fields":[{"id":1,"name":"a","required":true,"type":"long"},
       {"id":2,"name":"b","required":false,"type":"string"},{"id":3,"name":"c","required":false,"type":"date","x":1}]}},{"action":"set-current-schema","schema-id":-1},
      {"action":"add-spec","spec":{"fields":[{"source-id":3,"transform":"month","name":"c_month"}]}},{"action":"set-default-spec","spec-id":-1},
      {"action":"add-sort-order","sort-order":{"fields":[{"source-id":1,"transform":"identity","direction":"asc","null-order":"nulls-first"}]}},
      {"action":"set-default-sort-order","sort-order-id":-1}])"));
    EXPECT_EQ(evolved.current_schema_id(), 1);
    EXPECT_EQ(evolved.last_column_id(), 3);
    EXPECT_EQ(evolved.document()["schemas"][1]["fields"][2]["x"], 1);
    EXPECT_EQ(evolved.default_spec_id(), 1);
    EXPECT_EQ(evolved.default_spec().fields[0].field_id, 1000);
    EXPECT_EQ(evolved.default_sort_order_id(), 1);
    // Equal ones are found again, not added twice.
    const auto same = good(updated(
        &evolved,
        R"([{"action":"add-schema","schema":{"type":"struct","fields":[{"id":1,"name":"a","required":true,"type":"long"},
       {"id":2,"name":"b","required":false,"type":"string"}]}},{"action":"set-current-schema","schema-id":-1},
      {"action":"add-spec","spec":{"fields":[]}},{"action":"set-default-spec","spec-id":-1},
      {"action":"remove-schemas","schema-ids":[1]},{"action":"remove-partition-specs","spec-ids":[1]}])"));
    EXPECT_EQ(same.current_schema_id(), 0);
    EXPECT_EQ(same.schemas().size(), 1U);
    EXPECT_EQ(same.specs().size(), 1U);
    // An equal partition field keeps its id in a new spec.
    const auto again = good(updated(
        &evolved, R"([{"action":"add-spec","spec":{"fields":[{"source-id":1,"transform":"bucket[4]","name":"a_bucket"},
       {"source-id":3,"transform":"month","name":"c_month"}]}}])"));
    EXPECT_EQ(again.spec_with_id(2)->fields[0].field_id, 1001);
    EXPECT_EQ(again.spec_with_id(2)->fields[1].field_id, 1000);
}

TEST(MetadataUpdate, PropertiesStatisticsAndKeys) {
    const auto base = table(3);
    const auto with = good(
        updated(&base, "[" + snapshot(11, 1, R"(,"first-row-id":0,"added-rows":5)") + "," + set_ref("main", 11) + R"(,
      {"action":"set-properties","updates":{"x":"1"}},{"action":"remove-properties","removals":["owner","none"]},
      {"action":"set-statistics","snapshot-id":11,"statistics":{"snapshot-id":11,"statistics-path":"p1","file-size-in-bytes":1,"file-footer-size-in-bytes":1,"blob-metadata":[]}},
      {"action":"set-statistics","statistics":{"snapshot-id":11,"statistics-path":"p2","file-size-in-bytes":1,"file-footer-size-in-bytes":1,"blob-metadata":[]}},
      {"action":"set-partition-statistics","partition-statistics":{"snapshot-id":11,"statistics-path":"q","file-size-in-bytes":1}},
      {"action":"add-encryption-key","encryption-key":{"key-id":"k","encrypted-key-metadata":"AA=="}}])"));
    EXPECT_EQ(with.properties(), (Properties{{"x", "1"}}));
    ASSERT_EQ(with.statistics().size(), 1U);
    EXPECT_EQ(with.statistics()[0].path, "p2");
    EXPECT_EQ(with.partition_statistics().size(), 1U);
    EXPECT_EQ(with.encryption_keys().at(0).key_id, "k");
    EXPECT_EQ(with.next_row_id(), 5);
    const auto without = good(updated(
        &with,
        R"([{"action":"remove-statistics","snapshot-id":11},{"action":"remove-partition-statistics","snapshot-id":11},
      {"action":"remove-encryption-key","key-id":"k"}])"));
    EXPECT_TRUE(without.statistics().empty());
    EXPECT_TRUE(without.partition_statistics().empty());
    EXPECT_TRUE(without.encryption_keys().empty());
    EXPECT_THAT(updated(&with, "[" + snapshot(12, 2, R"(,"first-row-id":4,"added-rows":5)") + "]").error().why(),
                HasSubstr("next-row-id"));
    EXPECT_THAT(updated(&with, "[" + snapshot(12, 2) + "]").error().why(), HasSubstr("first-row-id"));
}

TEST(MetadataUpdate, VersionOneBecomesTwoAndThree) {
    const auto base = table(1);
    const auto changed = good(updated(
        &base,
        R"([{"action":"add-schema","schema":{"type":"struct","fields":[{"id":1,"name":"a","required":true,"type":"long"}]}},
       {"action":"set-current-schema","schema-id":-1}])"));
    EXPECT_EQ(changed.format_version(), 1);
    EXPECT_EQ(changed.document()["schema"], changed.document()["schemas"][1]);
    const auto second = good(updated(&changed, R"([{"action":"upgrade-format-version","format-version":2}])"));
    EXPECT_FALSE(second.document().contains("schema"));
    EXPECT_FALSE(second.document().contains("partition-spec"));
    EXPECT_EQ(second.document()["last-sequence-number"], 0);
    const auto third = good(updated(&second, R"([{"action":"upgrade-format-version","format-version":3}])"));
    EXPECT_EQ(third.next_row_id(), 0);
    EXPECT_TRUE(updated(&third, R"([{"action":"upgrade-format-version","format-version":2}])").is_error());
    EXPECT_TRUE(updated(&third, R"([{"action":"upgrade-format-version","format-version":4}])").is_error());

    const auto old =
        TableMetadata::parse(R"({"format-version":1,"location":"s3://x","last-updated-ms":5,"last-column-id":1,
      "schema":{"type":"struct","fields":[{"id":1,"name":"a","required":true,"type":"long"}]},"partition-spec":[{"source-id":1,"name":"a","transform":"identity"}],
      "current-snapshot-id":4,"snapshots":[{"snapshot-id":4,"timestamp-ms":5,"manifests":["m"]}]})",
                             "old")
            .value();
    const auto lifted = good(updated(
        &old,
        R"([{"action":"assign-uuid","uuid":"u"},{"action":"upgrade-format-version","format-version":1},{"action":"set-properties","updates":{"a":"b"}}])"));
    EXPECT_EQ(lifted.default_spec().fields[0].field_id, 1000);
    EXPECT_EQ(lifted.reference("main")->snapshot_id, 4);
    EXPECT_EQ(lifted.current_snapshot()->manifests, std::vector<std::string>{"m"});
}

TEST(MetadataUpdate, MetadataLogKeepsToItsLimit) {
    auto metadata = good(updated(
        nullptr,
        R"([{"action":"assign-uuid","uuid":"u"},{"action":"add-schema","schema":{"type":"struct","fields":[]}},{"action":"set-current-schema","schema-id":-1},
      {"action":"add-spec","spec":{"fields":[]}},{"action":"set-default-spec","spec-id":-1},{"action":"set-location","location":"x"},
      {"action":"set-properties","updates":{"write.metadata.previous-versions-max":"3"}}])"));
    for (int i = 0; i < 5; ++i)
        metadata =
            good(updated(&metadata, R"([{"action":"set-properties","updates":{"i":")" + std::to_string(i) + "\"}}]",
                         3000 + i, "m" + std::to_string(i)));
    ASSERT_EQ(metadata.metadata_log().size(), 3U);
    EXPECT_EQ(metadata.metadata_log()[0].metadata_file, "m2");
    // Nothing changed: nothing is logged.
    EXPECT_EQ(good(updated(&metadata, R"([{"action":"set-properties","updates":{"i":"4"}}])")).document(),
              metadata.document());
}

TEST(MetadataUpdate, RefusalsNameTheUpdate) {
    const auto base = good([] {
        const auto made = table();
        return updated(&made, "[" + snapshot(11, 1) + "," + set_ref("main", 11) + "]");
    }());
    const auto line = [&](const std::string& update) {
        const auto result = updated(&base, "[" + update + "]");
        EXPECT_TRUE(result.is_error()) << update;
        return result.is_error() ? result.error().to_line() : "";
    };
    EXPECT_THAT(line(R"({"action":"explode"})"), HasSubstr("updates[0]: action"));
    EXPECT_THAT(line("7"), HasSubstr("updates[0]"));
    EXPECT_THAT(line(R"({"action":"assign-uuid","uuid":"other"})"), HasSubstr("already has"));
    EXPECT_THAT(line(R"({"action":"set-current-schema","schema-id":-1})"), HasSubstr("last added"));
    EXPECT_THAT(line(R"({"action":"set-current-schema","schema-id":9})"), HasSubstr("no schema-id 9"));
    EXPECT_THAT(line(R"({"action":"set-default-spec","spec-id":9})"), HasSubstr("no spec-id 9"));
    EXPECT_THAT(line(R"({"action":"set-default-sort-order","sort-order-id":9})"), HasSubstr("no order-id 9"));
    EXPECT_THAT(line(R"({"action":"add-spec","spec":{"fields":[{"source-id":99,"transform":"identity","name":"x"}]}})"),
                HasSubstr("no field 99"));
    EXPECT_THAT(line(R"({"action":"add-spec","spec":"x"})"), HasSubstr("fields"));
    EXPECT_THAT(line(R"({"action":"add-sort-order","sort-order":"x"})"), HasSubstr("fields"));
    EXPECT_THAT(line(R"({"action":"add-schema","schema":{"type":"struct"}})"), HasSubstr("fields"));
    EXPECT_THAT(line(snapshot(11, 2)), HasSubstr("exists already"));
    EXPECT_THAT(line(snapshot(12, 1, R"(,"parent-snapshot-id":11)")), HasSubstr("sequence number"));
    EXPECT_THAT(line(set_ref("main", 99)), HasSubstr("no snapshot 99"));
    EXPECT_THAT(line(set_ref("main", 11, "tag")), HasSubstr("main"));
    EXPECT_THAT(line(R"({"action":"remove-schemas","schema-ids":[0]})"), HasSubstr("in use"));
    EXPECT_THAT(line(R"({"action":"remove-partition-specs","spec-ids":[0]})"), HasSubstr("in use"));
    EXPECT_THAT(line(R"({"action":"remove-snapshots","snapshot-ids":["x"]})"), HasSubstr("snapshot-ids"));
    EXPECT_THAT(line(R"({"action":"set-properties","updates":{"a":[]}})"), HasSubstr("updates.a"));
    EXPECT_TRUE(apply_updates(&base, OrderedJson::object(), {}).is_error());
}

TEST(MetadataUpdate, ManyUpdatesAreRefused) {
    const auto base = table();
    std::string updates = R"({"action":"set-location","location":"file:///w/t"})";
    for (int i = 1; i < 1'000; ++i)
        updates += R"(,{"action":"set-location","location":"file:///w/t"})";
    EXPECT_TRUE(updated(&base, "[" + updates + "]").has_value());
    const auto error = updated(&base, "[" + updates + "," + updates + "]").error();
    EXPECT_EQ(error.kind(), ErrorKind::invalid_input);
    EXPECT_EQ(error.why(), "it has 2000 entries, the limit is 1000");
}

TEST(MetadataUpdate, TheLastIdHasNoNext) {
    const std::string schema = R"({"action":"add-schema","schema":{"type":"struct","fields":[
        {"id":1,"name":"a","required":false,"type":"long"}]}})";
    const auto base = table();
    auto document = base.document();
    document["last-partition-id"] = INT32_MAX;
    const auto last_field = TableMetadata::from_document(document).value();
    EXPECT_THAT(updated(&last_field, R"([{"action":"add-spec","spec":{"fields":[
        {"name":"b","transform":"identity","source-id":1}]}}])")
                    .error()
                    .why(),
                HasSubstr("is the last"));
    document["schemas"][0]["schema-id"] = document["current-schema-id"] = INT32_MAX;
    const auto last_schema = TableMetadata::from_document(document).value();
    EXPECT_THAT(updated(&last_schema, "[" + schema + "]").error().why(), HasSubstr("is the last"));
}

TEST(MetadataUpdate, ManyPropertiesCostTheirNumberOnly) {
    const auto base = table();
    std::string set;
    std::string removed;
    for (int i = 0; i < 30'000; ++i) {
        const auto name = "\"p" + std::to_string(i) + "\"";
        set += (i == 0 ? "" : ",") + name + R"(:"x")";
        removed += (i == 0 ? "" : ",") + name;
    }
    const auto made = good(updated(&base, R"([{"action":"set-properties","updates":{"owner":"you",)" + set +
                                              R"(}},{"action":"set-properties","updates":{"p0":"y"}}])"));
    ASSERT_EQ(made.properties().size(), 30'001U);
    EXPECT_EQ(made.properties()[0], (std::pair<std::string, std::string>("owner", "you")));
    EXPECT_EQ(made.properties()[1], (std::pair<std::string, std::string>("p0", "y")));
    const auto less = good(updated(&made, R"([{"action":"remove-properties","removals":[)" + removed + "]}]"));
    EXPECT_EQ(less.properties(), (Properties{{"owner", "you"}}));
}

TEST(MetadataRequirements, EachHoldsOrConflicts) {
    const auto base = good([] {
        const auto made = table();
        return updated(&made, "[" + snapshot(11, 1) + "," + set_ref("main", 11) + "]");
    }());
    const auto check = [](const TableMetadata* current, const std::string& requirement) {
        return check_requirements(current, parse_ordered_json("[" + requirement + "]").value());
    };
    const std::vector<std::pair<std::string, std::string>> cases = {
        {R"({"type":"assert-table-uuid","uuid":"9C12D441-03fe-4693-9a96-a0705ddf69c1"})",
         R"({"type":"assert-table-uuid","uuid":"x"})"},
        {R"({"type":"assert-ref-snapshot-id","ref":"main","snapshot-id":11})",
         R"({"type":"assert-ref-snapshot-id","ref":"main","snapshot-id":12})"},
        {R"({"type":"assert-ref-snapshot-id","ref":"b","snapshot-id":null})",
         R"({"type":"assert-ref-snapshot-id","ref":"main","snapshot-id":null})"},
        {R"({"type":"assert-ref-snapshot-id","ref":"b"})",
         R"({"type":"assert-ref-snapshot-id","ref":"b","snapshot-id":11})"},
        {R"({"type":"assert-current-schema-id","current-schema-id":0})",
         R"({"type":"assert-current-schema-id","current-schema-id":1})"},
        {R"({"type":"assert-last-assigned-field-id","last-assigned-field-id":2})",
         R"({"type":"assert-last-assigned-field-id","last-assigned-field-id":3})"},
        {R"({"type":"assert-last-assigned-partition-id","last-assigned-partition-id":999})",
         R"({"type":"assert-last-assigned-partition-id","last-assigned-partition-id":1000})"},
        {R"({"type":"assert-default-spec-id","default-spec-id":0})",
         R"({"type":"assert-default-spec-id","default-spec-id":1})"},
        {R"({"type":"assert-default-sort-order-id","default-sort-order-id":0})",
         R"({"type":"assert-default-sort-order-id","default-sort-order-id":1})"},
    };
    for (const auto& [holds, fails] : cases) {
        EXPECT_TRUE(check(&base, holds).has_value()) << holds;
        EXPECT_EQ(check(&base, fails).error().kind(), ErrorKind::conflict) << fails;
        EXPECT_EQ(check(nullptr, holds).error().kind(), ErrorKind::conflict) << holds;
    }
    EXPECT_TRUE(check(nullptr, R"({"type":"assert-create"})").has_value());
    EXPECT_EQ(check(&base, R"({"type":"assert-create"})").error().kind(), ErrorKind::conflict);
    EXPECT_EQ(check(&base, R"({"type":"assert-peace"})").error().kind(), ErrorKind::invalid_input);
    EXPECT_THAT(check(&base, R"({"type":"assert-table-uuid"})").error().where(), HasSubstr("requirements[0]: uuid"));
}

TEST(MetadataUpdate, AppendsASnapshotOfOurs) {
    const auto base = table();
    Snapshot made;
    made.id = 5;
    made.sequence_number = 1;
    made.timestamp_ms = 1500;
    made.manifest_list = "file:///w/t/metadata/snap-5.avro";
    made.summary = {{"operation", "append"}, {"added-records", "3"}};
    made.schema_id = 0;
    const auto result = apply_updates(&base, append_snapshot_updates(made, 2), {1500, "v0"}).value();
    EXPECT_EQ(result.current_snapshot()->summary, made.summary);
    EXPECT_EQ(result.current_snapshot()->manifest_list, made.manifest_list);
    EXPECT_EQ(result.reference("main")->snapshot_id, 5);
}

} // namespace
} // namespace godwit::iceberg
