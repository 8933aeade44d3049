#pragma once

#include "base/clock.h"
#include "net/http_client.h"

#include <memory>
#include <optional>
#include <string>

namespace godwit::net {

/// How a transfer ended.
enum class CurlEnd {
    answered,    ///< complete
    failed,      ///< refused, reset, cut
    late,        ///< one of the time limits
    stopped,     ///< by the stop token
    certificate, ///< the server's certificate was refused
    bad_answer,  ///< not HTTP, or larger than allowed
};

struct CurlOutcome {
    CurlEnd end = CurlEnd::failed;
    bool sent = false; ///< at least one byte of the request has left
    std::string why;
    std::optional<Error> body_error; ///< the caller's body source failed
    HttpAnswer answer;
};

/// A libcurl handle with its open connections, for one thread at a time. Only http_client.cc uses it.
class CurlWorker {
public:
    static Result<std::unique_ptr<CurlWorker>> create();
    ~CurlWorker();
    CurlOutcome perform(const HttpCall& call, const CurlHttpClient::Settings& settings, Clock& clock);

private:
    struct Handles;
    explicit CurlWorker(std::unique_ptr<Handles> handles);
    std::unique_ptr<Handles> handles_;
};

} // namespace godwit::net
