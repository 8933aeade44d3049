#include "catalog/test_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

namespace godwit::catalog {

namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class CatalogTableTest : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(world_.create_namespace({"n"}).status, 200);
        table_path_ = "/v1/namespaces/n/tables/t";
    }
    Json create(const std::string& name = "t") {
        const Reply made = world_.create_table("n", name);
        EXPECT_EQ(made.status, 200) << made.body;
        return made.body;
    }
    std::size_t files_in(const std::string& folder) const {
        const auto entries = list_folder(folder);
        return entries.is_error() ? 0 : entries->size();
    }

    World world_;
    std::string table_path_;
};

TEST_F(CatalogTableTest, ATableIsAFileAndARow) {
    const Reply made = world_.create_table("n", "t", {{"properties", {{"k", "v"}}}});
    ASSERT_EQ(made.status, 200) << made.body;
    const std::string location = "file://" + world_.catalog().warehouse() + "/n/t";
    EXPECT_EQ(made.body["metadata"]["location"], location);
    EXPECT_THAT(made.body["metadata-location"].get<std::string>(),
                MatchesRegex(location + "/metadata/00000-[0-9a-f-]{36}\\.metadata\\.json"));
    EXPECT_EQ(Json::parse(read_file(local(made.body["metadata-location"])).value()), made.body["metadata"]);
    EXPECT_EQ(made.body["metadata"]["format-version"], 2);
    EXPECT_EQ(made.body["metadata"]["properties"]["k"], "v");
    EXPECT_EQ(made.body["metadata"]["last-updated-ms"], 1'700'000'000'000);
    EXPECT_EQ(world_.get(table_path_).body, made.body);
    EXPECT_EQ(world_.ask("HEAD", table_path_).status, 204);
    const Reply again = world_.create_table("n", "t");
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(again.type(), "AlreadyExistsException");
    EXPECT_EQ(files_in(world_.warehouse() + "/n/t/metadata"), 1U);
    EXPECT_EQ(world_.create_table("m", "t").type(), "NoSuchNamespaceException");
    EXPECT_EQ(world_.get("/v1/namespaces/n/tables/x").type(), "NoSuchTableException");
}

TEST_F(CatalogTableTest, TheFormatVersionIsAskedForByAProperty) {
    for (const std::string version : {"1", "2", "3"}) {
        const Reply made = world_.create_table("n", "t" + version, {{"properties", {{"format-version", version}}}});
        ASSERT_EQ(made.status, 200) << made.body;
        EXPECT_EQ(made.body["metadata"]["format-version"], std::stoi(version));
        EXPECT_FALSE(made.body["metadata"].value("properties", Json::object()).contains("format-version"));
    }
    EXPECT_EQ(world_.create_table("n", "t4", {{"properties", {{"format-version", "4"}}}}).status, 400);
}

TEST_F(CatalogTableTest, PartitionsAndOrderFollowTheSchema) {
    const Reply made = world_.create_table(
        "n", "t",
        {{"partition-spec", {{"fields", {{{"source-id", 1}, {"transform", "bucket[4]"}, {"name", "b"}}}}}},
         {"write-order",
          {{"order-id", 1},
           {"fields",
            {{{"source-id", 2}, {"transform", "identity"}, {"direction", "asc"}, {"null-order", "nulls-first"}}}}}}});
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(made.body["metadata"]["partition-specs"][0]["fields"][0]["field-id"], 1000);
    EXPECT_EQ(made.body["metadata"]["sort-orders"][0]["fields"][0]["source-id"], 2);
    EXPECT_EQ(world_.create_table("n", "u", {{"partition-spec", {{"fields", {{{"source-id", 9}}}}}}}).status, 400);
}

