#include "formats/avro/fields.h"
#include "formats/avro/reader.h"
#include "formats/avro/value.h"
#include "formats/avro/writer.h"

#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace godwit::avro {
namespace {

constexpr auto kPerson = R"({"type":"record","name":"person","namespace":"a.b","doc":"who","fields":[
 {"name":"name","type":"string","field-id":1},
 {"name":"age","type":["null","int"],"default":null,"field-id":2},
 {"name":"inner","type":{"type":"record","name":"inner","fields":[
   {"name":"path","type":"string","field-id":100},
   {"name":"size","type":"long","field-id":104},
   {"name":"self","type":["null","person"],"default":null}]},"field-id":3},
 {"name":"tags","type":{"type":"array","items":"int","element-id":7},"field-id":4},
 {"name":"more","type":{"type":"map","values":"bytes","key-id":8,"value-id":9}},
 {"name":"day","type":{"type":"int","logicalType":"date","x-mine":{"a":[1]}},"aliases":["d"],"odd":true},
 {"name":"sum","type":{"type":"fixed","name":"sum","size":3,"logicalType":"decimal","precision":6,"scale":2}},
 {"name":"suit","type":{"type":"enum","name":"suit","symbols":["HEARTS","SPADES"]}},
 {"name":"ratio","type":"double"},{"name":"part","type":"float"},{"name":"ok","type":"boolean"},{"name":"none","type":"null"}]})";

Value text(std::string value) { return {std::move(value)}; }
Value some(Value value) { return {UnionValue{1, {std::move(value)}}}; }
Value none() { return {UnionValue{0, {Value{}}}}; }

Value person(const std::string& name, const std::string& path, std::int64_t size) {
    return {RecordValue{{text(name),
                         name.size() % 2 == 0 ? some({std::int32_t{41}}) : none(),
                         {RecordValue{{text(path), {size}, none()}}},
                         {ArrayValue{{{std::int32_t{1}}, {std::int32_t{-70000}}}}},
                         {MapValue{{{"k", {Bytes{std::string("\0\xff", 2)}}}}}},
                         {std::int32_t{19000}},
                         {Bytes{"abc"}},
                         {EnumValue{1}},
                         {0.1},
                         {-2.5F},
                         {true},
                         {}}}};
}

std::string encoded(const Node& type, const Value& value) {
    std::string out;
    const auto status = encode(type, value, out);
    EXPECT_TRUE(status.has_value()) << (status.is_error() ? status.error().to_line() : "");
    return out;
}

std::string people_file(Codec codec, int count, std::size_t block_bytes = 200) {
    WriterOptions options;
    options.schema_json = kPerson;
    options.metadata = {{"zebra", std::string("\0\1", 2)}, {"apple", ""}};
    options.codec = codec;
    options.sync.fill('S');
    options.block_bytes = block_bytes;
    StringSink sink;
    auto writer = ContainerWriter::create(sink, options);
    const auto schema = Schema::parse(kPerson);
    for (int i = 0; i < count; ++i) {
        const auto name = "n" + std::to_string(i);
        EXPECT_TRUE(writer->append(encoded(schema->root(), person(name, "s3://old/" + name, i))).has_value());
    }
    const auto size = writer->finish();
    EXPECT_EQ(size.value(), sink.bytes().size());
    return std::move(sink).release();
}

std::vector<Value> values_of(const std::string& file) {
    MemorySource source(file);
    auto reader = ContainerReader::open(source);
    EXPECT_TRUE(reader.has_value()) << (reader.is_error() ? reader.error().to_line() : "");
    std::vector<Value> values;
    Block block;
    while (reader->next_block(block).value()) {
        Cursor cursor(block.raw);
        for (std::int64_t i = 0; i < block.records; ++i)
            values.push_back(decode(reader->schema().root(), cursor).value());
        EXPECT_EQ(cursor.remaining(), 0U);
    }
    return values;
}

