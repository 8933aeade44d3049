#include "formats/glue/presto_view.h"

#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace godwit;
using namespace godwit::glue;
using testing::HasSubstr;

namespace {

std::string framed(std::string_view json) { return "/* Presto View: " + base64(json) + " */"; }

std::string why(std::string_view text) {
    const auto view = decode_presto_view(text);
    return view.is_error() ? view.error().why() : "decoded";
}

TEST(PrestoView, decodes_sql_defaults_and_columns) {
    const auto view =
        decode_presto_view(framed(R"({"originalSql":"SELECT '\"' FROM t","catalog":"awsdatacatalog","schema":"sales",
        "columns":[{"name":"a","type":"varchar"}],"owner":"o","runAsInvoker":true,"extra":[]})"));
    ASSERT_FALSE(view.is_error()) << view.error().to_line();
    EXPECT_EQ(view->original_sql, "SELECT '\"' FROM t");
    EXPECT_EQ(view->catalogue, "awsdatacatalog");
    EXPECT_EQ(view->schema, "sales");
    EXPECT_EQ(view->columns.at(0).type, "varchar");
    EXPECT_TRUE(view->run_as_invoker);
}

TEST(PrestoView, refuses_hostile_definitions_with_a_reason) {
    EXPECT_THAT(why("SELECT 1"), HasSubstr("framed"));
    EXPECT_THAT(why("/* Presto View: "), HasSubstr("framed"));
    EXPECT_THAT(why("/* Presto View */"), HasSubstr("framed"));
    EXPECT_THAT(why("/* Presto View: !!!! */"), HasSubstr("base64"));
    EXPECT_THAT(why("/* Presto View: abc */"), HasSubstr("base64"));
    EXPECT_THAT(why(framed("{\"originalSql\":")), HasSubstr("JSON"));
    EXPECT_THAT(why(framed(std::string(2000, '['))), HasSubstr("nested"));
    EXPECT_THAT(why(framed("[]")), HasSubstr("no object"));
    EXPECT_THAT(why(framed("{}")), HasSubstr("originalSql"));
    EXPECT_THAT(why(framed(R"({"originalSql":1})")), HasSubstr("originalSql"));
    EXPECT_THAT(why(framed(R"({"originalSql":"x","columns":[{"type":"int"}]})")), HasSubstr("name"));
    EXPECT_THAT(why(framed("{\"originalSql\":\"\xff\"}")), HasSubstr("UTF-8"));
}

} // namespace
