#include "fault_proxy/fault_proxy.h"

#include "base/clock.h"
#include "base/text.h"
#include "net/http_client.h"
#include "net/raw_peer.h"
#include "net/url.h"

#include <fnmatch.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace godwit::testing {

namespace {

constexpr std::size_t kMessageLimit = std::size_t{64} << 20;

struct Request {
    std::string method;
    std::string target;
    net::HttpHeaders headers;
    std::string body;
};

/// The client's side of a connection. Every wait ends when the proxy stops.
class Client {
public:
    Client(net::raw::Socket socket, int stop_signal) : socket_(std::move(socket)), stop_signal_(stop_signal) {
        const int on = 1;
        ::setsockopt(socket_.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }

    /// Nothing when the client has left, the proxy stops, or what came is no request.
    std::optional<Request> read_request();
    bool send(std::string_view bytes);
    void reset() { socket_.reset(); }
    /// Waits while the client is there and the proxy runs; false if one of them ended before the time had passed.
    bool wait(std::chrono::milliseconds time);
    void wait_for_its_end() {
        while (wait(std::chrono::minutes(1))) {
        }
    }

private:
    bool fill();
    bool fill_to(std::size_t bytes);
    std::optional<std::string> read_body(const net::HttpHeaders& headers);
    std::optional<std::string> read_chunks();
    std::optional<std::string> take_line();

    net::raw::Socket socket_;
    int stop_signal_;
    std::string buffer_;
};

bool Client::fill() {
    pollfd waiting[] = {{socket_.descriptor(), POLLIN, 0}, {stop_signal_, POLLIN, 0}};
    if (buffer_.size() > kMessageLimit || ::poll(waiting, 2, -1) < 0 || waiting[1].revents != 0)
        return false;
    char bytes[65536];
    const auto got = ::recv(socket_.descriptor(), bytes, sizeof bytes, 0);
    if (got <= 0)
        return false;
    buffer_.append(bytes, static_cast<std::size_t>(got));
    return true;
}

bool Client::fill_to(std::size_t bytes) {
    while (buffer_.size() < bytes) {
        if (bytes > kMessageLimit || !fill())
            return false;
    }
    return true;
}

std::optional<std::string> Client::take_line() {
    while (true) {
        if (const auto end = buffer_.find("\r\n"); end != std::string::npos) {
            auto line = buffer_.substr(0, end);
            buffer_.erase(0, end + 2);
            return line;
        }
        if (!fill())
            return std::nullopt;
    }
}

std::optional<std::string> Client::read_chunks() {
    std::string body;
    while (true) {
        const auto line = take_line();
        if (!line || line->empty())
            return std::nullopt;
        std::size_t size = 0;
        for (const char c : line->substr(0, line->find(';'))) {
            const auto digit = std::string_view("0123456789abcdef").find(lower_ascii(std::string(1, c)));
            if (digit == std::string_view::npos || size > kMessageLimit)
                return std::nullopt;
            size = size * 16 + digit;
        }
        if (body.size() + size > kMessageLimit || !fill_to(size + 2))
            return std::nullopt;
        body += buffer_.substr(0, size);
        buffer_.erase(0, size + 2);
        if (size == 0)
            return body;
    }
}

std::optional<std::string> Client::read_body(const net::HttpHeaders& headers) {
    if (headers.contains("Expect") && !send("HTTP/1.1 100 Continue\r\n\r\n"))
        return std::nullopt;
    if (headers.contains("Transfer-Encoding"))
        return read_chunks();
    const auto length = parse_uint64(headers.find("Content-Length").value_or("0"));
    if (length.is_error() || !fill_to(*length))
        return std::nullopt;
    auto body = buffer_.substr(0, *length);
    buffer_.erase(0, *length);
    return body;
}

std::optional<Request> Client::read_request() {
    const auto first = take_line();
    const auto words = first ? split(*first, ' ') : std::vector<std::string>();
    if (words.size() != 3)
        return std::nullopt;
    Request request{.method = words[0], .target = words[1], .headers = {}, .body = {}};
    while (true) {
        const auto line = take_line();
        if (!line)
            return std::nullopt;
        if (line->empty())
            break;
        const auto colon = line->find(':');
        if (colon == std::string::npos)
            return std::nullopt;
        request.headers.add(line->substr(0, colon), std::string(trim(std::string_view(*line).substr(colon + 1))));
    }
    auto body = read_body(request.headers);
    if (!body)
        return std::nullopt;
    request.body = std::move(*body);
    return request;
}

bool Client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        pollfd waiting[] = {{socket_.descriptor(), POLLOUT, 0}, {stop_signal_, POLLIN, 0}};
        if (::poll(waiting, 2, -1) < 0 || waiting[1].revents != 0)
            return false;
        const auto sent = ::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
    }
    return true;
}

