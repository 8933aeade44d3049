#pragma once

// For tests: an export and its data in a temporary folder, and what an assessment of it finds.

#include "base/file.h"
#include "base/json.h"
#include "core/assessment.h"
#include "lanes/lakehouse/assess_source.h"
#include "lanes/lakehouse/facts.h"
#include "lanes/lakehouse/rules.h"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace godwit::lakehouse::testing_world {

/// Holds everything in memory, with the findings of each resource.
class Collector final : public core::AssessmentSink {
public:
    Status resource(const core::Resource& resource) override {
        EXPECT_TRUE(resources.emplace(resource.key, resource).second) << "twice: " << resource.key;
        auto found = core::evaluate(rules(), resource);
        EXPECT_FALSE(found.is_error()) << resource.facts;
        if (!found.is_error())
            findings[resource.key] = std::move(found).release();
        return {};
    }
    Status edge(const core::Edge& edge) override {
        edges.push_back(edge);
        return {};
    }

    const core::Resource* find(std::string_view type, std::string_view display) const {
        for (const auto& [key, resource] : resources) {
            if (resource.type == type && resource.display == display)
                return &resource;
        }
        return nullptr;
    }
    std::vector<std::string> codes(std::string_view type, std::string_view display) const {
        std::vector<std::string> out;
        const auto* resource = find(type, display);
        EXPECT_NE(resource, nullptr) << type << " " << display;
        if (resource != nullptr) {
            for (const auto& finding : findings.at(resource->key))
                out.push_back(finding.code);
        }
        return out;
    }
    bool has(std::string_view type, std::string_view display, std::string_view code) const {
        const auto all = codes(type, display);
        return std::find(all.begin(), all.end(), code) != all.end();
    }
    core::Readiness readiness(std::string_view type, std::string_view display) const {
        return core::readiness_of(findings.at(find(type, display)->key));
    }
    template <typename Facts>
    Facts facts(std::string_view type, std::string_view display) const {
        const auto* resource = find(type, display);
        EXPECT_NE(resource, nullptr) << type << " " << display;
        if (resource == nullptr)
            return {};
        auto facts = facts_from_json<Facts>(resource->facts);
        EXPECT_FALSE(facts.is_error()) << resource->facts;
        return facts.is_error() ? Facts() : std::move(facts).release();
    }
    TableFacts table(std::string_view display) const { return facts<TableFacts>(type::kTable, display); }

    std::map<std::string, core::Resource> resources;
    std::map<std::string, std::vector<core::Finding>> findings;
    std::vector<core::Edge> edges;
};

inline constexpr const char* kParquetSerde = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";
inline constexpr const char* kParquetInput = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat";
inline constexpr const char* kTextSerde = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
inline constexpr const char* kTextInput = "org.apache.hadoop.mapred.TextInputFormat";

/// A Glue table in database `d` at `s3://b/<name>` with one column.
inline Json glue_table(const std::string& name, const std::string& serde, const std::string& input_format) {
    return {{"Name", name},
            {"DatabaseName", "d"},
            {"CatalogId", "123456789012"},
            {"TableType", "EXTERNAL_TABLE"},
            {"StorageDescriptor",
             {{"Columns", {{{"Name", "a"}, {"Type", "int"}}}},
              {"Location", "s3://b/" + name},
              {"InputFormat", input_format},
              {"SerdeInfo", {{"SerializationLibrary", serde}, {"Parameters", Json::object()}}}}},
            {"PartitionKeys", Json::array()},
            {"Parameters", Json::object()}};
}
inline Json csv_table(const std::string& name) { return glue_table(name, kTextSerde, kTextInput); }

inline Json glue_partition(const Json& table, const std::vector<std::string>& values, const std::string& location) {
    auto storage = table["StorageDescriptor"];
    storage["Location"] = location;
    return {{"DatabaseName", table["DatabaseName"]},
            {"TableName", table["Name"]},
            {"CatalogId", table["CatalogId"]},
            {"Values", values},
            {"StorageDescriptor", storage}};
}

class World {
public:
    World() : folder_(TemporaryFolder::create("godwit-world").release()) {
        EXPECT_FALSE(make_folders(export_folder()).is_error());
        EXPECT_FALSE(make_folders(data_folder()).is_error());
    }

    std::string export_folder() const { return folder_.path() + "/export"; }
    std::string data_folder() const { return folder_.path() + "/data"; }

    void write(const std::string& path, std::string_view bytes) {
        const auto full = folder_.path() + "/" + path;
        EXPECT_FALSE(make_folders(full.substr(0, full.rfind('/'))).is_error());
        EXPECT_FALSE(write_file_durably(full, bytes).is_error()) << full;
    }
    /// s3://b/<key>
    void data(const std::string& key, std::string_view bytes) { write("data/" + key, bytes); }
    void tables(const std::vector<Json>& tables, const std::string& file = "tables.json") {
        write("export/" + file, Json{{"TableList", tables}}.dump(2));
    }
    void partitions(const std::vector<Json>& partitions, const std::string& file = "partitions.json") {
        write("export/" + file, Json{{"Partitions", partitions}}.dump(2));
    }

    core::Options options() const {
        return {{"export", export_folder()},
                {"region", "eu-west-1"},
                {"account", "123456789012"},
                {"map", "s3://b=" + data_folder()}};
    }
    Collector assess() const { return assess(options()); }
    Collector assess(const core::Options& options) const {
        Collector collector;
        const auto source = read_source_options(options);
        EXPECT_FALSE(source.is_error()) << (source.is_error() ? source.error().to_line() : "");
        if (source.is_error())
            return collector;
        const auto status = assess_source(*source, collector, {});
        EXPECT_FALSE(status.is_error()) << (status.is_error() ? status.error().to_line() : "");
        return collector;
    }

private:
    TemporaryFolder folder_;
};

} // namespace godwit::lakehouse::testing_world
