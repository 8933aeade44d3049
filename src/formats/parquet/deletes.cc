#include "formats/parquet/deletes.h"

#include "base/text.h"
#include "formats/iceberg/manifest.h"
#include "formats/parquet/arrow_io.h"
#include "formats/parquet/arrow_schema.h"
#include "formats/parquet/reader.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <unordered_set>

namespace godwit::parquet_format {

namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

Result<BatchPtr> keep(const BatchPtr& batch, const std::vector<bool>& kept, std::size_t count) {
    if (count == kept.size())
        return batch;
    arrow::BooleanBuilder builder;
    const auto status = builder.AppendValues(kept);
    if (!status.ok())
        return read_error(status, "deleted rows");
    const auto mask = TRY_ARROW(builder.Finish(), "deleted rows");
    const auto filtered = TRY_ARROW(arrow::compute::Filter(batch, mask), "deleted rows");
    return filtered.record_batch();
}

/// Equal values, and nulls, give equal bytes; different ones different bytes.
void append_key(const iceberg::Type& type, const arrow::Array& array, std::int64_t row, std::string& key) {
    const auto value = value_at(type, array, row);
    if (iceberg::is_null(value)) {
        key += '\0';
        return;
    }
    const auto bytes = iceberg::to_bytes(type, value).value_or(std::string());
    key += '\1';
    const auto size = static_cast<std::uint32_t>(bytes.size());
    key.append(reinterpret_cast<const char*>(&size), sizeof size);
    key += bytes;
}

int column_of(const arrow::Schema& schema, std::int32_t id) {
    for (int i = 0; i < schema.num_fields(); ++i) {
        const auto& metadata = schema.field(i)->metadata();
        if (metadata && metadata->Contains("PARQUET:field_id") &&
            metadata->Get("PARQUET:field_id").ValueOr("") == std::to_string(id))
            return i;
    }
    return -1;
}

} // namespace

void DeletedPositions::seal() {
    std::sort(positions_.begin(), positions_.end());
    positions_.erase(std::unique(positions_.begin(), positions_.end()), positions_.end());
}

Status read_position_deletes(ByteSource& source,
                             const std::function<Status(std::string_view path, std::int64_t position)>& sink) {
    iceberg::Schema schema;
    schema.fields = {
        {iceberg::kDeleteFilePathId, "file_path", true, iceberg::primitive(iceberg::TypeKind::string), {}, {}, {}},
        {iceberg::kDeletePositionId, "pos", true, iceberg::primitive(iceberg::TypeKind::int64), {}, {}, {}}};
    ReadOptions options;
    options.names = iceberg::name_mapping_of(schema);
    auto reader = TRY(ParquetReader::open(source, schema, std::move(options)));
    while (true) {
        const auto read = TRY(reader.next());
        if (!read.batch)
            return {};
        const auto& paths = static_cast<const arrow::StringArray&>(*read.batch->column(0));
        const auto& positions = static_cast<const arrow::Int64Array&>(*read.batch->column(1));
        if (paths.null_count() > 0 || positions.null_count() > 0)
            return Error::make(ErrorKind::invalid_input, "the position delete file cannot be read")
                .why("file_path or pos is missing or null")
                .fix("copy the file again from its source")
                .at(source.name());
        for (std::int64_t row = 0; row < read.batch->num_rows(); ++row)
            TRY(sink(paths.GetView(row), positions.Value(row)));
    }
}

Result<BatchPtr> without_positions(const BatchPtr& batch, std::int64_t first_row, const DeletedPositions& deleted) {
    const auto& positions = deleted.positions();
    std::vector<bool> kept(static_cast<std::size_t>(batch->num_rows()), true);
    for (auto at = std::lower_bound(positions.begin(), positions.end(), first_row);
         at != positions.end() && *at < first_row + batch->num_rows(); ++at)
        kept[static_cast<std::size_t>(*at - first_row)] = false;
    for (const auto& vector : deleted.vectors())
        for (std::size_t row = 0; row < kept.size(); ++row)
            if (vector.contains(static_cast<std::uint64_t>(first_row) + row))
                kept[row] = false;
    const auto count = static_cast<std::size_t>(std::count(kept.begin(), kept.end(), true));
    return guarded("deleted rows", [&] { return keep(batch, kept, count); });
}

struct EqualityDeletes::State {
    iceberg::Schema schema;
    std::unordered_set<std::string> keys;
};

EqualityDeletes::EqualityDeletes(std::unique_ptr<State> state) : state_(std::move(state)) {}
EqualityDeletes::EqualityDeletes(EqualityDeletes&&) noexcept = default;
EqualityDeletes& EqualityDeletes::operator=(EqualityDeletes&&) noexcept = default;
EqualityDeletes::~EqualityDeletes() = default;

Result<EqualityDeletes> EqualityDeletes::create(std::vector<iceberg::Field> fields) {
    for (auto& field : fields) {
        if (!field.type.is_primitive())
            return Error::make(ErrorKind::unsupported, "equality deletes over a nested column cannot be applied")
                .why("the specification allows primitive columns only")
                .fix("compact the table with its own engine first")
                .at("column " + printable(field.name));
        // A delete file need not hold what the table requires.
        field.required = false;
    }
    if (fields.empty())
        return Error::make(ErrorKind::invalid_input, "an equality delete file names no columns")
            .why("equality_ids is empty")
            .fix("copy the table's metadata again from its source");
    auto state = std::make_unique<State>();
    state->schema.fields = std::move(fields);
    return EqualityDeletes(std::move(state));
}

Status EqualityDeletes::add(ByteSource& source, const iceberg::NameMapping& names) {
    ReadOptions options;
    options.names = names;
    auto reader = TRY(ParquetReader::open(source, state_->schema, std::move(options)));
    while (true) {
        const auto read = TRY(reader.next());
        if (!read.batch)
            return {};
        for (std::int64_t row = 0; row < read.batch->num_rows(); ++row) {
            std::string key;
            for (std::size_t i = 0; i < state_->schema.fields.size(); ++i)
                append_key(state_->schema.fields[i].type, *read.batch->column(static_cast<int>(i)), row, key);
            state_->keys.insert(std::move(key));
        }
    }
}

std::size_t EqualityDeletes::size() const { return state_->keys.size(); }

Result<BatchPtr> EqualityDeletes::apply(const BatchPtr& batch) const {
    std::vector<const arrow::Array*> arrays;
    for (const auto& field : state_->schema.fields) {
        const int at = column_of(*batch->schema(), field.id);
        const auto wanted = TRY(arrow_type(field.type));
        if (at < 0 || !batch->column(at)->type()->Equals(*wanted))
            return Error::make(ErrorKind::bug, "equality deletes need a column that was not read")
                .why("field id " + std::to_string(field.id) + " as " + iceberg::type_text(field.type))
                .at("column " + printable(field.name));
        arrays.push_back(batch->column(at).get());
    }
    std::vector<bool> kept(static_cast<std::size_t>(batch->num_rows()), true);
    std::size_t count = kept.size();
    std::string key;
    for (std::int64_t row = 0; row < batch->num_rows() && !state_->keys.empty(); ++row) {
        key.clear();
        for (std::size_t i = 0; i < arrays.size(); ++i)
            append_key(state_->schema.fields[i].type, *arrays[i], row, key);
        if (state_->keys.contains(key)) {
            kept[static_cast<std::size_t>(row)] = false;
            --count;
        }
    }
    return guarded("deleted rows", [&] { return keep(batch, kept, count); });
}

} // namespace godwit::parquet_format