TEST(AvroSchema, KeepsEveryAttribute) {
    const auto schema = Schema::parse(kPerson).value();
    EXPECT_EQ(schema.json(), kPerson);
    const auto& root = schema.root();
    EXPECT_EQ(root.name, "a.b.person");
    EXPECT_EQ(root.doc, "who");
    EXPECT_EQ(root.field_with_id(2)->default_json, "null");
    EXPECT_EQ(root.field_with_id(3)->type->name, "a.b.inner");
    EXPECT_EQ(root.field_with_id(4)->type->element_id, 7);
    const auto& more = *root.field_named("more");
    EXPECT_EQ(more.type->key_id, 8);
    EXPECT_EQ(more.type->value_id, 9);
    const auto& day = *root.field_named("day");
    EXPECT_EQ(day.type->logical_type, "date");
    ASSERT_EQ(day.type->attributes.size(), 1U);
    EXPECT_EQ(day.type->attributes[0].name, "x-mine");
    EXPECT_EQ(day.type->attributes[0].json, R"({"a":[1]})");
    EXPECT_EQ(day.aliases, std::vector<std::string>{"d"});
    ASSERT_EQ(day.attributes.size(), 1U);
    EXPECT_EQ(day.attributes[0].name, "odd");
    EXPECT_EQ(root.field_named("sum")->type->precision, 6);
    // A type that mentions itself is one node.
    EXPECT_EQ(&root.field_with_id(3)->type->field_named("self")->type->without_null(), &root);
}

TEST(AvroSchema, RefusesWhatMakesNoSense) {
    const auto why = [](const char* json) { return Schema::parse(json).error().why(); };
    EXPECT_THAT(why(R"("thing")"), testing::HasSubstr("not defined"));
    EXPECT_THAT(why(R"([])"), testing::HasSubstr("no branches"));
    EXPECT_THAT(why(R"(["null",["int","null"]])"), testing::HasSubstr("union holds a union"));
    EXPECT_THAT(why(R"({"type":"record","name":"r"})"), testing::HasSubstr("'fields'"));
    EXPECT_THAT(why(R"({"type":"fixed","name":"f","size":-1})"), testing::HasSubstr("size"));
    EXPECT_THAT(why(R"({"type":"enum","name":"f"})"), testing::HasSubstr("symbols"));
    EXPECT_THAT(why(R"({"type":"array"})"), testing::HasSubstr("items"));
    EXPECT_THAT(why(R"(["null",{"type":"fixed","name":"f","size":1},{"type":"fixed","name":"f","size":1}])"),
                testing::HasSubstr("twice"));
    EXPECT_EQ(Schema::parse(R"({"type":"record","name":"r","fields":[{"name":"a","type":"x"}]})").error().where(),
              "avro.schema.fields[0].type");
    std::string deep = "\"int\"";
    for (int i = 0; i < 70; ++i)
        deep = R"({"type":"array","items":)" + deep + "}";
    EXPECT_THAT(Schema::parse(deep).error().why(), testing::HasSubstr("deeper"));
}

TEST(AvroBinary, LongsAsTheSpecificationWritesThem) {
    const std::vector<std::pair<std::int64_t, std::string>> golden = {{0, "00"},
                                                                      {-1, "01"},
                                                                      {1, "02"},
                                                                      {-2, "03"},
                                                                      {2, "04"},
                                                                      {-64, "7f"},
                                                                      {64, "8001"},
                                                                      {INT64_MAX, "feffffffffffffffff01"},
                                                                      {INT64_MIN, "ffffffffffffffffff01"}};
    for (const auto& [value, bytes] : golden) {
        std::string out;
        append_long(out, value);
        EXPECT_EQ(hex(out), bytes);
        Cursor cursor(out);
        EXPECT_EQ(cursor.read_long(), value);
        EXPECT_FALSE(cursor.failed());
    }
    for (const auto* bad : {"", "80", "ffffffffffffffffff02", "ffffffffffffffffffff01"}) {
        const auto bytes = from_hex(bad).value();
        Cursor cursor(bytes);
        cursor.read_long();
        EXPECT_TRUE(cursor.failed()) << bad;
    }
    // 9876543210123456789, which is above 2^63-1.
    const auto wide = from_hex("aac4a38396eec3909202").value();
    Cursor strict(wide);
    strict.read_long();
    EXPECT_TRUE(strict.failed());
    Cursor tolerant(wide);
    EXPECT_EQ(static_cast<std::uint64_t>(tolerant.read_wide_long()), 9'876'543'210'123'456'789U);
    for (const auto& [value, bytes] : golden) {
        const auto encoded = from_hex(bytes).value();
        EXPECT_EQ(Cursor(encoded).read_wide_long(), value);
    }
}

TEST(AvroBinary, RecordAsTheSpecificationWritesIt) {
    const auto schema = Schema::parse(
        R"({"type":"record","name":"test","fields":[{"name":"a","type":"long"},{"name":"b","type":"string"}]})");
    EXPECT_EQ(hex(encoded(schema->root(), {RecordValue{{{std::int64_t{27}}, text("foo")}}})), "3606666f6f");
}

class AvroContainer : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Codecs, AvroContainer,
                         testing::Values(Codec::null, Codec::deflate, Codec::snappy, Codec::zstandard));

