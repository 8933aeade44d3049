#include "net/http_server.h"

#include "base/log.h"
#include "base/text.h"
#include "net/url.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <fcntl.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

namespace godwit::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

std::optional<std::string> HttpRequest::parameter(const std::string& name) const {
    const auto found = parts.query.find(name);
    return found == parts.query.end() ? std::nullopt : std::optional(found->second);
}

namespace {

void close_on_exec(int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

/// Host without its port; a bracketed address without its brackets.
std::string host_of(std::string_view field) {
    if (field.starts_with('['))
        return std::string(field.substr(1, field.find(']') - 1));
    return lower_ascii(field.substr(0, field.find(':')));
}

HttpResponse plain_refusal(int status, const std::string& message) {
    return {.status = status, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = message + "\n"};
}

/// Browsers name the page that makes them call; with some calls nothing else would keep a foreign page from changing
/// things (https://fetch.spec.whatwg.org section 3.1, https://www.w3.org/TR/fetch-metadata section 2.3).
bool comes_from_a_page(const HttpHeaders& headers) {
    const auto site = headers.find("Sec-Fetch-Site");
    return headers.contains("Origin") || (site && *site != "none");
}

/// The framing is the server's own matter, and nothing that a handler copied from somewhere may break it.
bool is_sendable(const HttpHeaders::Field& field) {
    const auto name = lower_ascii(field.name);
    return is_header_name(name) && is_header_value(field.value) && name != "content-length" && name != "connection" &&
           name != "transfer-encoding";
}

class Session;

/// What sessions share. Everything but the handlers runs on the one thread of `io`, so nothing here is locked.
struct Shared {
    Shared(HttpServerOptions given_options, HttpHandler given_handler, Random& given_random)
        : options(std::move(given_options)),
          handler(std::move(given_handler)),
          random(given_random),
          workers(std::max(1u, options.handler_threads)) {}

    HttpServerOptions options;
    HttpHandler handler;
    Random& random;
    asio::io_context io{1};
    asio::thread_pool workers;
    std::set<std::shared_ptr<Session>> sessions;
    bool stopping = false;
    bool is_loopback = true;
    std::function<void()> on_last_session_ended;

    HttpResponse refuse(int status, const std::string& message) const {
        return options.refusal ? options.refusal(status, message) : plain_refusal(status, message);
    }

    /// Whoever makes a name of his own lead here (DNS rebinding) gets nowhere; an address is nobody's name.
    bool is_known_as(const std::string& host) const {
        error_code no_address;
        asio::ip::make_address(host, no_address);
        return is_loopback_host(host) || (!is_loopback && !no_address) ||
               std::ranges::any_of(options.hosts, [&](const auto& name) { return equals_ignoring_case(name, host); });
    }

    void ended(const std::shared_ptr<Session>& session) {
        sessions.erase(session);
        if (stopping && sessions.empty())
            on_last_session_ended();
    }
};

/// One connection: read a request, hand it to the pool, write the response, again.
class Session : public std::enable_shared_from_this<Session> {
public:
    Session(Tcp::socket socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) {}

    void start() { wait_for_request(); }

    /// Refuses one too many.
    void turn_away() {
        id_ = shared_.random.id();
        unread_ = true;
        respond(shared_.refuse(503, "too many connections; try again later"), true);
    }

    /// Lets a request that has begun go on.
    void stop_when_idle() {
        if (idle_)
            close();
    }

    void close() {
        error_code ignored;
        ignored = stream_.socket().close(ignored);
    }

private:
    using Parser = http::request_parser<http::string_body>;

    void wait_for_request() {
        if (shared_.stopping)
            return finish();
        parser_.emplace();
        parser_->header_limit(static_cast<std::uint32_t>(shared_.options.header_limit));
        parser_->body_limit(shared_.options.body_limit);
        id_ = shared_.random.id();
        keep_alive_ = false;
        head_ = false;
        if (buffer_.size() > 0) // the next request came together with the last one
            return read_header();
        idle_ = true;
        stream_.expires_after(shared_.options.idle_limit);
        stream_.async_read_some(buffer_.prepare(kFirstRead),
                                [self = shared_from_this()](error_code error, std::size_t size) {
                                    self->idle_ = false;
                                    if (error)
                                        return self->finish();
                                    self->buffer_.commit(size);
                                    self->read_header();
                                });
    }

    void read_header() {
        stream_.expires_after(shared_.options.read_limit);
        http::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
            if (error)
                return self->refuse_unread(error);
            self->read_body();
        });
    }

    void read_body() {
        const auto expected = parser_->get()[http::field::expect];
        if (!expected.empty() && !beast::iequals(expected, "100-continue"))
            return refuse_expectation();
        if (expected.empty() || parser_->is_done())
            return read_rest();
        static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        asio::async_write(stream_, asio::buffer(kContinue), [self = shared_from_this()](error_code error, std::size_t) {
            error ? self->finish() : self->read_rest();
        });
    }

    void refuse_expectation() {
        unread_ = true;
        respond(shared_.refuse(417, "this expectation cannot be met"), true);
    }

