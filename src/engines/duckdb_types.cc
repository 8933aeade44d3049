#include "engines/duckdb_types.h"

#include "engines/duckdb.h"

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <array>
#include <vector>

namespace godwit::engines {

namespace {

LogicalType simple(duckdb_type type) { return LogicalType(duckdb_create_logical_type(type)); }

LogicalType struct_type(const arrow::DataType& type) {
    std::vector<LogicalType> children;
    std::vector<duckdb_logical_type> types;
    std::vector<const char*> names;
    for (const auto& field : type.fields()) {
        children.push_back(logical_type_of(*field->type()));
        if (children.back().get() == nullptr)
            return {};
        types.push_back(children.back().get());
        names.push_back(field->name().c_str());
    }
    return LogicalType(duckdb_create_struct_type(types.data(), names.data(), types.size()));
}

LogicalType list_type(const arrow::DataType& element) {
    const auto child = logical_type_of(element);
    return child.get() == nullptr ? LogicalType() : LogicalType(duckdb_create_list_type(child.get()));
}

LogicalType map_type(const arrow::MapType& type) {
    const auto key = logical_type_of(*type.key_type());
    const auto value = logical_type_of(*type.item_type());
    return key.get() == nullptr || value.get() == nullptr ? LogicalType()
                                                          : LogicalType(duckdb_create_map_type(key.get(), value.get()));
}

LogicalType timestamp_type(const arrow::TimestampType& type) {
    if (!type.timezone().empty())
        return simple(DUCKDB_TYPE_TIMESTAMP_TZ);
    switch (type.unit()) {
    case arrow::TimeUnit::SECOND: return simple(DUCKDB_TYPE_TIMESTAMP_S);
    case arrow::TimeUnit::MILLI: return simple(DUCKDB_TYPE_TIMESTAMP_MS);
    case arrow::TimeUnit::MICRO: return simple(DUCKDB_TYPE_TIMESTAMP);
    case arrow::TimeUnit::NANO: return simple(DUCKDB_TYPE_TIMESTAMP_NS);
    }
    return {};
}

struct NamedType {
    duckdb_type type;
    const char* name;
};

constexpr std::array<NamedType, 29> kNames{{{DUCKDB_TYPE_BOOLEAN, "BOOLEAN"},
                                            {DUCKDB_TYPE_TINYINT, "TINYINT"},
                                            {DUCKDB_TYPE_SMALLINT, "SMALLINT"},
                                            {DUCKDB_TYPE_INTEGER, "INTEGER"},
                                            {DUCKDB_TYPE_BIGINT, "BIGINT"},
                                            {DUCKDB_TYPE_UTINYINT, "UTINYINT"},
                                            {DUCKDB_TYPE_USMALLINT, "USMALLINT"},
                                            {DUCKDB_TYPE_UINTEGER, "UINTEGER"},
                                            {DUCKDB_TYPE_UBIGINT, "UBIGINT"},
                                            {DUCKDB_TYPE_HUGEINT, "HUGEINT"},
                                            {DUCKDB_TYPE_UHUGEINT, "UHUGEINT"},
                                            {DUCKDB_TYPE_FLOAT, "FLOAT"},
                                            {DUCKDB_TYPE_DOUBLE, "DOUBLE"},
                                            {DUCKDB_TYPE_TIMESTAMP, "TIMESTAMP"},
                                            {DUCKDB_TYPE_TIMESTAMP_S, "TIMESTAMP_S"},
                                            {DUCKDB_TYPE_TIMESTAMP_MS, "TIMESTAMP_MS"},
                                            {DUCKDB_TYPE_TIMESTAMP_NS, "TIMESTAMP_NS"},
                                            {DUCKDB_TYPE_TIMESTAMP_TZ, "TIMESTAMP WITH TIME ZONE"},
                                            {DUCKDB_TYPE_DATE, "DATE"},
                                            {DUCKDB_TYPE_TIME, "TIME"},
                                            {DUCKDB_TYPE_TIME_TZ, "TIME WITH TIME ZONE"},
                                            {DUCKDB_TYPE_INTERVAL, "INTERVAL"},
                                            {DUCKDB_TYPE_VARCHAR, "VARCHAR"},
                                            {DUCKDB_TYPE_BLOB, "BLOB"},
                                            {DUCKDB_TYPE_UUID, "UUID"},
                                            {DUCKDB_TYPE_BIT, "BIT"},
                                            {DUCKDB_TYPE_ENUM, "ENUM"},
                                            {DUCKDB_TYPE_UNION, "UNION"},
                                            {DUCKDB_TYPE_SQLNULL, "NULL"}}};

std::string struct_name(duckdb_logical_type type) {
    std::string text = "STRUCT(";
    for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
        const LogicalType child(duckdb_struct_type_child_type(type, i));
        text += i > 0 ? ", " : "";
        text += quote_identifier(take_text(duckdb_struct_type_child_name(type, i))) + " " + type_name(child.get());
    }
    return text + ")";
}

std::string binary_text(std::string_view bytes) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f && c != '\\' && c != '\'' && c != '"') {
            text += c;
        } else {
            text += "\\x";
            text += kDigits[byte >> 4];
            text += kDigits[byte & 15];
        }
    }
    return text;
}

std::string part_text(const arrow::Array& array, std::int64_t row) {
    return array.IsNull(row) ? "NULL" : cell_text(array, row);
}

template <typename ArrayType>
std::string list_text(const arrow::Array& array, std::int64_t row) {
    const auto& list = static_cast<const ArrayType&>(array);
    std::string text = "[";
    const std::int64_t begin = list.value_offset(row);
    for (std::int64_t i = begin; i < begin + list.value_length(row); ++i)
        text += (i > begin ? ", " : "") + part_text(*list.values(), i);
    return text + "]";
}

