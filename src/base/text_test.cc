#include "base/text.h"

#include "base/utf8.h"

#include <gtest/gtest.h>

#include <limits>

namespace godwit {
namespace {

using std::string_literals::operator""s;

std::string all_bytes() {
    std::string bytes;
    for (int i = 0; i < 256; ++i)
        bytes += static_cast<char>(i);
    return bytes;
}

TEST(Text, percent_encoding_keeps_only_unreserved_characters) {
    EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(percent_encode("a/b c%\xC3\xA9\x00z"s), "a%2Fb%20c%25%C3%A9%00z");
}

TEST(Text, percent_decoding_reverses_encoding_for_every_byte) {
    EXPECT_EQ(percent_decode(percent_encode(all_bytes())).value(), all_bytes());
    EXPECT_EQ(percent_decode("%1f%1F+").value(), "\x1F\x1F+");
}

TEST(Text, percent_decoding_refuses_what_is_not_two_hex_digits) {
    for (const auto* text : {"%", "a%", "%2", "%zz", "%2g", "%%41", "% 41"})
        EXPECT_TRUE(percent_decode(text).is_error()) << text;
    EXPECT_NE(percent_decode("ab%4").error().why().find("offset 2"), std::string::npos);
}

TEST(Text, split_and_join) {
    EXPECT_EQ(split("", ','), std::vector<std::string>({""}));
    EXPECT_EQ(split("a,,b,", ','), std::vector<std::string>({"a", "", "b", ""}));
    EXPECT_EQ(join({"a", "", "b"}, "::"), "a::::b");
    EXPECT_EQ(join({}, ","), "");
}

TEST(Text, trim_and_case) {
    EXPECT_EQ(trim(" \t a b\r\n"), "a b");
    EXPECT_EQ(trim(" \n"), "");
    EXPECT_EQ(lower_ascii("AbZ\xC3\x84"), "abz\xC3\x84");
    EXPECT_TRUE(equals_ignoring_case("Content-Type", "content-TYPE"));
    EXPECT_FALSE(equals_ignoring_case("a", "ab"));
}

TEST(Text, utf8_is_strict) {
    for (const auto* good : {"", "plain text of more than eight bytes", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x90\xA6",
                             "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"})
        EXPECT_TRUE(is_utf8(good)) << printable(good);
    const std::string bad[] = {"\x80",
                               "\xC0\x80",
                               "\xC1\xBF",
                               "\xE0\x80\x80",
                               "\xED\xA0\x80",
                               "\xF0\x80\x80\x80",
                               "\xF4\x90\x80\x80",
                               "\xF5\x80\x80\x80",
                               "\xE2\x82",
                               "\xFF",
                               "\xC3("};
    for (const auto& text : bad)
        EXPECT_FALSE(is_utf8(text)) << printable(text);
    EXPECT_EQ(first_invalid_utf8("0123456789\xFFzz"), 10u);
    EXPECT_TRUE(is_utf8("a\0b"s));
    EXPECT_FALSE(is_storable_text("a\0b"s));
    EXPECT_TRUE(is_storable_text("a\nb"));
    EXPECT_FALSE(is_storable_text("\xFF"));
}

TEST(Text, printable_shows_what_would_deceive) {
    EXPECT_EQ(printable("plain \xC3\xA9 \\"), "plain \xC3\xA9 \\");
    EXPECT_EQ(printable("a\nb\x1B[0m\x7F"), "a\\x0Ab\\x1B[0m\\x7F");
    EXPECT_EQ(printable("\xE2\x80\xAEtxt"), "\\xE2\\x80\\xAEtxt");
    // A soft hyphen, a Hangul filler and a tag letter: nothing of them shows.
    EXPECT_EQ(printable("a\xC2\xAD"
                        "b"),
              "a\\xC2\\xAD"
              "b");
    EXPECT_EQ(printable("\xE3\x85\xA4"), "\\xE3\\x85\\xA4");
    EXPECT_EQ(printable("\xF3\xA0\x81\xA1"), "\\xF3\\xA0\\x81\\xA1");
    EXPECT_EQ(printable("\xEF\xBE\xA1\xE3\x85\xA5"), "\xEF\xBE\xA1\xE3\x85\xA5");
    EXPECT_EQ(printable("\xFF\xC3"), "\\xFF\\xC3");
    EXPECT_EQ(printable("\0"s), "\\x00");
}

// RFC 4648 section 10, in lower case and without padding.
TEST(Text, base32_vectors) {
    EXPECT_EQ(base32(""), "");
    EXPECT_EQ(base32("f"), "my");
    EXPECT_EQ(base32("fo"), "mzxq");
    EXPECT_EQ(base32("foo"), "mzxw6");
    EXPECT_EQ(base32("foob"), "mzxw6yq");
    EXPECT_EQ(base32("fooba"), "mzxw6ytb");
    EXPECT_EQ(base32("foobar"), "mzxw6ytboi");
}

TEST(Text, hex_both_ways) {
    EXPECT_EQ(hex("\x00\xAB\x7F"s), "00ab7f");
    EXPECT_EQ(from_hex("00aB7F").value(), "\x00\xAB\x7F"s);
    EXPECT_TRUE(from_hex("0").is_error());
    EXPECT_TRUE(from_hex("0g").is_error());
}

TEST(Text, base64_vectors) {
    const std::pair<std::string, std::string> vectors[] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {"\xFF\xFE", "//4="}};
    for (const auto& [plain, encoded] : vectors) {
        EXPECT_EQ(base64(plain), encoded);
        EXPECT_EQ(from_base64(encoded).value(), plain);
    }
    EXPECT_EQ(from_base64(base64(all_bytes())).value(), all_bytes());
    for (const auto* bad : {"Zg=", "Zg==Zg==", "Z===", "Zh==", "Zm9=", "Z g=", "====", "Zm9v\n"})
        EXPECT_TRUE(from_base64(bad).is_error()) << bad;
}

TEST(Text, numbers_take_the_whole_text) {
    EXPECT_EQ(parse_int64("-9223372036854775808").value(), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(parse_uint64("18446744073709551615").value(), std::numeric_limits<std::uint64_t>::max());
    for (const auto* bad : {"", " 1", "1 ", "+1", "1.0", "0x1", "9223372036854775808", "--1"})
        EXPECT_TRUE(parse_int64(bad).is_error()) << bad;
    EXPECT_TRUE(parse_uint64("-1").is_error());
    EXPECT_NE(parse_int64("12a").error().where().find("'12a'"), std::string::npos);
}

TEST(Text, sizes_and_durations_for_people) {
    EXPECT_EQ(human_bytes(0), "0 B");
    EXPECT_EQ(human_bytes(1023), "1023 B");
    EXPECT_EQ(human_bytes(1536), "1.5 KiB");
    EXPECT_EQ(human_bytes((std::uint64_t{1} << 30) - 1), "1.0 GiB");
    EXPECT_EQ(human_bytes(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
    EXPECT_EQ(human_seconds(0.0104), "10 ms");
    EXPECT_EQ(human_seconds(2.25), "2.2 s");
    EXPECT_EQ(human_seconds(59.4), "59 s");
    EXPECT_EQ(human_seconds(59.6), "1 min 0 s");
    EXPECT_EQ(human_seconds(123), "2 min 3 s");
    EXPECT_EQ(human_seconds(7384), "2 h 3 min");
    EXPECT_EQ(human_seconds(90000), "1 d 1 h");
    EXPECT_EQ(human_seconds(-1), "unknown");
}

TEST(Text, nearest_candidate) {
    const std::vector<std::string> commands = {"assess", "plan", "apply", "verify"};
    EXPECT_EQ(nearest("asess", commands), "assess");
    EXPECT_EQ(nearest("aplpy", commands), "apply");
    EXPECT_EQ(nearest("PLAN", commands), "plan");
    EXPECT_EQ(nearest("rollback", commands), "");
    EXPECT_EQ(nearest("", commands), "");
}

} // namespace
} // namespace godwit