bool Client::wait(std::chrono::milliseconds time) {
    pollfd waiting[] = {{socket_.descriptor(), POLLRDHUP, 0}, {stop_signal_, POLLIN, 0}};
    return ::poll(waiting, 2, static_cast<int>(time.count())) == 0;
}

/// Headers that belong to one connection only, or that the proxy sets itself.
bool is_of_one_hop(const std::string& name) {
    const auto lower = lower_ascii(name);
    return lower == "connection" || lower == "content-length" || lower == "transfer-encoding" || lower == "expect" ||
           lower == "keep-alive";
}

constexpr std::string_view kHeaderEnd = "\r\n\r\n";

/// The answer as it goes to the client.
std::string text_of(const net::HttpAnswer& answer, const Request& request) {
    auto text = "HTTP/1.1 " + std::to_string(answer.status) + " Status\r\n";
    for (const auto& field : answer.headers) {
        if (!is_of_one_hop(field.name))
            text += field.name + ": " + field.value + "\r\n";
    }
    const bool is_head = request.method == "HEAD";
    const auto length = std::to_string(answer.body.size());
    if (answer.status != 204 && answer.status != 304)
        text +=
            "Content-Length: " + (is_head ? answer.headers.find("Content-Length").value_or(length) : length) + "\r\n";
    return text + "\r\n" + (is_head ? "" : answer.body);
}

net::HttpAnswer made_up(int status, const std::string& text) {
    return {.status = status, .headers = {{"Content-Type", "text/plain"}}, .body = text + "\n"};
}

} // namespace

class FaultProxy::Implementation {
public:
    Implementation(std::string server, std::vector<FaultRule> rules)
        : server_(std::move(server)), stop_signal_(::eventfd(0, EFD_CLOEXEC)) {
        set_rules(std::move(rules));
    }
    ~Implementation();

    void start() {
        acceptor_ = std::thread([this] { accept_all(); });
    }
    std::uint16_t port() const { return listener_.port(); }
    void set_rules(std::vector<FaultRule> rules);
    FaultCounters counters() const;
    std::vector<std::string> log() const;

private:
    void accept_all();
    void serve(Client client);
    std::optional<FaultRule> choose(const Request& request);
    net::HttpAnswer forward(const Request& request);
    bool act_before(Client& client, const Request& request, const FaultRule& rule);
    bool act_after(Client& client, const Request& request, const std::optional<FaultRule>& rule);

    std::string server_;
    net::raw::Listener listener_;
    int stop_signal_; ///< readable from the moment at which the proxy stops
    SystemClock clock_;
    net::CurlHttpClient upstream_{clock_};
    std::stop_source stop_;

    mutable std::mutex mutex_;
    std::condition_variable all_ended_;
    std::size_t connections_ = 0;
    std::vector<FaultRule> rules_;
    FaultCounters counters_;
    std::vector<std::string> log_;
    std::thread acceptor_;
};

FaultProxy::Implementation::~Implementation() {
    stop_.request_stop();
    (void)!::eventfd_write(stop_signal_, 1);
    if (acceptor_.joinable())
        acceptor_.join();
    std::unique_lock lock(mutex_);
    all_ended_.wait(lock, [this] { return connections_ == 0; });
    ::close(stop_signal_);
}

void FaultProxy::Implementation::accept_all() {
    while (true) {
        pollfd waiting[] = {{listener_.descriptor(), POLLIN, 0}, {stop_signal_, POLLIN, 0}};
        if (::poll(waiting, 2, -1) < 0 || waiting[1].revents != 0)
            return;
        auto socket = listener_.accept();
        if (socket.descriptor() < 0)
            continue;
        {
            const std::lock_guard lock(mutex_);
            ++connections_;
        }
        std::thread([this, client = Client(std::move(socket), stop_signal_)]() mutable {
            serve(std::move(client));
            const std::lock_guard lock(mutex_);
            --connections_;
            all_ended_.notify_all();
        }).detach();
    }
}

void FaultProxy::Implementation::serve(Client client) {
    while (const auto request = client.read_request()) {
        const auto rule = choose(*request);
        const bool goes_on = (!rule || act_before(client, *request, *rule)) && act_after(client, *request, rule);
        if (!goes_on || lower_ascii(request->headers.find("Connection").value_or("")) == "close")
            break;
    }
}

