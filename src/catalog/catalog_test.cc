#include "catalog/catalog.h"

#include "catalog/names.h"
#include "catalog/test_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace godwit::catalog {

namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class CatalogTest : public testing::Test {
protected:
    World world_;
};

TEST_F(CatalogTest, TheConfigurationSaysWhatThereIs) {
    const Reply reply = world_.get("/v1/config");
    ASSERT_EQ(reply.status, 200);
    EXPECT_EQ(reply.headers.find("Content-Type"), "application/json");
    EXPECT_EQ(reply.body["overrides"]["warehouse"], "file://" + world_.catalog().warehouse());
    EXPECT_EQ(reply.body["overrides"]["godwit.catalog.uuid"], world_.catalog().uuid());
    EXPECT_THAT(world_.catalog().uuid(),
                MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    const Json& endpoints = reply.body["endpoints"];
    EXPECT_EQ(std::ranges::count(endpoints, Json("POST /v1/{prefix}/transactions/commit")), 1);
    EXPECT_EQ(std::ranges::count(endpoints, Json("GET /v1/{prefix}/namespaces/{namespace}/views")), 0);
}

TEST_F(CatalogTest, OnlyItsOwnWarehouseIsFound) {
    const std::string path = world_.catalog().warehouse();
    for (const std::string& name :
         {std::string(), path, "file://" + path, "file://" + path + "/", std::string("warehouse")})
        EXPECT_EQ(world_.get("/v1/config?warehouse=" + name).status, 200) << name;
    const Reply other = world_.get("/v1/config?warehouse=s3%3A%2F%2Felsewhere");
    EXPECT_EQ(other.status, 404);
    EXPECT_EQ(other.type(), "NoSuchWarehouseException");
}

TEST_F(CatalogTest, TheIdentityOutlivesTheProcess) {
    const std::string uuid = world_.catalog().uuid();
    world_.create_namespace({"n"});
    const std::string dump = world_.dump();
    world_.open();
    EXPECT_EQ(world_.catalog().uuid(), uuid);
    EXPECT_EQ(world_.dump(), dump);
    World other;
    EXPECT_EQ(world_.catalog().uuid(), other.catalog().uuid()) << "the same seed";
}

TEST_F(CatalogTest, TheDatabaseStaysOutOfTheWarehouse) {
    ManualClock clock(0);
    SeededRandom random(1);
    const std::string inside = world_.warehouse() + "/catalog.db";
    const auto refused = Catalog::open({world_.warehouse(), inside, {}}, clock, random);
    ASSERT_TRUE(refused.is_error());
    EXPECT_EQ(refused.error().kind(), ErrorKind::usage);
    EXPECT_FALSE(file_exists(inside));
    EXPECT_TRUE(Catalog::open({world_.folder() + "/absent", world_.database(), {}}, clock, random).is_error());
    EXPECT_TRUE(Catalog::open({"/", world_.database(), {}}, clock, random).is_error());
}

TEST_F(CatalogTest, AnotherDatabaseIsRefused) {
    ManualClock clock(0);
    SeededRandom random(1);
    const std::string file = world_.folder() + "/other.db";
    ASSERT_FALSE(write_file_durably(file, "this is no database").is_error());
    EXPECT_TRUE(Catalog::open({world_.warehouse(), file, {}}, clock, random).is_error());
    EXPECT_EQ(read_file(file).value(), "this is no database");
    EXPECT_EQ(dump_catalog(world_.folder() + "/absent.db", clock, random).error().kind(), ErrorKind::not_found);
}

TEST_F(CatalogTest, NamespacesComeAndGo) {
    const Reply made = world_.post("/v1/namespaces", {{"namespace", {"sales"}}, {"properties", {{"owner", "ann"}}}});
    ASSERT_EQ(made.status, 200);
    EXPECT_EQ(made.body, Json({{"namespace", {"sales"}}, {"properties", {{"owner", "ann"}}}}));
    EXPECT_EQ(world_.get("/v1/namespaces/sales").body, made.body);
    EXPECT_EQ(world_.ask("HEAD", "/v1/namespaces/sales").status, 204);
    const Reply again = world_.create_namespace({"sales"});
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(again.type(), "AlreadyExistsException");
    EXPECT_EQ(world_.ask("DELETE", "/v1/namespaces/sales").status, 204);
    EXPECT_EQ(world_.ask("DELETE", "/v1/namespaces/sales").type(), "NoSuchNamespaceException");
    EXPECT_EQ(world_.get("/v1/namespaces/sales").status, 404);
    const Reply head = world_.ask("HEAD", "/v1/namespaces/sales");
    EXPECT_EQ(head.status, 404);
    EXPECT_TRUE(head.body.is_null());
    EXPECT_EQ(world_.dump(), R"({"namespaces":[],"tables":[]})");
}

TEST_F(CatalogTest, NestedNamespacesAreListedByLevel) {
    world_.create_namespace({"a"});
    world_.create_namespace({"a", "b"});
    world_.create_namespace({"a", "b", "c d"});
    world_.create_namespace({"aa"});
    EXPECT_EQ(world_.get("/v1/namespaces").body["namespaces"], Json({{"a"}, {"aa"}}));
    EXPECT_EQ(world_.get("/v1/namespaces?parent=").body["namespaces"], Json({{"a"}, {"aa"}}));
    EXPECT_EQ(world_.get("/v1/namespaces?parent=a").body["namespaces"], Json::parse(R"([["a","b"]])"));
    EXPECT_EQ(world_.get("/v1/namespaces?parent=a%1Fb").body["namespaces"], Json::parse(R"([["a","b","c d"]])"));
    EXPECT_EQ(world_.get("/v1/namespaces?parent=none").type(), "NoSuchNamespaceException");
    EXPECT_EQ(world_.get("/v1/namespaces/a%1Fb%1Fc%20d").status, 200);
    EXPECT_EQ(world_.get("/v1/namespaces/a%1Fb%1Fc+d").status, 200) << "as Java encodes a space";
    EXPECT_EQ(world_.ask("DELETE", "/v1/namespaces/a").type(), "NamespaceNotEmptyException");
}

TEST_F(CatalogTest, AParentComesFirst) {
    const Reply orphan = world_.create_namespace({"a", "b"});
    EXPECT_EQ(orphan.status, 400);
    EXPECT_THAT(orphan.message(), HasSubstr("does not exist"));
    EXPECT_EQ(world_.dump(), R"({"namespaces":[],"tables":[]})");
}

TEST_F(CatalogTest, NamesThatCannotBeAreRefused) {
    for (const std::vector<std::string>& levels : {std::vector<std::string>{},
                                                   {""},
                                                   {"a", ""},
                                                   {"."},
                                                   {"a", ".."},
                                                   {"a\x1f"},
                                                   {std::string("a\0b", 3)},
                                                   {std::string(2000, 'x')}})
        EXPECT_EQ(world_.create_namespace(levels).status, 400) << Json(levels);
    for (const char* body : {"", "{", "[]", "{}", R"({"namespace":"a"})", R"({"namespace":[1]})", "null",
                             R"({"namespace":["a"],"properties":{"k":1}})", R"({"namespace":["a"],"properties":[]})"})
        EXPECT_EQ(world_.ask("POST", "/v1/namespaces", body).status, 400) << body;
    EXPECT_EQ(world_.ask("POST", "/v1/namespaces", std::string(100'000, '[')).status, 400);
}

TEST_F(CatalogTest, HostileNamesStayNames) {
    for (const char* name :
         {"../up", "...", "~", ".hidden", "a/b", "'; DROP TABLE namespace; --", "${jndi}", "\n\t", "שלום", "%2e%2e"}) {
        EXPECT_EQ(world_.create_namespace({name}).status, 200) << name;
        const std::string path = path_element(name);
        EXPECT_EQ(path.find('/'), std::string::npos);
        EXPECT_NE(path.front(), '.') << name;
    }
    EXPECT_EQ(world_.get("/v1/namespaces").body["namespaces"].size(), 10U);
    EXPECT_EQ(path_element("plain_Name-1.x~"), "plain_Name-1.x~");
    EXPECT_EQ(path_element(".."), "%2E.");
    EXPECT_NE(path_element(std::string(500, 'a')), path_element(std::string(501, 'a')));
    EXPECT_EQ(path_element(std::string(500, 'a')).size(), 200U);
}

TEST_F(CatalogTest, PagesFollowTheToken) {
    for (const char* name : {"a", "b", "c", "d", "e"})
        world_.create_namespace({name});
    std::vector<std::string> seen;
    std::string token;
    int pages = 0;
    do {
        const Reply page = world_.get("/v1/namespaces?pageSize=2&pageToken=" + token);
        ASSERT_EQ(page.status, 200);
        for (const Json& levels : page.body["namespaces"])
            seen.push_back(levels[0]);
        token = page.body["next-page-token"].is_null() ? "" : page.body["next-page-token"].get<std::string>();
        ++pages;
    } while (!token.empty());
    EXPECT_THAT(seen, testing::ElementsAre("a", "b", "c", "d", "e"));
    EXPECT_EQ(pages, 3);
    const Reply whole = world_.get("/v1/namespaces?pageSize=2");
    EXPECT_EQ(whole.body["namespaces"].size(), 5U) << "without a token everything is answered at once";
    EXPECT_TRUE(whole.body["next-page-token"].is_null());
    EXPECT_EQ(world_.get("/v1/namespaces?pageToken=zz").status, 400);
    EXPECT_EQ(world_.get("/v1/namespaces?pageSize=0").status, 400);
    EXPECT_EQ(world_.get("/v1/namespaces?pageSize=x").status, 400);
}

TEST_F(CatalogTest, PropertiesAreChangedOneByOne) {
    world_.post("/v1/namespaces", {{"namespace", {"n"}}, {"properties", {{"a", "1"}, {"b", "2"}}}});
    const Reply changed =
        world_.post("/v1/namespaces/n/properties", {{"removals", {"a", "zz"}}, {"updates", {{"b", "3"}, {"c", "4"}}}});
    ASSERT_EQ(changed.status, 200);
    EXPECT_EQ(changed.body, Json({{"updated", {"b", "c"}}, {"removed", {"a"}}, {"missing", {"zz"}}}));
    EXPECT_EQ(world_.get("/v1/namespaces/n").body["properties"], Json({{"b", "3"}, {"c", "4"}}));
    const Reply both = world_.post("/v1/namespaces/n/properties", {{"removals", {"b"}}, {"updates", {{"b", "9"}}}});
    EXPECT_EQ(both.status, 422);
    EXPECT_EQ(world_.get("/v1/namespaces/n").body["properties"]["b"], "3");
    EXPECT_EQ(world_.post("/v1/namespaces/x/properties", {{"updates", {{"b", "9"}}}}).status, 404);
    EXPECT_EQ(world_.post("/v1/namespaces/n/properties", {{"updates", {{"location", "file:///etc"}}}}).status, 403);
}

TEST_F(CatalogTest, PathsAndMethodsThatAreNotThereAreTold) {
    EXPECT_EQ(world_.get("/").type(), "NotFoundException");
    EXPECT_EQ(world_.get("/v1/nothing").status, 404);
    EXPECT_EQ(world_.get("/v2/config").status, 404);
    const Reply method = world_.ask("PUT", "/v1/namespaces");
    EXPECT_EQ(method.status, 405);
    EXPECT_EQ(method.headers.find("Allow"), "GET, POST");
    EXPECT_EQ(world_.get("/v1/namespaces/n/views").type(), "UnsupportedOperationException");
    EXPECT_EQ(world_.get("/v1/namespaces/n/views").status, 406);
    EXPECT_EQ(world_.ask("POST", "/v1/views/rename", "{}").status, 406);
    EXPECT_EQ(world_.get("/v1/namespaces/%zz").status, 400);
    EXPECT_EQ(world_.get("/v1/namespaces/%ff").status, 400);
    EXPECT_EQ(world_.get("/v1/namespaces/%00").status, 400);
    EXPECT_EQ(world_.get("/v1/namespaces?parent=%").status, 400);
    EXPECT_EQ(world_.get("").status, 404);
}

} // namespace

} // namespace godwit::catalog
