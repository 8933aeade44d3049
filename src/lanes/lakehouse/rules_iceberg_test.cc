// One test for each finding about Iceberg tables, on copies of tables that Spark wrote.

#include "lanes/lakehouse/assess_world.h"

#include <gmock/gmock.h>

#include <filesystem>

using namespace godwit;
using namespace godwit::lakehouse;
using namespace godwit::lakehouse::testing_world;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

const std::string kFixtures = GODWIT_SOURCE_DIR "/tests/fixtures/iceberg";

/// A table of the fixtures as a catalogue lists it; its files are a copy that a test may damage.
class IcebergWorld : public World {
public:
    explicit IcebergWorld(const std::string& name) : name_(name) {
        std::filesystem::copy(kFixtures + "/" + name, data_folder() + "/" + name,
                              std::filesystem::copy_options::recursive);
        const auto text = read_file(kFixtures + "/fixtures.json");
        const auto fixtures = parse_json(*text);
        for (const auto& fixture : fixtures->at("fixtures")) {
            if (fixture["name"] == name) {
                metadata_ = fixture["metadata"];
                location_ = fixture["location"];
            }
        }
    }

    Json entry() const {
        return {{"Name", "t"},
                {"DatabaseName", "d"},
                {"TableType", "EXTERNAL_TABLE"},
                {"StorageDescriptor", {{"Location", location_}, {"Columns", Json::array()}}},
                {"Parameters", {{"table_type", "ICEBERG"}, {"metadata_location", metadata_}}}};
    }
    Collector assess_entry(const Json& entry) {
        tables({entry});
        return assess({{"export", export_folder()},
                       {"account", "123456789012"},
                       {"region", "eu-west-1"},
                       {"map", "s3://fixtures=" + data_folder()}});
    }
    Collector assess_entry() { return assess_entry(entry()); }

    std::string metadata_file() const { return data_folder() + metadata_.substr(metadata_.find("/", 5)); }
    std::string metadata_folder() const { return metadata_file().substr(0, metadata_file().rfind('/')); }
    /// Files of the table whose name holds the text.
    std::vector<std::string> files(std::string_view text) const {
        std::vector<std::string> out;
        for (const auto& file : std::filesystem::recursive_directory_iterator(data_folder())) {
            if (file.is_regular_file() && file.path().filename().string().find(text) != std::string::npos)
                out.push_back(file.path());
        }
        return out;
    }
    void edit_metadata(const std::function<void(Json&)>& edit) {
        auto json = *parse_json(*read_file(metadata_file()));
        edit(json);
        EXPECT_FALSE(write_file_durably(metadata_file(), json.dump()).is_error());
    }

private:
    std::string name_;
    std::string metadata_;
    std::string location_;
};

TEST(IcebergRules, a_whole_table_has_none_of_these) {
    const auto found = IcebergWorld("position-deletes-parquet").assess_entry();
    EXPECT_THAT(found.codes(type::kTable, "d.t"), IsEmpty());
    EXPECT_EQ(found.readiness(type::kTable, "d.t"), core::Readiness::ready);
    EXPECT_EQ(found.table("d.t").iceberg->file_formats.count("position deletes parquet"), 1u);
}

TEST(IcebergRules, a_time_that_microseconds_cannot_hold_is_the_last_that_they_do) {
    IcebergWorld world("v1");
    world.edit_metadata([](Json& metadata) { metadata["last-updated-ms"] = INT64_MAX; });
    EXPECT_EQ(world.assess_entry().table("d.t").iceberg->updated_at, "294247-01-10T04:00:54.775000Z");
    world.edit_metadata([](Json& metadata) { metadata["last-updated-ms"] = INT64_MIN; });
    EXPECT_THAT(world.assess_entry().table("d.t").iceberg->updated_at, testing::StartsWith("-290308"));
}

TEST(IcebergRules, LAKE_080_no_metadata_location) {
    IcebergWorld world("v1");
    auto entry = world.entry();
    entry["Parameters"].erase("metadata_location");
    EXPECT_THAT(world.assess_entry(entry).codes(type::kTable, "d.t"), Contains("LAKE-080"));
}