std::optional<FaultRule> FaultProxy::Implementation::choose(const Request& request) {
    const std::lock_guard lock(mutex_);
    ++counters_.requests;
    log_.push_back(request.method + " " + request.target);
    std::optional<FaultRule> chosen;
    const auto path = request.target.substr(0, request.target.find('?'));
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        const auto& rule = rules_[i];
        if ((rule.method != "*" && rule.method != request.method) || ::fnmatch(rule.path.c_str(), path.c_str(), 0) != 0)
            continue;
        const auto match = ++counters_.matches[i];
        if (!chosen && match >= rule.nth && (rule.times == 0 || match < rule.nth + rule.times))
            chosen = rule;
    }
    counters_.faults += chosen ? 1 : 0;
    return chosen;
}

net::HttpAnswer FaultProxy::Implementation::forward(const Request& request) {
    net::HttpCall call;
    call.method = request.method;
    call.url = server_ + request.target;
    call.body = request.body;
    call.answer_limit = kMessageLimit;
    call.stop = stop_.get_token();
    for (const auto& field : request.headers) {
        if (!is_of_one_hop(field.name))
            call.headers.add(field.name, field.value);
    }
    auto answer = upstream_.call(call);
    if (answer.is_error())
        return made_up(502, "the server behind the fault proxy: " + answer.error().to_line());
    const std::lock_guard lock(mutex_);
    ++counters_.forwarded;
    return std::move(answer).release();
}

/// Whether the request goes on to the server.
bool FaultProxy::Implementation::act_before(Client& client, const Request& request, const FaultRule& rule) {
    switch (rule.fault) {
    case Fault::reset_before: client.reset(); return false;
    case Fault::hang_before: client.wait_for_its_end(); return false;
    case Fault::status_before:
        client.send(text_of(made_up(rule.status, "made up by the fault proxy"), request));
        return false;
    case Fault::delay: return client.wait(rule.time);
    default: return true;
    }
}

/// Whether the connection goes on.
bool FaultProxy::Implementation::act_after(Client& client, const Request& request,
                                           const std::optional<FaultRule>& rule) {
    const auto answer = forward(request);
    const auto text = text_of(answer, request);
    if (!rule)
        return client.send(text);
    switch (rule->fault) {
    case Fault::drop_after: return false;
    case Fault::reset_after: client.reset(); return false;
    case Fault::cut_after:
        client.send(std::string_view(text).substr(0, text.find(kHeaderEnd) + 4 + rule->bytes));
        return false;
    case Fault::status_after: return client.send(text_of(made_up(rule->status, "made up by the fault proxy"), request));
    case Fault::hang_after: client.wait_for_its_end(); return false;
    case Fault::trickle_after:
        for (const char& byte : text) {
            if (!client.send({&byte, 1}) || !client.wait(rule->time))
                return false;
        }
        return true;
    default: return client.send(text);
    }
}

void FaultProxy::Implementation::set_rules(std::vector<FaultRule> rules) {
    const std::lock_guard lock(mutex_);
    rules_ = std::move(rules);
    counters_ = {};
    counters_.matches.resize(rules_.size());
    log_.clear();
}

FaultCounters FaultProxy::Implementation::counters() const {
    const std::lock_guard lock(mutex_);
    return counters_;
}

std::vector<std::string> FaultProxy::Implementation::log() const {
    const std::lock_guard lock(mutex_);
    return log_;
}

FaultProxy::FaultProxy(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}

FaultProxy::~FaultProxy() = default;

Result<std::unique_ptr<FaultProxy>> FaultProxy::start(const std::string& server, std::vector<FaultRule> rules) {
    const auto url = TRY(net::parse_url(server));
    auto implementation = std::make_unique<Implementation>(url.origin(), std::move(rules));
    implementation->start();
    return std::unique_ptr<FaultProxy>(new FaultProxy(std::move(implementation)));
}

std::uint16_t FaultProxy::port() const { return implementation_->port(); }
std::string FaultProxy::endpoint() const { return "http://127.0.0.1:" + std::to_string(port()); }
void FaultProxy::set_rules(std::vector<FaultRule> rules) { implementation_->set_rules(std::move(rules)); }
FaultCounters FaultProxy::counters() const { return implementation_->counters(); }
std::vector<std::string> FaultProxy::log() const { return implementation_->log(); }

} // namespace godwit::testing
