#include "net/http_client.h"

#include "net/http_server.h"
#include "net/raw_peer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

namespace godwit::net {
namespace {

using namespace std::chrono_literals;

/// Against a server of ours.
class HttpClientTest : public ::testing::Test {
protected:
    static HttpResponse answer(const HttpRequest& request) {
        HttpResponse response{.status = 200, .headers = {{"X-Method", request.method}}, .body = {}};
        const auto& first = request.parts.segments.empty() ? "" : request.parts.segments.front();
        if (first == "status")
            response.status = std::stoi(request.parts.segments.at(1));
        if (first == "header")
            response.body = request.headers.find(request.parts.segments.at(1)).value_or("(none)");
        if (first == "target")
            response.body = request.target;
        if (first == "large")
            response.body = std::string(100'000, 'x');
        if (first == "refused") {
            response.status = 403;
            response.body = std::string(3'000'000, 'x');
        }
        if (first == "echo")
            response.body = request.body;
        if (first == "redirect") {
            response.status = 302;
            response.headers.add("Location", "/echo");
        }
        return response;
    }

    HttpCall call_to(const std::string& path, const std::string& method = "GET") const {
        HttpCall call;
        call.method = method;
        call.url = server_->endpoint() + path;
        return call;
    }

    SystemClock clock_;
    SystemRandom random_;
    std::unique_ptr<HttpServer> server_ = HttpServer::start({}, answer, random_).value();
    CurlHttpClient client_{clock_};
};

TEST_F(HttpClientTest, methods_and_bodies) {
    for (const auto* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
        auto call = call_to("/echo", method);
        call.body = std::string("a\0b\r\n", 5) + method;
        const auto answer = client_.call(call).value();
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.headers.find("x-method"), method);
        EXPECT_EQ(answer.body, call.body);
        EXPECT_EQ(answer.request_id().size(), 16u);
        EXPECT_EQ(client_.call(call_to("/echo", method)).value().body, "");
    }
    const auto head = client_.call(call_to("/large", "HEAD")).value();
    EXPECT_EQ(head.headers.find("Content-Length"), "100000");
    EXPECT_EQ(head.body, "");
}

TEST_F(HttpClientTest, every_complete_answer_is_an_answer) {
    for (const int status : {204, 304, 404, 429, 500, 503})
        EXPECT_EQ(client_.call(call_to("/status/" + std::to_string(status), "POST")).value().status, status);
    EXPECT_EQ(client_.call(call_to("/redirect")).value().status, 302);
}

TEST_F(HttpClientTest, headers) {
    auto call = call_to("/header/X-Token");
    call.secret_headers.push_back({"X-Token", Secret("hunter2")});
    EXPECT_EQ(client_.call(call).value().body, "hunter2");
    call = call_to("/header/X-Empty");
    call.headers.add("X-Empty", "");
    EXPECT_EQ(client_.call(call).value().body, "");
    EXPECT_EQ(client_.call(call_to("/header/Content-Type", "POST")).value().body, "(none)");
    EXPECT_EQ(client_.call(call_to("/header/User-Agent")).value().body, "godwit/" GODWIT_VERSION);
}

TEST_F(HttpClientTest, targets_are_sent_as_they_stand) {
    EXPECT_EQ(client_.call(call_to("/target/../a%2Fb/./c?x=%20&&y")).value().body, "/target/../a%2Fb/./c?x=%20&&y");
}

TEST_F(HttpClientTest, streamed_bodies) {
    for (const bool size_is_known : {true, false}) {
        const std::string content(300'000, 's');
        auto call = call_to("/echo", "PUT");
        std::size_t given = 0;
        call.body_source = [&](char* into, std::size_t capacity) -> Result<std::size_t> {
            const auto size = content.copy(into, capacity, given);
            given += size;
            return size;
        };
        if (size_is_known)
            call.body_source_size = content.size();
        EXPECT_EQ(client_.call(call).value().body, content);
    }
    auto broken = call_to("/echo", "PUT");
    broken.body_source = [](char*, std::size_t) -> Result<std::size_t> {
        return Error::make(ErrorKind::io, "bad disk");
    };
    const auto error = client_.call(broken).error();
    EXPECT_NE(error.to_line().find("bad disk"), std::string::npos);
}

TEST_F(HttpClientTest, large_answers_are_refused) {
    auto call = call_to("/large");
    call.answer_limit = 99'999;
    EXPECT_EQ(client_.call(call).error().kind(), ErrorKind::invalid_input);
    call.method = "POST";
    EXPECT_EQ(client_.call(call).error().retry(), RetryClass::unknown);
    call.answer_limit = 100'000;
    EXPECT_EQ(client_.call(call).value().body.size(), 100'000u);
}

TEST_F(HttpClientTest, of_a_large_refusal_the_first_part_is_kept) {
    const auto answer = client_.call(call_to("/refused")).value();
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.body, std::string(std::size_t{1} << 20, 'x'));
}

TEST_F(HttpClientTest, threads_share_a_client) {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([this, t] {
            for (int i = 0; i < 20; ++i) {
                auto call = call_to("/echo", "POST");
                call.body = std::to_string(t * 1000 + i);
                EXPECT_EQ(client_.call(call).value().body, call.body);
            }
        });
    }
}

TEST_F(HttpClientTest, calls_that_cannot_be_made) {
    auto forged = call_to("/");
    forged.headers.add("X", "a\r\nY: b");
    EXPECT_EQ(client_.call(forged).error().kind(), ErrorKind::usage);
    auto forged_secret = call_to("/");
    forged_secret.secret_headers.push_back({"X", Secret("hunter2\r\nY: b")});
    EXPECT_EQ(client_.call(forged_secret).error().to_block().find("hunter2"), std::string::npos);
    EXPECT_TRUE(client_.call(call_to("/", "GET / HTTP/1.1\r\nX:")).is_error());
    EXPECT_TRUE(client_.call(call_to("/", "")).is_error());
    HttpCall file;
    file.url = "file:///etc/passwd";
    EXPECT_EQ(client_.call(file).error().kind(), ErrorKind::usage);
    auto two_bodies = call_to("/", "PUT");
    two_bodies.body = "x";
    two_bodies.body_source = [](char*, std::size_t) -> Result<std::size_t> { return std::size_t{0}; };
    EXPECT_TRUE(client_.call(two_bodies).is_error());
}

/// Against a bare socket that plays its part on a thread.
class HttpClientPeerTest : public ::testing::Test {
protected:
    ~HttpClientPeerTest() override { peer_ = {}; }

