#include "rows/cell_encoder.h"

#include "base/json.h"
#include "rows/encoders.h"

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/float16.h>
#include <nlohmann/json.hpp>

#include <cstring>
#include <string>
#include <utility>

namespace godwit::rows {

namespace {

/// The pair of types has no common values: every value but NULL is not representable.
class ForeignEncoder final : public CellEncoder {
public:
    explicit ForeignEncoder(const arrow::Array& array) : array_(array) {}
    CellState encode(std::int64_t row, RowBuffer& into) const override {
        return array_.IsNull(row) ? put_null(into) : put_foreign(array_, row, into);
    }

private:
    const arrow::Array& array_;
};

template <typename ArrayType>
std::unique_ptr<CellEncoder> integers(const arrow::Array& array) {
    return make_exact_encoder<ArrayType>(array, [](const ArrayType& values, std::int64_t row, RowBuffer& into) {
        into.put_int128(static_cast<__int128>(values.Value(row)));
    });
}

std::unique_ptr<CellEncoder> integer_encoder(const arrow::Array& array) {
    switch (array.type_id()) {
    case arrow::Type::INT8: return integers<arrow::Int8Array>(array);
    case arrow::Type::INT16: return integers<arrow::Int16Array>(array);
    case arrow::Type::INT32: return integers<arrow::Int32Array>(array);
    case arrow::Type::INT64: return integers<arrow::Int64Array>(array);
    case arrow::Type::UINT8: return integers<arrow::UInt8Array>(array);
    case arrow::Type::UINT16: return integers<arrow::UInt16Array>(array);
    case arrow::Type::UINT32: return integers<arrow::UInt32Array>(array);
    case arrow::Type::UINT64: return integers<arrow::UInt64Array>(array);
    default: return nullptr;
    }
}

void put_double(double value, RowBuffer& into) {
    std::uint64_t bits = 0;
    if (value != value)
        bits = 0x7ff8000000000000U;
    else if (value != 0.0)
        std::memcpy(&bits, &value, sizeof bits);
    into.put_uint64(bits);
}

std::unique_ptr<CellEncoder> floating_encoder(const arrow::Array& array) {
    switch (array.type_id()) {
    case arrow::Type::HALF_FLOAT:
        return make_exact_encoder<arrow::HalfFloatArray>(
            array, [](const auto& values, std::int64_t row, RowBuffer& into) {
                put_double(arrow::util::Float16::FromBits(values.Value(row)).ToDouble(), into);
            });
    case arrow::Type::FLOAT:
        return make_exact_encoder<arrow::FloatArray>(array, [](const auto& values, std::int64_t row, RowBuffer& into) {
            put_double(static_cast<double>(values.Value(row)), into);
        });
    case arrow::Type::DOUBLE:
        return make_exact_encoder<arrow::DoubleArray>(
            array, [](const auto& values, std::int64_t row, RowBuffer& into) { put_double(values.Value(row), into); });
    default: return nullptr;
    }
}

template <typename ArrayType>
std::unique_ptr<CellEncoder> bytes_of(const arrow::Array& array) {
    return make_exact_encoder<ArrayType>(array, [](const ArrayType& values, std::int64_t row, RowBuffer& into) {
        into.put_string(values.GetView(row));
    });
}

std::unique_ptr<CellEncoder> string_encoder(const arrow::Array& array) {
    switch (array.type_id()) {
    case arrow::Type::STRING: return bytes_of<arrow::StringArray>(array);
    case arrow::Type::LARGE_STRING: return bytes_of<arrow::LargeStringArray>(array);
    case arrow::Type::STRING_VIEW: return bytes_of<arrow::StringViewArray>(array);
    default: return nullptr;
    }
}

std::unique_ptr<CellEncoder> binary_encoder(const arrow::Array& array) {
    switch (array.type_id()) {
    case arrow::Type::BINARY: return bytes_of<arrow::BinaryArray>(array);
    case arrow::Type::LARGE_BINARY: return bytes_of<arrow::LargeBinaryArray>(array);
    case arrow::Type::BINARY_VIEW: return bytes_of<arrow::BinaryViewArray>(array);
    case arrow::Type::FIXED_SIZE_BINARY: return bytes_of<arrow::FixedSizeBinaryArray>(array);
    default: return nullptr;
    }
}

/// JSON text; normalised text that cannot be parsed is not representable.
class JsonEncoder final : public CellEncoder {
public:
    explicit JsonEncoder(std::unique_ptr<CellEncoder> plain) : plain_(std::move(plain)) {}
    CellState encode(std::int64_t row, RowBuffer& into) const override {
        const auto begin = into.size();
        if (plain_->encode(row, into) == CellState::null)
            return CellState::null;
        const std::string text(into.view(begin + 5, into.size()));
        into.resize(begin);
        const auto parsed = parse_json(text);
        if (parsed.is_error())
            return put_unrepresentable("json", text, into);
        into.put_byte(kTagValue);
        into.put_string(canonical_json(*parsed));
        return CellState::value;
    }

private:
    std::unique_ptr<CellEncoder> plain_;
};

std::unique_ptr<CellEncoder> json_encoder(const ComparisonType& type, const arrow::Array& array) {
    auto plain = string_encoder(array);
    if (plain && type.normalised)
        return std::make_unique<JsonEncoder>(std::move(plain));
    return plain;
}

std::unique_ptr<CellEncoder> encoder_for(const ComparisonType& type, const arrow::Array& array,
                                         std::optional<std::int64_t> assumed_offset) {
    switch (type.kind) {
    case ComparisonKind::boolean:
        if (array.type_id() != arrow::Type::BOOL)
            return nullptr;
        return make_exact_encoder<arrow::BooleanArray>(
            array,
            [](const auto& values, std::int64_t row, RowBuffer& into) { into.put_byte(values.Value(row) ? 1 : 0); });
    case ComparisonKind::integer: return integer_encoder(array);
    case ComparisonKind::decimal: return make_decimal_encoder(type, array);
    case ComparisonKind::floating: return floating_encoder(array);
    case ComparisonKind::string: return string_encoder(array);
    case ComparisonKind::binary:
    case ComparisonKind::fixed: return binary_encoder(array);
    case ComparisonKind::date:
    case ComparisonKind::time:
    case ComparisonKind::timestamp:
    case ComparisonKind::instant:
    case ComparisonKind::interval: return make_temporal_encoder(type.kind, array, assumed_offset);
    case ComparisonKind::list:
    case ComparisonKind::structure:
    case ComparisonKind::map: return make_nested_encoder(type, array, assumed_offset);
    case ComparisonKind::json: return json_encoder(type, array);
    }
    return nullptr;
}

} // namespace

CellState put_foreign(const arrow::Array& array, std::int64_t row, RowBuffer& into) {
    const auto scalar = array.GetScalar(row);
    return put_unrepresentable(array.type()->ToString(),
                               scalar.ok() ? (*scalar)->ToString() : scalar.status().ToString(), into);
}

std::unique_ptr<CellEncoder> make_cell_encoder(const ComparisonType& type, const arrow::Array& array,
                                               std::optional<std::int64_t> assumed_offset) {
    if (array.type_id() == arrow::Type::EXTENSION)
        return make_cell_encoder(type, *static_cast<const arrow::ExtensionArray&>(array).storage(), assumed_offset);
    auto encoder = encoder_for(type, array, assumed_offset);
    if (encoder)
        return encoder;
    return std::make_unique<ForeignEncoder>(array);
}

} // namespace godwit::rows
