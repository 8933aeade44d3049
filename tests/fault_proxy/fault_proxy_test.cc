#include "fault_proxy/fault_proxy.h"

#include "base/subprocess.h"
#include "base/text.h"
#include "net/http_client.h"
#include "net/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>

namespace godwit::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class FaultProxyTest : public ::testing::Test {
protected:
    void rules(const std::string& json) { proxy_->set_rules(parse_fault_rules(json).value()); }

    Result<net::HttpAnswer> call(const std::string& method, const std::string& target, const std::string& body = "") {
        net::HttpCall call;
        call.method = method;
        call.url = proxy_->endpoint() + target;
        call.body = body;
        call.idle_limit = 200ms;
        return client_.call(call);
    }

    RetryClass class_of_post() {
        const auto result = call("POST", "/x", "body");
        return result.is_error() ? result.error().retry() : RetryClass::fail;
    }

    std::atomic<int> served_ = 0;
    SystemClock clock_;
    SystemRandom random_;
    std::unique_ptr<net::HttpServer> server_ =
        net::HttpServer::start(
            {},
            [this](const net::HttpRequest& request) {
                ++served_;
                return net::HttpResponse{.status = request.method == "DELETE" ? 204 : 200,
                                         .headers = {{"X-Seen", request.headers.find("X-Sent").value_or("")}},
                                         .body = request.method + " " + request.target + " " + request.body};
            },
            random_)
            .value();
    std::unique_ptr<FaultProxy> proxy_ = FaultProxy::start(server_->endpoint()).value();
    net::CurlHttpClient client_{clock_};
};