TEST_F(CatalogTableTest, BadRequestsChangeNothing) {
    const std::string before = world_.dump();
    for (const char* body : {"{}", "[]", R"({"name":"t"})", R"({"name":"","schema":{}})", R"({"name":"t","schema":7})",
                             R"({"name":"t","schema":{"type":"struct","fields":[{"id":1}]}})", R"({"name":7})"})
        EXPECT_EQ(world_.ask("POST", "/v1/namespaces/n/tables", body).status, 400) << body;
    EXPECT_EQ(world_.create_table("n", "t", {{"location", "file:///etc/t"}}).status, 403);
    EXPECT_EQ(world_.create_table("n", "t", {{"location", "file://" + world_.warehouse()}}).status, 403);
    EXPECT_EQ(world_.create_table("n", "t", {{"location", "file://" + world_.warehouse() + "/../x"}}).status, 400);
    EXPECT_EQ(world_.create_table("n", "t", {{"location", "s3://bucket/t"}}).status, 400);
    EXPECT_EQ(world_.create_table("n", "t", {{"properties", {{"write.metadata.path", "file:///tmp"}}}}).status, 403);
    EXPECT_EQ(world_.dump(), before);
    EXPECT_EQ(files_in(world_.warehouse()), 0U);
}

TEST_F(CatalogTableTest, ALinkDoesNotLeadOut) {
    const TemporaryFolder outside = TemporaryFolder::create().value();
    ASSERT_EQ(::symlink(outside.path().c_str(), (world_.warehouse() + "/link").c_str()), 0);
    EXPECT_EQ(world_.create_table("n", "t", {{"location", "file://" + world_.warehouse() + "/link/t"}}).status, 403);
    EXPECT_EQ(files_in(outside.path()), 0U);
}

TEST_F(CatalogTableTest, CommitsMoveThePointerAndKeepHistory) {
    const Json made = create();
    world_.clock().advance(std::chrono::seconds(5));
    const Reply committed = world_.set_property(table_path_, "k", "v");
    ASSERT_EQ(committed.status, 200) << committed.body;
    EXPECT_THAT(committed.body["metadata-location"].get<std::string>(), HasSubstr("/metadata/00001-"));
    EXPECT_EQ(committed.body["metadata"]["properties"]["k"], "v");
    EXPECT_EQ(committed.body["metadata"]["last-updated-ms"], 1'700'000'005'000);
    EXPECT_EQ(committed.body["metadata"]["metadata-log"][0]["metadata-file"], made["metadata-location"]);
    EXPECT_EQ(world_.get(table_path_).body["metadata"], committed.body["metadata"]);
    EXPECT_TRUE(file_exists(local(made["metadata-location"])));
}

TEST_F(CatalogTableTest, RequirementsDecide) {
    const Json made = create();
    const std::string uuid = made["metadata"]["table-uuid"];
    EXPECT_EQ(world_.set_property(table_path_, "k", "1", {{{"type", "assert-table-uuid"}, {"uuid", uuid}}}).status,
              200);
    const std::size_t files = files_in(world_.warehouse() + "/n/t/metadata");
    const Reply failed =
        world_.set_property(table_path_, "k", "2", {{{"type", "assert-table-uuid"}, {"uuid", "other"}}});
    EXPECT_EQ(failed.status, 409);
    EXPECT_EQ(failed.type(), "CommitFailedException");
    EXPECT_EQ(world_.set_property(table_path_, "k", "2", {{{"type", "assert-create"}}}).status, 409);
    EXPECT_EQ(world_.set_property(table_path_, "k", "2", {{{"type", "assert-nonsense"}}}).status, 400);
    EXPECT_EQ(
        world_.post(table_path_, {{"requirements", Json::array()}, {"updates", {{{"action", "nonsense"}}}}}).status,
        400);
    EXPECT_EQ(world_.post(table_path_, {{"updates", Json::array()}}).status, 400);
    EXPECT_EQ(world_.set_property("/v1/namespaces/n/tables/x", "k", "2").type(), "NoSuchTableException");
    EXPECT_EQ(files_in(world_.warehouse() + "/n/t/metadata"), files) << "nothing that failed leaves a file";
    EXPECT_EQ(world_.get(table_path_).body["metadata"]["properties"]["k"], "1");
}

