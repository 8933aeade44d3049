#include "clients/iceberg_rest.h"

#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

namespace godwit::clients {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Levels = std::vector<std::string>;

/// Answers from a list and keeps what it was asked.
class ScriptedHttp final : public net::HttpClient {
public:
    Result<net::HttpAnswer> call(const net::HttpCall& call) override {
        calls.push_back(call);
        if (answers.empty())
            return Error::make(ErrorKind::bug, "no answer is left");
        auto answer = std::move(answers.front());
        answers.pop_front();
        return answer;
    }
    void answer(int status, std::string body, net::HttpHeaders headers = {}) {
        answers.push_back(net::HttpAnswer{status, std::move(headers), std::move(body)});
    }

    std::deque<Result<net::HttpAnswer>> answers;
    std::vector<net::HttpCall> calls;
};

std::string refusal(int code, const std::string& type) {
    return R"({"error":{"message":"why so","type":")" + type + R"(","code":)" + std::to_string(code) + "}}";
}

class IcebergRestTest : public testing::Test {
protected:
    IcebergRest connect(const std::string& config = R"({"defaults":{},"overrides":{"godwit.catalog.uuid":"u-1"}})",
                        const std::string& endpoint = "http://127.0.0.1:8181/v1/") {
        http_.answer(200, config);
        auto client = IcebergRest::connect(http_, clock_, {endpoint, "", Secret("sesame"), {}});
        EXPECT_FALSE(client.is_error()) << client.error().to_line();
        http_.calls.clear();
        return std::move(*client);
    }

    ScriptedHttp http_;
    ManualClock clock_{0};
};

TEST_F(IcebergRestTest, ReadsTheConfiguration) {
    http_.answer(200, R"({"defaults":{"warehouse":"d","x":"1"},"overrides":{"warehouse":"file:///w",
        "godwit.catalog.uuid":"u-1"},"endpoints":["GET /v1/{prefix}/namespaces"]})");
    const auto client = IcebergRest::connect(http_, clock_, {"http://localhost:1/", "my house", Secret("sesame"), {}});
    ASSERT_FALSE(client.is_error());
    EXPECT_EQ(http_.calls[0].url, "http://localhost:1/v1/config?warehouse=my%20house");
    EXPECT_EQ(http_.calls[0].secret_headers[0].value.reveal(), "Bearer sesame");
    EXPECT_EQ(client->config().uuid, "u-1");
    EXPECT_EQ(client->config().warehouse, "file:///w");
    EXPECT_THAT(client->config().endpoints, ElementsAre("GET /v1/{prefix}/namespaces"));
    EXPECT_EQ(client->call_limit(), std::chrono::seconds(5));
    EXPECT_EQ(client->settle_time().duration, std::chrono::seconds(0));
}

TEST_F(IcebergRestTest, AStrangeCatalogueGetsTimeToSettle) {
    const IcebergRest client =
        connect(R"({"defaults":{"prefix":"a b/c"},"overrides":{}})", "https://catalogue.example");
    EXPECT_EQ(client.call_limit(), std::chrono::seconds(60));
    EXPECT_EQ(client.settle_time().duration, std::chrono::seconds(60));
    EXPECT_EQ(client.settle_time().looks, 3);
    http_.answer(204, "");
    EXPECT_FALSE(client.drop_namespace({"x"}).is_error());
    EXPECT_EQ(http_.calls[0].url, "https://catalogue.example/v1/a%20b/c/namespaces/x");
    EXPECT_EQ(http_.calls[0].total_limit, std::chrono::seconds(60));
}

TEST_F(IcebergRestTest, WhatIsNoCatalogueIsTold) {
    http_.answer(200, "<html>Please log in</html>");
    EXPECT_TRUE(IcebergRest::connect(http_, clock_, {"http://127.0.0.1:1", "", {}, {}}).is_error());
    http_.answer(200, R"({"hello":"world"})");
    EXPECT_TRUE(IcebergRest::connect(http_, clock_, {"http://127.0.0.1:1", "", {}, {}}).is_error());
    EXPECT_TRUE(IcebergRest::connect(http_, clock_, {"ftp://127.0.0.1:1", "", {}, {}}).is_error());
}

TEST_F(IcebergRestTest, NamesAreEncodedIntoPaths) {
    const IcebergRest client = connect();
    http_.answer(204, "");
    EXPECT_FALSE(client.drop_table({{"a/b", "c+d"}, "t?x ü"}).is_error());
    EXPECT_EQ(http_.calls[0].method, "DELETE");
    EXPECT_EQ(http_.calls[0].url,
              "http://127.0.0.1:8181/v1/namespaces/a%2Fb%1Fc%2Bd/tables/t%3Fx%20%C3%BC?purgeRequested=false");
}