    void read_rest() {
        http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
            if (error)
                return self->refuse_unread(error);
            self->dispatch();
        });
    }

    /// After a request that could not be read nobody knows where the next one begins: answer and close.
    void refuse_unread(error_code error) {
        unread_ = true;
        if (error == http::error::header_limit)
            return respond(
                shared_.refuse(431, "the header is larger than " + human_bytes(shared_.options.header_limit)), true);
        if (error == http::error::body_limit)
            return respond(shared_.refuse(413, "the body is larger than " + human_bytes(shared_.options.body_limit)),
                           true);
        if (error == beast::error::timeout)
            return finish(); // the stream is closed already
        const bool malformed = error.category() == make_error_code(http::error::bad_method).category() &&
                               error != http::error::end_of_stream && error != http::error::partial_message;
        if (malformed)
            return respond(shared_.refuse(400, "the request is malformed: " + error.message()), true);
        finish();
    }

    void dispatch() {
        auto& message = parser_->get();
        keep_alive_ = message.keep_alive();
        HttpRequest request;
        request.id = id_;
        request.method = std::string(message.method_string());
        request.target = std::string(message.target());
        head_ = request.method == "HEAD";
        for (const auto& field : message)
            request.headers.add(std::string(field.name_string()), std::string(field.value()));
        request.body = std::move(message.body());
        if (auto refusal = check(request, message.version()))
            return respond(std::move(*refusal), !keep_alive_);
        asio::post(shared_.workers, [self = shared_from_this(), request = std::move(request)] {
            auto response = self->handle(request);
            asio::post(self->shared_.io, [self, response = std::move(response)]() mutable {
                self->respond(std::move(response), !self->keep_alive_);
            });
        });
    }

    std::optional<HttpResponse> check(HttpRequest& request, unsigned version) const {
        auto parts = parse_target(request.target);
        if (parts.is_error())
            return shared_.refuse(400, parts.error().what() + ": " + parts.error().why());
        request.parts = std::move(*parts);
        const auto host = request.headers.find("Host");
        const auto hosts = std::count_if(request.headers.begin(), request.headers.end(),
                                         [](const auto& field) { return equals_ignoring_case(field.name, "Host"); });
        if (hosts > 1 || (hosts == 0 && version >= 11))
            return shared_.refuse(400, "the request must have exactly one Host header");
        if (host && !shared_.is_known_as(host_of(*host)))
            return shared_.refuse(421, "this server is not known as '" + printable(*host) + "'");
        if (comes_from_a_page(request.headers))
            return shared_.refuse(403, "pages in a browser may not use this server");
        return std::nullopt;
    }

    /// On a thread of the pool.
    HttpResponse handle(const HttpRequest& request) const {
        std::string problem = "unknown exception";
        try {
            auto response = shared_.handler(request);
            if (response.status >= 200 && response.status <= 599)
                return response;
            problem = "status " + std::to_string(response.status);
        } catch (const std::exception& exception) {
            problem = exception.what();
        } catch (...) { // NOLINT(bugprone-empty-catch): it is logged below
        }
        log_error("a request handler failed", {{"request", request.id}, {"method", request.method}, {"why", problem}});
        return shared_.refuse(500, "the server failed; its log has more under request " + request.id);
    }

    void respond(HttpResponse response, bool close_after) {
        close_after_ = close_after || shared_.stopping;
        message_.emplace(static_cast<http::status>(response.status), 11);
        for (const auto& field : response.headers) {
            if (is_sendable(field))
                message_->insert(field.name, field.value);
        }
        message_->set("X-Request-Id", id_);
        message_->keep_alive(!close_after_);
        const bool has_body = response.status >= 200 && response.status != 204 && response.status != 304;
        if (has_body)
            message_->content_length(response.body.size());
        if (has_body && !head_)
            message_->body() = std::move(response.body);
        serializer_.emplace(*message_);
        serializer_->split(head_); // else the serialiser insists on the body that Content-Length announces
        stream_.expires_after(shared_.options.write_limit);
        const auto written = [self = shared_from_this()](error_code error, std::size_t) {
            if (error || self->close_after_)
                return self->finish();
            self->wait_for_request();
        };
        if (head_)
            http::async_write_header(stream_, *serializer_, written);
        else
            http::async_write(stream_, *serializer_, written);
    }

    void finish() {
        error_code ignored;
        ignored = stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
        if (unread_ && !shared_.stopping) {
            constexpr std::chrono::seconds kLinger{2};
            stream_.expires_after(kLinger);
            return discard();
        }
        close();
        shared_.ended(shared_from_this());
    }

    /// A peer that still sends would get a reset, and lose the response with it, if the socket were closed at once.
    void discard() {
        buffer_.consume(buffer_.size());
        stream_.async_read_some(buffer_.prepare(kFirstRead),
                                [self = shared_from_this()](error_code error, std::size_t) {
                                    if (!error && !self->shared_.stopping)
                                        return self->discard();
                                    self->close();
                                    self->shared_.ended(self);
                                });
    }

    static constexpr std::size_t kFirstRead = 4096;

    beast::tcp_stream stream_;
    Shared& shared_;
    beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    std::optional<http::response<http::string_body>> message_;
    std::optional<http::response_serializer<http::string_body>> serializer_;
    std::string id_;
    bool idle_ = false;
    bool keep_alive_ = false;
    bool head_ = false;
    bool close_after_ = false;
    bool unread_ = false; ///< the peer may still be sending
};

} // namespace

