// The C++ side of test_avro_judge.py: reads and writes Avro files with Godwit's own code, so that other programs can
// say whether they agree.
//
//   avro_tool print FILE                    every record as a line of JSON
//   avro_tool copy FILE OUT CODEC           every record decoded and encoded again
//   avro_tool move FILE OUT FROM TO         a manifest with one prefix replaced
//   avro_tool write FOLDER VERSION          a manifest and a manifest list of ours

#include "base/file.h"
#include "base/text.h"
#include "formats/avro/fields.h"
#include "formats/avro/reader.h"
#include "formats/avro/value.h"
#include "formats/avro/writer.h"
#include "formats/iceberg/manifest_rewrite.h"
#include "formats/iceberg/manifest_writer.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace godwit;

/// Bytes as {"hex": ..}; maps as pairs, because keys may repeat; unions as what they hold.
OrderedJson to_json(const avro::Node& type, const avro::Value& value) {
    if (const auto* boolean = std::get_if<bool>(&value.value))
        return *boolean;
    if (const auto* small = std::get_if<std::int32_t>(&value.value))
        return *small;
    if (const auto* large = std::get_if<std::int64_t>(&value.value))
        return *large;
    if (const auto* single = std::get_if<float>(&value.value))
        return *single;
    if (const auto* number = std::get_if<double>(&value.value))
        return *number;
    if (const auto* bytes = std::get_if<avro::Bytes>(&value.value))
        return {{"hex", hex(bytes->bytes)}};
    if (const auto* text = std::get_if<std::string>(&value.value))
        return *text;
    if (const auto* symbol = std::get_if<avro::EnumValue>(&value.value))
        return type.symbols[static_cast<std::size_t>(symbol->index)];
    if (const auto* choice = std::get_if<avro::UnionValue>(&value.value))
        return to_json(*type.branches[static_cast<std::size_t>(choice->branch)], choice->value.front());
    if (const auto* array = std::get_if<avro::ArrayValue>(&value.value)) {
        auto json = OrderedJson::array();
        for (const auto& item : array->items)
            json.push_back(to_json(*type.items, item));
        return json;
    }
    if (const auto* map = std::get_if<avro::MapValue>(&value.value)) {
        auto json = OrderedJson::array();
        for (const auto& [key, item] : map->entries)
            json.push_back(OrderedJson::array({key, to_json(*type.items, item)}));
        return {{"map", json}};
    }
    if (const auto* record = std::get_if<avro::RecordValue>(&value.value)) {
        auto json = OrderedJson::object();
        for (std::size_t i = 0; i < record->fields.size(); ++i)
            json[type.fields[i].name] = to_json(*type.fields[i].type, record->fields[i]);
        return json;
    }
    return nullptr;
}

template <typename Visit>
Status each_record(avro::ContainerReader& reader, Visit&& visit) {
    avro::Block block;
    while (TRY(reader.next_block(block))) {
        avro::Cursor cursor(block.raw);
        for (std::int64_t i = 0; i < block.records; ++i)
            TRY(visit(TRY(avro::decode(reader.schema().root(), cursor))));
    }
    return {};
}

Status print(const std::string& path) {
    auto source = TRY(FileSource::open(path));
    auto reader = TRY(avro::ContainerReader::open(source));
    return each_record(reader, [&](const avro::Value& value) -> Status {
        std::puts(to_json(reader.schema().root(), value).dump().c_str());
        return {};
    });
}

Status copy(const std::string& path, const std::string& out, const std::string& codec) {
    auto source = TRY(FileSource::open(path));
    auto reader = TRY(avro::ContainerReader::open(source));
    avro::WriterOptions options;
    options.schema_json = reader.schema().json();
    options.codec = TRY(avro::parse_codec(codec));
    options.sync.fill('g');
    for (const auto& [key, value] : reader.metadata())
        if (key != "avro.schema" && key != "avro.codec")
            options.metadata.emplace_back(key, value);
    auto file = TRY(File::create(out));
    FileSink sink(file);
    auto writer = TRY(avro::ContainerWriter::create(sink, options));
    TRY(each_record(reader, [&](const avro::Value& value) -> Status {
        std::string datum;
        TRY(avro::encode(reader.schema().root(), value, datum));
        return writer.append(datum);
    }));
    TRY(writer.finish());
    return file.close();
}

