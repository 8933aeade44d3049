#include "emit/csv.h"
#include "emit/html.h"
#include "emit/markdown.h"

#include "base/digest.h"
#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace godwit;
using namespace godwit::emit;
using testing::HasSubstr;
using testing::Not;

namespace {

TEST(Html, values_cannot_change_the_shape_of_the_page) {
    StringSink sink;
    HtmlWriter html(sink);
    html.open("p", {{"title", "\" onclick='x' <&>"}}).text("</p><script>alert(1)</script>").close();
    ASSERT_FALSE(html.finish().is_error());
    EXPECT_EQ(sink.bytes(), "<!DOCTYPE html>\n<p title=\"&quot; onclick=&#39;x&#39; &lt;&amp;&gt;\">"
                            "&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;</p>\n");
}

TEST(Html, hidden_characters_are_shown) {
    EXPECT_THAT(escape_html("a\xE2\x80\xAE"
                            "b"),
                Not(HasSubstr("\xE2\x80\xAE")));
    EXPECT_THAT(escape_html(std::string_view("a\0b", 3)), HasSubstr("\\x00"));
    EXPECT_TRUE(is_utf8(escape_html("a\xff")));
    EXPECT_EQ(escape_html("köln"), "köln");
}

TEST(Html, an_element_left_open_or_closed_twice_is_an_error) {
    StringSink sink;
    HtmlWriter open(sink);
    open.open("div");
    EXPECT_TRUE(open.finish().is_error());
    HtmlWriter twice(sink);
    twice.element("p", "x").close();
    EXPECT_TRUE(twice.finish().is_error());
}

TEST(Html, raw_bodies_are_constants_with_a_digest) {
    StringSink sink;
    HtmlWriter html(sink);
    html.raw("style", "a>b{}").leaf("meta", {{"charset", "utf-8"}});
    html.open("p").element("span", "a").text("b").close();
    ASSERT_FALSE(html.finish().is_error());
    EXPECT_THAT(sink.bytes(), HasSubstr("<p><span>a</span>b</p>\n"));
    EXPECT_THAT(sink.bytes(), HasSubstr("<style>a>b{}</style>\n<meta charset=\"utf-8\">"));
    EXPECT_EQ(csp_hash("a>b{}"), "'sha256-" + base64(sha256("a>b{}")) + "'");
}

TEST(Csv, quotes_what_needs_it) {
    StringSink sink;
    CsvWriter csv(sink);
    csv.text("a").text("b,c").text("d\"e").text("f\r\ng").text("").number(42);
    ASSERT_FALSE(csv.end_row().is_error());
    ASSERT_FALSE(csv.row({"x", "y"}).is_error());
    EXPECT_EQ(sink.bytes(), "a,\"b,c\",\"d\"\"e\",\"f\r\ng\",,42\r\nx,y\r\n");
}

TEST(Csv, a_formula_stays_text) {
    StringSink sink;
    CsvWriter csv(sink);
    ASSERT_FALSE(csv.row({"=1+1", "+1", "-1", "@x", "\tx", "a=b"}).is_error());
    EXPECT_EQ(sink.bytes(), "\"'=1+1\",\"'+1\",\"'-1\",\"'@x\",\"'\tx\",a=b\r\n");
}

TEST(Csv, a_formula_stays_text_where_semicolons_or_tabs_split_cells) {
    StringSink sink;
    CsvWriter csv(sink);
    ASSERT_FALSE(csv.row({"a;=1", "a\t@x", "a\n-1", "a;b", "\uFF1D1", "\uFF20x", "\u00E9"}).is_error());
    EXPECT_EQ(sink.bytes(), "\"a;'=1\",\"a\t'@x\",\"a\n'-1\",a;b,\"'\uFF1D1\",\"'\uFF20x\",\u00E9\r\n");
}

TEST(Markdown, text_stays_text) {
    EXPECT_EQ(escape_markdown("a|b`c*d_e<f>[g](h)"), "a\\|b\\`c\\*d\\_e\\<f\\>\\[g\\](h)");
    EXPECT_EQ(escape_markdown("# x"), "\\# x");
    EXPECT_EQ(escape_markdown("- x"), "\\- x");
    EXPECT_EQ(escape_markdown("12. x"), "12\\. x");
    EXPECT_EQ(escape_markdown("1.5 GiB"), "1\\.5 GiB");
    EXPECT_EQ(escape_markdown("http://x www.y"), "http\\://x www\\.y");
    EXPECT_EQ(escape_markdown("${x}"), "\\${x}");
    EXPECT_THAT(escape_markdown("a\nb"), Not(HasSubstr("\n")));
}

TEST(Markdown, blocks) {
    StringSink sink;
    MarkdownWriter markdown(sink);
    markdown.heading(2, "T").paragraph("p").field("L", "x").bullet("b").end_block();
    markdown.table_header({"a", "b|"}).table_row({"1", "2\n3"}).end_block().numbered(1, "go");
    ASSERT_FALSE(markdown.finish().is_error());
    EXPECT_EQ(sink.bytes(),
              "## T\n\np\n\n- **L:** x\n- b\n\n| a | b\\| |\n| --- | --- |\n| 1 | 2\\\\x0A3 |\n\n1. go\n");
}

} // namespace
