#include "base/json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <bit>

namespace godwit {
namespace {

std::string why_refused(std::string_view text, const JsonLimits& limits = {}) {
    const auto parsed = parse_json(text, limits);
    return parsed.is_error() ? parsed.error().to_line() : "accepted";
}

double double_of_bits(std::uint64_t bits) { return std::bit_cast<double>(bits); }

TEST(Json, parses_every_kind_of_value) {
    const auto value = parse_json(R"( {"a":[1,-2,2.5,true,null,"x\u00e9\ud83d\udc26"],"b":{}} )").value();
    EXPECT_EQ(value["a"][0].get<int>(), 1);
    EXPECT_EQ(value["a"][1].get<int>(), -2);
    EXPECT_DOUBLE_EQ(value["a"][2].get<double>(), 2.5);
    EXPECT_EQ(value["a"][5].get<std::string>(), "x\xC3\xA9\xF0\x9F\x90\xA6");
    EXPECT_TRUE(value["b"].is_object());
    EXPECT_EQ(parse_json("18446744073709551615").value().get<std::uint64_t>(), UINT64_MAX);
    EXPECT_EQ(parse_json("-9223372036854775808").value().get<std::int64_t>(), INT64_MIN);
}

TEST(Json, ordered_documents_keep_their_order) {
    EXPECT_EQ(parse_ordered_json(R"({"z":1,"a":{"y":[{"q":1,"b":2}],"c":3}})").value().dump(),
              R"({"z":1,"a":{"y":[{"q":1,"b":2}],"c":3}})");
}

TEST(Json, refuses_integers_beyond_64_bits) {
    EXPECT_NE(why_refused("[18446744073709551616]").find("64 bits"), std::string::npos);
    EXPECT_NE(why_refused("[-9223372036854775809]").find("64 bits"), std::string::npos);
    EXPECT_EQ(why_refused("[1e30]"), "accepted");
    EXPECT_NE(why_refused("[1e400]"), "accepted");
}

TEST(Json, refuses_duplicate_keys_and_says_where) {
    const auto line = why_refused(R"({"a":1,"b":{"c":1,"c":2}})");
    EXPECT_NE(line.find("\"c\""), std::string::npos) << line;
    EXPECT_NE(line.find("byte 21"), std::string::npos) << line;
    EXPECT_EQ(why_refused(R"({"a":{"a":{"a":1}}})"), "accepted");
    EXPECT_TRUE(parse_ordered_json(R"([{"z":1,"a":2,"z":3}])").is_error());
    EXPECT_FALSE(parse_ordered_json(R"([{"z":1,"a":{"z":3}}])").is_error());
}

TEST(Json, large_objects_cost_no_square) {
    std::string text = "{\"first\":0";
    for (int i = 0; i < 300'000; ++i)
        text += ",\"k" + std::to_string(i) + "\":1";
    text += "}";
    EXPECT_EQ(parse_ordered_json(text).value().size(), 300'001u);
    EXPECT_EQ(parse_json(text).value().size(), 300'001u);
}

TEST(Json, refuses_invalid_utf8_with_its_offset) {
    EXPECT_NE(why_refused("{\"a\":\"\xFF\"}").find("byte 6"), std::string::npos);
    EXPECT_NE(why_refused("[\"\\ud800\"]"), "accepted");
}

TEST(Json, refuses_what_is_not_json) {
    for (const auto* text : {"", " ", "{", "[1,]", "{\"a\":1,}", "[1] x", "nul", "'a'", "[01]", "[+1]", "[.5]", "[NaN]",
                             "// c\n1", "\"a\nb\"", "{1:2}", "[1 2]"})
        EXPECT_NE(why_refused(text), "accepted") << text;
    EXPECT_NE(why_refused("[1] x").find("byte 4"), std::string::npos) << why_refused("[1] x");
}

TEST(Json, errors_do_not_quote_the_document) {
    EXPECT_EQ(why_refused("{\"password\": hunter2}").find("hunter"), std::string::npos);
}

TEST(Json, limits_depth_and_size) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_EQ(why_refused(nested(64)), "accepted");
    EXPECT_NE(why_refused(nested(65)).find("deeper than 64"), std::string::npos);
    EXPECT_NE(why_refused(nested(1'000'000)).find("deeper than 64"), std::string::npos);
    EXPECT_EQ(why_refused("[1,2]", {.depth = 1, .bytes = 5}), "accepted");
    EXPECT_NE(why_refused("[1,2] ", {.depth = 1, .bytes = 5}).find("more than"), std::string::npos);
    // The array, the object, its member and the empty array: what little text makes much memory of.
    EXPECT_EQ(why_refused(R"([{"a":1},[]])", {.values = 4}), "accepted");
    EXPECT_NE(why_refused(R"([{"a":1},[]])", {.values = 3}).find("more than the 3 values"), std::string::npos);
    EXPECT_NE(why_refused(R"([{"a":1},2])", {.values = 3}).find("more than the 3 values"), std::string::npos);
}

// RFC 8785 appendix B.
TEST(Json, canonical_numbers_follow_ecmascript) {
    const std::pair<std::uint64_t, const char*> vectors[] = {
        {0x0000000000000000, "0"},
        {0x8000000000000000, "0"},
        {0x0000000000000001, "5e-324"},
        {0x8000000000000001, "-5e-324"},
        {0x7fefffffffffffff, "1.7976931348623157e+308"},
        {0xffefffffffffffff, "-1.7976931348623157e+308"},
        {0x4340000000000000, "9007199254740992"},
        {0xc340000000000000, "-9007199254740992"},
        {0x4430000000000000, "295147905179352830000"},
        {0x44b52d02c7e14af5, "9.999999999999997e+22"},
        {0x44b52d02c7e14af6, "1e+23"},
        {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
        {0x444b1ae4d6e2ef4e, "999999999999999700000"},
        {0x444b1ae4d6e2ef4f, "999999999999999900000"},
        {0x444b1ae4d6e2ef50, "1e+21"},
        {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
        {0x3eb0c6f7a0b5ed8d, "0.000001"},
        {0x41b3de4355555553, "333333333.3333332"},
        {0x41b3de4355555557, "333333333.33333343"},
        {0xbecbf647612f3696, "-0.0000033333333333333333"},
        {0x43143ff3c1cb0959, "1424953923781206.2"},
    };
    for (const auto& [bits, text] : vectors)
        EXPECT_EQ(canonical_json(Json(double_of_bits(bits))), text);
    EXPECT_EQ(canonical_json(Json(double_of_bits(0x7ff0000000000000))), "null");
    EXPECT_EQ(canonical_json(Json(INT64_MIN)), "-9223372036854775808");
}

// RFC 8785 sections 3.2.2 and 3.2.3.
TEST(Json, canonical_documents_follow_the_examples_of_the_specification) {
    const auto literals = parse_json(R"({
        "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]})");
    EXPECT_EQ(canonical_json(literals.value()),
              R"({"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],)"
              "\"string\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");

    const auto sorting = parse_json(R"({"\u20ac": "Euro Sign", "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One", "\ud83d\ude00": "Emoji: Grinning Face",
        "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"})");
    EXPECT_EQ(canonical_json(sorting.value()),
              "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\","
              "\"\xC3\xB6\":\"Latin Small Letter O With Diaeresis\",\"\xE2\x82\xAC\":\"Euro Sign\","
              "\"\xF0\x9F\x98\x80\":\"Emoji: Grinning Face\",\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}");
}

TEST(Json, canonical_form_is_a_fixed_point) {
    const auto once = canonical_json(parse_json(R"({"b":[1.0,1e2,{"d":"\u007f\u0001","c":-0.0}],"a":""})").value());
    EXPECT_EQ(canonical_json(parse_json(once).value()), once);
    EXPECT_EQ(once, "{\"a\":\"\",\"b\":[1,100,{\"c\":0,\"d\":\"\x7F\\u0001\"}]}");
}

TEST(Json, quote) { EXPECT_EQ(json_quote("a\"\\\n\x01z"), "\"a\\\"\\\\\\n\\u0001z\""); }

TEST(Json, typed_access_names_the_field) {
    const auto object =
        parse_json(R"({"name":"x","count":7,"none":null,"large":9223372036854775808,"real":1.5})").value();
    EXPECT_EQ(json_string(object, "name").value(), "x");
    EXPECT_EQ(json_int64(object, "count").value(), 7);
    EXPECT_EQ(json_string_or(object, "none", "y").value(), "y");
    EXPECT_EQ(json_string_or(object, "name", "y").value(), "x");
    EXPECT_EQ(json_int64_or(object, "absent", 3).value(), 3);
    EXPECT_EQ(json_int64_or(object, "count", 3).value(), 7);
    EXPECT_NE(json_string(object, "absent").error().where().find("absent"), std::string::npos);
    for (const auto* field : {"none", "large", "real", "name", "absent"})
        EXPECT_TRUE(json_int64(object, field).is_error()) << field;
    EXPECT_TRUE(json_string_or(object, "count", "y").is_error());
    EXPECT_TRUE(json_int64_or(object, "name", 1).is_error());
    EXPECT_TRUE(json_string(Json(3), "name").is_error());
}

} // namespace
} // namespace godwit