TEST_F(CatalogTableTest, IdsAreTheCataloguesToGive) {
    create();
    const Json updates = {
        {{"action", "add-schema"},
         {"schema",
          {{"type", "struct"}, {"fields", {{{"id", 1}, {"name", "id"}, {"type", "long"}, {"required", true}}}}}}},
        {{"action", "set-current-schema"}, {"schema-id", -1}},
        {{"action", "add-spec"},
         {"spec", {{"fields", {{{"source-id", 1}, {"transform", "bucket[4]"}, {"name", "b"}}}}}}},
        {{"action", "set-default-spec"}, {"spec-id", -1}}};
    const Reply committed = world_.post(table_path_, {{"requirements", Json::array()}, {"updates", updates}});
    ASSERT_EQ(committed.status, 200) << committed.body;
    EXPECT_EQ(committed.body["metadata"]["current-schema-id"], 1);
    EXPECT_EQ(committed.body["metadata"]["default-spec-id"], 1);
    EXPECT_EQ(committed.body["metadata"]["partition-specs"][1]["fields"][0]["field-id"], 1000);
}

TEST_F(CatalogTableTest, ACommitOfNothingWritesNothing) {
    const Json made = create();
    const Reply same = world_.post(table_path_, {{"requirements", Json::array()}, {"updates", Json::array()}});
    ASSERT_EQ(same.status, 200);
    EXPECT_EQ(same.body["metadata-location"], made["metadata-location"]);
    EXPECT_EQ(files_in(world_.warehouse() + "/n/t/metadata"), 1U);
}

TEST_F(CatalogTableTest, TheIdentifierOfABodyMustBeThePaths) {
    create();
    const Json body = {{"identifier", {{"namespace", {"n"}}, {"name", "u"}}},
                       {"requirements", Json::array()},
                       {"updates", Json::array()}};
    EXPECT_EQ(world_.post(table_path_, body).status, 400);
}

TEST_F(CatalogTableTest, AStagedTableIsThereOnlyAfterItsCommit) {
    const Reply staged = world_.create_table("n", "t", {{"stage-create", true}});
    ASSERT_EQ(staged.status, 200) << staged.body;
    EXPECT_FALSE(staged.body.contains("metadata-location"));
    EXPECT_EQ(files_in(world_.warehouse()), 0U);
    EXPECT_EQ(world_.get(table_path_).status, 404);
    const Json& metadata = staged.body["metadata"];
    const Json commit = {{"requirements", {{{"type", "assert-create"}}}},
                         {"updates",
                          {{{"action", "assign-uuid"}, {"uuid", metadata["table-uuid"]}},
                           {{"action", "upgrade-format-version"}, {"format-version", 2}},
                           {{"action", "add-schema"}, {"schema", metadata["schemas"][0]}, {"last-column-id", 2}},
                           {{"action", "set-current-schema"}, {"schema-id", -1}},
                           {{"action", "add-spec"}, {"spec", metadata["partition-specs"][0]}},
                           {{"action", "set-default-spec"}, {"spec-id", -1}},
                           {{"action", "add-sort-order"}, {"sort-order", metadata["sort-orders"][0]}},
                           {{"action", "set-default-sort-order"}, {"sort-order-id", -1}},
                           {{"action", "set-location"}, {"location", metadata["location"]}}}}};
    const Reply committed = world_.post(table_path_, commit);
    ASSERT_EQ(committed.status, 200) << committed.body;
    EXPECT_EQ(committed.body["metadata"]["table-uuid"], metadata["table-uuid"]);
    EXPECT_THAT(committed.body["metadata-location"].get<std::string>(), HasSubstr("/metadata/00000-"));
    EXPECT_EQ(world_.post(table_path_, commit).status, 409);
}

