#include "formats/iceberg/table_metadata.h"

#include "formats/iceberg/corpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace godwit::iceberg {
namespace {

constexpr auto kMinimal =
    R"json({"format-version":2,"table-uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1","location":"s3://b/t/",
"last-sequence-number":3,"last-updated-ms":1602638573590,"last-column-id":4,"zebra":{"kept":[1,2.5,"x"]},
"current-schema-id":1,"schemas":[{"type":"struct","schema-id":1,"fields":[
 {"id":1,"name":"x","required":true,"type":"long","doc":"an x","initial-default":7,"unknown-to-us":true},
 {"id":2,"name":"l","required":false,"type":{"type":"list","element-id":3,"element-required":false,"element":"decimal(9,2)"}},
 {"id":4,"name":"d","required":false,"type":"date"}]}],
"default-spec-id":5,"partition-specs":[{"spec-id":5,"fields":[{"name":"d_day","transform":"day","source-id":4,"field-id":1000}]}],
"last-partition-id":1000,"default-sort-order-id":0,"sort-orders":[{"order-id":0,"fields":[]}],
"properties":{"write.data.path":"s3://b/data","owner":"me","other":"s3a://c/d","root":"/x"},
"current-snapshot-id":11,"refs":{"main":{"snapshot-id":11,"type":"branch"},"keep":{"snapshot-id":10,"type":"tag","max-ref-age-ms":5}},
"snapshots":[{"snapshot-id":10,"timestamp-ms":1,"sequence-number":2,"summary":{"operation":"append"},"manifest-list":"s3://b/t/1.avro"},
 {"snapshot-id":11,"parent-snapshot-id":10,"timestamp-ms":2,"sequence-number":3,"summary":{"operation":"delete","n":"1"},"manifest-list":"s3://b/t/2.avro","schema-id":1}],
"statistics":[{"snapshot-id":11,"statistics-path":"s3://b/t/s.puffin","file-size-in-bytes":4,"file-footer-size-in-bytes":3,"blob-metadata":[]}],
"partition-statistics":[{"snapshot-id":11,"statistics-path":"s3://b/t/p.parquet","file-size-in-bytes":4}],
"snapshot-log":[{"timestamp-ms":1,"snapshot-id":10},{"timestamp-ms":2,"snapshot-id":11}],
"metadata-log":[{"timestamp-ms":1,"metadata-file":"s3://b/t/v1.metadata.json"}]})json";

TableMetadata parsed(std::string_view json) {
    auto metadata = TableMetadata::parse(json, "test");
    EXPECT_TRUE(metadata.has_value()) << (metadata.is_error() ? metadata.error().to_line() : "");
    return std::move(metadata).release();
}

TEST(TableMetadata, TypedViewOfTheDocument) {
    const auto metadata = parsed(kMinimal);
    EXPECT_EQ(metadata.location(), "s3://b/t");
    EXPECT_EQ(metadata.current_schema().fields[1].type.fields[0].type, decimal(9, 2));
    EXPECT_EQ(metadata.current_schema().fields[0].initial_default, "7");
    EXPECT_EQ(metadata.current_schema().find("l.element")->id, 3);
    EXPECT_EQ(metadata.current_schema().name_of(3), "l.element");
    EXPECT_EQ(metadata.default_spec().fields[0].transform.kind, Transform::Kind::day);
    EXPECT_EQ(metadata.current_snapshot()->parent_id, 10);
    EXPECT_EQ(metadata.current_snapshot()->summary, (Properties{{"operation", "delete"}, {"n", "1"}}));
    EXPECT_EQ(metadata.reference("keep")->kind, SnapshotReference::Kind::tag);
    EXPECT_EQ(metadata.reference("keep")->max_ref_age_ms, 5);
    EXPECT_EQ(metadata.reference("none"), nullptr);
    EXPECT_EQ(metadata.snapshot_with_id(12), nullptr);
    EXPECT_EQ(metadata.metadata_log().at(0).metadata_file, "s3://b/t/v1.metadata.json");
    EXPECT_EQ(*find_property(metadata.properties(), "owner"), "me");
    EXPECT_EQ(metadata.statistics().at(0).path, "s3://b/t/s.puffin");
}

