#include "net/http_server.h"

#include "net/raw_peer.h"

#include <gtest/gtest.h>

#include <latch>
#include <stdexcept>
#include <thread>

namespace godwit::net {
namespace {

using namespace std::chrono_literals;

/// A server that answers with what it understood, and bare sockets that talk to it.
class HttpServerTest : public ::testing::Test {
protected:
    void start(HttpServerOptions options = {}) {
        server_ = HttpServer::start(std::move(options), describe, random_).value();
    }

    static HttpResponse describe(const HttpRequest& request) {
        HttpResponse response;
        response.body = request.method;
        for (const auto& segment : request.parts.segments)
            response.body += "[" + segment + "]";
        response.body += request.body;
        if (request.target == "/throw")
            throw std::runtime_error("secret detail");
        if (request.target == "/impossible")
            response.status = 42;
        if (request.target == "/headers")
            response.headers = {
                {"X-Good", "1"}, {"X-Bad", "a\r\nX-Forged: 1"}, {"Content-Length", "3"}, {"bad name", "x"}};
        if (request.target == "/query")
            response.body += request.parameter("none").value_or("-");
        return response;
    }

    raw::Socket connect() const { return raw::connect(server_->port()); }

    /// Sends everything, and gives everything that comes back.
    std::string exchange(const std::string& bytes) const {
        const auto socket = connect();
        socket.send(bytes);
        socket.end_sending();
        return socket.read_to_end();
    }

    static std::string request(const std::string& line, const std::string& more = "") {
        return line + " HTTP/1.1\r\nHost: localhost\r\n" + more;
    }

    static int status_of(const std::string& response) {
        return response.size() < 12 ? 0 : std::stoi(response.substr(9, 3));
    }

