#include "formats/avro/value.h"

#include "base/text.h"

#include <algorithm>

namespace godwit::avro {

bool ArrayValue::operator==(const ArrayValue& other) const { return items == other.items; }
bool MapValue::operator==(const MapValue& other) const { return entries == other.entries; }
bool UnionValue::operator==(const UnionValue& other) const { return branch == other.branch && value == other.value; }
bool RecordValue::operator==(const RecordValue& other) const { return fields == other.fields; }

namespace {

constexpr std::size_t kSkipDepth = 64;

Error datum_error(std::size_t offset, std::string why) {
    return Error::make(ErrorKind::invalid_input, "a record of the Avro file cannot be decoded")
        .why(std::move(why))
        .fix("copy the file again from its source")
        .at("byte " + std::to_string(offset) + " of the block");
}

class Decoder {
public:
    Decoder(Cursor& cursor, const DecodeLimits& limits) : cursor_(cursor), limits_(limits) {}

    Result<Value> decode(const Node& type, std::size_t depth) {
        if (depth > limits_.depth)
            return datum_error(cursor_.offset(),
                               "it is nested deeper than " + std::to_string(limits_.depth) + " levels");
        if (++values_ > limits_.values)
            return datum_error(cursor_.offset(), "it holds more than " + std::to_string(limits_.values) + " values");
        auto value = TRY(decode_any(type, depth));
        if (cursor_.failed())
            return datum_error(cursor_.offset(),
                               "a " + std::string(to_string(type.kind)) + " is damaged or ends too early");
        return value;
    }

private:
    Result<Value> decode_any(const Node& type, std::size_t depth) {
        switch (type.kind) {
        case Kind::null: return Value{};
        case Kind::boolean: return Value{cursor_.read_boolean()};
        case Kind::int32: return Value{cursor_.read_int()};
        case Kind::int64: return Value{cursor_.read_long()};
        case Kind::float32: return Value{cursor_.read_float()};
        case Kind::float64: return Value{cursor_.read_double()};
        case Kind::bytes: return Value{Bytes{std::string(cursor_.read_bytes())}};
        case Kind::string: return Value{std::string(cursor_.read_bytes())};
        case Kind::fixed: return Value{Bytes{std::string(cursor_.read_fixed(type.fixed_size))}};
        case Kind::enumeration: {
            const auto index = cursor_.read_int();
            if (index < 0 || static_cast<std::size_t>(index) >= type.symbols.size())
                cursor_.fail();
            return Value{EnumValue{index}};
        }
        case Kind::array: return decode_array(type, depth);
        case Kind::map: return decode_map(type, depth);
        case Kind::union_of: return decode_union(type, depth);
        case Kind::record: return decode_record(type, depth);
        }
        return Value{};
    }

    Result<Value> decode_array(const Node& type, std::size_t depth) {
        ArrayValue array;
        std::int64_t bytes = 0;
        for (auto count = cursor_.read_block_count(bytes); count > 0; count = cursor_.read_block_count(bytes))
            for (; count > 0; --count)
                array.items.push_back(TRY(decode(*type.items, depth + 1)));
        return Value{std::move(array)};
    }

    Result<Value> decode_map(const Node& type, std::size_t depth) {
        MapValue map;
        std::int64_t bytes = 0;
        for (auto count = cursor_.read_block_count(bytes); count > 0; count = cursor_.read_block_count(bytes))
            for (; count > 0; --count) {
                std::string key(cursor_.read_bytes());
                auto value = TRY(decode(*type.items, depth + 1));
                map.entries.push_back({std::move(key), std::move(value)});
            }
        return Value{std::move(map)};
    }

    Result<Value> decode_union(const Node& type, std::size_t depth) {
        UnionValue result;
        result.branch = cursor_.read_int();
        if (cursor_.failed() || result.branch < 0 || static_cast<std::size_t>(result.branch) >= type.branches.size())
            return datum_error(cursor_.offset(), "a union names a branch that its schema lacks");
        result.value.push_back(TRY(decode(*type.branches[static_cast<std::size_t>(result.branch)], depth + 1)));
        return Value{std::move(result)};
    }

    Result<Value> decode_record(const Node& type, std::size_t depth) {
        RecordValue record;
        record.fields.reserve(type.fields.size());
        for (const auto& field : type.fields)
            record.fields.push_back(TRY(decode(*field.type, depth + 1)));
        return Value{std::move(record)};
    }

