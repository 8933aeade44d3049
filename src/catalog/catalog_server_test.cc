#include "catalog/catalog_server.h"

#include "catalog/test_world.h"
#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace godwit::catalog {

namespace {

class CatalogServerTest : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_FALSE(make_folders(folder_.path() + "/w").is_error());
        auto started = CatalogServer::start({{folder_.path() + "/w", folder_.path() + "/c.db", {}}, "127.0.0.1", "", 0},
                                            clock_, random_);
        ASSERT_FALSE(started.is_error()) << started.error().to_block();
        server_ = std::move(*started);
    }

    net::HttpAnswer ask(const std::string& method, const std::string& target, const std::string& body = "") {
        net::HttpCall call;
        call.method = method;
        call.url = server_->endpoint() + target;
        call.body = body;
        auto answer = http_.call(call);
        EXPECT_FALSE(answer.is_error()) << answer.error().to_block();
        return answer.is_error() ? net::HttpAnswer{} : std::move(*answer);
    }

    TemporaryFolder folder_ = TemporaryFolder::create().value();
    SystemClock clock_;
    SystemRandom random_;
    net::CurlHttpClient http_{clock_};
    std::unique_ptr<CatalogServer> server_;
};

TEST_F(CatalogServerTest, AnswersOverASocket) {
    EXPECT_EQ(server_->endpoint(), "http://127.0.0.1:" + std::to_string(server_->port()));
    const net::HttpAnswer config = ask("GET", "/v1/config");
    EXPECT_EQ(config.status, 200);
    EXPECT_EQ(Json::parse(config.body)["overrides"]["godwit.catalog.uuid"], server_->catalog().uuid());
    EXPECT_FALSE(config.request_id().empty());
    EXPECT_EQ(ask("POST", "/v1/namespaces", R"({"namespace":["a b","c"]})").status, 400);
    EXPECT_EQ(ask("POST", "/v1/namespaces", R"({"namespace":["a b"]})").status, 200);
    EXPECT_EQ(ask("HEAD", "/v1/namespaces/a%20b").status, 204);
    EXPECT_EQ(ask("HEAD", "/v1/namespaces/x").status, 404);
}

TEST_F(CatalogServerTest, ABodyThatIsTooLargeIsRefusedInTheErrorModel) {
    net::HttpCall call;
    call.method = "POST";
    call.url = server_->endpoint() + "/v1/namespaces";
    call.body = std::string((std::size_t{16} << 20) + 1, ' ');
    const auto answer = http_.call(call);
    ASSERT_FALSE(answer.is_error()) << answer.error().to_block();
    EXPECT_EQ(answer->status, 413);
    EXPECT_EQ(Json::parse(answer->body)["error"]["code"], 413);
}

TEST_F(CatalogServerTest, CommitsSideBySideLoseNothing) {
    ask("POST", "/v1/namespaces", R"({"namespace":["n"]})");
    ASSERT_EQ(ask("POST", "/v1/namespaces/n/tables", Json({{"name", "t"}, {"schema", World::schema()}}).dump()).status,
              200);
    constexpr int kThreads = 4;
    constexpr int kCommits = 8;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            for (int i = 0; i < kCommits; ++i) {
                const std::string key = std::to_string(thread) + "-" + std::to_string(i);
                const Json body = {{"requirements", Json::array()},
                                   {"updates", {{{"action", "set-properties"}, {"updates", {{key, "x"}}}}}}};
                EXPECT_EQ(ask("POST", "/v1/namespaces/n/tables/t", body.dump()).status, 200);
                EXPECT_EQ(ask("GET", "/v1/namespaces/n/tables/t").status, 200);
            }
        });
    }
    threads.clear();
    const Json table = Json::parse(ask("GET", "/v1/namespaces/n/tables/t").body);
    EXPECT_EQ(table["metadata"]["properties"].size(), static_cast<std::size_t>(kThreads * kCommits));
    EXPECT_EQ(table["metadata"]["metadata-log"].size(), static_cast<std::size_t>(kThreads * kCommits));
}

TEST_F(CatalogServerTest, StoppingTwiceIsFine) {
    server_->stop();
    server_->stop();
    net::HttpCall call;
    call.url = server_->endpoint() + "/v1/config";
    EXPECT_EQ(http_.call(call).error().kind(), ErrorKind::unavailable);
}

} // namespace

} // namespace godwit::catalog