TEST_F(FaultProxyTest, passes_everything_through) {
    EXPECT_EQ(call("GET", "/a%2Fb?x=%20").value().body, "GET /a%2Fb?x=%20 ");
    EXPECT_EQ(call("POST", "/p", std::string(200'000, 'b')).value().body.size(), 200'008u);
    EXPECT_EQ(call("DELETE", "/d").value().status, 204);
    EXPECT_EQ(call("HEAD", "/h").value().headers.find("Content-Length"), "8");
    net::HttpCall chunked;
    chunked.method = "PUT";
    chunked.url = proxy_->endpoint() + "/c";
    chunked.headers.add("X-Sent", "yes");
    std::string rest = "streamed";
    chunked.body_source = [&rest](char* into, std::size_t) -> Result<std::size_t> {
        return std::exchange(rest, "").copy(into, 100);
    };
    const auto answer = client_.call(chunked).value();
    EXPECT_EQ(answer.body, "PUT /c streamed");
    EXPECT_EQ(answer.headers.find("X-Seen"), "yes");
    EXPECT_EQ(proxy_->counters().requests, 5u);
    EXPECT_EQ(proxy_->counters().forwarded, 5u);
    EXPECT_EQ(proxy_->counters().faults, 0u);
    EXPECT_EQ(proxy_->log().front(), "GET /a%2Fb?x=%20");
}

TEST_F(FaultProxyTest, faults_after_forwarding_leave_an_effect_and_no_answer) {
    for (const auto* fault : {"drop-after", "reset-after", "hang-after", "trickle-after"}) {
        served_ = 0;
        rules(R"([{"fault":")" + std::string(fault) + R"(","time-ms":1000}])");
        EXPECT_EQ(class_of_post(), RetryClass::unknown) << fault;
        EXPECT_EQ(served_, 1) << fault;
        EXPECT_EQ(call("POST", "/x").value().status, 200) << fault;
    }
}

TEST_F(FaultProxyTest, faults_before_forwarding_leave_no_effect) {
    for (const auto* fault : {"reset-before", "hang-before"}) {
        rules(R"([{"fault":")" + std::string(fault) + R"("}])");
        EXPECT_EQ(class_of_post(), RetryClass::unknown) << fault;
        EXPECT_EQ(served_, 0) << fault;
    }
}

TEST_F(FaultProxyTest, cut_bodies) {
    rules(R"([{"fault":"cut-after","bytes":3,"times":0}])");
    EXPECT_EQ(class_of_post(), RetryClass::unknown);
    EXPECT_EQ(call("GET", "/x").error().retry(), RetryClass::retry);
    EXPECT_EQ(served_, 2);
}

TEST_F(FaultProxyTest, made_up_statuses) {
    rules(
        R"([{"method":"POST","fault":"status-after","status":502},{"method":"PUT","fault":"status-before","status":503}])");
    EXPECT_EQ(call("POST", "/x").value().status, 502);
    EXPECT_EQ(served_, 1);
    EXPECT_EQ(call("PUT", "/x").value().status, 503);
    EXPECT_EQ(served_, 1);
    EXPECT_EQ(call("PUT", "/x").value().status, 200);
    EXPECT_EQ(proxy_->counters().faults, 2u);
}

TEST_F(FaultProxyTest, delays) {
    rules(R"([{"fault":"delay","time-ms":50}])");
    const auto before = clock_.boot_time();
    EXPECT_EQ(call("GET", "/x").value().status, 200);
    EXPECT_GE(clock_.boot_time() - before, 50ms);
}

TEST_F(FaultProxyTest, rules_choose_by_method_path_and_count) {
    rules(R"([{"method":"POST","path":"/v1/*/tables","nth":2,"times":2,"fault":"status-before","status":500},
              {"path":"/other","times":0,"fault":"status-before","status":504}])");
    const auto status = [this](const char* method, const char* target) { return call(method, target).value().status; };
    EXPECT_EQ(status("POST", "/v1/a/b/tables?x=/other"), 200);
    EXPECT_EQ(status("GET", "/v1/a/tables"), 200);
    EXPECT_EQ(status("POST", "/v1/a/tables"), 500);
    EXPECT_EQ(status("POST", "/v1/b/tables"), 500);
    EXPECT_EQ(status("POST", "/v1/a/tables"), 200);
    EXPECT_EQ(status("POST", "/v1/a/tables/t"), 200);
    EXPECT_EQ(status("GET", "/other?q"), 504);
    EXPECT_EQ(status("GET", "/other"), 504);
    EXPECT_THAT(proxy_->counters().matches, ElementsAre(4u, 2u));
    EXPECT_EQ(proxy_->counters().faults, 4u);
}

TEST_F(FaultProxyTest, a_server_that_is_gone_is_a_bad_gateway) {
    server_->stop();
    EXPECT_EQ(call("GET", "/x").value().status, 502);
    EXPECT_EQ(proxy_->counters().forwarded, 0u);
}

TEST_F(FaultProxyTest, ends_while_a_client_hangs) {
    rules(R"([{"fault":"hang-before"}])");
    std::jthread ender([this] {
        while (proxy_->counters().faults == 0)
            std::this_thread::yield();
        proxy_.reset();
    });
    net::HttpCall hanging;
    hanging.url = proxy_->endpoint() + "/";
    EXPECT_EQ(client_.call(hanging).error().kind(), ErrorKind::unavailable);
}

TEST(FaultRules, what_is_not_understood_is_refused) {
    EXPECT_EQ(parse_fault_rules("[]").value().size(), 0u);
    for (const auto* text : {"", "{}", "[1]", "[{}]", R"([{"fault":"explode"}])", R"([{"fault":"delay","nth":0}])",
                             R"([{"fault":"delay","status":99}])", R"([{"fault":"delay","bytes":-1}])",
                             R"([{"fault":"delay","tiem-ms":5}])"})
        EXPECT_TRUE(parse_fault_rules(text).is_error()) << text;
    for (int i = 0; i <= static_cast<int>(Fault::trickle_after); ++i) {
        const auto name = std::string(to_string(static_cast<Fault>(i)));
        EXPECT_EQ(static_cast<int>(parse_fault_rules(R"([{"fault":")" + name + R"("}])").value().at(0).fault), i);
    }
}

TEST_F(FaultProxyTest, the_program_takes_rules_and_reports) {
    Command command;
    command.argv = {GODWIT_FAULT_PROXY, server_->endpoint(), R"([{"fault":"delay"}])"};
    command.standard_input = "[{\"fault\":\"delay\"},{\"fault\":\"drop-after\"}]\nreport\nnonsense\n";
    const auto outcome = run_command(command, clock_).value();
    const auto lines = split(outcome.standard_output, '\n');
    ASSERT_EQ(lines.size(), 5u) << outcome.standard_output << outcome.standard_error;
    EXPECT_TRUE(lines[0].starts_with("{\"endpoint\":\"http://127.0.0.1:")) << lines[0];
    EXPECT_EQ(lines[1], R"({"rules":2})");
    EXPECT_EQ(lines[2], R"({"faults":0,"forwarded":0,"log":[],"matches":[0,0],"requests":0})");
    EXPECT_TRUE(lines[3].starts_with("{\"error\":")) << lines[3];
    command.argv = {GODWIT_FAULT_PROXY, "nonsense"};
    EXPECT_EQ(run_command(command, clock_).value().exit_code, 2);
}

} // namespace
} // namespace godwit::testing