TEST_F(IcebergRestTest, ListsGoThroughAllPages) {
    const IcebergRest client = connect();
    http_.answer(200, R"({"identifiers":[{"namespace":["n"],"name":"a"}],"next-page-token":"t 1"})");
    http_.answer(200, R"({"identifiers":[{"namespace":["n"],"name":"b"}],"next-page-token":null})");
    EXPECT_THAT(client.list_tables({"n"}).value(), ElementsAre(TableName{{"n"}, "a"}, TableName{{"n"}, "b"}));
    EXPECT_EQ(http_.calls[1].url, "http://127.0.0.1:8181/v1/namespaces/n/tables?pageToken=t%201");
    http_.answer(200, R"({"namespaces":[["n","m"]]})");
    EXPECT_THAT(client.list_namespaces({"n"}).value(), ElementsAre(Levels{"n", "m"}));
    EXPECT_EQ(http_.calls[2].url, "http://127.0.0.1:8181/v1/namespaces?parent=n");
}

TEST_F(IcebergRestTest, ACircleOfPagesEnds) {
    const IcebergRest client = connect();
    for (int i = 0; i < 3; ++i)
        http_.answer(200, R"({"namespaces":[],"next-page-token":"same"})");
    EXPECT_THAT(client.list_namespaces().error().why(), HasSubstr("twice"));
}

/// Every page names another one and has `body`; every call takes as long as told.
class EndlessHttp final : public net::HttpClient {
public:
    EndlessHttp(ManualClock& clock, std::chrono::seconds each, std::string body)
        : clock_(clock), each_(each), body_(std::move(body)) {}
    Result<net::HttpAnswer> call(const net::HttpCall& call) override {
        clock_.advance(each_);
        const bool first = call.url.ends_with("/v1/config");
        return net::HttpAnswer{200, {}, first ? R"({"defaults":{}})" : body_ + std::to_string(++calls_) + "\"}"};
    }
    int calls() const { return calls_; }

private:
    ManualClock& clock_;
    std::chrono::seconds each_;
    std::string body_;
    int calls_ = 0;
};

TEST_F(IcebergRestTest, EndlessPagesEnd) {
    const std::string start = R"({"identifiers":[)";
    const std::string end = R"(],"next-page-token":")";
    EndlessHttp slow(clock_, std::chrono::seconds(60), start + end);
    EXPECT_THAT(IcebergRest::connect(slow, clock_, {"http://h", "", {}, {}})->list_tables({"n"}).error().why(),
                HasSubstr("does not end: 0 entries"));
    EXPECT_EQ(slow.calls(), 60);
    std::string entries = "0";
    for (int i = 0; i < 1'000'000; ++i)
        entries += ",0";
    EndlessHttp large(clock_, std::chrono::seconds(0), start + entries + end);
    EXPECT_THAT(IcebergRest::connect(large, clock_, {"http://h", "", {}, {}})->list_tables({"n"}).error().why(),
                HasSubstr("1000001 entries on 1 pages"));
    EndlessHttp empty(clock_, std::chrono::seconds(0), start + end);
    EXPECT_TRUE(IcebergRest::connect(empty, clock_, {"http://h", "", {}, {}})->list_tables({"n"}).is_error());
    EXPECT_EQ(empty.calls(), 10'001);
}

TEST_F(IcebergRestTest, NamespacesComeAfterTheirParents) {
    const IcebergRest client = connect();
    for (const auto* listing : {R"([["a"],["b"]])", R"([["a","c"]])", "[]", "[]"})
        http_.answer(200, R"({"namespaces":)" + std::string(listing) + "}");
    std::vector<Levels> seen;
    const auto visit = [&](const Levels& levels) -> Status {
        seen.push_back(levels);
        return {};
    };
    ASSERT_FALSE(client.each_namespace(visit).is_error());
    EXPECT_THAT(seen, ElementsAre(Levels{"a"}, Levels{"a", "c"}, Levels{"b"}));
}

