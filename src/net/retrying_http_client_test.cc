#include "net/retrying_http_client.h"

#include <gtest/gtest.h>

#include <deque>

namespace godwit::net {
namespace {

using namespace std::chrono_literals;

/// Answers what it was told, in order, and notes when and with which limit it was called.
class ScriptedClient final : public HttpClient {
public:
    explicit ScriptedClient(ManualClock& clock) : clock_(clock) {}

    Result<HttpAnswer> call(const HttpCall& call) override {
        times.push_back(clock_.boot_time());
        limits.push_back(call.total_limit);
        clock_.advance(duration);
        if (script.empty())
            return HttpAnswer{.status = 200, .headers = {}, .body = "good"};
        auto result = std::move(script.front());
        script.pop_front();
        return result;
    }

    void push_status(int status, HttpHeaders headers = {}) {
        script.push_back(HttpAnswer{status, std::move(headers), ""});
    }
    void push_error(RetryClass retry, ErrorKind kind = ErrorKind::unavailable) {
        script.push_back(Error::make(kind, "scripted").retry(retry));
    }

    std::deque<Result<HttpAnswer>> script;
    std::vector<std::chrono::nanoseconds> times;
    std::vector<std::chrono::milliseconds> limits;
    std::chrono::milliseconds duration{0};

private:
    ManualClock& clock_;
};

class RetryingHttpClientTest : public ::testing::Test {
protected:
    HttpCall safe_call() {
        HttpCall call;
        call.url = "http://h/";
        call.repeat_is_safe = true;
        return call;
    }
    std::chrono::nanoseconds pause(std::size_t n) const { return inner_.times.at(n + 1) - inner_.times.at(n); }

    static constexpr Micros kStart = 1'769'860'800'000'000; // 2026-01-31T12:00:00Z, a Saturday
    ManualClock clock_{kStart};
    SeededRandom random_{1};
    ScriptedClient inner_{clock_};
    RetryingHttpClient client_{inner_, clock_, random_};
};

TEST_F(RetryingHttpClientTest, repeats_what_is_safe_to_repeat) {
    inner_.push_error(RetryClass::retry);
    inner_.push_error(RetryClass::unknown, ErrorKind::outcome_unknown);
    inner_.push_status(503);
    inner_.push_status(429);
    EXPECT_EQ(client_.call(safe_call()).value().body, "good");
    EXPECT_EQ(inner_.times.size(), 5u);
}

TEST_F(RetryingHttpClientTest, repeats_nothing_else) {
    auto unsafe = safe_call();
    unsafe.repeat_is_safe = false;
    inner_.push_error(RetryClass::unknown, ErrorKind::outcome_unknown);
    EXPECT_TRUE(client_.call(unsafe).is_error());
    inner_.push_status(503);
    EXPECT_EQ(client_.call(unsafe).value().status, 503);
    auto streamed = safe_call();
    streamed.body_source = [](char*, std::size_t) -> Result<std::size_t> { return std::size_t{0}; };
    inner_.push_status(503);
    EXPECT_EQ(client_.call(streamed).value().status, 503);
    inner_.push_error(RetryClass::fail);
    EXPECT_TRUE(client_.call(safe_call()).is_error());
    inner_.push_error(RetryClass::unknown, ErrorKind::interrupted);
    EXPECT_EQ(client_.call(safe_call()).error().kind(), ErrorKind::interrupted);
    for (const int status : {200, 404, 409, 500}) {
        inner_.push_status(status);
        EXPECT_EQ(client_.call(safe_call()).value().status, status);
    }
    EXPECT_EQ(inner_.times.size(), 9u);
}

TEST_F(RetryingHttpClientTest, repeats_whatever_did_not_arrive) {
    auto unsafe = safe_call();
    unsafe.method = "POST";
    unsafe.repeat_is_safe = false;
    inner_.push_error(RetryClass::retry);
    inner_.push_error(RetryClass::retry);
    EXPECT_EQ(client_.call(unsafe).value().status, 200);
    EXPECT_EQ(inner_.times.size(), 3u);
}

TEST_F(RetryingHttpClientTest, waits_longer_each_time_by_a_random_part) {
    for (int i = 0; i < 5; ++i)
        inner_.push_error(RetryClass::retry);
    EXPECT_TRUE(client_.call(safe_call()).is_error());
    ASSERT_EQ(inner_.times.size(), 5u);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_GE(pause(i), 100ms * (1 << i));
        EXPECT_LE(pause(i), 200ms * (1 << i));
    }
    EXPECT_NE(pause(1), pause(0) * 2);
}

TEST_F(RetryingHttpClientTest, obeys_retry_after) {
    inner_.push_status(503, {{"Retry-After", "7"}});
    inner_.push_status(429, {{"retry-after", "Sat, 31 Jan 2026 12:00:10 GMT"}});
    inner_.push_status(503, {{"Retry-After", "Sat, 31 Jan 2026 11:00:00 GMT"}}); // past
    inner_.push_status(503, {{"Retry-After", "soon"}});
    EXPECT_EQ(client_.call(safe_call()).value().status, 200);
    EXPECT_EQ(pause(0), 7s);
    EXPECT_EQ(pause(1), 3s);
    EXPECT_EQ(pause(2), 0s);
    EXPECT_GE(pause(3), 800ms); // as without it
}

TEST_F(RetryingHttpClientTest, gives_up_rather_than_wait_too_long) {
    inner_.push_status(503, {{"Retry-After", "3600"}});
    EXPECT_EQ(client_.call(safe_call()).value().status, 503);
    inner_.push_status(503, {{"Retry-After", "99999999999999999999"}});
    EXPECT_EQ(client_.call(safe_call()).value().status, 200); // not a number of 64 bits: as without it
    EXPECT_EQ(inner_.times.size(), 3u);
}

TEST_F(RetryingHttpClientTest, all_attempts_stay_within_the_total_limit) {
    for (int i = 0; i < 5; ++i)
        inner_.push_error(RetryClass::retry);
    inner_.duration = 400ms;
    auto call = safe_call();
    call.total_limit = 1s;
    EXPECT_TRUE(client_.call(call).is_error());
    ASSERT_EQ(inner_.limits.size(), 2u);
    EXPECT_EQ(inner_.limits[0], 1s);
    EXPECT_LE(inner_.limits[1], 500ms);
    EXPECT_GE(inner_.limits[1], 400ms);
}

TEST_F(RetryingHttpClientTest, budget_bounds_the_extra_calls) {
    for (int i = 0; i < 10'000; ++i)
        inner_.push_status(503);
    constexpr std::size_t kCalls = 1000;
    for (std::size_t i = 0; i < kCalls; ++i)
        EXPECT_EQ(client_.call(safe_call()).value().status, 503);
    EXPECT_GE(inner_.times.size(), kCalls + 100);
    EXPECT_LE(inner_.times.size(), kCalls + 111);
}

TEST_F(RetryingHttpClientTest, stops_while_it_waits) {
    std::stop_source source;
    inner_.push_error(RetryClass::retry);
    auto call = safe_call();
    call.stop = source.get_token();
    source.request_stop();
    EXPECT_TRUE(client_.call(call).is_error());
    EXPECT_EQ(inner_.times.size(), 1u);
}

} // namespace
} // namespace godwit::net