TEST_F(CatalogTableTest, ATransactionHappensAsAWhole) {
    create("a");
    create("b");
    const auto change = [](const std::string& table, const std::string& uuid) -> Json {
        Json requirements = Json::array();
        if (!uuid.empty())
            requirements.push_back({{"type", "assert-table-uuid"}, {"uuid", uuid}});
        return {{"identifier", {{"namespace", {"n"}}, {"name", table}}},
                {"requirements", requirements},
                {"updates", {{{"action", "set-properties"}, {"updates", {{"k", "v"}}}}}}};
    };
    const std::string before = world_.dump();
    EXPECT_EQ(world_.post("/v1/transactions/commit", {{"table-changes", {change("a", ""), change("b", "x")}}}).status,
              409);
    EXPECT_EQ(world_.post("/v1/transactions/commit", {{"table-changes", {change("a", ""), change("c", "")}}}).status,
              404);
    EXPECT_EQ(world_.post("/v1/transactions/commit", {{"table-changes", {change("a", ""), change("a", "")}}}).status,
              400);
    EXPECT_EQ(world_.dump(), before);
    EXPECT_EQ(files_in(world_.warehouse() + "/n/a/metadata"), 1U);
    EXPECT_EQ(world_.post("/v1/transactions/commit", {{"table-changes", {change("a", ""), change("b", "")}}}).status,
              204);
    EXPECT_EQ(world_.get("/v1/namespaces/n/tables/a").body["metadata"]["properties"]["k"], "v");
    EXPECT_EQ(world_.get("/v1/namespaces/n/tables/b").body["metadata"]["properties"]["k"], "v");
}

TEST_F(CatalogTableTest, RegisteringTakesAFileAsItIs) {
    const Json made = create();
    const std::string location = made["metadata-location"];
    ASSERT_EQ(world_.ask("DELETE", table_path_).status, 204);
    EXPECT_TRUE(file_exists(local(location))) << "dropping removes the row only";
    const Json body = {{"name", "t"}, {"metadata-location", location}};
    const Reply registered = world_.post("/v1/namespaces/n/register", body);
    ASSERT_EQ(registered.status, 200) << registered.body;
    EXPECT_EQ(registered.body["metadata"], made["metadata"]);
    EXPECT_EQ(registered.body["metadata-location"], location);
    const Reply twice = world_.post("/v1/namespaces/n/register", body);
    EXPECT_EQ(twice.status, 409);
    EXPECT_EQ(twice.type(), "AlreadyExistsException");
    EXPECT_EQ(files_in(world_.warehouse() + "/n/t/metadata"), 1U);
}

TEST_F(CatalogTableTest, RegisteringOverATableNeedsTheFlag) {
    const std::string first = create()["metadata-location"];
    world_.set_property(table_path_, "k", "v");
    const Json body = {{"name", "t"}, {"metadata-location", first}, {"overwrite", true}};
    const Reply replaced = world_.post("/v1/namespaces/n/register", body);
    ASSERT_EQ(replaced.status, 200) << replaced.body;
    EXPECT_EQ(world_.get(table_path_).body["metadata-location"], first);
}

TEST_F(CatalogTableTest, WhatIsNoTableIsNotRegistered) {
    const std::string path = world_.warehouse() + "/x.metadata.json";
    ASSERT_FALSE(write_file_durably(path, R"({"format-version":2})").is_error());
    const auto attempt = [&](const std::string& location) {
        return world_.post("/v1/namespaces/n/register", {{"name", "t"}, {"metadata-location", location}});
    };
    const Reply broken = attempt("file://" + path);
    EXPECT_EQ(broken.status, 400);
    EXPECT_THAT(broken.message(), HasSubstr("x.metadata.json"));
    EXPECT_EQ(attempt("file://" + world_.warehouse() + "/absent.json").status, 400);
    EXPECT_EQ(attempt("file:///etc/passwd").status, 403);
    EXPECT_EQ(attempt("s3://bucket/x.json").status, 400);
    EXPECT_EQ(world_.post("/v1/namespaces/n/register", {{"name", "t"}}).status, 400);
    EXPECT_EQ(world_.post("/v1/namespaces/m/register", {{"name", "t"}, {"metadata-location", "file:///x"}}).status,
              404);
    EXPECT_EQ(world_.get(table_path_).status, 404);
}

