#pragma once

#include "base/json.h"
#include "base/result.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

/// Typed access to the fields of Iceberg's JSON documents, with errors that name the field. Heavy: for .cc files only.
namespace godwit::iceberg {

inline Error json_error(std::string why, std::string where) {
    return Error::make(ErrorKind::invalid_input, "the table metadata is not valid")
        .why(std::move(why))
        .fix("check that the file is the metadata of an Iceberg table; copy it again from its source")
        .at(std::move(where));
}

/// The field, or null where it is absent or JSON null.
inline const OrderedJson* find_field(const OrderedJson& object, const char* name) {
    if (!object.is_object())
        return nullptr;
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

inline Result<std::int64_t> as_int64(const OrderedJson& value, const char* name) {
    if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX))
        return json_error("it is not a 64-bit integer", name);
    return value.get<std::int64_t>();
}

/// Snapshot ids: some writers draw them from all 64 bits and print them unsigned; they are held as the same bits.
inline Result<std::int64_t> as_snapshot_id(const OrderedJson& value, const char* name) {
    if (value.is_number_unsigned())
        return static_cast<std::int64_t>(value.get<std::uint64_t>());
    return as_int64(value, name);
}

inline Result<std::int32_t> as_int32(const OrderedJson& value, const char* name) {
    const auto number = TRY(as_int64(value, name));
    if (number < INT32_MIN || number > INT32_MAX)
        return json_error("it is not a 32-bit integer", name);
    return static_cast<std::int32_t>(number);
}

inline Result<const OrderedJson*> require_field(const OrderedJson& object, const char* name) {
    const auto* found = find_field(object, name);
    if (found == nullptr)
        return json_error("it is missing", name);
    return found;
}

inline Result<std::int64_t> require_int64(const OrderedJson& object, const char* name) {
    return as_int64(*TRY(require_field(object, name)), name);
}
inline Result<std::int32_t> require_int32(const OrderedJson& object, const char* name) {
    return as_int32(*TRY(require_field(object, name)), name);
}
inline Result<std::optional<std::int64_t>> optional_int64(const OrderedJson& object, const char* name) {
    const auto* found = find_field(object, name);
    if (found == nullptr)
        return std::optional<std::int64_t>();
    return std::optional(TRY(as_int64(*found, name)));
}
inline Result<std::optional<std::int32_t>> optional_int32(const OrderedJson& object, const char* name) {
    const auto* found = find_field(object, name);
    if (found == nullptr)
        return std::optional<std::int32_t>();
    return std::optional(TRY(as_int32(*found, name)));
}
inline Result<std::int64_t> require_snapshot_id(const OrderedJson& object, const char* name) {
    return as_snapshot_id(*TRY(require_field(object, name)), name);
}
inline Result<std::optional<std::int64_t>> optional_snapshot_id(const OrderedJson& object, const char* name) {
    const auto* found = find_field(object, name);
    if (found == nullptr)
        return std::optional<std::int64_t>();
    return std::optional(TRY(as_snapshot_id(*found, name)));
}
inline Result<std::string> require_string(const OrderedJson& object, const char* name) {
    const auto* found = TRY(require_field(object, name));
    if (!found->is_string())
        return json_error("it is not a text", name);
    return found->get<std::string>();
}
inline Result<std::optional<std::string>> optional_string(const OrderedJson& object, const char* name) {
    if (find_field(object, name) == nullptr)
        return std::optional<std::string>();
    return std::optional(TRY(require_string(object, name)));
}
inline Result<bool> require_bool(const OrderedJson& object, const char* name) {
    const auto* found = TRY(require_field(object, name));
    if (!found->is_boolean())
        return json_error("it is neither true nor false", name);
    return found->get<bool>();
}
inline Result<const OrderedJson*> require_array(const OrderedJson& object, const char* name) {
    const auto* found = TRY(require_field(object, name));
    if (!found->is_array())
        return json_error("it is not an array", name);
    return found;
}
/// Null where it is absent.
inline Result<const OrderedJson*> optional_array(const OrderedJson& object, const char* name) {
    if (find_field(object, name) == nullptr)
        return static_cast<const OrderedJson*>(nullptr);
    return require_array(object, name);
}

inline std::string at_index(const char* name, std::size_t index) {
    return std::string(name) + "[" + std::to_string(index) + "]";
}

/// Parses every element of an array field; absent is empty. Errors say which element.
template <typename Parse>
auto parse_each(const OrderedJson& object, const char* name, Parse&& parse)
    -> Result<std::vector<std::decay_t<decltype(*parse(object))>>> {
    std::vector<std::decay_t<decltype(*parse(object))>> result;
    const auto* array = TRY(optional_array(object, name));
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
        auto item = parse((*array)[i]);
        if (item.is_error())
            return std::move(item.error()).at(at_index(name, i));
        result.push_back(std::move(item).release());
    }
    return result;
}

/// Compact JSON. Never throws: bytes that are no UTF-8 become U+FFFD, so callers refuse such texts before.
std::string dump(const OrderedJson& json);
/// An error that names the first text or key that is not UTF-8 and could not be written.
Status check_text(const OrderedJson& json);
/// An object of texts; absent is empty. Numbers and booleans, which some writers leave, count as their text.
Result<std::vector<std::pair<std::string, std::string>>> parse_properties(const OrderedJson& object, const char* name);
/// Sets every text of an object. The object's own look-up is linear: one after the other would cost their square.
void set_texts(OrderedJson& object, const std::vector<std::pair<std::string, std::string>>& texts);
OrderedJson properties_to_json(const std::vector<std::pair<std::string, std::string>>& properties);
/// Deep enough for nested schemas, long enough for tables with 100,000 snapshots.
JsonLimits metadata_json_limits();

} // namespace godwit::iceberg
