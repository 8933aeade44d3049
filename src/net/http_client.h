#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "net/http_headers.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace godwit::net {

/// Gives the next bytes of a body, up to `capacity` of them; 0 at its end.
using BodySource = std::function<Result<std::size_t>(char* into, std::size_t capacity)>;

/// What a client asks of a server.
struct HttpCall {
    struct SecretField {
        std::string name;
        Secret value;
    };

    std::string method = "GET";
    std::string url; ///< http or https, percent-encoded by the caller; sent as it stands
    HttpHeaders headers;
    std::vector<SecretField> secret_headers; ///< `Authorization` and the like
    std::string body;
    BodySource body_source;                        ///< instead of `body`; such a call is made once
    std::optional<std::uint64_t> body_source_size; ///< absent: chunked

    std::chrono::milliseconds connect_limit{10'000};  ///< name look-up, TCP and TLS together
    std::chrono::milliseconds idle_limit{30'000};     ///< the longest time in which no byte moves
    std::chrono::milliseconds total_limit{60'000};    ///< also of all repetitions by a retrying client together
    std::size_t answer_limit = std::size_t{16} << 20; ///< bytes of the answer's body
    std::stop_token stop;
    /// The caller vouches that making the call twice does no more than making it once.
    bool repeat_is_safe = false;
};

struct HttpAnswer {
    int status = 0;
    HttpHeaders headers;
    std::string body; ///< without success at most 1 MiB, the rest is dropped

    bool is_success() const { return status >= 200 && status <= 299; }
    /// Under any of the names that services use (x-request-id, x-amz-request-id, x-openstack-request-id ...), or empty.
    std::string request_id() const;
};

/// GET, HEAD and OPTIONS change nothing (RFC 9110 section 9.2.1).
bool is_reading(std::string_view method);

/// Makes calls. Thread-safe. Any complete answer is an HttpAnswer, whatever its status: the caller knows what a status
/// means for its API. An Error means that no complete answer came, and its retry class tells what that means:
///
///   no connection (refused, name unknown, connect limit)   unavailable, retry: nothing was sent
///   certificate refused                                     unavailable, fail
///   reset, cut or late after something was sent             outcome_unknown, unknown; for a reading method unavailable
///                                                           or deadline, retry
///   answer larger than the limit or no HTTP                 outcome_unknown, unknown; for a reading method
///                                                           invalid_input, fail
///   stopped                                                 interrupted; unknown if something was sent by a method
///   that
///                                                           changes things, else fail
///
/// Errors name method and URL without its query.
class HttpClient {
public:
    virtual ~HttpClient() = default;
    virtual Result<HttpAnswer> call(const HttpCall& call) = 0;
};

/// Over libcurl. HTTP/1.1; keeps connections alive; follows no redirect; uses no proxy, netrc or cookie; TLS 1.2 or
/// later with verified certificates. A call that changes things gets a connection of its own, because libcurl sends a
/// request again by itself when a kept connection dies before the answer.
class CurlHttpClient final : public HttpClient {
public:
    struct Settings {
        std::string certificate_file; ///< PEM; empty: the system's
        std::string user_agent = "godwit/" GODWIT_VERSION;
    };

    /// The clock measures the idle limit.
    explicit CurlHttpClient(Clock& clock);
    CurlHttpClient(Clock& clock, Settings settings);
    ~CurlHttpClient() override;
    Result<HttpAnswer> call(const HttpCall& call) override;

private:
    class Pool;
    Clock& clock_;
    Settings settings_;
    std::unique_ptr<Pool> pool_;
};

} // namespace godwit::net