TEST_F(CatalogTableTest, ExtraRootsAreServedToo) {
    const Json made = create();
    const TemporaryFolder other = TemporaryFolder::create().value();
    ManualClock clock(0);
    SeededRandom random(3);
    const auto catalog =
        Catalog::open({other.path(), world_.folder() + "/second.db", {world_.warehouse()}}, clock, random).value();
    net::HttpRequest request;
    request.method = "POST";
    request.target = "/v1/namespaces";
    request.body = R"({"namespace":["n"]})";
    ASSERT_EQ(catalog->handle(request).status, 200);
    request.target = "/v1/namespaces/n/register";
    request.body = Json({{"name", "t"}, {"metadata-location", made["metadata-location"]}}).dump();
    EXPECT_EQ(catalog->handle(request).status, 200);
}

TEST_F(CatalogTableTest, RenamingKeepsTheFiles) {
    const Json made = create();
    world_.create_namespace({"m"});
    const auto rename = [&](const std::string& from, const std::string& space, const std::string& to) {
        return world_.post("/v1/tables/rename", {{"source", {{"namespace", {"n"}}, {"name", from}}},
                                                 {"destination", {{"namespace", {space}}, {"name", to}}}});
    };
    create("u");
    EXPECT_EQ(rename("t", "n", "u").type(), "AlreadyExistsException");
    EXPECT_EQ(rename("x", "n", "y").type(), "NoSuchTableException");
    EXPECT_EQ(rename("t", "z", "y").type(), "NoSuchNamespaceException");
    EXPECT_EQ(rename("t", "m", "t2").status, 204);
    EXPECT_EQ(world_.get(table_path_).status, 404);
    EXPECT_EQ(world_.get("/v1/namespaces/m/tables/t2").body, made);
    const Json fresh = create("t");
    EXPECT_NE(fresh["metadata"]["location"], made["metadata"]["location"]) << "two tables share no folder unasked";
}

TEST_F(CatalogTableTest, TablesAreListed) {
    create("b");
    create("a");
    EXPECT_EQ(world_.get("/v1/namespaces/n/tables").body,
              Json({{"identifiers", {{{"namespace", {"n"}}, {"name", "a"}}, {{"namespace", {"n"}}, {"name", "b"}}}},
                    {"next-page-token", nullptr}}));
    const Reply page = world_.get("/v1/namespaces/n/tables?pageToken=&pageSize=1");
    EXPECT_EQ(page.body["identifiers"].size(), 1U);
    EXPECT_FALSE(page.body["next-page-token"].is_null());
    EXPECT_EQ(world_.ask("DELETE", "/v1/namespaces/n").type(), "NamespaceNotEmptyException");
}

TEST_F(CatalogTableTest, TagsSaveReading) {
    create();
    const std::string tag = world_.get(table_path_).headers.find("ETag").value();
    EXPECT_EQ(world_.ask("GET", table_path_, "", {{"If-None-Match", "\"x\", W/" + tag}}).status, 304);
    EXPECT_NE(world_.get(table_path_ + "?snapshots=refs").headers.find("ETag"), tag);
    world_.set_property(table_path_, "k", "v");
    EXPECT_EQ(world_.ask("GET", table_path_, "", {{"If-None-Match", tag}}).status, 200);
    EXPECT_EQ(world_.get(table_path_ + "?snapshots=some").status, 400);
}

TEST_F(CatalogTableTest, MetricsAreTakenNoteOf) {
    create();
    EXPECT_EQ(world_.post(table_path_ + "/metrics", {{"report-type", "scan-report"}}).status, 204);
    EXPECT_EQ(world_.post(table_path_ + "/metrics", {{"x", 1}}).status, 400);
    EXPECT_EQ(world_.post("/v1/namespaces/n/tables/x/metrics", {{"report-type", "r"}}).status, 404);
}

TEST_F(CatalogTableTest, UnregisteringGivesTheLastState) {
    const Json made = create();
    const Reply gone = world_.ask("POST", table_path_ + "/unregister");
    ASSERT_EQ(gone.status, 200);
    EXPECT_EQ(gone.body["metadata-location"], made["metadata-location"]);
    EXPECT_EQ(gone.body["metadata"], made["metadata"]);
    EXPECT_EQ(world_.get(table_path_).status, 404);
    EXPECT_TRUE(file_exists(local(made["metadata-location"])));
}

