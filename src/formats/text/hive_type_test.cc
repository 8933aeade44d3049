#include "formats/text/hive_type.h"

#include <arrow/type.h>
#include <gtest/gtest.h>

namespace godwit::text_format {
namespace {

TEST(HiveType, ReadsWhatItWrites) {
    for (const std::string text :
         {"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "date", "timestamp", "binary",
          "decimal(10,0)", "decimal(38,18)", "char(5)", "varchar(65535)", "array<int>", "map<string,array<int>>",
          "struct<a:int,b:struct<c:decimal(3,1)>>"}) {
        const auto type = parse_hive_type(text);
        ASSERT_TRUE(type.has_value()) << type.error().to_line();
        EXPECT_EQ(to_string(*type), text);
        EXPECT_EQ(*parse_hive_type(to_string(*type)), *type);
    }
    EXPECT_EQ(to_string(*parse_hive_type("DECIMAL")), "decimal(10,0)");
    EXPECT_EQ(to_string(*parse_hive_type(" Array < STRUCT<a : integer , b:decimal( 9 , 2 )> > ")),
              "array<struct<a:int,b:decimal(9,2)>>");
}

TEST(HiveType, HasAnArrowTypeThatFitsIceberg) {
    const auto type = parse_hive_type("struct<a:tinyint,b:char(3),c:timestamp,d:map<int,decimal(9,2)>,e:array<date>>");
    EXPECT_EQ(arrow_type(*type)->ToString(),
              "struct<a: int32, b: string, c: timestamp[us], d: map<int32, decimal128(9, 2)>, "
              "e: list<element: date32[day]>>");
}

TEST(HiveType, RefusesWhatIsNoType) {
    std::string deep = "int";
    for (int i = 0; i < 40; ++i)
        deep = "array<" + deep + ">";
    for (const std::string& text :
         {std::string(), std::string("decimal(39,2)"), std::string("decimal(5,6)"), std::string("decimal(5"),
          std::string("char"), std::string("char(0)"), std::string("varchar(70000)"), std::string("array<int"),
          std::string("array<int,int>"), std::string("map<int>"), std::string("map<array<int>,int>"),
          std::string("struct<int>"), std::string("struct<>"), std::string("int int"), deep}) {
        const auto type = parse_hive_type(text);
        ASSERT_TRUE(type.is_error()) << text;
        EXPECT_EQ(type.error().kind(), ErrorKind::invalid_input) << text;
    }
    for (const char* text : {"uniontype<int,string>", "interval_day_time", "timestamp with local time zone", "void"}) {
        const auto type = parse_hive_type(text);
        ASSERT_TRUE(type.is_error()) << text;
        EXPECT_EQ(type.error().kind(), ErrorKind::unsupported) << text;
    }
}

} // namespace
} // namespace godwit::text_format