    template <typename Play>
    void play(Play play) {
        peer_ = std::jthread([this, play] { play(listener_); });
    }

    HttpCall call_with(const std::string& method) const {
        HttpCall call;
        call.method = method;
        call.url = listener_.url("/path?secret=hunter2");
        call.body = method == "POST" ? "body" : "";
        return call;
    }

    /// Plays the same against a reading and a changing method; returns their errors.
    template <typename Play>
    std::pair<Error, Error> errors_for(Play play_once) {
        play([play_once](const raw::Listener& listener) {
            for (int i = 0; i < 2; ++i) {
                auto socket = listener.accept();
                play_once(socket);
            }
        });
        const auto error_of = [this](const char* method) {
            auto result = client_->call(call_with(method));
            return result.is_error() ? std::move(result).error() : Error::make(ErrorKind::bug, "there was an answer");
        };
        auto reading = error_of("GET");
        auto changing = error_of("POST");
        peer_ = {};
        return {std::move(reading), std::move(changing)};
    }

    SystemClock clock_;
    std::optional<CurlHttpClient> client_{std::in_place, clock_};
    raw::Listener listener_;
    std::jthread peer_;
};

TEST_F(HttpClientPeerTest, refused_means_that_nothing_happened) {
    const auto call = call_with("POST");
    listener_.close();
    const auto error = client_->call(call).error();
    EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    EXPECT_EQ(error.retry(), RetryClass::retry);
    EXPECT_EQ(error.where(), "POST " + listener_.url("/path?..."));
}

TEST_F(HttpClientPeerTest, unknown_names_mean_that_nothing_happened) {
    HttpCall call;
    call.method = "POST";
    call.url = "http://no-such-host.invalid/";
    const auto error = client_->call(call).error();
    EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    EXPECT_EQ(error.retry(), RetryClass::retry);
}

TEST_F(HttpClientPeerTest, a_dropped_answer_is_unknown_where_something_may_have_changed) {
    const auto [reading, changing] = errors_for([](raw::Socket& socket) { socket.read_until("\r\n\r\n"); });
    EXPECT_EQ(reading.kind(), ErrorKind::unavailable);
    EXPECT_EQ(reading.retry(), RetryClass::retry);
    EXPECT_EQ(changing.kind(), ErrorKind::outcome_unknown);
    EXPECT_EQ(changing.retry(), RetryClass::unknown);
    EXPECT_EQ(changing.to_block().find("hunter2"), std::string::npos);
}

TEST_F(HttpClientPeerTest, a_reset_or_cut_answer_is_unknown_too) {
    const auto reset = errors_for([](raw::Socket& socket) {
        socket.read_until("\r\n\r\n");
        socket.reset();
    });
    EXPECT_EQ(reset.first.retry(), RetryClass::retry);
    EXPECT_EQ(reset.second.retry(), RetryClass::unknown);
    for (const auto* cut : {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "HTTP/1.1 200 OK\r\nContent-Le",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
        const auto [reading, changing] = errors_for([cut](raw::Socket& socket) {
            socket.read_until("\r\n\r\n");
            socket.send(cut);
        });
        EXPECT_EQ(reading.retry(), RetryClass::retry) << cut;
        EXPECT_EQ(changing.retry(), RetryClass::unknown) << cut;
    }
}

TEST_F(HttpClientPeerTest, answers_that_are_no_http) {
    const auto [reading, changing] = errors_for([](raw::Socket& socket) {
        socket.read_until("\r\n\r\n");
        socket.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    });
    EXPECT_EQ(reading.kind(), ErrorKind::invalid_input);
    EXPECT_EQ(changing.retry(), RetryClass::unknown);
    const auto endless = errors_for([](raw::Socket& socket) {
        socket.read_until("\r\n\r\n");
        socket.send("HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 300'000; ++i)
            socket.send("X-Filler: y\r\n");
    });
    EXPECT_TRUE(endless.first.kind() == ErrorKind::invalid_input || endless.first.kind() == ErrorKind::unavailable);
    EXPECT_EQ(endless.second.retry(), RetryClass::unknown);
}

TEST_F(HttpClientPeerTest, chunked_answers) {
    play([](const raw::Listener& listener) {
        const auto socket = listener.accept();
        socket.read_until("\r\n\r\n");
        socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n");
    });
    EXPECT_EQ(client_->call(call_with("GET")).value().body, "hello!");
}

TEST_F(HttpClientPeerTest, silence_ends_at_the_idle_limit) {
    play([](const raw::Listener& listener) {
        for (int i = 0; i < 2; ++i) {
            const auto socket = listener.accept();
            socket.read_until("\r\n\r\n");
            socket.read_to_end(); // says nothing until the client leaves
        }
    });
    for (const auto* method : {"GET", "POST"}) {
        auto call = call_with(method);
        call.idle_limit = 50ms;
        const auto error = client_->call(call).error();
        EXPECT_EQ(error.retry(), is_reading(method) ? RetryClass::retry : RetryClass::unknown);
        EXPECT_EQ(error.kind(), is_reading(method) ? ErrorKind::deadline : ErrorKind::outcome_unknown);
        EXPECT_NE(error.why().find("nothing moved"), std::string::npos) << error.why();
    }
}

TEST_F(HttpClientPeerTest, a_trickle_ends_at_the_total_limit) {
    play([](const raw::Listener& listener) {
        const auto socket = listener.accept();
        socket.read_until("\r\n\r\n");
        socket.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
        while (socket.send("x"))
            std::this_thread::yield();
    });
    auto call = call_with("GET");
    call.total_limit = 200ms;
    call.answer_limit = std::size_t{1} << 30;
    const auto error = client_->call(call).error();
    EXPECT_EQ(error.kind(), ErrorKind::deadline);
    EXPECT_NE(error.why().find("longer than"), std::string::npos) << error.why();
}

TEST_F(HttpClientPeerTest, a_stopped_call_ends_at_once) {
    for (const auto* method : {"GET", "POST"}) {
        std::stop_source source;
        play([&source](const raw::Listener& listener) {
            const auto socket = listener.accept();
            socket.read_until("\r\n\r\n");
            source.request_stop();
            socket.read_to_end();
        });
        auto call = call_with(method);
        call.stop = source.get_token();
        const auto error = client_->call(call).error();
        EXPECT_EQ(error.kind(), ErrorKind::interrupted);
        EXPECT_EQ(error.retry(), is_reading(method) ? RetryClass::fail : RetryClass::unknown);
        EXPECT_EQ(client_->call(call).error().retry(), RetryClass::fail); // was never sent
        peer_ = {};
    }
}

TEST_F(HttpClientPeerTest, connections_are_kept_for_reading) {
    play([](const raw::Listener& listener) {
        const auto only = listener.accept();
        while (!only.read_until("\r\n\r\n").empty())
            only.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(client_->call(call_with("GET")).value().body, "ok");
    client_.reset(); // closes the connection, so that the peer ends
}

TEST_F(HttpClientPeerTest, a_changing_call_is_never_sent_twice) {
    std::atomic<int> requests = 0;
    play([&requests](const raw::Listener& listener) {
        const auto kept = listener.accept();
        requests += kept.read_until("\r\n\r\n").empty() ? 0 : 1;
        kept.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        const auto fresh = listener.accept();
        requests += fresh.read_until("\r\n\r\n").empty() ? 0 : 1;
    });
    EXPECT_EQ(client_->call(call_with("GET")).value().body, "ok");
    auto call = call_with("DELETE");
    call.idle_limit = 5s;
    EXPECT_EQ(client_->call(call).error().retry(), RetryClass::unknown);
    EXPECT_FALSE(listener_.has_connection_waiting()); // libcurl would come back by itself
    raw::connect(listener_.port());                   // ends the peer, should it still wait for the fresh connection
    peer_ = {};
    EXPECT_EQ(requests, 2);
}

} // namespace
} // namespace godwit::net
