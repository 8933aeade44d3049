#include "formats/iceberg/manifest_decode.h"

#include "base/text.h"
#include "formats/avro/value.h"

namespace godwit::iceberg {

namespace {

using avro::Kind;
using avro::Node;

bool is_integer(const Node& node) { return node.kind == Kind::int32 || node.kind == Kind::int64; }
bool is_bytes(const Node& node) { return node.kind == Kind::bytes || node.kind == Kind::string; }

/// An array of records with `key` and `value` (Appendix A: maps whose keys are no strings).
bool is_column_map(const Node& node, bool (*value)(const Node&)) {
    if (node.kind != Kind::array || item_record(node).kind != Kind::record)
        return false;
    const auto* key_field = item_record(node).field_named("key");
    const auto* value_field = item_record(node).field_named("value");
    return key_field != nullptr && value_field != nullptr && is_integer(key_field->type->without_null()) &&
           value(value_field->type->without_null());
}
bool is_count_map(const Node& node) { return is_column_map(node, is_integer); }
bool is_bound_map(const Node& node) { return is_column_map(node, is_bytes); }
bool is_integer_list(const Node& node) { return node.kind == Kind::array && is_integer(item_record(node)); }
bool is_record(const Node& node) { return node.kind == Kind::record; }
bool is_record_list(const Node& node) { return node.kind == Kind::array && item_record(node).kind == Kind::record; }

Status check_types(const RecordWalk& walk, std::size_t slots, bool (*(*wanted)(std::size_t))(const Node&),
                   const std::vector<avro::FieldPath>& paths, std::initializer_list<std::size_t> required) {
    for (std::size_t slot = 0; slot < slots; ++slot)
        if (const auto* type = walk.type(slot); type != nullptr && !wanted(slot)(*type))
            return walk.error("the field " + paths[slot].back().name + " is a " + std::string(to_string(type->kind)));
    for (const auto slot : required)
        if (walk.type(slot) == nullptr)
            return walk.error("its schema has no field " + paths[slot].back().name + " (" +
                              std::to_string(paths[slot].back().id) + ")");
    return {};
}

bool (*entry_kind(std::size_t slot))(const Node&) {
    switch (slot) {
    case EntrySlot::file_path:
    case EntrySlot::file_format:
    case EntrySlot::key_metadata:
    case EntrySlot::referenced_data_file: return is_bytes;
    case EntrySlot::partition: return is_record;
    case EntrySlot::column_sizes:
    case EntrySlot::value_counts:
    case EntrySlot::null_counts:
    case EntrySlot::nan_counts: return is_count_map;
    case EntrySlot::lower_bounds:
    case EntrySlot::upper_bounds: return is_bound_map;
    case EntrySlot::split_offsets:
    case EntrySlot::equality_ids: return is_integer_list;
    default: return is_integer;
    }
}

bool (*list_kind(std::size_t slot))(const Node&) {
    switch (slot) {
    case ListSlot::manifest_path:
    case ListSlot::manifest_key: return is_bytes;
    case ListSlot::partitions: return is_record_list;
    default: return is_integer;
    }
}

} // namespace

std::vector<avro::FieldPath> entry_paths() {
    const avro::FieldKey file{2, "data_file"};
    return {{{0, "status"}},
            {{1, "snapshot_id"}},
            {{3, "sequence_number"}},
            {{4, "file_sequence_number"}},
            {file, {134, "content"}},
            {file, {100, "file_path"}},
            {file, {101, "file_format"}},
            {file, {102, "partition"}},
            {file, {103, "record_count"}},
            {file, {104, "file_size_in_bytes"}},
            {file, {108, "column_sizes"}},
            {file, {109, "value_counts"}},
            {file, {110, "null_value_counts"}},
            {file, {137, "nan_value_counts"}},
            {file, {125, "lower_bounds"}},
            {file, {128, "upper_bounds"}},
            {file, {131, "key_metadata"}},
            {file, {132, "split_offsets"}},
            {file, {135, "equality_ids"}},
            {file, {140, "sort_order_id"}},
            {file, {142, "first_row_id"}},
            {file, {143, "referenced_data_file"}},
            {file, {144, "content_offset"}},
            {file, {145, "content_size_in_bytes"}}};
}

std::vector<avro::FieldPath> list_paths() {
    return {{{500, "manifest_path"}},        {{501, "manifest_length"}},
            {{502, "partition_spec_id"}},    {{517, "content"}},
            {{515, "sequence_number"}},      {{516, "min_sequence_number"}},
            {{503, "added_snapshot_id"}},    {{504, "added_files_count"}},
            {{505, "existing_files_count"}}, {{506, "deleted_files_count"}},
            {{512, "added_rows_count"}},     {{513, "existing_rows_count"}},
            {{514, "deleted_rows_count"}},   {{507, "partitions"}},
            {{519, "key_metadata"}},         {{520, "first_row_id"}}};
}

Result<RecordWalk> RecordWalk::open(ByteSource& source, const std::vector<avro::FieldPath>& paths,
                                    const avro::ReaderLimits& limits) {
    RecordWalk walk;
    walk.reader_ = std::make_unique<avro::ContainerReader>(TRY(avro::ContainerReader::open(source, limits)));
    auto locator = avro::FieldLocator::compile(walk.reader_->schema(), paths);
    if (locator.is_error())
        return std::move(locator.error()).at(source.name());
    walk.locator_ = std::make_unique<avro::FieldLocator>(std::move(locator).release());
    walk.slices_.resize(paths.size());
    return walk;
}

Result<bool> RecordWalk::next() {
    while (left_ == 0) {
        if (offset_ != block_.raw.size())
            return error("its block goes on behind the last record");
        if (!TRY(reader_->next_block(block_)))
            return false;
        left_ = block_.records;
        offset_ = 0;
    }
    auto end = locator_->locate(block_.raw, offset_, slices_);
    if (end.is_error())
        return error(end.error().why());
    offset_ = *end;
    --left_;
    return true;
}

Error RecordWalk::error(std::string why) const {
    return Error::make(ErrorKind::invalid_input, "the manifest or manifest list cannot be read")
        .why(std::move(why))
        .fix("copy the file again from its source; if it is whole, its writer broke the Iceberg specification")
        .at(reader_->name() + ", block at offset " + std::to_string(block_.offset) + ", record " +
            std::to_string(block_.records - left_));
}

Status check_entry_types(const RecordWalk& walk) {
    return check_types(walk, EntrySlot::count, entry_kind, entry_paths(),
                       {EntrySlot::status, EntrySlot::file_path, EntrySlot::file_format, EntrySlot::partition,
                        EntrySlot::record_count, EntrySlot::file_size});
}

Status check_list_types(const RecordWalk& walk) {
    return check_types(walk, ListSlot::count, list_kind, list_paths(),
                       {ListSlot::manifest_path, ListSlot::manifest_length, ListSlot::spec_id});
}

Type partition_value_type(const Node& stored) {
    const auto& node = stored.without_null();
    const bool nanos = node.logical_type == "timestamp-nanos";
    switch (node.kind) {
    case Kind::boolean: return primitive(TypeKind::boolean);
    case Kind::int32: return primitive(node.logical_type == "date" ? TypeKind::date : TypeKind::int32);
    case Kind::int64:
        if (node.logical_type == "time-micros")
            return primitive(TypeKind::time);
        if (nanos)
            return primitive(node.adjust_to_utc ? TypeKind::timestamptz_ns : TypeKind::timestamp_ns);
        if (node.logical_type == "timestamp-micros")
            return primitive(node.adjust_to_utc ? TypeKind::timestamptz : TypeKind::timestamp);
        return primitive(TypeKind::int64);
    case Kind::float32: return primitive(TypeKind::float32);
    case Kind::float64: return primitive(TypeKind::float64);
    case Kind::string: return primitive(TypeKind::string);
    case Kind::bytes:
    case Kind::fixed:
        if (node.logical_type == "decimal")
            return decimal(node.precision, node.scale);
        if (node.logical_type == "uuid")
            return primitive(TypeKind::uuid);
        return node.kind == Kind::bytes ? primitive(TypeKind::binary)
                                        : fixed(static_cast<std::int32_t>(node.fixed_size));
    default: return primitive(TypeKind::unknown);
    }
}

bool read_partition_value(const Node& stored, avro::Cursor& cursor, Value& value) {
    value = Value{};
    const Node* node = unwrap(stored, cursor);
    if (node == nullptr)
        return false;
    switch (node->kind) {
    case Kind::boolean: value = cursor.read_boolean(); break;
    case Kind::int32: value = cursor.read_int(); break;
    case Kind::int64: value = cursor.read_long(); break;
    case Kind::float32: value = cursor.read_float(); break;
    case Kind::float64: value = cursor.read_double(); break;
    case Kind::string: value = std::string(cursor.read_bytes()); break;
    case Kind::bytes:
    case Kind::fixed: {
        const auto bytes = node->kind == Kind::bytes ? cursor.read_bytes() : cursor.read_fixed(node->fixed_size);
        if (node->logical_type != "decimal") {
            value = std::string(bytes);
            break;
        }
        const auto number = from_bytes(decimal(38, 0), bytes);
        if (number.is_error())
            return false;
        value = *number;
        break;
    }
    default: return avro::try_skip(*node, cursor);
    }
    return !cursor.failed();
}

} // namespace godwit::iceberg