TEST_F(IcebergRestTest, ANamespaceLiesRightBelowItsParentAndNotForEverDeeper) {
    const IcebergRest client = connect();
    for (const auto* listing : {R"(["n"])", R"(["n","m","o"])", R"(["x","m"])", "[]"}) {
        http_.answer(200, R"({"namespaces":[)" + std::string(listing) + "]}");
        EXPECT_TRUE(client.list_namespaces({"n"}).is_error()) << listing;
    }
    std::string levels;
    for (int depth = 0; depth < 65; ++depth) {
        levels += depth == 0 ? R"("n")" : R"(,"n")";
        http_.answer(200, R"({"namespaces":[[)" + levels + "]]}");
    }
    const auto walked = client.each_namespace([](const Levels&) -> Status { return {}; });
    EXPECT_THAT(walked.error().why(), HasSubstr("another form"));
    EXPECT_TRUE(http_.answers.empty());
}

TEST_F(IcebergRestTest, RegistersAndReadsBack) {
    const IcebergRest client = connect();
    http_.answer(200, R"({"metadata-location":"file:///w/t/metadata/1.metadata.json","metadata":{"format-version":2,
        "table-uuid":"tu","location":"file:///w/t","properties":{"godwit.marker":"m"}}})");
    const auto table = client.register_table({{"n"}, "t"}, "file:///w/t/metadata/1.metadata.json");
    ASSERT_FALSE(table.is_error()) << table.error().to_line();
    EXPECT_EQ(http_.calls[0].body, R"({"name":"t","metadata-location":"file:///w/t/metadata/1.metadata.json"})");
    EXPECT_EQ(table->table_uuid, "tu");
    EXPECT_EQ(table->location, "file:///w/t");
    EXPECT_EQ(table->properties.at("godwit.marker"), "m");
    EXPECT_THAT(table->metadata, HasSubstr("\"format-version\":2"));
}

TEST_F(IcebergRestTest, AnAnswerThatIsNotTheProtocolsIsNoSuccess) {
    const IcebergRest client = connect();
    for (const char* body : {"<html>", "", "[]", R"({"metadata-location":"other","metadata":{}})"}) {
        http_.answer(200, body);
        const auto table = client.register_table({{"n"}, "t"}, "file:///w/1");
        ASSERT_TRUE(table.is_error()) << body;
        EXPECT_EQ(table.error().kind(), ErrorKind::outcome_unknown) << body;
        EXPECT_EQ(table.error().retry(), RetryClass::unknown) << body;
    }
    http_.answer(200, "{}");
    EXPECT_EQ(client.create_namespace({{"n"}, {}}).error().kind(), ErrorKind::outcome_unknown);
    http_.answer(200, "<html>");
    EXPECT_EQ(client.drop_table({{"n"}, "t"}).error().kind(), ErrorKind::outcome_unknown);
    http_.answer(200, "<html>");
    EXPECT_EQ(client.load_table({{"n"}, "t"}).error().kind(), ErrorKind::invalid_input);
}

TEST_F(IcebergRestTest, AbsenceCountsOnlyInTheCataloguesOwnWords) {
    const IcebergRest client = connect();
    http_.answer(404, refusal(404, "NoSuchTableException"));
    EXPECT_FALSE(client.table_exists({{"n"}, "t"}).value());
    http_.answer(404, "<html>nginx</html>");
    EXPECT_EQ(client.table_exists({{"n"}, "t"}).error().kind(), ErrorKind::invalid_input);
    http_.answer(404, "");
    EXPECT_EQ(client.drop_table({{"n"}, "t"}).error().kind(), ErrorKind::outcome_unknown);
    http_.answer(200, R"({"metadata":{}})");
    EXPECT_TRUE(client.table_exists({{"n"}, "t"}).value());
}

struct StatusCase {
    int status;
    bool retry_after;
    ErrorKind mutating_kind;
    RetryClass mutating_retry;
    ErrorKind reading_kind;
    RetryClass reading_retry;
};

class StatusTest : public IcebergRestTest, public testing::WithParamInterface<StatusCase> {};

TEST_P(StatusTest, StatusesTellWhetherRepeatingHelps) {
    const StatusCase& expected = GetParam();
    const IcebergRest client = connect();
    net::HttpHeaders headers{{"X-Request-Id", "r-7"}};
    if (expected.retry_after)
        headers.add("Retry-After", "3");
    http_.answer(expected.status, refusal(expected.status, "SomeException"), headers);
    const Status mutating = client.drop_table({{"n"}, "t"});
    ASSERT_TRUE(mutating.is_error());
    EXPECT_EQ(mutating.error().kind(), expected.mutating_kind);
    EXPECT_EQ(mutating.error().retry(), expected.mutating_retry);
    EXPECT_EQ(mutating.error().request_id(), "r-7");
    EXPECT_THAT(mutating.error().why(), HasSubstr("SomeException: why so"));
    EXPECT_FALSE(mutating.error().fix().empty());
    http_.answer(expected.status, refusal(expected.status, "SomeException"), headers);
    const auto reading = client.load_table({{"n"}, "t"});
    ASSERT_TRUE(reading.is_error());
    EXPECT_EQ(reading.error().kind(), expected.reading_kind);
    EXPECT_EQ(reading.error().retry(), expected.reading_retry);
}

