#include "formats/iceberg/partition.h"
#include "formats/iceberg/types.h"

#include "base/text.h"
#include "formats/iceberg/date_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace godwit::iceberg {
namespace {

const Type kInt = primitive(TypeKind::int32);
const Type kLong = primitive(TypeKind::int64);
const Type kString = primitive(TypeKind::string);
const Type kBinary = primitive(TypeKind::binary);
const Type kDate = primitive(TypeKind::date);
const Type kTime = primitive(TypeKind::time);
const Type kTimestamp = primitive(TypeKind::timestamp);
const Type kTimestamptz = primitive(TypeKind::timestamptz);
const Type kUuid = primitive(TypeKind::uuid);

Value json(const Type& type, const std::string& text) {
    const auto value = from_json_value(type, text);
    EXPECT_TRUE(value.has_value()) << (value.is_error() ? value.error().to_line() : "");
    return value.value_or(Value{});
}

TEST(IcebergTypes, TextsRoundTrip) {
    for (const auto* text : {"boolean",
                             "int",
                             "long",
                             "float",
                             "double",
                             "decimal(9, 2)",
                             "date",
                             "time",
                             "timestamp",
                             "timestamptz",
                             "timestamp_ns",
                             "timestamptz_ns",
                             "string",
                             "uuid",
                             "fixed[16]",
                             "binary",
                             "unknown",
                             "variant",
                             "geometry",
                             "geometry(srid:4326)",
                             "geography(OGC:CRS84, karney)"}) {
        const auto type = parse_primitive(text);
        ASSERT_TRUE(type.has_value()) << text;
        EXPECT_EQ(type_text(*type), text);
    }
    EXPECT_EQ(*parse_primitive("decimal(9,2)"), decimal(9, 2));
    for (const auto* text :
         {"", "integer", "decimal(39, 2)", "decimal(0,0)", "decimal(9)", "fixed[-1]", "fixed[", "decimal(9,2"})
        EXPECT_TRUE(parse_primitive(text).is_error()) << text;
}

// Specification, Appendix B, "32-bit Hash Requirements": its table of examples.
TEST(IcebergTransforms, HashesAsTheSpecificationLists) {
    EXPECT_EQ(bucket_hash(kInt, std::int32_t{34}).value(), 2017239379);
    EXPECT_EQ(bucket_hash(kLong, std::int64_t{34}).value(), 2017239379);
    EXPECT_EQ(bucket_hash(decimal(9, 2), json(decimal(9, 2), "\"14.20\"")).value(), -500754589);
    EXPECT_EQ(bucket_hash(kDate, json(kDate, "\"2017-11-16\"")).value(), -653330422);
    EXPECT_EQ(bucket_hash(kTime, json(kTime, "\"22:31:08\"")).value(), -662762989);
    EXPECT_EQ(bucket_hash(kTimestamp, json(kTimestamp, "\"2017-11-16T22:31:08\"")).value(), -2047944441);
    EXPECT_EQ(bucket_hash(kTimestamp, json(kTimestamp, "\"2017-11-16T22:31:08.000001\"")).value(), -1207196810);
    EXPECT_EQ(bucket_hash(kTimestamptz, json(kTimestamptz, "\"2017-11-16T22:31:08+00:00\"")).value(), -2047944441);
    const auto nanos = primitive(TypeKind::timestamp_ns);
    EXPECT_EQ(bucket_hash(nanos, json(nanos, "\"2017-11-16T22:31:08.000001001\"")).value(), -1207196810);
    EXPECT_EQ(bucket_hash(kString, std::string("iceberg")).value(), 1210000089);
    EXPECT_EQ(bucket_hash(kUuid, json(kUuid, "\"f79c3e09-677c-4bbd-a479-3f349cb785e7\"")).value(), 1488055340);
    EXPECT_EQ(bucket_hash(fixed(4), std::string("\0\1\2\3", 4)).value(), -188683207);
    EXPECT_EQ(bucket_hash(kBinary, std::string("\0\1\2\3", 4)).value(), -188683207);
    EXPECT_TRUE(bucket_hash(primitive(TypeKind::float64), 1.0).is_error());
    EXPECT_TRUE(bucket_hash(kInt, std::string("x")).is_error());
}

Value applied(const char* transform, const Type& type, const Value& value) {
    const auto result = apply(parse_transform(transform).value(), type, value);
    EXPECT_TRUE(result.has_value()) << (result.is_error() ? result.error().to_line() : "");
    return result.value_or(Value{});
}

TEST(IcebergTransforms, TruncateAndBucket) {
    EXPECT_EQ(applied("truncate[10]", kInt, std::int32_t{1}), Value{std::int32_t{0}});
    EXPECT_EQ(applied("truncate[10]", kInt, std::int32_t{-1}), Value{std::int32_t{-10}});
    EXPECT_EQ(applied("truncate[50]", decimal(9, 2), Decimal{1065}), Value{Decimal{1050}});
    EXPECT_EQ(applied("truncate[10]", decimal(9, 2), Decimal{-1}), Value{Decimal{-10}});
    EXPECT_EQ(applied("truncate[3]", kString,
                      std::string("ic\xc3\xa9"
                                  "berg")),
              Value{std::string("ic\xc3\xa9")});
    EXPECT_EQ(applied("truncate[3]", kBinary, std::string("\1\2\3\4")), Value{std::string("\1\2\3")});
    EXPECT_EQ(applied("truncate[10]", kLong, std::numeric_limits<std::int64_t>::min()),
              Value{std::int64_t{9223372036854775806}});
    EXPECT_EQ(applied("bucket[16]", kString, std::string("iceberg")), Value{std::int32_t{1210000089 % 16}});
    EXPECT_EQ(applied("bucket[100]", kDate, json(kDate, "\"2017-11-16\"")),
              Value{std::int32_t{(-653330422 & INT32_MAX) % 100}});
    EXPECT_TRUE(is_null(applied("bucket[4]", kInt, Value{})));
    EXPECT_TRUE(is_null(applied("void", kInt, std::int32_t{3})));
    EXPECT_TRUE(parse_transform("bucket[0]").is_error());
    const auto unknown = parse_transform("zorder[a]").value();
    EXPECT_EQ(unknown.kind, Transform::Kind::unknown);
    EXPECT_EQ(unknown.text, "zorder[a]");
    EXPECT_TRUE(apply(unknown, kInt, std::int32_t{1}).is_error());
    EXPECT_TRUE(apply(parse_transform("hour").value(), kDate, std::int32_t{1}).is_error());
}

TEST(IcebergTransforms, TimesRoundDown) {
    const auto before = json(kTimestamp, "\"1969-12-31T23:59:59.999999\"");
    EXPECT_EQ(applied("year", kTimestamp, before), Value{std::int32_t{-1}});
    EXPECT_EQ(applied("month", kTimestamp, before), Value{std::int32_t{-1}});
    EXPECT_EQ(applied("day", kTimestamp, before), Value{std::int32_t{-1}});
    EXPECT_EQ(applied("hour", kTimestamp, before), Value{std::int32_t{-1}});
    EXPECT_EQ(applied("month", kDate, json(kDate, "\"2017-11-16\"")), Value{std::int32_t{47 * 12 + 10}});
    EXPECT_EQ(applied("day", primitive(TypeKind::timestamptz_ns),
                      json(primitive(TypeKind::timestamptz_ns), "\"2017-11-16T22:31:08.000000001+00:00\"")),
              Value{std::int32_t{17486}});
}

TEST(IcebergTransforms, TextsInPartitionPaths) {
    const auto text = [](const char* transform, const Type& type, const Value& value) {
        return value_text(parse_transform(transform).value(), type, value);
    };
    EXPECT_EQ(text("year", kInt, std::int32_t{47}), "2017");
    EXPECT_EQ(text("month", kInt, std::int32_t{-1}), "1969-12");
    EXPECT_EQ(text("day", kDate, std::int32_t{17486}), "2017-11-16");
    EXPECT_EQ(text("hour", kInt, std::int32_t{-1}), "1969-12-31-23");
    EXPECT_EQ(text("identity", kTimestamp, json(kTimestamp, "\"2017-12-01T10:12:00\"")), "2017-12-01T10:12");
    EXPECT_EQ(text("identity", kTimestamptz, json(kTimestamptz, "\"2017-12-01T10:12:55.038+00:00\"")),
              "2017-12-01T10:12:55.038Z");
    EXPECT_EQ(text("identity", primitive(TypeKind::float64), 1.0), "1.0");
    EXPECT_EQ(text("identity", primitive(TypeKind::float64), 1.5e10), "1.5E10");
    EXPECT_EQ(text("identity", primitive(TypeKind::float32), 1e-5F), "1.0E-5");
    EXPECT_EQ(text("identity", decimal(9, 2), Decimal{-5}), "-0.05");
    EXPECT_EQ(text("identity", fixed(3), std::string("\1\2\3")), "AQID");
    EXPECT_EQ(text("identity", kInt, Value{}), "null");

    PartitionSpec spec;
    spec.fields = {{{1}, 1000, "a b", parse_transform("identity").value()},
                   {{2}, 1001, "day", parse_transform("day").value()}};
    const std::vector<Field> types = {{1000, "a b", false, kString, {}, {}, {}},
                                      {1001, "day", false, kDate, {}, {}, {}}};
    EXPECT_EQ(partition_path(spec, types, {std::string("x/y=\xc3\xa9 *"), std::int32_t{0}}).value(),
              "a+b=x%2Fy%3D%C3%A9+*/day=1970-01-01");
    EXPECT_TRUE(partition_path(spec, types, {Value{}}).is_error());
}

TEST(IcebergValues, BinaryFormRoundTrips) {
    const std::vector<std::tuple<Type, Value, std::string>> golden = {
        {primitive(TypeKind::boolean), true, "01"},
        {kInt, std::int32_t{34}, "22000000"},
        {kLong, std::int64_t{-1}, "ffffffffffffffff"},
        {primitive(TypeKind::float32), 1.0F, "0000803f"},
        {primitive(TypeKind::float64), -2.0, "00000000000000c0"},
        {decimal(9, 2), Decimal{1420}, "058c"},
        {decimal(9, 2), Decimal{-1}, "ff"},
        {decimal(9, 2), Decimal{128}, "0080"},
        {decimal(38, 0), Decimal{-128}, "80"},
        {kDate, std::int32_t{17486}, "4e440000"},
        {kString, std::string("ice"), "696365"},
        {kBinary, std::string("\0\xff", 2), "00ff"},
    };
    for (const auto& [type, value, bytes] : golden) {
        EXPECT_EQ(hex(to_bytes(type, value).value()), bytes) << type_text(type);
        EXPECT_EQ(from_bytes(type, from_hex(bytes).value()).value(), value) << type_text(type);
    }
    EXPECT_EQ(from_bytes(kLong, from_hex("22000000").value()).value(), Value{std::int64_t{34}});
    EXPECT_EQ(from_bytes(primitive(TypeKind::float64), from_hex("0000803f").value()).value(), Value{1.0});
    for (const auto& [type, bytes] :
         {std::pair{kInt, "22"}, {kLong, "2200"}, {kUuid, "00"}, {decimal(9, 2), ""}, {kDate, "0000000000000000"}})
        EXPECT_TRUE(from_bytes(type, from_hex(bytes).value()).is_error()) << type_text(type);
    EXPECT_TRUE(to_bytes(kInt, std::int64_t{1}).is_error());
}

TEST(IcebergValues, JsonFormRoundTrips) {
    const std::vector<std::pair<Type, std::string>> golden = {
        {primitive(TypeKind::boolean), "true"},
        {kInt, "-7"},
        {kLong, "9223372036854775807"},
        {primitive(TypeKind::float32), "0.1"},
        {primitive(TypeKind::float64), "0.1"},
        {decimal(9, 2), "\"14.20\""},
        {decimal(38, 38), "\"-0.00000000000000000000000000000000000001\""},
        {kDate, "\"2017-11-16\""},
        {kDate, "\"-0044-03-15\""},
        {kTime, "\"22:31:08.123456\""},
        {kTimestamp, "\"2017-11-16T22:31:08.12\""},
        {kTimestamp, "\"1969-12-31T23:59:59.999999\""},
        {kTimestamptz, "\"2017-11-16T22:31:08+00:00\""},
        {primitive(TypeKind::timestamptz_ns), "\"2017-11-16T22:31:08.123456789+00:00\""},
        {kString, "\"a\\\"b\""},
        {kUuid, "\"f79c3e09-677c-4bbd-a479-3f349cb785e7\""},
        {fixed(3), "\"00ff10\""},
        {kBinary, "\"\""},
        {kInt, "null"},
    };
    for (const auto& [type, text] : golden)
        EXPECT_EQ(to_json_value(type, json(type, text)).value(), text) << type_text(type);
    for (const auto& [type, text] : {std::pair<Type, const char*>{kInt, "2147483648"},
                                     {kInt, "1.5"},
                                     {kDate, "\"2017-02-30\""},
                                     {kTimestamp, "\"2017-11-16T22:31:08+00:00\""},
                                     {kTimestamptz, "\"2017-11-16T22:31:08\""},
                                     {decimal(9, 2), "\"1.234\""},
                                     {decimal(9, 2), "\"\""},
                                     {fixed(2), "\"00\""},
                                     {kUuid, "\"x\""},
                                     {kString, "1"},
                                     {kLong, "18446744073709551615"},
                                     {kTime, "\"24:00:00\""}})
        EXPECT_TRUE(from_json_value(type, text).is_error()) << text;
}

TEST(IcebergValues, Order) {
    const auto real = primitive(TypeKind::float64);
    EXPECT_LT(compare(real, -0.0, 0.0), 0);
    EXPECT_GT(compare(real, std::nan(""), 1e300), 0);
    EXPECT_EQ(compare(real, std::nan(""), std::nan("")), 0);
    EXPECT_LT(compare(kString, std::string("a"), std::string("\xc3\xa9")), 0);
    EXPECT_GT(compare(decimal(9, 2), Decimal{1}, Decimal{-1}), 0);
}

TEST(IcebergBounds, TruncationNeverCutsOff) {
    EXPECT_EQ(truncate_string("ic\xc3\xa9"
                              "berg",
                              3),
              "ic\xc3\xa9");
    EXPECT_EQ(truncate_string_up("abcd", 4), "abcd");
    EXPECT_EQ(truncate_string_up("abcd", 3), "abd");
    EXPECT_EQ(truncate_string_up("ab\x7f\x7f", 3), "ab\xc2\x80");
    EXPECT_EQ(truncate_string_up("a\xed\x9f\xbfx", 2), "a\xee\x80\x80"); // U+D7FF: over the surrogates
    EXPECT_EQ(truncate_string_up("a\xf4\x8f\xbf\xbfx", 2), "b");         // U+10FFFF has no next
    EXPECT_EQ(truncate_string_up("\xf4\x8f\xbf\xbfx", 1), std::nullopt);
    EXPECT_EQ(truncate_string_up("\xff\xff\xff", 2), std::nullopt);
    EXPECT_EQ(truncate_bytes_up(std::string("\1\xff\xff\1", 4), 3), "\2");
    EXPECT_EQ(truncate_bytes_up("\xff\xff", 1), std::nullopt);
    EXPECT_EQ(truncate_bytes("abc", 2), "ab");
}

TEST(IcebergDates, CivilCalendar) {
    for (const std::int64_t days : {-719'528LL, -1LL, 0LL, 59LL, 11'016LL, 2'932'896LL, -106'751'992LL})
        EXPECT_EQ(days_from_civil(civil_from_days(days)), days);
    EXPECT_EQ(date_text(-719'528), "0000-01-01");
    EXPECT_EQ(date_text(11'016), "2000-02-29");
}

} // namespace
} // namespace godwit::iceberg
