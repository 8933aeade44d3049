#include "net/url.h"

#include <gtest/gtest.h>

namespace godwit::net {
namespace {

TEST(Url, parts_stay_as_written) {
    const auto url = parse_url("HTTP://Example.COM:8181/a%2Fb/../c?x=%20&y").value();
    EXPECT_EQ(url.scheme, "http");
    EXPECT_EQ(url.host, "example.com");
    EXPECT_EQ(url.port, 8181);
    EXPECT_EQ(url.path, "/a%2Fb/../c");
    EXPECT_EQ(url.query, "x=%20&y");
    EXPECT_EQ(url.origin(), "http://example.com:8181");
}

TEST(Url, defaults) {
    EXPECT_EQ(parse_url("https://h").value().port, 443);
    EXPECT_EQ(parse_url("http://h?q").value().path, "/");
    EXPECT_EQ(parse_url("http://h:/x").value().port, 80);
    EXPECT_EQ(parse_url("http://[::1]:99/").value().origin(), "http://[::1]:99");
}

TEST(Url, refuses_what_cannot_be_called_safely) {
    for (const auto* text : {"", "h", "ftp://h/", "file:///etc/passwd", "http://", "http:///x", "http://u:p@h/",
                             "http://h:0/", "http://h:65536/", "http://h:1x/", "http://[::1", "http://[::1]x/",
                             "http://h /", "http://h/\r\nX: y", "http://h/#f", "http://h/\xC3\xA9", "http://a\\b/"})
        EXPECT_TRUE(parse_url(text).is_error()) << text;
}

TEST(Url, messages_show_no_secret) {
    EXPECT_EQ(shown_url("https://user:pass@host/path@x?token=hunter2#f"), "https://host/path@x?...");
    EXPECT_EQ(shown_url("http://host:1/path"), "http://host:1/path");
    EXPECT_EQ(shown_url("user:pass@host/x"), "host/x");
    EXPECT_EQ(shown_url("http://a@b@host"), "http://host");
    EXPECT_EQ(parse_url("http://user:hunter2@host/").error().to_block().find("hunter2"), std::string::npos);
}

TEST(Url, loopback) {
    for (const auto* host : {"localhost", "127.0.0.1", "127.1.2.3", "::1"})
        EXPECT_TRUE(is_loopback_host(host)) << host;
    for (const auto* host :
         {"127.0.0.1.example.com", "127.example.com", "0.0.0.0", "localhost.example.com", "127..0.1", ""})
        EXPECT_FALSE(is_loopback_host(host)) << host;
    EXPECT_TRUE(parse_url("http://LOCALHOST:1/").value().is_loopback());
}

} // namespace
} // namespace godwit::net
