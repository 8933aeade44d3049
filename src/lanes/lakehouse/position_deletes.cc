#include "lanes/lakehouse/position_deletes.h"

#include "base/text.h"
#include "formats/avro/reader.h"
#include "formats/avro/value.h"
#include "formats/avro/writer.h"
#include "formats/parquet/deletes.h"
#include "formats/parquet/footer.h"
#include "formats/parquet/writer.h"

#include <arrow/api.h>

#include <array>
#include <cstring>

namespace godwit::lakehouse {

namespace {

constexpr std::int64_t kRowsPerBatch = 8192;

Error unsupported(std::string why, std::string_view name) {
    return Error::make(ErrorKind::unsupported, "a position delete file cannot be rewritten")
        .why(std::move(why))
        .fix("compact the table at the source (rewrite_position_delete_files or rewrite_data_files), then assess again")
        .at(printable(name));
}

bool is_format(std::string_view format, std::string_view name) { return equals_ignoring_case(format, name); }

Status refuse_row_column(ByteSource& source) {
    const auto footer = TRY(parquet_format::read_footer(source));
    if (footer.leaves.size() != 2)
        return unsupported("it holds copies of the deleted rows beside path and position", source.name());
    return {};
}

/// The fields of an Avro position delete record, found by id: writers agree on ids, not on order.
struct AvroColumns {
    std::size_t path = 0;
    std::size_t position = 0;
};

Result<AvroColumns> find_columns(const avro::ContainerReader& reader) {
    const auto& root = reader.schema().root();
    if (root.fields.size() != 2)
        return unsupported("it holds copies of the deleted rows beside path and position", reader.name());
    AvroColumns columns;
    columns.path = root.fields[0].name == "file_path" ? 0 : 1;
    columns.position = 1 - columns.path;
    if (root.fields[columns.path].name != "file_path" || root.fields[columns.position].name != "pos")
        return unsupported("its columns are not file_path and pos", reader.name());
    return columns;
}

Status each_avro_delete(ByteSource& source, const std::function<Status(std::string_view, std::int64_t)>& visit) {
    auto reader = TRY(avro::ContainerReader::open(source));
    const auto columns = TRY(find_columns(reader));
    avro::Block block;
    while (TRY(reader.next_block(block))) {
        avro::Cursor cursor(block.raw);
        for (std::int64_t i = 0; i < block.records; ++i) {
            const auto value = TRY(avro::decode(reader.schema().root(), cursor));
            const auto* record = std::get_if<avro::RecordValue>(&value.value);
            const auto* path =
                record == nullptr ? nullptr : std::get_if<std::string>(&record->fields[columns.path].value);
            const auto* position =
                record == nullptr ? nullptr : std::get_if<std::int64_t>(&record->fields[columns.position].value);
            if (path == nullptr || position == nullptr)
                return unsupported("its columns are not a string and a long", source.name());
            TRY(visit(*path, *position));
        }
    }
    return {};
}

std::string sort_key(std::string_view path, std::int64_t position) {
    std::string key(path);
    key.push_back('\0');
    const auto number = __builtin_bswap64(static_cast<std::uint64_t>(position));
    key.append(reinterpret_cast<const char*>(&number), sizeof number);
    return key;
}

std::pair<std::string_view, std::int64_t> split_key(const std::string& key) {
    std::uint64_t number = 0;
    std::memcpy(&number, key.data() + key.size() - sizeof number, sizeof number);
    return {std::string_view(key).substr(0, key.size() - sizeof number - 1),
            static_cast<std::int64_t>(__builtin_bswap64(number))};
}

iceberg::Schema delete_schema() {
    iceberg::Schema schema;
    schema.fields = {
        {iceberg::kDeleteFilePathId, "file_path", true, iceberg::primitive(iceberg::TypeKind::string), {}, {}, {}},
        {iceberg::kDeletePositionId, "pos", true, iceberg::primitive(iceberg::TypeKind::int64), {}, {}, {}}};
    return schema;
}

Result<std::shared_ptr<arrow::RecordBatch>> next_batch(SortedSpill& rows) {
    arrow::StringBuilder paths;
    arrow::Int64Builder positions;
    std::int64_t count = 0;
    for (; count < kRowsPerBatch && rows.peek() != nullptr; ++count) {
        const auto [path, position] = split_key(rows.peek()->key);
        if (!paths.Append(path).ok() || !positions.Append(position).ok())
            return Error::make(ErrorKind::io, "memory for position deletes cannot be had");
        TRY(rows.pop());
    }
    std::shared_ptr<arrow::Array> path_array;
    std::shared_ptr<arrow::Array> position_array;
    if (!paths.Finish(&path_array).ok() || !positions.Finish(&position_array).ok())
        return Error::make(ErrorKind::io, "memory for position deletes cannot be had");
    const auto schema =
        arrow::schema({arrow::field("file_path", arrow::utf8(), false), arrow::field("pos", arrow::int64(), false)});
    return arrow::RecordBatch::Make(schema, count, {path_array, position_array});
}

Status write_parquet(SortedSpill& rows, ByteSink& sink) {
    auto writer = TRY(parquet_format::ParquetWriter::open(sink, delete_schema()));
    for (;;) {
        const auto batch = TRY(next_batch(rows));
        if (batch->num_rows() == 0)
            break;
        TRY(writer.write(*batch));
    }
    TRY(writer.finish());
    return {};
}

Status write_avro(SortedSpill& rows, ByteSource& source, ByteSink& sink) {
    auto reader = TRY(avro::ContainerReader::open(source));
    const auto columns = TRY(find_columns(reader));
    auto writer = TRY(avro::ContainerWriter::create_like(sink, reader));
    std::string datum;
    for (; rows.peek() != nullptr;) {
        const auto [path, position] = split_key(rows.peek()->key);
        avro::RecordValue record;
        record.fields.resize(2);
        record.fields[columns.path].value = std::string(path);
        record.fields[columns.position].value = position;
        datum.clear();
        TRY(avro::encode(reader.schema().root(), avro::Value{std::move(record)}, datum));
        TRY(writer.append(datum));
        TRY(rows.pop());
    }
    TRY(writer.finish());
    return {};
}

/// Counts what passes, for field 104.
class CountingSink final : public ByteSink {
public:
    explicit CountingSink(ByteSink& inner) : inner_(&inner) {}
    Status write(std::string_view bytes) override {
        count_ += bytes.size();
        return inner_->write(bytes);
    }
    std::uint64_t count() const { return count_; }

private:
    ByteSink* inner_;
    std::uint64_t count_ = 0;
};

} // namespace

Status check_position_deletes(ByteSource& source, std::string_view format) {
    if (is_format(format, "avro")) {
        const auto reader = TRY(avro::ContainerReader::open(source));
        TRY(find_columns(reader));
        return {};
    }
    if (!is_format(format, "parquet"))
        return unsupported("its format is " + printable(format), source.name());
    return refuse_row_column(source);
}

Status each_position_delete(ByteSource& source, std::string_view format,
                            const std::function<Status(std::string_view, std::int64_t)>& visit) {
    if (is_format(format, "avro"))
        return each_avro_delete(source, visit);
    TRY(check_position_deletes(source, format));
    return parquet_format::read_position_deletes(source, visit);
}

Result<iceberg::RewrittenFile> rewrite_position_deletes(ByteSource& source, ByteSink& sink, std::string_view format,
                                                        const iceberg::PathMapper& map) {
    SortedSpill rows;
    iceberg::RewrittenFile rewritten;
    TRY(each_position_delete(source, format, [&](std::string_view path, std::int64_t position) -> Status {
        const auto mapped = TRY(map(path));
        if (!rewritten.lowest_path || mapped < *rewritten.lowest_path)
            rewritten.lowest_path = mapped;
        if (!rewritten.highest_path || mapped > *rewritten.highest_path)
            rewritten.highest_path = mapped;
        return rows.add(sort_key(mapped, position), {});
    }));
    TRY(rows.sort());
    CountingSink counting(sink);
    if (is_format(format, "avro"))
        TRY(write_avro(rows, source, counting));
    else
        TRY(write_parquet(rows, counting));
    rewritten.file_size_in_bytes = static_cast<std::int64_t>(counting.count());
    return rewritten;
}

} // namespace godwit::lakehouse
