#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "net/http_client.h"

#include <mutex>

namespace godwit::net {

/// Repeats calls that surely did not arrive (an Error of class retry), and calls whose caller says that repeating is
/// safe also after an Error of class unknown and after the statuses 429, 502, 503 and 504. Waits base * 2^n, of which
/// one half is random, or as long as Retry-After says. All repetitions together stay within the call's total limit, and
/// within a budget: each first call earns a tenth of a repetition, so that a service in trouble gets at most ten per
/// cent more calls.
class RetryingHttpClient final : public HttpClient {
public:
    struct Settings {
        int attempts = 5; ///< the first one included
        std::chrono::milliseconds base{200};
        std::chrono::milliseconds longest_wait{20'000};
        double budget_share = 0.1;
        double budget_start =
            10; ///< repetitions that a new client may make before it has earned any; also the most it saves
    };

    RetryingHttpClient(HttpClient& inner, Clock& clock, Random& random);
    RetryingHttpClient(HttpClient& inner, Clock& clock, Random& random, Settings settings);
    Result<HttpAnswer> call(const HttpCall& call) override;

private:
    bool take_from_budget();
    void earn();
    std::chrono::milliseconds backoff(int attempts_made);
    bool wait(std::chrono::milliseconds duration, const std::stop_token& stop);

    HttpClient& inner_;
    Clock& clock_;
    Random& random_;
    Settings settings_;
    std::mutex mutex_;
    double budget_;
};

} // namespace godwit::net