    SystemRandom random_;
    std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, answers) {
    start();
    const auto response = exchange(request("GET /a/b%2Fc?x=1", "\r\n"));
    EXPECT_EQ(status_of(response), 200);
    EXPECT_TRUE(response.ends_with("\r\n\r\nGET[a][b/c]")) << response;
    EXPECT_NE(response.find("X-Request-Id: "), std::string::npos);
    EXPECT_NE(exchange(request("POST /", "Content-Length: 4\r\n\r\nbody")).find("POSTbody"), std::string::npos);
    EXPECT_NE(
        exchange(request("PUT /", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n")).find("PUTabcd"),
        std::string::npos);
    EXPECT_TRUE(exchange(request("HEAD /x", "\r\n")).ends_with("Content-Length: 7\r\n\r\n"));
}

TEST_F(HttpServerTest, requests_of_a_connection_are_answered_in_order) {
    start();
    const auto responses = exchange(request("GET /1", "\r\n") + request("HEAD /2", "\r\n") +
                                    request("POST /3", "Content-Length: 1\r\n\r\nx") + request("GET /4", "\r\n"));
    const auto first = responses.find("GET[1]");
    const auto third = responses.find("POST[3]x");
    const auto fourth = responses.find("GET[4]");
    EXPECT_LT(first, third);
    EXPECT_LT(third, fourth);
    EXPECT_NE(fourth, std::string::npos);
}

TEST_F(HttpServerTest, connections_stay_open_unless_the_client_says_otherwise) {
    start();
    const auto socket = connect();
    for (int i = 0; i < 3; ++i) {
        socket.send(request("GET /x", "\r\n"));
        EXPECT_NE(socket.read_until("GET[x]").find("200 OK"), std::string::npos);
    }
    socket.send(request("GET /x", "Connection: close\r\n\r\n"));
    EXPECT_NE(socket.read_to_end().find("Connection: close"), std::string::npos);
    EXPECT_NE(connect().descriptor(), -1);
    const auto old = connect();
    old.send("GET /old HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(old.read_to_end().ends_with("GET[old]"));
}

TEST_F(HttpServerTest, continues_a_client_that_asks) {
    start();
    const auto socket = connect();
    socket.send(request("PUT /", "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
    EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    socket.send("body");
    EXPECT_NE(socket.read_until("PUTbody").find("200 OK"), std::string::npos);
    EXPECT_EQ(status_of(exchange(request("PUT /", "Content-Length: 4\r\nExpect: miracles\r\n\r\n"))), 417);
}

TEST_F(HttpServerTest, refuses_malformed_requests) {
    start();
    const std::string hostile[] = {
        "\x16\x03\x01 not http at all\r\n\r\n",
        "GET\r\n\r\n",
        request("GET /%zz", "\r\n"),
        request("GET /%", "\r\n"),
        request("GET /?%4", "\r\n"),
        request("GET http://localhost/", "\r\n"),
        request("OPTIONS *", "\r\n"),
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/3.7\r\nHost: localhost\r\n\r\n",
        request("GET /", "Bad Header: x\r\n\r\n"),
        request("GET /", "no colon\r\n\r\n"),
        request("POST /", "Content-Length: -1\r\n\r\n"),
        request("POST /", "Content-Length: 4x\r\n\r\nbody"),
        request("POST /", "Content-Length: 99999999999999999999\r\n\r\n"),
        request("POST /", "Content-Length: 4\r\nContent-Length: 5\r\n\r\nbodyx"),
        request("POST /", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        request("POST /", "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    };
    for (const auto& bytes : hostile) {
        const auto response = exchange(bytes);
        EXPECT_EQ(status_of(response), 400) << bytes << response;
        EXPECT_NE(response.find("Content-Type: text/plain"), std::string::npos);
    }
    EXPECT_EQ(status_of(exchange(request("GET /", "\r\n"))), 200);
}

TEST_F(HttpServerTest, cut_requests_are_not_answered) {
    start();
    EXPECT_EQ(exchange(""), "");
    EXPECT_EQ(exchange("GET / HT"), "");
    EXPECT_EQ(exchange(request("POST /", "Content-Length: 10\r\n\r\nshort")), "");
}

TEST_F(HttpServerTest, limits_header_and_body) {
    HttpServerOptions options;
    options.body_limit = 1000;
    start(options);
    EXPECT_EQ(status_of(exchange(request("GET /", "X: " + std::string(60'000, 'x') + "\r\n\r\n"))), 200);
    EXPECT_EQ(status_of(exchange(request("GET /", "X: " + std::string(70'000, 'x') + "\r\n\r\n"))), 431);
    EXPECT_EQ(status_of(exchange(request("GET /" + std::string(70'000, 'x'), "\r\n"))), 431);
    EXPECT_EQ(status_of(exchange(request("POST /", "Content-Length: 1000\r\n\r\n" + std::string(1000, 'b')))), 200);
    EXPECT_EQ(status_of(exchange(request("POST /", "Content-Length: 1001\r\n\r\n" + std::string(1001, 'b')))), 413);
    EXPECT_EQ(
        status_of(exchange(request("POST /", "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'b')))),
        413);
    // The answer reaches a client that goes on sending.
    EXPECT_EQ(status_of(exchange(request("POST /", "Content-Length: 3000000\r\n\r\n" + std::string(3'000'000, 'b')))),
              413);
}

TEST_F(HttpServerTest, refusals_can_be_worded_by_the_owner) {
    HttpServerOptions options;
    options.refusal = [](int status, const std::string&) {
        return HttpResponse{
            .status = status, .headers = {{"Content-Type", "application/json"}}, .body = "{\"mine\":true}"};
    };
    start(options);
    EXPECT_TRUE(exchange(request("GET /%", "\r\n")).ends_with("{\"mine\":true}"));
}

TEST_F(HttpServerTest, a_web_page_cannot_reach_it_under_another_name) {
    start();
    const auto with_host = [](const std::string& host) { return "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"; };
    for (const auto* host : {"localhost", "LocalHost:99", "127.0.0.1:80", "[::1]:80"})
        EXPECT_EQ(status_of(exchange(with_host(host))), 200) << host;
    for (const auto* host : {"evil.example", "localhost.evil.example:80", "10.0.0.1", "["})
        EXPECT_EQ(status_of(exchange(with_host(host))), 421) << host;
}

TEST_F(HttpServerTest, a_web_page_cannot_use_it_at_all) {
    start();
    const auto with = [](const std::string& field) { return request("GET /", field + "\r\n\r\n"); };
    EXPECT_EQ(status_of(exchange(with("Sec-Fetch-Site: none"))), 200);
    for (const auto* field :
         {"Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"})
        EXPECT_EQ(status_of(exchange(with(field))), 403) << field;
}

TEST_F(HttpServerTest, failing_handlers_give_500_without_details) {
    start();
    const auto response = exchange(request("GET /throw", "\r\n"));
    EXPECT_EQ(status_of(response), 500);
    EXPECT_EQ(response.find("secret detail"), std::string::npos);
    EXPECT_EQ(status_of(exchange(request("GET /impossible", "\r\n"))), 500);
    EXPECT_EQ(status_of(exchange(request("GET /", "\r\n"))), 200);
}

TEST_F(HttpServerTest, handlers_cannot_break_the_framing) {
    start();
    const auto response = exchange(request("GET /headers", "\r\n"));
    EXPECT_NE(response.find("X-Good: 1"), std::string::npos);
    EXPECT_EQ(response.find("Forged"), std::string::npos);
    EXPECT_EQ(response.find("bad name"), std::string::npos);
    EXPECT_NE(response.find("Content-Length: 12\r\n"), std::string::npos) << response;
}

TEST_F(HttpServerTest, slow_clients_are_cut_off) {
    HttpServerOptions options;
    options.idle_limit = 50ms;
    options.read_limit = 100ms;
    start(options);
    const auto silent = connect();
    const auto stalled = connect();
    stalled.send("GET / HTTP/1.1\r\nHost: local");
    const auto half = connect();
    half.send(request("POST /", "Content-Length: 100\r\n\r\nhalf"));
    EXPECT_EQ(silent.read_to_end(), "");
    EXPECT_EQ(stalled.read_to_end(), "");
    EXPECT_EQ(half.read_to_end(), "");
    const auto kept = connect();
    kept.send(request("GET /x", "\r\n"));
    EXPECT_TRUE(kept.read_to_end().ends_with("GET[x]")); // answered, then idle
}

TEST_F(HttpServerTest, trickling_does_not_extend_the_time) {
    HttpServerOptions options;
    options.read_limit = 100ms;
    start(options);
    const auto socket = connect();
    socket.send(request("GET /", "X: "));
    std::jthread trickle([&socket] {
        while (socket.send("x"))
            std::this_thread::yield();
    });
    const auto response = socket.read_to_end();
    EXPECT_TRUE(response.empty() || status_of(response) == 431) << response;
}

TEST_F(HttpServerTest, connections_are_limited) {
    HttpServerOptions options;
    options.connection_limit = 2;
    start(options);
    const auto first = connect();
    first.send(request("GET /1", "\r\n"));
    first.read_until("GET[1]");
    {
        const auto second = connect();
        second.send(request("GET /2", "\r\n"));
        second.read_until("GET[2]");
        EXPECT_EQ(status_of(connect().read_to_end()), 503);
        second.send(request("GET /2", "Connection: close\r\n\r\n"));
        second.read_to_end();
    }
    // The server forgets a connection a moment after its client has seen the end.
    int status = 503;
    while (status == 503)
        status = status_of(exchange(request("GET /3", "Connection: close\r\n\r\n")));
    EXPECT_EQ(status, 200);
}

TEST_F(HttpServerTest, handlers_run_side_by_side) {
    std::latch both(2);
    server_ = HttpServer::start(
                  {},
                  [&both](const HttpRequest&) {
                      both.arrive_and_wait();
                      return HttpResponse{};
                  },
                  random_)
                  .value();
    std::jthread other([this] { EXPECT_EQ(status_of(exchange(request("GET /", "\r\n"))), 200); });
    EXPECT_EQ(status_of(exchange(request("GET /", "\r\n"))), 200);
}

TEST_F(HttpServerTest, stopping_answers_what_has_begun) {
    std::latch begun(1);
    std::latch go_on(1);
    server_ = HttpServer::start(
                  {},
                  [&](const HttpRequest&) {
                      begun.count_down();
                      go_on.wait();
                      return HttpResponse{.status = 200, .headers = {}, .body = "done"};
                  },
                  random_)
                  .value();
    const auto idle = connect();
    const auto busy = connect();
    busy.send(request("GET /", "\r\n"));
    begun.wait();
    std::jthread stopper([this] { server_->stop(); });
    EXPECT_EQ(idle.read_to_end(), ""); // closed at once
    go_on.count_down();
    const auto response = busy.read_to_end();
    EXPECT_TRUE(response.ends_with("done")) << response;
    EXPECT_NE(response.find("Connection: close"), std::string::npos);
    stopper.join();
    server_->stop();
    server_.reset();
}

TEST_F(HttpServerTest, stopping_does_not_wait_for_ever) {
    HttpServerOptions options;
    options.drain_limit = 50ms;
    start(options);
    const auto half = connect();
    half.send(request("POST /", "Expect: 100-continue\r\nContent-Length: 100\r\n\r\n"));
    half.read_until("\r\n\r\n");
    server_->stop();
    EXPECT_EQ(half.read_to_end(), "");
}

TEST_F(HttpServerTest, beyond_loopback_only_addresses_and_names_of_its_own_are_answered) {
    HttpServerOptions options;
    options.address = options.allow_beyond_loopback = "0.0.0.0";
    options.hosts = {"Catalogue.example"};
    server_ = HttpServer::start(options, describe, random_).value();
    const auto status = [&](const std::string& host) {
        return status_of(exchange("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
    };
    for (const auto* host : {"192.0.2.7:8181", "[2001:db8::1]:8181", "localhost", "catalogue.example:8181"})
        EXPECT_EQ(status(host), 200) << host;
    for (const auto* host : {"rebound.example", "x.catalogue.example", "192.0.2.7.example", "192.0.2", "[x]", ""})
        EXPECT_EQ(status(host), 421) << host;
}

TEST_F(HttpServerTest, other_machines_must_be_let_in_by_name) {
    HttpServerOptions options;
    options.address = "0.0.0.0";
    EXPECT_EQ(HttpServer::start(options, describe, random_).error().kind(), ErrorKind::usage);
    options.allow_beyond_loopback = "0.0.0.0";
    server_ = HttpServer::start(options, describe, random_).value();
    EXPECT_EQ(status_of(exchange("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")), 200);
    options.address = "example.com";
    EXPECT_EQ(HttpServer::start(options, describe, random_).error().kind(), ErrorKind::usage);
    options.address = "127.0.0.1";
    options.port = server_->port();
    EXPECT_EQ(HttpServer::start(options, describe, random_).error().kind(), ErrorKind::conflict);
}

} // namespace
} // namespace godwit::net