TEST(IcebergRules, LAKE_081_metadata_missing_or_unmapped) {
    IcebergWorld world("v1");
    auto entry = world.entry();
    entry["Parameters"]["metadata_location"] = "s3://other/metadata/1.metadata.json";
    EXPECT_EQ(world.assess_entry(entry).table("d.t").iceberg->problem, "unmapped");
    std::filesystem::remove(world.metadata_file());
    const auto found = world.assess_entry();
    EXPECT_THAT(found.codes(type::kTable, "d.t"), ElementsAre("LAKE-081"));
    EXPECT_EQ(found.table("d.t").iceberg->problem, "missing");
}

TEST(IcebergRules, LAKE_082_metadata_broken) {
    IcebergWorld world("v1");
    for (const auto* text : {"", "{", "[]", "{\"format-version\": 99}"}) {
        ASSERT_FALSE(write_file_durably(world.metadata_file(), text).is_error());
        EXPECT_THAT(world.assess_entry().codes(type::kTable, "d.t"), ElementsAre("LAKE-082")) << text;
    }
}

TEST(IcebergRules, LAKE_083_and_LAKE_084_the_metadata_counts) {
    IcebergWorld world("v1");
    auto entry = world.entry();
    entry["StorageDescriptor"]["Location"] = "s3a://fixtures/v1/";
    EXPECT_THAT(world.assess_entry(entry).codes(type::kTable, "d.t"), IsEmpty())
        << "the same place in another spelling";
    entry["StorageDescriptor"]["Location"] = "s3://fixtures/other";
    entry["StorageDescriptor"]["Columns"] = Json::array({{{"Name", "nobody"}, {"Type", "int"}}});
    const auto found = world.assess_entry(entry);
    EXPECT_THAT(found.codes(type::kTable, "d.t"), ElementsAre("LAKE-083", "LAKE-084"));
    EXPECT_EQ(found.table("d.t").place.location, "s3://fixtures/v1");
}

TEST(IcebergRules, LAKE_085_a_newer_file_beside) {
    IcebergWorld world("v1");
    ASSERT_FALSE(
        write_file_durably(world.metadata_folder() + "/00099-aaaaaaaa-0000-0000-0000-000000000000.metadata.json", "{}")
            .is_error());
    const auto found = world.assess_entry();
    EXPECT_THAT(found.codes(type::kTable, "d.t"), ElementsAre("LAKE-085"));
    EXPECT_EQ(found.readiness(type::kTable, "d.t"), core::Readiness::ready);
}

TEST(IcebergRules, LAKE_086_files_outside) {
    const auto found =
        World().assess({{"metadata", kFixtures + "/outside-files/table/metadata/" +
                                         [] {
                                             std::string newest;
                                             const auto files =
                                                 list_folder(kFixtures + "/outside-files/table/metadata");
                                             for (const auto& file : *files)
                                                 newest = file.name.ends_with(".metadata.json") ? file.name : newest;
                                             return newest;
                                         }()},
                        {"map", "s3://fixtures=" + kFixtures},
                        {"table", "d.t"}});
    EXPECT_THAT(found.codes(type::kTable, "d.t"), Contains("LAKE-086"));
    const auto table = found.table("d.t");
    EXPECT_GT(table.iceberg->outside_bytes, 0u);
    EXPECT_GT(table.iceberg->prefixes.size(), 1u);
    EXPECT_GE(table.sizes.bytes, table.iceberg->outside_bytes);
    EXPECT_EQ(table.iceberg->outside_places,
              (std::map<std::string, std::uint64_t>{{"s3://fixtures/outside-files/legacy", 1}}));
}