TEST(TableMetadata, MapsEveryPathAndKeepsTheRest) {
    const auto metadata = parsed(kMinimal);
    std::vector<std::string> seen;
    const auto mapped =
        metadata
            .map_paths([&](PathField field, std::string_view name, std::string_view path) -> Result<std::string> {
                seen.emplace_back(path);
                EXPECT_EQ(name.empty(), field != PathField::known_property && field != PathField::other_property);
                if (field == PathField::other_property && path == "/x")
                    return std::string(path);
                return "file:///new" + std::string(path.substr(path.find("://") + 2));
            })
            .value();
    EXPECT_THAT(seen,
                testing::ElementsAre("s3://b/t/", "s3://b/t/v1.metadata.json", "s3://b/t/1.avro", "s3://b/t/2.avro",
                                     "s3://b/t/s.puffin", "s3://b/t/p.parquet", "s3://b/data", "s3a://c/d", "/x"));
    auto expected = std::string(kMinimal);
    for (const auto& [from, to] :
         {std::pair<std::string, std::string>{"s3://", "file:///new/"}, {"s3a://", "file:///new/"}})
        for (auto at = expected.find(from); at != std::string::npos; at = expected.find(from, at + to.size()))
            expected.replace(at, from.size(), to);
    EXPECT_EQ(mapped.document(), parse_ordered_json(expected).value());
    EXPECT_EQ(mapped.to_json_text(), parse_ordered_json(expected).value().dump());

    const auto refused =
        metadata.map_paths([](PathField field, std::string_view, std::string_view path) -> Result<std::string> {
            if (field == PathField::statistics)
                return Error::make(ErrorKind::usage, "outside");
            return std::string(path);
        });
    EXPECT_EQ(refused.error().where(), "statistics[0].statistics-path");
    const auto no_text = metadata.map_paths(
        [](PathField, std::string_view, std::string_view) -> Result<std::string> { return std::string("\xff"); });
    EXPECT_THAT(no_text.error().to_line(), testing::HasSubstr("UTF-8"));
    EXPECT_EQ(no_text.error().where(), "location");
}

TEST(TableMetadata, GzipAndVersionNames) {
    const auto packed = gzip(kMinimal).value();
    EXPECT_EQ(packed, gzip(kMinimal).value());
    EXPECT_EQ(gunzip(packed, 1 << 20).value(), kMinimal);
    EXPECT_TRUE(gunzip(packed, 1000).is_error());
    EXPECT_TRUE(gunzip(packed.substr(0, packed.size() / 2), 1 << 20).is_error());
    EXPECT_EQ(parsed(packed).last_column_id(), 4);
    const auto bomb = gzip(std::string(40 << 20, ' ')).value();
    EXPECT_THAT(TableMetadata::parse(bomb, "t").error().why(), testing::HasSubstr("it holds more than"));
    EXPECT_EQ(metadata_version_of("s3://b/t/metadata/00012-d099.metadata.json"), 12);
    EXPECT_EQ(metadata_version_of("v3.metadata.json"), 3);
    EXPECT_EQ(metadata_version_of("v3.gz.metadata.json"), 3);
    EXPECT_EQ(metadata_version_of("vfinal.metadata.json"), std::nullopt);
    EXPECT_EQ(metadata_version_of("snap-1.avro"), std::nullopt);
}

std::string refusal(std::vector<std::pair<std::string, std::string>> edits) {
    std::string json = kMinimal;
    for (const auto& [from, to] : edits) {
        const auto at = json.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        json.replace(at, from.size(), to);
    }
    const auto metadata = TableMetadata::parse(json, "t");
    EXPECT_TRUE(metadata.is_error()) << json;
    return metadata.is_error() ? metadata.error().to_line() : "";
}

TEST(TableMetadata, RefusalsNameTheField) {
    using testing::HasSubstr;
    EXPECT_THAT(refusal({{"\"format-version\":2", "\"format-version\":4"}}), HasSubstr("format-version"));
    EXPECT_THAT(refusal({{"\"current-schema-id\":1", "\"current-schema-id\":2"}}), HasSubstr("current-schema-id"));
    EXPECT_THAT(refusal({{"\"default-spec-id\":5", "\"default-spec-id\":0"}}), HasSubstr("default-spec-id"));
    EXPECT_THAT(refusal({{"\"current-snapshot-id\":11", "\"current-snapshot-id\":12"}}),
                HasSubstr("current-snapshot-id"));
    EXPECT_THAT(refusal({{"\"main\":{\"snapshot-id\":11", "\"main\":{\"snapshot-id\":10"}}), HasSubstr("refs.main"));
    EXPECT_THAT(refusal({{"\"sequence-number\":3", "\"sequence-number\":4"}}), HasSubstr("snapshots[1]"));
    EXPECT_THAT(refusal({{"\"snapshot-id\":11,\"parent", "\"snapshot-id\":10,\"parent"}}), HasSubstr("used twice"));
    EXPECT_THAT(refusal({{"\"element-id\":3", "\"element-id\":1"}}), HasSubstr("used twice"));
    EXPECT_THAT(refusal({{"\"type\":\"long\"", "\"type\":\"bigint\""}}), HasSubstr("bigint"));
    EXPECT_THAT(refusal({{"1602638573590", "\"1602638573590\""}}), HasSubstr("last-updated-ms"));
    EXPECT_THAT(refusal({{"\"snapshot-id\":10,\"timestamp", "\"snapshot-id\":10.5,\"timestamp"}}),
                HasSubstr("snapshots[0]"));
}

