#include "formats/iceberg/manifest.h"

#include "base/text.h"
#include "formats/avro/value.h"
#include "formats/iceberg/manifest_decode.h"
#include "formats/iceberg/manifest_schema.h"

namespace godwit::iceberg {

namespace {

using avro::Cursor;

template <typename Number>
void read_optional(const RecordWalk& walk, std::size_t slot, std::optional<Number>& into) {
    into.reset();
    if (walk.present(slot))
        into = static_cast<Number>(walk.integer(slot));
}

void read_optional_bytes(const RecordWalk& walk, std::size_t slot, std::optional<std::string>& into) {
    if (!walk.present(slot))
        into.reset();
    else if (into)
        *into = walk.bytes(slot);
    else
        into.emplace(walk.bytes(slot));
}

/// Empties an optional vector but keeps its memory.
template <typename Items>
Items& refill(std::optional<Items>& into) {
    if (!into)
        into.emplace();
    into->clear();
    return *into;
}

/// More items than any table has columns or partition fields: what a damaged count must not allocate.
constexpr std::int64_t kMostItems = 1'000'000;

/// Calls `read(cursor)` for every item of an encoded array.
template <typename Read>
bool read_items(Cursor cursor, Read&& read) {
    std::int64_t bytes = 0;
    std::int64_t items = 0;
    for (auto count = cursor.read_block_count(bytes); count > 0; count = cursor.read_block_count(bytes))
        for (; count > 0; --count)
            if (++items > kMostItems || !read(cursor) || cursor.failed())
                return false;
    return !cursor.failed();
}

/// Fields `key` and `value` of one item; an item that is null counts as absent.
template <typename Item, typename ReadValue>
bool read_column(const avro::Node& items, Cursor& cursor, std::vector<Item>& into, ReadValue&& read_value) {
    const auto* record = unwrap(items, cursor);
    if (record == nullptr || record->kind == avro::Kind::null)
        return record != nullptr;
    auto& item = into.emplace_back();
    bool whole = true;
    for (const auto& field : record->fields) {
        const auto* type = unwrap(*field.type, cursor);
        if (type == nullptr)
            return false;
        if (field.name != "key" && field.name != "value") {
            if (!avro::try_skip(*type, cursor))
                return false;
        } else if (type->kind == avro::Kind::null) {
            whole = false;
        } else if (field.name == "key") {
            item.first = cursor.read_int();
        } else {
            item.second = read_value(cursor);
        }
    }
    if (!whole)
        into.pop_back();
    return true;
}

template <typename Second, typename ReadValue>
bool read_columns(const RecordWalk& walk, std::size_t slot,
                  std::optional<std::vector<std::pair<std::int32_t, Second>>>& into, ReadValue&& read_value) {
    if (!walk.present(slot)) {
        into.reset();
        return true;
    }
    auto& items = refill(into);
    const auto& type = *walk.type(slot)->items;
    return read_items(walk.cursor(slot), [&](Cursor& cursor) { return read_column(type, cursor, items, read_value); });
}

bool read_counts(const RecordWalk& walk, std::size_t slot, std::optional<ColumnCounts>& into) {
    return read_columns(walk, slot, into, [](Cursor& cursor) { return cursor.read_long(); });
}

bool read_bounds(const RecordWalk& walk, std::size_t slot, std::optional<ColumnBounds>& into) {
    return read_columns(walk, slot, into, [](Cursor& cursor) { return std::string(cursor.read_bytes()); });
}

template <typename Number>
bool read_numbers(const RecordWalk& walk, std::size_t slot, std::optional<std::vector<Number>>& into) {
    if (!walk.present(slot)) {
        into.reset();
        return true;
    }
    auto& items = refill(into);
    const auto& type = *walk.type(slot)->items;
    return read_items(walk.cursor(slot), [&](Cursor& cursor) {
        const auto* item = unwrap(type, cursor);
        if (item == nullptr)
            return false;
        if (item->kind != avro::Kind::null)
            items.push_back(static_cast<Number>(cursor.read_long()));
        return true;
    });
}

/// contains_null, contains_nan, lower_bound, upper_bound of one partition field, by id or by name.
bool read_summary(const avro::Node& items, Cursor& cursor, PartitionFieldSummary& summary) {
    const auto* record = unwrap(items, cursor);
    if (record == nullptr)
        return false;
    for (const auto& field : record->fields) {
        const auto* type = unwrap(*field.type, cursor);
        if (type == nullptr)
            return false;
        const auto is = [&](std::int32_t id, std::string_view name, avro::Kind kind) {
            return type->kind == kind && (field.field_id ? *field.field_id == id : field.name == name);
        };
        if (is(509, "contains_null", avro::Kind::boolean))
            summary.contains_null = cursor.read_boolean();
        else if (is(518, "contains_nan", avro::Kind::boolean))
            summary.contains_nan = cursor.read_boolean();
        else if (is(510, "lower_bound", avro::Kind::bytes))
            summary.lower_bound = cursor.read_bytes();
        else if (is(511, "upper_bound", avro::Kind::bytes))
            summary.upper_bound = cursor.read_bytes();
        else if (!avro::try_skip(*type, cursor))
            return false;
    }
    return true;
}

std::int64_t value_or(const RecordWalk& walk, std::size_t slot, std::int64_t fallback) {
    return walk.present(slot) ? walk.integer(slot) : fallback;
}

std::string text_metadata(const avro::ContainerReader& reader, std::string_view key) {
    std::string_view value;
    reader.find_metadata(key, value);
    return std::string(value);
}

Result<std::int32_t> number_metadata(const avro::ContainerReader& reader, std::string_view key, std::int32_t fallback) {
    const auto text = text_metadata(reader, key);
    if (text.empty())
        return fallback;
    auto number = parse_int64(text);
    if (number.is_error() || *number < 0 || *number > INT32_MAX)
        return Error::make(ErrorKind::invalid_input, "the manifest cannot be read")
            .why("its " + std::string(key) + " is '" + printable(text) + "'")
            .fix("copy the file again from its source")
            .at(reader.name());
    return static_cast<std::int32_t>(*number);
}

} // namespace

struct ManifestListReader::State {
    RecordWalk walk;
    std::size_t left; ///< manifests that may still come
};

ManifestListReader::ManifestListReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ManifestListReader::ManifestListReader(ManifestListReader&&) noexcept = default;
ManifestListReader::~ManifestListReader() = default;

Result<ManifestListReader> ManifestListReader::open(ByteSource& source, const avro::ReaderLimits& limits,
                                                    std::size_t most) {
    auto walk = TRY(RecordWalk::open(source, list_paths(), limits));
    TRY(check_list_types(walk));
    return ManifestListReader(std::make_unique<State>(std::move(walk), most));
}

const avro::FileMetadata& ManifestListReader::metadata() const { return state_->walk.reader().metadata(); }

Result<bool> ManifestListReader::next(ManifestFile& file) {
    auto& walk = state_->walk;
    if (!TRY(walk.next()))
        return false;
    if (state_->left-- == 0)
        return walk.error("it lists too many manifests");
    if (!walk.present(ListSlot::manifest_path) || !walk.present(ListSlot::manifest_length) ||
        !walk.present(ListSlot::spec_id))
        return walk.error("its path, length or spec id is null");
    const auto content = value_or(walk, ListSlot::manifest_content, 0);
    if (content < 0 || content > 1)
        return walk.error("its content is " + std::to_string(content));
    file.path = walk.bytes(ListSlot::manifest_path);
    file.length = walk.integer(ListSlot::manifest_length);
    file.spec_id = static_cast<std::int32_t>(walk.integer(ListSlot::spec_id));
    file.content = static_cast<ManifestContent>(content);
    file.sequence_number = value_or(walk, ListSlot::manifest_sequence, 0);
    file.min_sequence_number = value_or(walk, ListSlot::min_sequence, 0);
    file.added_snapshot_id = value_or(walk, ListSlot::added_snapshot, 0);
    read_optional(walk, ListSlot::added_files, file.added_files_count);
    read_optional(walk, ListSlot::existing_files, file.existing_files_count);
    read_optional(walk, ListSlot::deleted_files, file.deleted_files_count);
    read_optional(walk, ListSlot::added_rows, file.added_rows_count);
    read_optional(walk, ListSlot::existing_rows, file.existing_rows_count);
    read_optional(walk, ListSlot::deleted_rows, file.deleted_rows_count);
    read_optional_bytes(walk, ListSlot::manifest_key, file.key_metadata);
    read_optional(walk, ListSlot::manifest_first_row, file.first_row_id);
    file.partitions.reset();
    if (walk.present(ListSlot::partitions)) {
        const auto& items = *walk.type(ListSlot::partitions)->items;
        auto& summaries = refill(file.partitions);
        if (!read_items(walk.cursor(ListSlot::partitions),
                        [&](Cursor& cursor) { return read_summary(items, cursor, summaries.emplace_back()); }))
            return walk.error("its partition summaries are damaged");
    }
    return true;
}

struct ManifestReader::State {
    RecordWalk walk;
    ManifestHeader header;
    std::vector<Field> partition_type;
};

ManifestReader::ManifestReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ManifestReader::ManifestReader(ManifestReader&&) noexcept = default;
ManifestReader::~ManifestReader() = default;

Result<ManifestReader> ManifestReader::open(ByteSource& source, const avro::ReaderLimits& limits) {
    auto state = std::make_unique<State>(State{TRY(RecordWalk::open(source, entry_paths(), limits)), {}, {}});
    TRY(check_entry_types(state->walk));
    const auto& reader = state->walk.reader();
    auto& header = state->header;
    header.format_version = TRY(number_metadata(reader, "format-version", 1));
    header.schema_id = TRY(number_metadata(reader, "schema-id", 0));
    header.partition_spec_id = TRY(number_metadata(reader, "partition-spec-id", 0));
    header.schema_json = text_metadata(reader, "schema");
    header.partition_spec_json = text_metadata(reader, "partition-spec");
    const auto content = text_metadata(reader, "content");
    if (content == "deletes")
        header.content = ManifestContent::deletes;
    else if (!content.empty() && content != "data")
        return state->walk.error("its content is '" + printable(content) + "'");
    for (const auto& field : state->walk.type(EntrySlot::partition)->fields) {
        Field column;
        column.id = field.field_id.value_or(0);
        column.name = field.name;
        for (const auto& attribute : field.attributes)
            if (attribute.name == "iceberg-field-name")
                column.name = text_of_json(attribute.json).value_or(column.name);
        column.type = partition_value_type(*field.type);
        state->partition_type.push_back(std::move(column));
    }
    return ManifestReader(std::move(state));
}

const ManifestHeader& ManifestReader::header() const { return state_->header; }
const avro::FileMetadata& ManifestReader::metadata() const { return state_->walk.reader().metadata(); }
const std::vector<Field>& ManifestReader::partition_type() const { return state_->partition_type; }

Result<bool> ManifestReader::next(ManifestEntry& entry) {
    auto& walk = state_->walk;
    if (!TRY(walk.next()))
        return false;
    for (const auto slot : {EntrySlot::status, EntrySlot::file_path, EntrySlot::file_format, EntrySlot::record_count,
                            EntrySlot::file_size})
        if (!walk.present(slot))
            return walk.error("its " + entry_paths()[slot].back().name + " is null");
    const auto status = walk.integer(EntrySlot::status);
    const auto content = value_or(walk, EntrySlot::content, 0);
    if (status < 0 || status > 2 || content < 0 || content > 2)
        return walk.error("its status is " + std::to_string(status) + ", its content " + std::to_string(content));
    entry.status = static_cast<EntryStatus>(status);
    read_optional(walk, EntrySlot::snapshot_id, entry.snapshot_id);
    read_optional(walk, EntrySlot::sequence_number, entry.sequence_number);
    read_optional(walk, EntrySlot::file_sequence_number, entry.file_sequence_number);
    auto& file = entry.file;
    file.content = static_cast<FileContent>(content);
    file.file_path = walk.bytes(EntrySlot::file_path);
    file.file_format = walk.bytes(EntrySlot::file_format);
    file.record_count = walk.integer(EntrySlot::record_count);
    file.file_size_in_bytes = walk.integer(EntrySlot::file_size);
    const auto& partition = *walk.type(EntrySlot::partition);
    file.partition.assign(partition.fields.size(), Value{});
    auto cursor = walk.cursor(EntrySlot::partition);
    for (std::size_t i = 0; walk.present(EntrySlot::partition) && i < partition.fields.size(); ++i)
        if (!read_partition_value(*partition.fields[i].type, cursor, file.partition[i]))
            return walk.error("its partition value " + printable(partition.fields[i].name) + " is damaged");
    const bool whole = read_counts(walk, EntrySlot::column_sizes, file.column_sizes) &&
                       read_counts(walk, EntrySlot::value_counts, file.value_counts) &&
                       read_counts(walk, EntrySlot::null_counts, file.null_value_counts) &&
                       read_counts(walk, EntrySlot::nan_counts, file.nan_value_counts) &&
                       read_bounds(walk, EntrySlot::lower_bounds, file.lower_bounds) &&
                       read_bounds(walk, EntrySlot::upper_bounds, file.upper_bounds) &&
                       read_numbers(walk, EntrySlot::split_offsets, file.split_offsets) &&
                       read_numbers(walk, EntrySlot::equality_ids, file.equality_ids);
    if (!whole)
        return walk.error("its column statistics are damaged");
    read_optional_bytes(walk, EntrySlot::key_metadata, file.key_metadata);
    read_optional(walk, EntrySlot::sort_order_id, file.sort_order_id);
    read_optional(walk, EntrySlot::first_row_id, file.first_row_id);
    read_optional_bytes(walk, EntrySlot::referenced_data_file, file.referenced_data_file);
    read_optional(walk, EntrySlot::content_offset, file.content_offset);
    read_optional(walk, EntrySlot::content_size, file.content_size_in_bytes);
    return true;
}

Inheritance::Inheritance(const ManifestFile& manifest)
    : snapshot_id_(manifest.added_snapshot_id),
      sequence_number_(manifest.sequence_number),
      next_row_id_(manifest.content == ManifestContent::data ? manifest.first_row_id : std::nullopt) {}

void Inheritance::apply(ManifestEntry& entry) {
    if (!entry.snapshot_id)
        entry.snapshot_id = snapshot_id_;
    // Version 1 manifests have sequence number 0, for entries of every status.
    const bool inherits = sequence_number_ == 0 || entry.status == EntryStatus::added;
    if (!entry.sequence_number && inherits)
        entry.sequence_number = sequence_number_;
    if (!entry.file_sequence_number && inherits)
        entry.file_sequence_number = sequence_number_;
    if (next_row_id_ && entry.status != EntryStatus::deleted && !entry.file.first_row_id) {
        entry.file.first_row_id = next_row_id_;
        *next_row_id_ += entry.file.record_count;
    }
}

} // namespace godwit::iceberg