constexpr auto kFail = RetryClass::fail;
constexpr auto kRetry = RetryClass::retry;
constexpr auto kUnknown = RetryClass::unknown;
INSTANTIATE_TEST_SUITE_P(
    All, StatusTest,
    testing::Values(StatusCase{400, false, ErrorKind::invalid_input, kFail, ErrorKind::invalid_input, kFail},
                    StatusCase{401, false, ErrorKind::authentication, kFail, ErrorKind::authentication, kFail},
                    StatusCase{403, false, ErrorKind::permission, kFail, ErrorKind::permission, kFail},
                    StatusCase{404, false, ErrorKind::not_found, kFail, ErrorKind::not_found, kFail},
                    StatusCase{406, false, ErrorKind::unsupported, kFail, ErrorKind::unsupported, kFail},
                    StatusCase{409, false, ErrorKind::conflict, kFail, ErrorKind::conflict, kFail},
                    StatusCase{429, false, ErrorKind::unavailable, kRetry, ErrorKind::unavailable, kRetry},
                    StatusCase{500, false, ErrorKind::outcome_unknown, kUnknown, ErrorKind::unavailable, kRetry},
                    StatusCase{502, false, ErrorKind::outcome_unknown, kUnknown, ErrorKind::unavailable, kRetry},
                    StatusCase{503, false, ErrorKind::outcome_unknown, kUnknown, ErrorKind::unavailable, kRetry},
                    StatusCase{503, true, ErrorKind::unavailable, kRetry, ErrorKind::unavailable, kRetry},
                    StatusCase{504, false, ErrorKind::outcome_unknown, kUnknown, ErrorKind::unavailable, kRetry}),
    [](const auto& info) {
        return std::to_string(info.param.status) + (info.param.retry_after ? "_with_retry_after" : "");
    });

TEST_F(IcebergRestTest, ALostAnswerKeepsTheTransportsRetryClass) {
    const IcebergRest client = connect();
    http_.answers.push_back(
        Error::make(ErrorKind::outcome_unknown, "the connection was cut").why("reset").retry(RetryClass::unknown));
    const auto lost = client.register_table({{"n"}, "t"}, "file:///w/1");
    ASSERT_TRUE(lost.is_error());
    EXPECT_EQ(lost.error().kind(), ErrorKind::outcome_unknown);
    EXPECT_EQ(lost.error().retry(), RetryClass::unknown);
    http_.answers.push_back(Error::make(ErrorKind::unavailable, "refused").retry(RetryClass::retry));
    EXPECT_EQ(client.drop_table({{"n"}, "t"}).error().retry(), RetryClass::retry);
}

TEST_F(IcebergRestTest, NamespacesCarryTheirProperties) {
    const IcebergRest client = connect();
    http_.answer(200, R"({"namespace":["a","b"],"properties":{"k":"v"}})");
    EXPECT_FALSE(client.create_namespace({{"a", "b"}, {{"k", "v"}}}).is_error());
    EXPECT_EQ(http_.calls[0].body, R"({"namespace":["a","b"],"properties":{"k":"v"}})");
    http_.answer(200, R"({"namespace":["a","b"],"properties":null})");
    EXPECT_TRUE(client.load_namespace({"a", "b"}).value().properties.empty());
    http_.answer(200, R"({"namespace":["a"],"properties":{}})");
    EXPECT_TRUE(client.load_namespace({"a", "b"}).is_error());
}

TEST_F(IcebergRestTest, ANameThatIsNoTextIsRefusedBeforeTheCall) {
    const IcebergRest client = connect();
    const Status refused = client.create_namespace({{"a\xff"}, {}});
    ASSERT_TRUE(refused.is_error());
    EXPECT_EQ(refused.error().kind(), ErrorKind::invalid_input);
    EXPECT_TRUE(http_.calls.empty());
}

} // namespace

} // namespace godwit::clients
