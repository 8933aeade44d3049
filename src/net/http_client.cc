#include "net/http_client.h"

#include "base/text.h"
#include "net/curl_worker.h"
#include "net/url.h"

#include <algorithm>
#include <array>
#include <mutex>

namespace godwit::net {

std::string HttpAnswer::request_id() const {
    constexpr std::array<std::string_view, 8> kNames = {
        "x-request-id",         "x-amzn-requestid", "x-amz-request-id", "x-openstack-request-id",
        "x-compute-request-id", "x-trans-id",       "request-id",       "x-correlation-id"};
    for (const auto name : kNames) {
        if (auto value = headers.find(name))
            return printable(*value);
    }
    return {};
}

bool is_reading(std::string_view method) { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

/// Workers that wait for the next call, each with its open connections.
class CurlHttpClient::Pool {
public:
    Result<std::unique_ptr<CurlWorker>> take() {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                auto worker = std::move(idle_.back());
                idle_.pop_back();
                return worker;
            }
        }
        return CurlWorker::create();
    }

    void give_back(std::unique_ptr<CurlWorker> worker) {
        constexpr std::size_t kMostIdle = 32;
        const std::lock_guard lock(mutex_);
        if (idle_.size() < kMostIdle)
            idle_.push_back(std::move(worker));
    }

private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<CurlWorker>> idle_;
};

CurlHttpClient::CurlHttpClient(Clock& clock) : CurlHttpClient(clock, Settings()) {}

CurlHttpClient::CurlHttpClient(Clock& clock, Settings settings)
    : clock_(clock), settings_(std::move(settings)), pool_(std::make_unique<Pool>()) {}

CurlHttpClient::~CurlHttpClient() = default;

namespace {

std::string name_of(const HttpCall& call) { return printable(call.method) + " " + shown_url(call.url); }

Error malformed(const HttpCall& call, std::string why) {
    return Error::make(ErrorKind::usage, "the call cannot be made").why(std::move(why)).at(name_of(call));
}

Status check_call(const HttpCall& call) {
    TRY(parse_url(call.url));
    const bool is_method = !call.method.empty() && std::all_of(call.method.begin(), call.method.end(),
                                                               [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!is_method)
        return malformed(call, "its method is not a word of capital letters");
    for (const auto& field : call.headers) {
        if (!is_header_name(field.name) || !is_header_value(field.value))
            return malformed(call, "the header " + printable(field.name) + " holds a character that no header has");
    }
    for (const auto& field : call.secret_headers) {
        if (!is_header_name(field.name) || !is_header_value(field.value.reveal()))
            return malformed(call, "the header " + printable(field.name) + " holds a character that no header has");
    }
    if (call.body_source && !call.body.empty())
        return malformed(call, "it has two bodies");
    return {};
}

Error not_sent(const HttpCall& call, const CurlOutcome& outcome) {
    auto error = Error::make(ErrorKind::unavailable, "the server cannot be reached").why(outcome.why).at(name_of(call));
    if (outcome.end == CurlEnd::certificate)
        return std::move(error).fix("check the certificate of the server, or name the authority that signed it");
    return std::move(error).fix("check address, port and network").retry(RetryClass::retry);
}

/// The request, or a part of it, has left: what it did depends on the method.
Error sent_without_answer(const HttpCall& call, const CurlOutcome& outcome) {
    if (!is_reading(call.method)) {
        const auto kind = outcome.end == CurlEnd::stopped ? ErrorKind::interrupted : ErrorKind::outcome_unknown;
        return Error::make(kind, "the server was asked, but gave no complete answer")
            .why(outcome.why)
            .fix("look whether it happened before asking again")
            .at(name_of(call))
            .retry(RetryClass::unknown);
    }
    auto kind = ErrorKind::unavailable;
    if (outcome.end == CurlEnd::late)
        kind = ErrorKind::deadline;
    else if (outcome.end == CurlEnd::bad_answer)
        kind = ErrorKind::invalid_input;
    auto error = Error::make(kind, "the server gave no complete answer").why(outcome.why).at(name_of(call));
    return kind == ErrorKind::invalid_input ? std::move(error) : std::move(error).retry(RetryClass::retry);
}

Error error_of(const HttpCall& call, CurlOutcome& outcome) {
    const bool harmless = !outcome.sent || is_reading(call.method);
    if (outcome.end == CurlEnd::stopped && harmless)
        return Error::make(ErrorKind::interrupted, "the call was stopped").why(outcome.why).at(name_of(call));
    if (outcome.body_error && harmless)
        return std::move(*outcome.body_error).at(name_of(call));
    auto error = outcome.sent ? sent_without_answer(call, outcome) : not_sent(call, outcome);
    return outcome.body_error ? std::move(error).cause(std::move(*outcome.body_error)) : error;
}

} // namespace

Result<HttpAnswer> CurlHttpClient::call(const HttpCall& call) {
    TRY(check_call(call));
    auto worker = TRY(pool_->take());
    auto outcome = worker->perform(call, settings_, clock_);
    pool_->give_back(std::move(worker));
    if (outcome.end != CurlEnd::answered)
        return error_of(call, outcome);
    return std::move(outcome.answer);
}

} // namespace godwit::net