TEST_F(CatalogTableTest, PurgingRemovesWhatTheMetadataNamesAndNothingElse) {
    create();
    world_.set_property(table_path_, "k", "v");
    const std::string folder = world_.warehouse() + "/n/t";
    ASSERT_FALSE(write_file_durably(folder + "/stranger", "keep").is_error());
    EXPECT_EQ(world_.ask("DELETE", table_path_ + "?purgeRequested=maybe").status, 400);
    EXPECT_EQ(world_.ask("DELETE", table_path_ + "?purgeRequested=TRUE").status, 204);
    EXPECT_EQ(world_.get(table_path_).status, 404);
    EXPECT_FALSE(file_exists(folder + "/metadata"));
    EXPECT_EQ(read_file(folder + "/stranger").value(), "keep");
}

TEST_F(CatalogTableTest, PurgingSparesAFolderThatIsShared) {
    const Json made = create();
    const std::string location = made["metadata-location"];
    world_.post("/v1/namespaces/n/register", {{"name", "u"}, {"metadata-location", location}});
    EXPECT_EQ(world_.ask("DELETE", table_path_ + "?purgeRequested=true").status, 204);
    EXPECT_EQ(world_.get("/v1/namespaces/n/tables/u").status, 200);
    EXPECT_TRUE(file_exists(local(location)));
}

TEST_F(CatalogTableTest, ALostMetadataFileIsTheCataloguesFault) {
    const Json made = create();
    ASSERT_FALSE(remove_file(local(made["metadata-location"])).is_error());
    const Reply lost = world_.get(table_path_);
    EXPECT_EQ(lost.status, 500);
    EXPECT_EQ(lost.type(), "InternalServerError");
    EXPECT_EQ(world_.set_property(table_path_, "k", "v").status, 500);
    EXPECT_EQ(world_.ask("DELETE", table_path_ + "?purgeRequested=true").status, 204);
}

TEST_F(CatalogTableTest, CompressedMetadataIsWrittenAndRead) {
    const Reply made = world_.create_table("n", "t", {{"properties", {{"write.metadata.compression-codec", "gzip"}}}});
    ASSERT_EQ(made.status, 200);
    EXPECT_THAT(made.body["metadata-location"].get<std::string>(), HasSubstr(".gz.metadata.json"));
    EXPECT_EQ(read_file(local(made.body["metadata-location"])).value().substr(0, 2), "\x1f\x8b");
    EXPECT_EQ(world_.get(table_path_).body, made.body);
    EXPECT_EQ(world_.set_property(table_path_, "k", "v").status, 200);
}

TEST_F(CatalogTableTest, TheDumpIsTheWholeTruthAndNoTimes) {
    const Json made = create();
    const Json dump = Json::parse(world_.dump());
    EXPECT_EQ(dump["namespaces"], Json::parse(R"([{"levels":["n"],"properties":{}}])"));
    ASSERT_EQ(dump["tables"].size(), 1U);
    EXPECT_EQ(dump["tables"][0]["metadata-location"], made["metadata-location"]);
    ManualClock clock(0);
    SeededRandom random(9);
    EXPECT_EQ(dump_catalog(world_.database(), clock, random).value(), world_.dump());
}

TEST_F(CatalogTableTest, TheSameClockAndRandomGiveTheSameBytes) {
    World other;
    other.create_namespace({"n"});
    const Json first = create();
    const Json second = other.create_table("n", "t").body;
    const auto file_name = [](const Json& reply) {
        const std::string location = reply["metadata-location"];
        return location.substr(location.rfind('/'));
    };
    EXPECT_EQ(file_name(first), file_name(second));
    EXPECT_EQ(first["metadata"]["table-uuid"], second["metadata"]["table-uuid"]);
}

} // namespace

} // namespace godwit::catalog
