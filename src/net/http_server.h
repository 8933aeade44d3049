#pragma once

#include "base/random.h"
#include "base/result.h"
#include "net/http_headers.h"
#include "net/http_target.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace godwit::net {

/// What a server is asked.
struct HttpRequest {
    std::string id;     ///< made for each request; sent back as X-Request-Id
    std::string method; ///< as sent: methods are case-sensitive
    std::string target; ///< as sent, with its query
    HttpTarget parts;   ///< of the target, decoded
    HttpHeaders headers;
    std::string body;

    /// The first value of a parameter of the query.
    std::optional<std::string> parameter(const std::string& name) const;
};

struct HttpResponse {
    int status = 200;
    HttpHeaders headers; ///< Content-Length, Connection and X-Request-Id are the server's own
    std::string body;    ///< not sent where the request is HEAD or the status has none
};

using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

struct HttpServerOptions {
    std::string address = "127.0.0.1"; ///< a numeric address
    /// Other machines may only reach the server where this names the address too: no typing error opens it.
    std::string allow_beyond_loopback;
    std::vector<std::string> hosts; ///< names that the Host header may give it besides those of HttpServer
    std::uint16_t port = 0;         ///< 0: a free one
    std::size_t header_limit = std::size_t{64} << 10;
    std::size_t body_limit = std::size_t{16} << 20;
    std::size_t connection_limit = 256;
    unsigned handler_threads = 4;
    std::chrono::milliseconds idle_limit{60'000};  ///< between requests
    std::chrono::milliseconds read_limit{30'000};  ///< from the first byte of a request to its last
    std::chrono::milliseconds write_limit{60'000}; ///< of one response
    std::chrono::milliseconds drain_limit{10'000}; ///< what has begun gets this long when the server stops
    /// The body of the server's own refusals (400, 413, 417, 421, 431, 500, 503); absent: plain text.
    std::function<HttpResponse(int status, const std::string& message)> refusal;
};

/// A small HTTP/1.1 server: handlers run side by side on a bounded pool; requests of one connection run in order.
/// A handler that throws gives status 500 and a log line. The Host header must name this machine (`localhost`, or an
/// address: on a loopback address one of those) or one of `hosts`, so that no web page can reach the server under a
/// name of its own (DNS rebinding).
class HttpServer {
public:
    /// The random source makes request ids and must outlive the server.
    static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, HttpHandler handler, Random& random);
    /// Stops.
    ~HttpServer();

    std::uint16_t port() const;
    /// `http://127.0.0.1:41234`.
    std::string endpoint() const;
    /// Takes no new connection, answers what has begun, closes the rest. May be called twice, not from a handler.
    void stop();

private:
    class Implementation;
    explicit HttpServer(std::unique_ptr<Implementation> implementation);
    std::unique_ptr<Implementation> implementation_;
};

} // namespace godwit::net
