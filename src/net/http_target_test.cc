#include "net/http_target.h"

#include "net/http_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace godwit::net {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(HttpTarget, splits_before_it_decodes) {
    const auto target = parse_target("/v1/namespaces/a%1Fb/tables/t%2Fu%3f+x").value();
    EXPECT_THAT(target.segments, ElementsAre("v1", "namespaces",
                                             "a\x1F"
                                             "b",
                                             "tables", "t/u?+x"));
    EXPECT_TRUE(target.query.empty());
}

TEST(HttpTarget, empty_segments_count) {
    EXPECT_THAT(parse_target("/").value().segments, ElementsAre());
    EXPECT_THAT(parse_target("/?x").value().segments, ElementsAre());
    EXPECT_THAT(parse_target("/a/").value().segments, ElementsAre("a", ""));
    EXPECT_THAT(parse_target("//a").value().segments, ElementsAre("", "a"));
    EXPECT_THAT(parse_target("/../%2e%2E").value().segments, ElementsAre("..", ".."));
}

TEST(HttpTarget, queries) {
    EXPECT_THAT(parse_target("/?b=2&a=1&&a=x+y%2B%3D=z&c&=e?").value().query,
                ElementsAre(Pair("", "e?"), Pair("a", "1"), Pair("a", "x y+==z"), Pair("b", "2"), Pair("c", "")));
}

TEST(HttpTarget, refuses_the_malformed) {
    for (const auto* target :
         {"", "*", "a", "http://h/a", "/%", "/%4", "/%zz", "/?%", "/?a=%1", "/a b", "/\x7F", "/\xC3\xA9", "/\t"})
        EXPECT_TRUE(parse_target(target).is_error()) << target;
}

TEST(HttpHeaders, names_compare_without_case) {
    HttpHeaders headers{{"Content-Type", "a"}, {"X", "1"}, {"x", "2"}};
    EXPECT_EQ(headers.find("content-TYPE"), "a");
    EXPECT_EQ(headers.find("x"), "1");
    EXPECT_EQ(headers.find("y"), std::nullopt);
    headers.set("X", "3");
    EXPECT_EQ(headers.size(), 2u);
    EXPECT_EQ(headers.find("x"), "3");
    headers.remove("content-type");
    EXPECT_FALSE(headers.contains("Content-Type"));
}

TEST(HttpHeaders, what_could_forge_a_message_is_recognised) {
    EXPECT_TRUE(is_header_name("X-Amz-Date"));
    for (const auto* name : {"", "a b", "a:", "a\r\n", "\xC3\xA9"})
        EXPECT_FALSE(is_header_name(name)) << name;
    EXPECT_TRUE(is_header_value("a\tb \xC3\xA9"));
    EXPECT_FALSE(is_header_value("a\r\nX: y"));
    EXPECT_FALSE(is_header_value(std::string_view("a\0b", 3)));
}

} // namespace
} // namespace godwit::net
