#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "catalog/catalog_server.h"
#include "clients/iceberg_rest.h"
#include "fault_proxy/fault_proxy.h"
#include "formats/iceberg/table_metadata.h"
#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace godwit::clients {

namespace {

using godwit::testing::Fault;
using godwit::testing::FaultProxy;
using godwit::testing::FaultRule;
using ::testing::ElementsAre;
using Levels = std::vector<std::string>;

class CatalogClientTest : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_FALSE(make_folders(warehouse_ + "/t/metadata").is_error());
        auto server = catalog::CatalogServer::start({{warehouse_, folder_.path() + "/c.db", {}}, "127.0.0.1", "", 0},
                                                    clock_, random_);
        ASSERT_FALSE(server.is_error()) << server.error().to_block();
        server_ = std::move(*server);
        proxy_ = FaultProxy::start(server_->endpoint()).value();
        iceberg::NewTable table;
        table.uuid = "00000000-0000-4000-8000-000000000001";
        table.location = "file://" + warehouse_ + "/t";
        table.schema.fields.push_back({1, "id", false, iceberg::primitive(iceberg::TypeKind::int64), {}, {}, {}});
        table.properties = {{"godwit.marker", "godwit-abc"}};
        metadata_ = iceberg::TableMetadata::create(table).value().to_json_text();
        metadata_location_ = table.location + "/metadata/v1.metadata.json";
        ASSERT_FALSE(write_file_durably(warehouse_ + "/t/metadata/v1.metadata.json", metadata_).is_error());
    }

    IcebergRest connect(const std::string& endpoint) {
        // Long enough for a loaded machine, and short where an answer never comes.
        auto client = IcebergRest::connect(
            http_, clock_, {endpoint, "file://" + warehouse_, Secret(), std::chrono::milliseconds(2000)});
        EXPECT_FALSE(client.is_error()) << client.error().to_block();
        return std::move(*client);
    }

    TemporaryFolder folder_ = TemporaryFolder::create().value();
    std::string warehouse_ = folder_.path() + "/w";
    SystemClock clock_;
    SystemRandom random_;
    net::CurlHttpClient http_{clock_};
    std::unique_ptr<catalog::CatalogServer> server_;
    std::unique_ptr<FaultProxy> proxy_;
    std::string metadata_;
    std::string metadata_location_;
};

TEST_F(CatalogClientTest, TheWholeLifeOfATable) {
    const IcebergRest client = connect(server_->endpoint());
    EXPECT_EQ(client.config().uuid, server_->catalog().uuid());
    EXPECT_EQ(client.config().warehouse, "file://" + warehouse_);
    EXPECT_EQ(client.settle_time().looks, 1);
    const Levels outer{"a/b +&"};
    const Levels inner{"a/b +&", "ü"};
    const TableName table{inner, "t?x=1 \"'"};
    ASSERT_FALSE(client.create_namespace({outer, {{"owner", "ann"}}}).is_error());
    EXPECT_EQ(client.create_namespace({outer, {}}).error().kind(), ErrorKind::conflict);
    ASSERT_FALSE(client.create_namespace({inner, {}}).is_error());
    EXPECT_THAT(client.list_namespaces().value(), ElementsAre(outer));
    EXPECT_THAT(client.list_namespaces(outer).value(), ElementsAre(inner));
    EXPECT_EQ(client.load_namespace(outer).value().properties.at("owner"), "ann");
    EXPECT_EQ(client.load_namespace({"none"}).error().kind(), ErrorKind::not_found);

    EXPECT_FALSE(client.table_exists(table).value());
    const LoadedTable registered = client.register_table(table, metadata_location_).value();
    EXPECT_EQ(registered.metadata, metadata_);
    EXPECT_EQ(registered.properties.at("godwit.marker"), "godwit-abc");
    EXPECT_EQ(client.register_table(table, metadata_location_).error().kind(), ErrorKind::conflict);
    EXPECT_TRUE(client.table_exists(table).value());
    EXPECT_THAT(client.list_tables(inner).value(), ElementsAre(table));
    const LoadedTable loaded = client.load_table(table).value();
    EXPECT_EQ(loaded.metadata_location, metadata_location_);
    EXPECT_EQ(loaded.table_uuid, "00000000-0000-4000-8000-000000000001");
    EXPECT_EQ(client.drop_namespace(inner).error().kind(), ErrorKind::conflict);

    ASSERT_FALSE(client.drop_table(table).is_error());
    EXPECT_EQ(client.drop_table(table).error().kind(), ErrorKind::not_found);
    EXPECT_TRUE(file_exists(warehouse_ + "/t/metadata/v1.metadata.json"));
    ASSERT_FALSE(client.drop_namespace(inner).is_error());
    ASSERT_FALSE(client.drop_namespace(outer).is_error());
}

