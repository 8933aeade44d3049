#include "formats/xml/element.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace godwit::xml {
namespace {

using ::testing::HasSubstr;

TEST(XmlElement, HoldsWhatTheDocumentHolds) {
    const auto root = parse("<?xml version=\"1.0\"?>\n"
                            "<s3:List xmlns:s3=\"http://s3\" xmlns=\"http://other\" a=\"1 &lt; 2\">\n"
                            "<Key>a &amp; b&#x10d;</Key><Key>second</Key><Empty/>"
                            "<s3:Deep><![CDATA[<x>]]> y</s3:Deep></s3:List>")
                          .value();
    EXPECT_EQ(root.name, "List");
    ASSERT_EQ(root.attributes.size(), 1u);
    EXPECT_EQ(root.attributes[0].second, "1 < 2");
    EXPECT_EQ(root.children.size(), 4u);
    EXPECT_EQ(root.text_of("Key"), "a & b\xC4\x8D");
    EXPECT_EQ(root.text_of("Deep"), "<x> y");
    EXPECT_EQ(root.text_of("Empty"), "");
    EXPECT_EQ(root.child("Missing"), nullptr);
    EXPECT_EQ(root.text_of("Missing"), "");
}

TEST(XmlElement, SaysWhereADocumentBreaks) {
    for (const auto* text : {"", "<a>", "<a></b>", "<a/><b/>", "<a>\x01</a>", "<a>\xFF</a>", "<a x=1/>", "{}"}) {
        const auto broken = parse(text);
        ASSERT_TRUE(broken.is_error()) << text;
        EXPECT_EQ(broken.error().kind(), ErrorKind::invalid_input);
        EXPECT_THAT(broken.error().where(), HasSubstr("line 1 column "));
    }
    EXPECT_EQ(parse("<a>\n  <b></c>\n</a>").error().where(), "line 2 column 8");
}

TEST(XmlElement, ExpandsNoEntities) {
    for (const auto* text : {"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<!DOCTYPE a SYSTEM \"/etc/passwd\"><a/>"})
        EXPECT_THAT(parse(text).error().why(), HasSubstr("document type"));
    EXPECT_TRUE(parse("<a>&x;</a>").is_error());
}

TEST(XmlElement, IsHeldToItsLimits) {
    const auto nested = [](std::size_t depth) {
        std::string text;
        for (std::size_t i = 0; i < depth; ++i)
            text += "<a>";
        for (std::size_t i = 0; i < depth; ++i)
            text += "</a>";
        return text;
    };
    EXPECT_TRUE(parse(nested(64)));
    EXPECT_THAT(parse(nested(65)).error().why(), HasSubstr("deeply"));
    EXPECT_THAT(parse(nested(1'000'000)).error().why(), HasSubstr("deeply"));
    EXPECT_THAT(parse("<a><b/><b/></a>", {64, 100, 2}).error().why(), HasSubstr("elements"));
    EXPECT_THAT(parse("<a>" + std::string(100, 'x') + "</a>", {64, 100, 2}).error().what(), HasSubstr("too large"));
}

} // namespace
} // namespace godwit::xml