    Cursor& cursor_;
    const DecodeLimits& limits_;
    std::size_t values_ = 0;
};

Error mismatch(const Node& type) {
    return Error::make(ErrorKind::bug, "a value does not fit its Avro schema")
        .why("a " + std::string(to_string(type.kind)) + " is expected")
        .fix("report this, with the schema");
}

Status encode_bytes(const Node& type, const std::string& bytes, std::string& out) {
    if (type.kind == Kind::bytes) {
        append_bytes(out, bytes);
        return {};
    }
    if (type.kind != Kind::fixed || bytes.size() != type.fixed_size)
        return mismatch(type);
    out += bytes;
    return {};
}

Status encode_record(const Node& type, const RecordValue& record, std::string& out) {
    if (record.fields.size() != type.fields.size())
        return mismatch(type).at(type.name);
    for (std::size_t i = 0; i < record.fields.size(); ++i)
        if (auto status = encode(*type.fields[i].type, record.fields[i], out); status.is_error())
            return std::move(status.error()).at(type.fields[i].name);
    return {};
}

Status encode_items(const Node& type, const ArrayValue& array, std::string& out) {
    if (!array.items.empty())
        append_long(out, static_cast<std::int64_t>(array.items.size()));
    for (const auto& item : array.items)
        TRY(encode(*type.items, item, out));
    append_long(out, 0);
    return {};
}

Status encode_entries(const Node& type, const MapValue& map, std::string& out) {
    if (!map.entries.empty())
        append_long(out, static_cast<std::int64_t>(map.entries.size()));
    for (const auto& [key, item] : map.entries) {
        append_bytes(out, key);
        TRY(encode(*type.items, item, out));
    }
    append_long(out, 0);
    return {};
}

Status encode_union(const Node& type, const UnionValue& value, std::string& out) {
    if (value.branch < 0 || static_cast<std::size_t>(value.branch) >= type.branches.size() || value.value.size() != 1)
        return mismatch(type);
    append_long(out, value.branch);
    return encode(*type.branches[static_cast<std::size_t>(value.branch)], value.value.front(), out);
}

bool skip_any(const Node& type, Cursor& cursor, std::size_t depth);

bool skip_blocks(const Node& type, bool keyed, Cursor& cursor, std::size_t depth) {
    std::int64_t bytes = 0;
    for (auto count = cursor.read_block_count(bytes); count > 0; count = cursor.read_block_count(bytes)) {
        if (bytes >= 0) {
            cursor.read_fixed(static_cast<std::uint64_t>(bytes));
            continue;
        }
        if (!keyed && type.items->least_bytes == 0)
            continue;
        for (; count > 0; --count) {
            if (keyed)
                cursor.read_bytes();
            if (!skip_any(*type.items, cursor, depth + 1))
                return false;
        }
    }
    return !cursor.failed();
}

bool skip_any(const Node& type, Cursor& cursor, std::size_t depth) {
    if (depth > kSkipDepth)
        return false;
    // Such a type is made of nulls alone; without this a small schema could ask for 10^20 steps.
    if (type.least_bytes == 0)
        return true;
    switch (type.kind) {
    case Kind::null: break;
    case Kind::boolean: cursor.read_fixed(1); break;
    case Kind::int32:
    case Kind::int64:
    case Kind::enumeration: cursor.read_wide_long(); break;
    case Kind::float32: cursor.read_fixed(4); break;
    case Kind::float64: cursor.read_fixed(8); break;
    case Kind::bytes:
    case Kind::string: cursor.read_bytes(); break;
    case Kind::fixed: cursor.read_fixed(type.fixed_size); break;
    case Kind::array: return skip_blocks(type, false, cursor, depth);
    case Kind::map: return skip_blocks(type, true, cursor, depth);
    case Kind::union_of: {
        const auto branch = cursor.read_long();
        if (cursor.failed() || branch < 0 || static_cast<std::size_t>(branch) >= type.branches.size())
            return false;
        return skip_any(*type.branches[static_cast<std::size_t>(branch)], cursor, depth + 1);
    }
    case Kind::record:
        for (const auto& field : type.fields)
            if (!skip_any(*field.type, cursor, depth + 1))
                return false;
        break;
    }
    return !cursor.failed();
}

} // namespace

Result<Value> decode(const Node& type, Cursor& cursor, const DecodeLimits& limits) {
    return Decoder(cursor, limits).decode(type, 0);
}

Status encode(const Node& type, const Value& value, std::string& out) {
    const auto& held = value.value;
    if (type.kind == Kind::null && std::holds_alternative<std::monostate>(held))
        return {};
    if (const auto* boolean = std::get_if<bool>(&held); boolean != nullptr && type.kind == Kind::boolean)
        append_boolean(out, *boolean);
    else if (const auto* small = std::get_if<std::int32_t>(&held); small != nullptr && type.kind == Kind::int32)
        append_long(out, *small);
    else if (const auto* large = std::get_if<std::int64_t>(&held); large != nullptr && type.kind == Kind::int64)
        append_long(out, *large);
    else if (const auto* single = std::get_if<float>(&held); single != nullptr && type.kind == Kind::float32)
        append_float(out, *single);
    else if (const auto* number = std::get_if<double>(&held); number != nullptr && type.kind == Kind::float64)
        append_double(out, *number);
    else if (const auto* text = std::get_if<std::string>(&held); text != nullptr && type.kind == Kind::string)
        append_bytes(out, *text);
    else if (const auto* symbol = std::get_if<EnumValue>(&held); symbol != nullptr && type.kind == Kind::enumeration)
        append_long(out, symbol->index);
    else if (const auto* bytes = std::get_if<Bytes>(&held))
        return encode_bytes(type, bytes->bytes, out);
    else if (const auto* array = std::get_if<ArrayValue>(&held); array != nullptr && type.kind == Kind::array)
        return encode_items(type, *array, out);
    else if (const auto* map = std::get_if<MapValue>(&held); map != nullptr && type.kind == Kind::map)
        return encode_entries(type, *map, out);
    else if (const auto* choice = std::get_if<UnionValue>(&held); choice != nullptr && type.kind == Kind::union_of)
        return encode_union(type, *choice, out);
    else if (const auto* record = std::get_if<RecordValue>(&held); record != nullptr && type.kind == Kind::record)
        return encode_record(type, *record, out);
    else
        return mismatch(type);
    return {};
}

bool try_skip(const Node& type, Cursor& cursor) { return skip_any(type, cursor, 0); }

Status skip(const Node& type, Cursor& cursor) {
    if (!try_skip(type, cursor))
        return datum_error(cursor.offset(), "it is damaged or ends too early");
    return {};
}

} // namespace godwit::avro