class HttpServer::Implementation {
public:
    Implementation(HttpServerOptions options, HttpHandler handler, Random& random)
        : shared_(std::move(options), std::move(handler), random),
          acceptor_(shared_.io),
          drain_(shared_.io),
          again_(shared_.io) {}

    Status listen();
    void run();
    void stop();
    const Tcp::endpoint& endpoint() const { return endpoint_; }

private:
    void accept();

    Shared shared_;
    Tcp::acceptor acceptor_;
    asio::steady_timer drain_; ///< runs while the server stops
    asio::steady_timer again_; ///< runs after a failed accept
    Tcp::endpoint endpoint_;
    std::thread thread_;
};

Status HttpServer::Implementation::listen() {
    const auto& options = shared_.options;
    const auto failed = [&options](const error_code& error, const char* what) {
        return Error::make(error == asio::error::address_in_use ? ErrorKind::conflict : ErrorKind::usage, what)
            .why(error.message())
            .fix("name an address of this machine and a free port (0 takes any)")
            .at(printable(options.address) + ":" + std::to_string(options.port));
    };
    error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error)
        return failed(error, "the server's address is no numeric address");
    shared_.is_loopback = address.is_loopback();
    if (!shared_.is_loopback && options.allow_beyond_loopback != options.address)
        return Error::make(ErrorKind::usage, "the server would be open to other machines")
            .why("its address is not a loopback address")
            .fix("ask for that by name, or use 127.0.0.1")
            .at(options.address);
    const Tcp::endpoint wanted(address, options.port);
    error = acceptor_.open(wanted.protocol(), error);
    if (!error)
        error = acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
    if (!error)
        error = acceptor_.bind(wanted, error);
    if (!error)
        error = acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error)
        endpoint_ = acceptor_.local_endpoint(error);
    if (error)
        return failed(error, "the server cannot listen");
    close_on_exec(acceptor_.native_handle());
    return {};
}

void HttpServer::Implementation::run() {
    accept();
    thread_ = std::thread([this] { shared_.io.run(); });
}

void HttpServer::Implementation::accept() {
    acceptor_.async_accept([this](error_code error, Tcp::socket socket) {
        if (shared_.stopping || error == asio::error::operation_aborted)
            return;
        if (error) { // no descriptor left, most likely: one is freed when a session ends
            log_warning("a connection could not be accepted", {{"why", error.message()}});
            again_.expires_after(std::chrono::milliseconds(100));
            again_.async_wait([this](error_code cancelled) {
                if (!cancelled && !shared_.stopping)
                    accept();
            });
            return;
        }
        close_on_exec(socket.native_handle());
        error_code ignored;
        ignored = socket.set_option(Tcp::no_delay(true), ignored);
        constexpr std::size_t kTurnedAwayAtOnce = 64;
        const auto limit = shared_.options.connection_limit;
        const bool too_many = shared_.sessions.size() >= limit;
        if (shared_.sessions.size() >= limit + kTurnedAwayAtOnce)
            return accept(); // a flood is not even answered
        const auto session = std::make_shared<Session>(std::move(socket), shared_);
        shared_.sessions.insert(session);
        too_many ? session->turn_away() : session->start();
        accept();
    });
}

void HttpServer::Implementation::stop() {
    if (!thread_.joinable())
        return;
    asio::post(shared_.io, [this] {
        shared_.stopping = true;
        shared_.on_last_session_ended = [this] { drain_.cancel(); };
        error_code ignored;
        ignored = acceptor_.close(ignored);
        again_.cancel();
        const auto sessions = shared_.sessions; // closing changes the set
        for (const auto& session : sessions)
            session->stop_when_idle();
        if (sessions.empty())
            return;
        drain_.expires_after(shared_.options.drain_limit);
        drain_.async_wait([this](error_code) { // time is up, or nothing is left
            const auto left = shared_.sessions;
            for (const auto& session : left)
                session->close();
        });
    });
    thread_.join();
    shared_.workers.join();
}

HttpServer::HttpServer(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}

HttpServer::~HttpServer() { stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options, HttpHandler handler, Random& random) {
    auto implementation = std::make_unique<Implementation>(std::move(options), std::move(handler), random);
    TRY(implementation->listen());
    implementation->run();
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(implementation)));
}

std::uint16_t HttpServer::port() const { return implementation_->endpoint().port(); }

std::string HttpServer::endpoint() const {
    const auto address = implementation_->endpoint().address();
    const auto host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
    return "http://" + host + ":" + std::to_string(port());
}

void HttpServer::stop() { implementation_->stop(); }

} // namespace godwit::net