std::string struct_text(const arrow::Array& array, std::int64_t row) {
    const auto& structure = static_cast<const arrow::StructArray&>(array);
    std::string text = "{";
    for (int i = 0; i < structure.num_fields(); ++i)
        text += (i > 0 ? ", '" : "'") + structure.struct_type()->field(i)->name() +
                "': " + part_text(*structure.field(i), row);
    return text + "}";
}

std::string map_text(const arrow::Array& array, std::int64_t row) {
    const auto& map = static_cast<const arrow::MapArray&>(array);
    std::string text = "{";
    for (std::int64_t i = map.value_offset(row); i < map.value_offset(row + 1); ++i)
        text += (i > map.value_offset(row) ? ", " : "") + part_text(*map.keys(), i) + "=" + part_text(*map.items(), i);
    return text + "}";
}

/// Arrow writes all digits of the unit; zeros at the end say nothing.
std::string timestamp_text(const arrow::Array& array, std::int64_t row) {
    const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
    auto text = array.View(arrow::timestamp(type.unit())).ValueOrDie()->GetScalar(row).ValueOrDie()->ToString();
    if (const auto point = text.find('.'); point != std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.size() == point + 1)
            text.pop_back();
    }
    return type.timezone().empty() ? text : text + "+00";
}

} // namespace

LogicalType logical_type_of(const arrow::DataType& type) {
    switch (type.id()) {
    case arrow::Type::NA: return simple(DUCKDB_TYPE_SQLNULL);
    case arrow::Type::BOOL: return simple(DUCKDB_TYPE_BOOLEAN);
    case arrow::Type::INT8: return simple(DUCKDB_TYPE_TINYINT);
    case arrow::Type::INT16: return simple(DUCKDB_TYPE_SMALLINT);
    case arrow::Type::INT32: return simple(DUCKDB_TYPE_INTEGER);
    case arrow::Type::INT64: return simple(DUCKDB_TYPE_BIGINT);
    case arrow::Type::FLOAT: return simple(DUCKDB_TYPE_FLOAT);
    case arrow::Type::DOUBLE: return simple(DUCKDB_TYPE_DOUBLE);
    case arrow::Type::STRING: return simple(DUCKDB_TYPE_VARCHAR);
    case arrow::Type::BINARY:
    case arrow::Type::FIXED_SIZE_BINARY: return simple(DUCKDB_TYPE_BLOB);
    case arrow::Type::DATE32: return simple(DUCKDB_TYPE_DATE);
    case arrow::Type::TIME64: return simple(DUCKDB_TYPE_TIME);
    case arrow::Type::TIMESTAMP: return timestamp_type(static_cast<const arrow::TimestampType&>(type));
    case arrow::Type::DECIMAL128: {
        const auto& decimal = static_cast<const arrow::DecimalType&>(type);
        return LogicalType(duckdb_create_decimal_type(static_cast<std::uint8_t>(decimal.precision()),
                                                      static_cast<std::uint8_t>(decimal.scale())));
    }
    case arrow::Type::STRUCT: return struct_type(type);
    case arrow::Type::LIST: return list_type(*static_cast<const arrow::ListType&>(type).value_type());
    case arrow::Type::MAP: return map_type(static_cast<const arrow::MapType&>(type));
    default: return {};
    }
}

std::string type_name(duckdb_logical_type type) {
    const auto id = duckdb_get_type_id(type);
    switch (id) {
    case DUCKDB_TYPE_DECIMAL:
        return "DECIMAL(" + std::to_string(duckdb_decimal_width(type)) + "," +
               std::to_string(duckdb_decimal_scale(type)) + ")";
    case DUCKDB_TYPE_LIST: return type_name(LogicalType(duckdb_list_type_child_type(type)).get()) + "[]";
    case DUCKDB_TYPE_ARRAY:
        return type_name(LogicalType(duckdb_array_type_child_type(type)).get()) + "[" +
               std::to_string(duckdb_array_type_array_size(type)) + "]";
    case DUCKDB_TYPE_MAP:
        return "MAP(" + type_name(LogicalType(duckdb_map_type_key_type(type)).get()) + ", " +
               type_name(LogicalType(duckdb_map_type_value_type(type)).get()) + ")";
    case DUCKDB_TYPE_STRUCT: return struct_name(type);
    default: break;
    }
    for (const auto& [known, name] : kNames)
        if (known == id)
            return name;
    return "UNKNOWN";
}

std::string cell_text(const arrow::Array& array, std::int64_t row) {
    switch (array.type_id()) {
    case arrow::Type::EXTENSION: return cell_text(*static_cast<const arrow::ExtensionArray&>(array).storage(), row);
    case arrow::Type::BINARY: return binary_text(static_cast<const arrow::BinaryArray&>(array).GetView(row));
    case arrow::Type::FIXED_SIZE_BINARY:
        return binary_text(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row));
    case arrow::Type::LIST: return list_text<arrow::ListArray>(array, row);
    case arrow::Type::FIXED_SIZE_LIST: return list_text<arrow::FixedSizeListArray>(array, row);
    case arrow::Type::STRUCT: return struct_text(array, row);
    case arrow::Type::MAP: return map_text(array, row);
    case arrow::Type::TIMESTAMP: return timestamp_text(array, row);
    case arrow::Type::DICTIONARY: {
        const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
        return part_text(*dictionary.dictionary(), dictionary.GetValueIndex(row));
    }
    default: {
        const auto scalar = array.GetScalar(row);
        return scalar.ok() ? (*scalar)->ToString() : scalar.status().ToString();
    }
    }
}

} // namespace godwit::engines