TEST_P(AvroContainer, ReadsWhatItWrote) {
    const auto file = people_file(GetParam(), 50);
    MemorySource source(file);
    const auto reader = ContainerReader::open(source).value();
    EXPECT_EQ(reader.codec(), GetParam());
    ASSERT_EQ(reader.metadata().size(), 4U);
    EXPECT_EQ(reader.metadata()[0].second, kPerson);
    EXPECT_EQ(reader.metadata()[2].first, "zebra");
    EXPECT_EQ(reader.metadata()[2].second, std::string("\0\1", 2));
    const auto values = values_of(file);
    ASSERT_EQ(values.size(), 50U);
    EXPECT_EQ(values[31], person("n31", "s3://old/n31", 31));
    EXPECT_EQ(file, people_file(GetParam(), 50));
}

TEST_P(AvroContainer, EveryTruncationIsAnErrorOrAWholeBlock) {
    const auto file = people_file(GetParam(), 6);
    const auto whole = values_of(file);
    for (std::size_t length = 0; length < file.size(); ++length) {
        MemorySource source(std::string_view(file).substr(0, length));
        auto reader = ContainerReader::open(source);
        std::size_t seen = 0;
        Block block;
        while (!reader.is_error()) {
            const auto more = reader->next_block(block);
            if (more.is_error() || !*more)
                break;
            seen += static_cast<std::size_t>(block.records);
        }
        EXPECT_LT(seen, whole.size());
    }
}

TEST_P(AvroContainer, EditsInPlaceAndCopiesTheRest) {
    const auto file = people_file(GetParam(), 40);
    MemorySource source(file);
    auto reader = ContainerReader::open(source).value();
    const auto locator =
        FieldLocator::compile(reader.schema(), {{{3, "inner"}, {100, "path"}}, {{3, "inner"}, {104, "size"}}}).value();
    StringSink sink;
    const auto counts =
        rewrite_container(
            reader, locator,
            [](std::string_view block, std::span<const Slice> slices, std::vector<Edit>& edits) -> Status {
                const auto size = slice_long(block, slices[1]);
                if (size >= 20)
                    return {};
                edits.push_back(long_edit(1, size + 1'000'000));
                edits.push_back(
                    bytes_edit(0, "file:///new/place/" + std::string(slice_bytes(block, slices[0])).substr(9)));
                return {};
            },
            sink)
            .value();
    EXPECT_EQ(counts.records, 40);
    EXPECT_EQ(counts.edited, 20);
    EXPECT_GT(counts.blocks_copied, 0);
    EXPECT_LT(counts.blocks_copied, counts.blocks);
    EXPECT_EQ(counts.bytes, sink.bytes().size());
    const auto values = values_of(sink.bytes());
    for (int i = 0; i < 40; ++i) {
        const auto name = "n" + std::to_string(i);
        const auto wanted =
            i < 20 ? person(name, "file:///new/place/" + name, i + 1'000'000) : person(name, "s3://old/" + name, i);
        EXPECT_EQ(values[static_cast<std::size_t>(i)], wanted);
    }
}

TEST_P(AvroContainer, RewritingWithoutEditsKeepsEveryByte) {
    const auto file = people_file(GetParam(), 40);
    MemorySource source(file);
    auto reader = ContainerReader::open(source).value();
    const auto locator = FieldLocator::compile(reader.schema(), {{{1, "name"}}}).value();
    StringSink sink;
    const auto nothing = [](std::string_view, std::span<const Slice>, std::vector<Edit>&) -> Status { return {}; };
    ASSERT_TRUE(rewrite_container(reader, locator, nothing, sink).has_value());
    EXPECT_EQ(sink.bytes(), file);
}

TEST(AvroCodec, SnappyChecksumIsChecked) {
    std::string stored;
    ASSERT_TRUE(compress(Codec::snappy, "hello hello hello", stored).has_value());
    EXPECT_EQ(hex(stored.substr(stored.size() - 4)), "e5f98880");
    std::string raw;
    ASSERT_TRUE(decompress(Codec::snappy, stored, 100, raw).has_value());
    stored.back() = static_cast<char>(stored.back() ^ 1);
    EXPECT_THAT(decompress(Codec::snappy, stored, 100, raw).error().why(), testing::HasSubstr("checksum"));
}