TEST(TableMetadata, NewTables) {
    NewTable table;
    table.uuid = "u";
    table.location = "file:///w/t/";
    table.now_ms = 99;
    table.schema =
        parse_schema_text(
            R"({"type":"struct","fields":[{"id":7,"name":"s","required":true,"type":{"type":"struct","fields":[
      {"id":9,"name":"in","required":false,"type":"int"}]}},{"id":3,"name":"day","required":false,"type":"date"}],"identifier-field-ids":[7]})")
            .value();
    table.spec.fields = {{{3}, -1, "day", parse_transform("identity").value()}};
    table.properties = {{"a", "b"}};
    for (const std::int32_t version : {1, 2, 3}) {
        table.format_version = version;
        const auto metadata = TableMetadata::create(table).value();
        EXPECT_EQ(parsed(metadata.to_json_text()).document(), metadata.document());
        EXPECT_EQ(metadata.location(), "file:///w/t");
        EXPECT_EQ(metadata.last_column_id(), 3);
        EXPECT_EQ(metadata.current_schema().find("day")->id, 2);
        EXPECT_EQ(metadata.current_schema().find("s.in")->id, 3);
        EXPECT_EQ(metadata.current_schema().identifier_field_ids, std::vector<std::int32_t>{1});
        EXPECT_EQ(metadata.default_spec().fields[0].source_ids, std::vector<std::int32_t>{2});
        EXPECT_EQ(metadata.last_partition_id(), 1000);
        EXPECT_EQ(metadata.current_snapshot(), nullptr);
    }
    table.spec.fields[0].source_ids = {8};
    EXPECT_TRUE(TableMetadata::create(table).is_error());
    table.spec.fields[0] = {{9}, -1, "x", parse_transform("day").value()};
    EXPECT_TRUE(TableMetadata::create(table).is_error());
}

TEST(NameMapping, RoundTripsAndFollowsTheSchema) {
    const auto metadata = parsed(kMinimal);
    const auto mapping = name_mapping_of(metadata.current_schema());
    EXPECT_EQ(
        to_json_text(mapping),
        R"([{"field-id":1,"names":["x"]},{"field-id":2,"names":["l"],"fields":[{"field-id":3,"names":["element"]}]},{"field-id":4,"names":["d"]}])");
    EXPECT_EQ(parse_name_mapping(to_json_text(mapping)).value(), mapping);
    EXPECT_EQ(parse_name_mapping(R"([{"names":["a","b"]}])").value().at(0).field_id, std::nullopt);
    EXPECT_TRUE(parse_name_mapping(R"([{"names":[1]}])").is_error());
}

TEST(Corpus, ValidMetadataIsAcceptedAndInvalidRefused) {
    const auto files = corpus_files(GODWIT_SOURCE_DIR, {".json"});
    if (files.empty())
        FAIL() << "the fixtures of the project are not here";
    int accepted = 0;
    for (const auto& path : files) {
        if (path.find("/iceberg") == std::string::npos || path.ends_with("/fixtures.json"))
            continue;
        const auto bytes = read_file(path).value();
        const auto metadata = TableMetadata::parse(bytes, path);
        const auto name = path.substr(path.rfind('/') + 1);
        // Views are no tables; v0 of the BigQuery table holds two fields only.
        const bool bad = name.find("Missing") != std::string::npos || name.find("NotFound") != std::string::npos ||
                         name.find("Unsupported") != std::string::npos || name.find("View") != std::string::npos ||
                         path.ends_with("bad_iceberg_metadata.json") ||
                         path.ends_with("big_query_error/metadata/v0.metadata.json");
        EXPECT_EQ(metadata.is_error(), bad) << path << (metadata.is_error() ? metadata.error().to_line() : "");
        if (metadata.is_error()) {
            EXPECT_FALSE(metadata.error().why().empty()) << path;
            continue;
        }
        ++accepted;
        const auto plain = bytes.starts_with("\x1f\x8b") ? gunzip(bytes, 1 << 24).value() : bytes;
        EXPECT_EQ(parse_ordered_json(metadata->to_json_text()).value(), parse_ordered_json(plain).value()) << path;
        const auto same = metadata->map_paths(
            [](PathField, std::string_view, std::string_view p) -> Result<std::string> { return std::string(p); });
        EXPECT_EQ(same.value().to_json_text(), metadata->to_json_text()) << path;
        for (const auto& schema : metadata->schemas())
            EXPECT_EQ(parse_schema(to_json(schema)).value().fields, schema.fields) << path;
        for (const auto& spec : metadata->specs())
            EXPECT_EQ(parse_partition_spec(to_json(spec)).value().fields, spec.fields) << path;
    }
    EXPECT_GT(accepted, 60);
}

} // namespace
} // namespace godwit::iceberg