TEST(IcebergRules, LAKE_086_counts_everything_that_a_move_takes_from_elsewhere) {
    IcebergWorld world("v1");
    const auto put = [&](const std::string& below, const std::string& text) {
        const auto path = world.data_folder() + "/" + below;
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        ASSERT_FALSE(write_file_durably(path, text).is_error());
    };
    EXPECT_FALSE(world.assess_entry().has(type::kTable, "d.t", "LAKE-086"));
    const auto original = *read_file(world.metadata_file());
    put("hr/salaries/data/day=1/f.stats", "12345");
    put("hr/1.metadata.json", original);
    world.edit_metadata([](Json& metadata) {
        for (const auto* location : {"s3://fixtures/hr/salaries/data/day=1/f.stats", "s3://fixtures/hr/absent.stats",
                                     "s3a://fixtures/hr/salaries/data/day=1/f.stats", "s3://unmapped/f.stats"})
            metadata["partition-statistics"].push_back({{"snapshot-id", metadata["current-snapshot-id"]},
                                                        {"statistics-path", location},
                                                        {"file-size-in-bytes", 5}});
        metadata["metadata-log"].push_back(
            {{"timestamp-ms", 1}, {"metadata-file", "s3://fixtures/hr/1.metadata.json"}});
    });
    const auto found = world.assess_entry();
    EXPECT_THAT(found.codes(type::kTable, "d.t"), ElementsAre("LAKE-086"));
    EXPECT_EQ(found.readiness(type::kTable, "d.t"), core::Readiness::ready);
    const auto finding = found.findings.at(found.find(type::kTable, "d.t")->key).front();
    EXPECT_EQ(finding.severity, core::Severity::warning);
    const auto facts = *found.table("d.t").iceberg;
    EXPECT_EQ(facts.outside_objects, 2u);
    EXPECT_EQ(facts.outside_bytes, 5 + original.size());
    EXPECT_EQ(facts.outside_places,
              (std::map<std::string, std::uint64_t>{{"s3://fixtures/hr", 1}, {"s3://fixtures/hr/salaries", 1}}));
    EXPECT_THAT(finding.evidence,
                Contains(testing::Pair(HasSubstr("outside_places"), HasSubstr(R"("s3://fixtures/hr/salaries":"1")"))));
}

TEST(IcebergRules, LAKE_086_counts_files_that_only_history_names) {
    IcebergWorld world("outside-files");
    world.edit_metadata([](Json& json) { // back to the first snapshot: only history names the file that was added
        const auto first = json["snapshots"][0]["snapshot-id"];
        json["current-snapshot-id"] = first;
        json["refs"] = {{"main", {{"snapshot-id", first}, {"type", "branch"}}}};
    });
    const auto found = world.assess_entry();
    EXPECT_THAT(found.codes(type::kTable, "d.t"), Contains("LAKE-086"));
    EXPECT_EQ(found.table("d.t").iceberg->outside_places,
              (std::map<std::string, std::uint64_t>{{"s3://fixtures/outside-files/legacy", 1}}));
}

TEST(IcebergRules, LAKE_087_a_file_that_is_needed_is_missing) {
    for (const auto* part : {"-deletes.parquet", "snap-", "-m0.avro"}) {
        IcebergWorld world("position-deletes-parquet");
        for (const auto& file : world.files(part))
            std::filesystem::remove(file);
        const auto found = world.assess_entry();
        EXPECT_THAT(found.codes(type::kTable, "d.t"), Contains("LAKE-087")) << part;
        EXPECT_EQ(found.findings.at(found.find(type::kTable, "d.t")->key).front().severity, core::Severity::blocking);
        EXPECT_EQ(found.readiness(type::kTable, "d.t"), core::Readiness::blocked);
    }
}

TEST(IcebergRules, LAKE_088_history_is_missing) {
    IcebergWorld world("many-snapshots");
    const auto metadata = *parse_json(*read_file(world.metadata_file()));
    const auto current = metadata["current-snapshot-id"].get<std::int64_t>();
    for (const auto& snapshot : metadata["snapshots"]) {
        const auto list = snapshot["manifest-list"].get<std::string>();
        if (snapshot["snapshot-id"].get<std::int64_t>() != current)
            std::filesystem::remove(world.metadata_folder() + list.substr(list.rfind('/')));
    }
    const auto found = world.assess_entry();
    EXPECT_THAT(found.codes(type::kTable, "d.t"), ElementsAre("LAKE-088"));
    EXPECT_EQ(found.readiness(type::kTable, "d.t"), core::Readiness::ready);
}

TEST(IcebergRules, LAKE_089_a_manifest_is_broken) {
    IcebergWorld world("v1");
    for (const auto& file : world.files("-m0.avro"))
        ASSERT_FALSE(write_file_durably(file, "no Avro").is_error());
    const auto found = world.assess_entry();
    EXPECT_THAT(found.codes(type::kTable, "d.t"), ElementsAre("LAKE-089"));
    EXPECT_FALSE(found.table("d.t").iceberg->live_known);
}

TEST(IcebergRules, LAKE_090_encrypted) {
    IcebergWorld world("v3-row-lineage");
    world.edit_metadata(
        [](Json& metadata) { metadata["encryption-keys"] = {{{"key-id", "k"}, {"encrypted-key-metadata", "AAAA"}}}; });
    EXPECT_THAT(world.assess_entry().codes(type::kTable, "d.t"), Contains("LAKE-090"));
}

TEST(IcebergRules, LAKE_091_deletes_in_orc) {
    EXPECT_THAT(IcebergWorld("position-deletes-orc").assess_entry().codes(type::kTable, "d.t"), Contains("LAKE-091"));
}

TEST(IcebergRules, LAKE_091_deletes_that_only_history_names_have_to_be_rewritten_too) {
    IcebergWorld world("position-deletes-orc");
    world.edit_metadata([](Json& metadata) {
        const auto first = metadata["snapshots"][0]["snapshot-id"];
        metadata["current-snapshot-id"] = first;
        metadata["refs"] = {{"main", {{"snapshot-id", first}, {"type", "branch"}}}};
    });
    const auto found = world.assess_entry();
    EXPECT_THAT(found.codes(type::kTable, "d.t"), Contains("LAKE-091"));
    const auto facts = *found.table("d.t").iceberg;
    EXPECT_EQ(facts.file_formats.count("position deletes orc"), 0u);
    EXPECT_GT(facts.unwritable_deletes, 0u);
    EXPECT_THAT(facts.unwritable_example, HasSubstr("orc"));
}

TEST(IcebergRules, LAKE_093_dropped_columns_are_no_columns) {
    IcebergWorld world("v1");
    auto entry = world.entry();
    entry["StorageDescriptor"]["Columns"] =
        Json::array({{{"Name", "gone"}, {"Type", "int"}, {"Parameters", {{"iceberg.field.current", "false"}}}}});
    const auto found = world.assess_entry(entry);
    EXPECT_THAT(found.codes(type::kTable, "d.t"), ElementsAre("LAKE-093"));
    EXPECT_THAT(found.table("d.t").columns, IsEmpty());
}

TEST(MetadataMode, names_identity_and_map_come_from_the_table) {
    const IcebergWorld world("position-deletes-parquet");
    const core::Options options{{"metadata", world.metadata_file()}};
    const auto source = read_source_options(options);
    ASSERT_FALSE(source.is_error()) << source.error().to_line();
    EXPECT_EQ(source->table, "position-deletes-parquet");
    EXPECT_EQ(source->database, "default");
    const auto metadata = *parse_json(*read_file(world.metadata_file()));
    EXPECT_EQ(source->table_uuid, metadata["table-uuid"]);
    EXPECT_THAT(source->identity(), HasSubstr(source->table_uuid));
    const auto found = world.assess(options);
    EXPECT_THAT(found.codes(type::kTable, "default.position-deletes-parquet"), IsEmpty());
    const auto again = source_from_reference(source->reference());
    ASSERT_FALSE(again.is_error());
    EXPECT_EQ(again->identity(), source->identity());
    EXPECT_EQ(again->reference(), source->reference());
}

} // namespace