Status move(const std::string& path, const std::string& out, const std::string& from, const std::string& to) {
    auto source = TRY(FileSource::open(path));
    auto file = TRY(File::create(out));
    FileSink sink(file);
    iceberg::ManifestEdits edits;
    edits.path = [&](std::string_view old_path) -> Result<std::string> {
        if (!old_path.starts_with(from))
            return std::string(old_path);
        return to + std::string(old_path.substr(from.size()));
    };
    TRY(iceberg::rewrite_manifest(source, sink, edits));
    return file.close();
}

iceberg::ManifestEntry entry_of(int number) {
    iceberg::ManifestEntry entry;
    entry.status = iceberg::EntryStatus::added;
    entry.snapshot_id = 11;
    auto& file = entry.file;
    file.file_path = "file:///w/t/data/" + std::to_string(number) + ".parquet";
    file.file_format = "PARQUET";
    file.partition = {std::int32_t{19000 + number}, iceberg::Decimal{number * 100 - 50},
                      number == 2 ? iceberg::Value{} : iceberg::Value{std::string("r\xc3\xa9gion")}};
    file.record_count = 10 + number;
    file.file_size_in_bytes = 1000 + number;
    file.column_sizes = iceberg::ColumnCounts{{1, 5}, {2, 7}};
    file.null_value_counts = iceberg::ColumnCounts{{2, number}};
    file.lower_bounds = iceberg::ColumnBounds{{1, std::string("\1\0\0\0\0\0\0\0", 8)}};
    file.upper_bounds = iceberg::ColumnBounds{{1, std::string("\x9\0\0\0\0\0\0\0", 8)}};
    file.split_offsets = std::vector<std::int64_t>{4};
    file.sort_order_id = 0;
    return entry;
}

Status write(const std::string& folder, std::int32_t version) {
    iceberg::ManifestOptions options;
    options.format_version = version;
    options.schema = TRY(iceberg::parse_schema_text(
        R"json({"type":"struct","schema-id":0,"fields":[{"id":1,"name":"n","required":true,"type":"long"},
        {"id":2,"name":"t","required":false,"type":"timestamptz"},{"id":3,"name":"d","required":false,"type":"decimal(9, 2)"},
        {"id":4,"name":"r","required":false,"type":"string"}]})json"));
    const auto day = TRY(iceberg::parse_transform("day"));
    const auto identity = TRY(iceberg::parse_transform("identity"));
    options.spec.fields = {{{2}, 1000, "t_day", day}, {{3}, 1001, "d", identity}, {{4}, 1002, "r", identity}};
    options.snapshot_id = 11;
    options.sync.fill('m');
    auto manifest = TRY(File::create(folder + "/manifest.avro"));
    FileSink manifest_sink(manifest);
    auto writer = TRY(iceberg::ManifestWriter::create(manifest_sink, options));
    for (int number = 0; number < 3; ++number)
        TRY(writer.add(entry_of(number)));
    auto summary = TRY(writer.finish());
    TRY(manifest.close());
    summary.path = "file://" + folder + "/manifest.avro";

    iceberg::ManifestListOptions list_options;
    list_options.format_version = version;
    list_options.snapshot_id = 11;
    list_options.sequence_number = 1;
    list_options.sync.fill('l');
    auto list = TRY(File::create(folder + "/list.avro"));
    FileSink list_sink(list);
    auto list_writer = TRY(iceberg::ManifestListWriter::create(list_sink, list_options));
    TRY(list_writer.add(summary));
    TRY(list_writer.finish());
    return list.close();
}

Status run(const std::vector<std::string>& arguments) {
    const auto is = [&](std::string_view command, std::size_t count) {
        return arguments.size() == count + 1 && arguments[0] == command;
    };
    if (is("print", 1))
        return print(arguments[1]);
    if (is("copy", 3))
        return copy(arguments[1], arguments[2], arguments[3]);
    if (is("move", 4))
        return move(arguments[1], arguments[2], arguments[3], arguments[4]);
    if (is("write", 2))
        return write(arguments[1], static_cast<std::int32_t>(TRY(parse_int64(arguments[2]))));
    return Error::make(ErrorKind::usage, "the arguments are wrong").fix("see the head of tests/judges/avro_tool.cc");
}

} // namespace

int main(int count, char** values) {
    const auto status = run({values + 1, values + count});
    if (status.is_error())
        std::fputs(status.error().to_block().c_str(), stderr);
    return status.is_error() ? 1 : 0;
}