TEST(AvroCodec, BombsAreRefusedAndCodecsNamed) {
    const std::string zeros(4 << 20, '\0');
    for (const auto codec : {Codec::null, Codec::deflate, Codec::snappy, Codec::zstandard}) {
        std::string stored;
        std::string raw;
        ASSERT_TRUE(compress(codec, zeros, stored).has_value());
        EXPECT_EQ(decompress(codec, stored, 1 << 20, raw).error().kind(), ErrorKind::unsupported);
        ASSERT_TRUE(decompress(codec, stored, zeros.size(), raw).has_value());
        EXPECT_EQ(raw, zeros);
        EXPECT_TRUE(codec == Codec::null ||
                    decompress(codec, stored.substr(0, stored.size() / 2), zeros.size(), raw).is_error());
    }
    EXPECT_THAT(parse_codec("bzip2").error().why(), testing::HasSubstr("bzip2"));
    EXPECT_EQ(parse_codec("xz").error().kind(), ErrorKind::unsupported);
    EXPECT_EQ(parse_codec("lzo").error().kind(), ErrorKind::invalid_input);
}

TEST(AvroContainerErrors, ManySmallBombsAreOneLargeBomb) {
    const std::string schema = R"("bytes")";
    WriterOptions options;
    options.schema_json = schema;
    options.codec = Codec::zstandard;
    options.block_bytes = 1;
    StringSink sink;
    auto writer = ContainerWriter::create(sink, options);
    std::string record;
    append_long(record, 6 << 20);
    record.resize(record.size() + (6 << 20));
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(writer->append(record).has_value());
    ASSERT_TRUE(writer->finish().has_value());
    MemorySource source(sink.bytes());
    auto reader = ContainerReader::open(source).value();
    Block block;
    EXPECT_TRUE(reader.next_block(block).value());
    EXPECT_TRUE(reader.next_block(block).value());
    EXPECT_THAT(reader.next_block(block).error().why(), testing::HasSubstr("when decompressed"));
}

TEST(AvroValue, HostileCountsNeitherAllocateNorHang) {
    const auto nulls = Schema::parse(R"({"type":"array","items":"null"})").value();
    std::string data;
    append_long(data, INT64_MAX);
    append_long(data, 0);
    Cursor cursor(data);
    const DecodeLimits limits{64, 10'000};
    EXPECT_THAT(decode(nulls.root(), cursor, limits).error().why(), testing::HasSubstr("values"));
    Cursor again(data);
    EXPECT_TRUE(skip(nulls.root(), again).has_value());

    // Ten fields of ten fields of ...: 10^20 nulls in no bytes at all.
    std::string schema = R"({"type":"record","name":"r0","fields":[{"name":"n","type":"null"}]})";
    for (int level = 1; level < 20; ++level) {
        const auto below = "\"r" + std::to_string(level - 1) + "\"";
        auto next = R"({"type":"record","name":"r)" + std::to_string(level) + R"(","fields":[{"name":"f0","type":)" +
                    schema + "}";
        for (int field = 1; field < 10; ++field)
            next += R"(,{"name":"f)" + std::to_string(field) + R"(","type":)" + below + "}";
        schema = next + "]}";
    }
    const auto wide = Schema::parse(schema).value();
    Cursor empty("");
    EXPECT_TRUE(skip(wide.root(), empty).has_value());
    EXPECT_TRUE(decode(wide.root(), empty, limits).is_error());

    const auto endless =
        Schema::parse(R"({"type":"record","name":"l","fields":[{"name":"next","type":["null","l"]}]})").value();
    const std::string ones(1000, '\2');
    Cursor deep(ones);
    EXPECT_TRUE(decode(endless.root(), deep).is_error());
    Cursor deeper(ones);
    EXPECT_TRUE(skip(endless.root(), deeper).is_error());
}

TEST(AvroContainerErrors, AreNamedWithTheirPlace) {
    auto file = people_file(Codec::null, 3);
    const auto open = [](const std::string& bytes) {
        MemorySource source(bytes, "x.avro");
        auto reader = ContainerReader::open(source);
        if (reader.is_error())
            return reader.error().to_line();
        Block block;
        auto more = reader->next_block(block);
        return more.is_error() ? more.error().to_line() : std::string("good");
    };
    EXPECT_THAT(open("PAR1"), testing::HasSubstr("magic"));
    EXPECT_THAT(open(""), testing::HasSubstr("magic"));
    auto bad_sync = file;
    bad_sync.back() = 'T';
    MemorySource source(bad_sync, "x.avro");
    auto reader = ContainerReader::open(source).value();
    Block block;
    Result<bool> more = true;
    while (more.has_value() && *more)
        more = reader.next_block(block);
    EXPECT_THAT(more.error().to_line(), testing::HasSubstr("sync marker"));
    EXPECT_THAT(more.error().where(), testing::HasSubstr("x.avro at offset"));
}

} // namespace
} // namespace godwit::avro
