#include "net/retrying_http_client.h"

#include "base/log.h"
#include "base/text.h"
#include "net/url.h"

#include <curl/curl.h>

#include <algorithm>

namespace godwit::net {

namespace {

/// RFC 9110 section 10.2.3: seconds, or a date.
std::optional<std::chrono::milliseconds> retry_after(const HttpAnswer& answer, Clock& clock) {
    const auto field = answer.headers.find("Retry-After");
    if (!field)
        return std::nullopt;
    constexpr std::int64_t kLongest = 1'000'000; // seconds; more is never waited anyway
    if (const auto number = parse_uint64(trim(*field)); !number.is_error())
        return std::chrono::seconds(std::min<std::uint64_t>(*number, kLongest));
    const auto date = curl_getdate(field->c_str(), nullptr);
    if (date < 0)
        return std::nullopt;
    const auto wait = std::int64_t{date} - clock.now() / 1'000'000;
    return std::chrono::seconds(std::clamp<std::int64_t>(wait, 0, kLongest));
}

/// A call that surely did not arrive may be made again whatever it does; any other only if its caller says so.
bool is_worth_repeating(const HttpCall& call, const Result<HttpAnswer>& result) {
    if (result.is_error())
        return result.error().kind() != ErrorKind::interrupted &&
               (result.error().retry() == RetryClass::retry ||
                (call.repeat_is_safe && result.error().retry() == RetryClass::unknown));
    if (!call.repeat_is_safe)
        return false;
    return result->status == 429 || result->status == 502 || result->status == 503 || result->status == 504;
}

} // namespace

RetryingHttpClient::RetryingHttpClient(HttpClient& inner, Clock& clock, Random& random)
    : RetryingHttpClient(inner, clock, random, Settings()) {}

RetryingHttpClient::RetryingHttpClient(HttpClient& inner, Clock& clock, Random& random, Settings settings)
    : inner_(inner), clock_(clock), random_(random), settings_(settings), budget_(settings.budget_start) {}

Result<HttpAnswer> RetryingHttpClient::call(const HttpCall& call) {
    earn();
    const Deadline deadline(clock_, call.total_limit);
    auto result = inner_.call(call);
    if (call.body_source)
        return result;
    for (int made = 1; made < settings_.attempts && is_worth_repeating(call, result); ++made) {
        const auto asked = result.is_error() ? std::nullopt : retry_after(*result, clock_);
        const auto wait_for = asked.value_or(backoff(made));
        if (wait_for > settings_.longest_wait || wait_for >= deadline.left() || !take_from_budget())
            break;
        log_debug("an HTTP call is repeated",
                  {{"call", call.method + " " + shown_url(call.url)},
                   {"because", result.is_error() ? result.error().to_line() : std::to_string(result->status)},
                   {"after_ms", std::to_string(wait_for.count())}});
        if (!wait(wait_for, call.stop))
            break;
        auto repetition = call;
        repetition.total_limit = deadline.left();
        result = inner_.call(repetition);
    }
    return result;
}

bool RetryingHttpClient::take_from_budget() {
    const std::lock_guard lock(mutex_);
    if (budget_ < 1)
        return false;
    budget_ -= 1;
    return true;
}

void RetryingHttpClient::earn() {
    const std::lock_guard lock(mutex_);
    budget_ = std::min(budget_ + settings_.budget_share, settings_.budget_start);
}

std::chrono::milliseconds RetryingHttpClient::backoff(int attempts_made) {
    const auto longest = settings_.longest_wait.count();
    auto full = settings_.base.count();
    for (int i = 1; i < attempts_made && full < longest; ++i)
        full *= 2;
    full = std::min(full, longest);
    const auto bytes = random_.bytes(2);
    const auto part = static_cast<unsigned char>(bytes[0]) * 256 + static_cast<unsigned char>(bytes[1]);
    return std::chrono::milliseconds(full / 2 + (full - full / 2) * part / 65'535);
}

/// False when it was stopped.
bool RetryingHttpClient::wait(std::chrono::milliseconds duration, const std::stop_token& stop) {
    constexpr std::chrono::milliseconds kStep{100};
    for (const Deadline end(clock_, duration); !end.passed() && !stop.stop_requested();)
        clock_.sleep_for(std::min(end.left(), kStep));
    return !stop.stop_requested();
}

} // namespace godwit::net