TEST_F(CatalogClientTest, RefusalsKeepTheCataloguesWords) {
    const IcebergRest client = connect(server_->endpoint());
    ASSERT_FALSE(client.create_namespace({{"n"}, {}}).is_error());
    const auto outside = client.register_table({{"n"}, "t"}, "file:///etc/passwd");
    ASSERT_TRUE(outside.is_error());
    EXPECT_EQ(outside.error().kind(), ErrorKind::permission);
    EXPECT_THAT(outside.error().why(), ::testing::HasSubstr("ForbiddenException"));
    EXPECT_FALSE(outside.error().request_id().empty());
    const auto absent = client.register_table({{"n"}, "t"}, "file://" + warehouse_ + "/absent.json");
    ASSERT_TRUE(absent.is_error());
    EXPECT_EQ(absent.error().kind(), ErrorKind::invalid_input);
    auto elsewhere = IcebergRest::connect(http_, clock_, {server_->endpoint(), "s3://elsewhere", Secret(), {}});
    EXPECT_EQ(elsewhere.error().kind(), ErrorKind::not_found);
}

/// What a lost answer leaves: the caller is told that it does not know, looks, and finds the effect once or not at all.
struct LostAnswer {
    const char* name;
    FaultRule rule;
    bool reaches_server;
};

class LostAnswerTest : public CatalogClientTest, public ::testing::WithParamInterface<LostAnswer> {};

TEST_P(LostAnswerTest, EveryMutatingCallIsLookedUp) {
    const IcebergRest client = connect(proxy_->endpoint());
    const IcebergRest observer = connect(server_->endpoint());
    const TableName table{{"n"}, "t"};
    struct Step {
        std::function<Status()> call;
        std::function<bool()> effect; ///< as somebody beside the proxy sees it
    };
    const Step steps[] = {
        {[&] { return client.create_namespace({{"n"}, {}}); },
         [&] { return !observer.load_namespace({"n"}).is_error(); }},
        {[&]() -> Status {
             TRY(client.register_table(table, metadata_location_));
             return {};
         },
         [&] { return observer.table_exists(table).value(); }},
        {[&] { return client.drop_table(table); }, [&] { return !observer.table_exists(table).value(); }},
        {[&] { return client.drop_namespace({"n"}); }, [&] { return observer.load_namespace({"n"}).is_error(); }},
    };
    for (const Step& step : steps) {
        proxy_->set_rules({GetParam().rule});
        const Status lost = step.call();
        ASSERT_TRUE(lost.is_error());
        EXPECT_EQ(lost.error().kind(), ErrorKind::outcome_unknown) << lost.error().to_block();
        EXPECT_EQ(lost.error().retry(), RetryClass::unknown);
        EXPECT_EQ(proxy_->counters().requests, 1U) << "a call that changes things is made once";
        EXPECT_EQ(step.effect(), GetParam().reaches_server);
        if (!GetParam().reaches_server) {
            EXPECT_FALSE(step.call().is_error());
        }
        EXPECT_TRUE(step.effect());
    }
    EXPECT_EQ(server_->catalog().dump().value(), R"({"namespaces":[],"tables":[]})");
}

FaultRule rule(Fault fault, int status = 0, std::size_t bytes = 0) {
    FaultRule made;
    made.fault = fault;
    made.status = status;
    made.bytes = bytes;
    return made;
}

INSTANTIATE_TEST_SUITE_P(All, LostAnswerTest,
                         ::testing::Values(LostAnswer{"dropped", rule(Fault::drop_after), true},
                                           LostAnswer{"reset_after", rule(Fault::reset_after), true},
                                           LostAnswer{"reset_before", rule(Fault::reset_before), false},
                                           LostAnswer{"status_500", rule(Fault::status_after, 500), true},
                                           LostAnswer{"status_502", rule(Fault::status_after, 502), true},
                                           LostAnswer{"status_503", rule(Fault::status_after, 503), true},
                                           LostAnswer{"status_504", rule(Fault::status_after, 504), true},
                                           LostAnswer{"status_502_before", rule(Fault::status_before, 502), false},
                                           LostAnswer{"hanging", rule(Fault::hang_after), true}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(CatalogClientTest, ABodyThatIsCutIsALostAnswer) {
    const IcebergRest client = connect(proxy_->endpoint());
    ASSERT_FALSE(client.create_namespace({{"n"}, {}}).is_error());
    proxy_->set_rules({rule(Fault::cut_after, 0, 10)});
    const auto cut = client.register_table({{"n"}, "t"}, metadata_location_);
    ASSERT_TRUE(cut.is_error());
    EXPECT_EQ(cut.error().retry(), RetryClass::unknown);
    EXPECT_TRUE(client.table_exists({{"n"}, "t"}).value());
    proxy_->set_rules({rule(Fault::cut_after, 0, 10)});
    EXPECT_EQ(client.load_table({{"n"}, "t"}).error().retry(), RetryClass::retry) << "reading may be repeated";
}

TEST_F(CatalogClientTest, AnAbsentServerIsSafeToTryAgain) {
    const IcebergRest client = connect(server_->endpoint());
    server_->stop();
    const Status refused = client.create_namespace({{"n"}, {}});
    ASSERT_TRUE(refused.is_error());
    EXPECT_EQ(refused.error().kind(), ErrorKind::unavailable);
    EXPECT_EQ(refused.error().retry(), RetryClass::retry);
}

} // namespace

} // namespace godwit::clients
