#include "formats/parquet/arrow_schema.h"

#include "base/text.h"
#include "formats/parquet/arrow_io.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <arrow/util/key_value_metadata.h>

namespace godwit::parquet_format {

namespace {

using iceberg::TypeKind;
using iceberg::Value;

Error unsupported(const std::string& type) {
    return Error::make(ErrorKind::unsupported, "a column's type cannot be read or written")
        .why("Iceberg type " + type)
        .fix("leave the table out, or move it with its own engine");
}

std::shared_ptr<arrow::KeyValueMetadata> metadata_of(std::int32_t id) {
    return arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(id)});
}

Result<std::shared_ptr<arrow::DataType>> nested_type(const iceberg::Type& type) {
    std::vector<std::shared_ptr<arrow::Field>> fields;
    for (const auto& field : type.fields)
        fields.push_back(TRY(arrow_field(field)));
    if (type.kind == TypeKind::structure)
        return arrow::struct_(std::move(fields));
    if (type.kind == TypeKind::list && fields.size() == 1)
        return arrow::list(fields[0]->WithName("element"));
    if (type.kind == TypeKind::map && fields.size() == 2)
        return std::make_shared<arrow::MapType>(fields[0]->WithName("key")->WithNullable(false),
                                                fields[1]->WithName("value"));
    return unsupported("nested, with a wrong number of fields");
}

arrow::Decimal128 decimal_of(__int128 value) {
    return {static_cast<std::int64_t>(value >> 64), static_cast<std::uint64_t>(value)};
}

/// The scalar of a non-null value, whose type agrees with the Iceberg type.
arrow::Result<std::shared_ptr<arrow::Scalar>> scalar_of(const std::shared_ptr<arrow::DataType>& type,
                                                        const Value& value) {
    if (const auto* flag = std::get_if<bool>(&value))
        return arrow::MakeScalar(type, *flag);
    if (const auto* number = std::get_if<std::int32_t>(&value))
        return arrow::MakeScalar(type, *number);
    if (const auto* number = std::get_if<std::int64_t>(&value))
        return arrow::MakeScalar(type, *number);
    if (const auto* number = std::get_if<float>(&value))
        return arrow::MakeScalar(type, *number);
    if (const auto* number = std::get_if<double>(&value))
        return arrow::MakeScalar(type, *number);
    if (const auto* decimal = std::get_if<iceberg::Decimal>(&value))
        return std::make_shared<arrow::Decimal128Scalar>(decimal_of(decimal->unscaled), type);
    if (const auto* bytes = std::get_if<std::string>(&value))
        return arrow::MakeScalar(type, arrow::Buffer::FromString(*bytes));
    return arrow::Status::TypeError("no value");
}

} // namespace

Result<std::shared_ptr<arrow::DataType>> arrow_type(const iceberg::Type& type) {
    constexpr auto kMicro = arrow::TimeUnit::MICRO;
    constexpr auto kNano = arrow::TimeUnit::NANO;
    switch (type.kind) {
    case TypeKind::boolean: return arrow::boolean();
    case TypeKind::int32: return arrow::int32();
    case TypeKind::int64: return arrow::int64();
    case TypeKind::float32: return arrow::float32();
    case TypeKind::float64: return arrow::float64();
    case TypeKind::decimal:
        return TRY_ARROW(arrow::Decimal128Type::Make(type.precision, type.scale), iceberg::type_text(type));
    case TypeKind::date: return arrow::date32();
    case TypeKind::time: return arrow::time64(kMicro);
    case TypeKind::timestamp: return arrow::timestamp(kMicro);
    case TypeKind::timestamptz: return arrow::timestamp(kMicro, "UTC");
    case TypeKind::timestamp_ns: return arrow::timestamp(kNano);
    case TypeKind::timestamptz_ns: return arrow::timestamp(kNano, "UTC");
    case TypeKind::string: return arrow::utf8();
    case TypeKind::uuid: return arrow::fixed_size_binary(16);
    case TypeKind::fixed: return arrow::fixed_size_binary(type.length);
    case TypeKind::binary: return arrow::binary();
    case TypeKind::unknown: return arrow::null();
    case TypeKind::variant:
    case TypeKind::geometry:
    case TypeKind::geography: return unsupported(iceberg::type_text(type));
    case TypeKind::structure:
    case TypeKind::list:
    case TypeKind::map: return nested_type(type);
    }
    return unsupported("of an unknown kind");
}

Result<std::shared_ptr<arrow::Field>> arrow_field(const iceberg::Field& field) {
    auto type = arrow_type(field.type);
    if (type.is_error())
        return Error(type.error()).at("column " + printable(field.name));
    return arrow::field(field.name, *type, !field.required, metadata_of(field.id));
}

Result<std::shared_ptr<arrow::Schema>> arrow_schema(const iceberg::Schema& schema) {
    std::vector<std::shared_ptr<arrow::Field>> fields;
    for (const auto& field : schema.fields)
        fields.push_back(TRY(arrow_field(field)));
    return arrow::schema(std::move(fields));
}

Result<std::shared_ptr<arrow::Array>> constant_array(const iceberg::Type& type, const iceberg::Value& value,
                                                     std::int64_t length) {
    auto arrow_value_type = TRY(arrow_type(type));
    if (iceberg::is_null(value) || arrow_value_type->id() == arrow::Type::NA)
        return TRY_ARROW(arrow::MakeArrayOfNull(arrow_value_type, length), "a column of nulls");
    const auto scalar = TRY_ARROW(scalar_of(arrow_value_type, value), "a constant of type " + iceberg::type_text(type));
    return TRY_ARROW(arrow::MakeArrayFromScalar(*scalar, length), "a constant of type " + iceberg::type_text(type));
}

iceberg::Value value_at(const iceberg::Type& type, const arrow::Array& array, std::int64_t row) {
    if (array.IsNull(row))
        return {};
    switch (type.kind) {
    case TypeKind::boolean: return static_cast<const arrow::BooleanArray&>(array).Value(row);
    case TypeKind::int32:
    case TypeKind::date: return static_cast<const arrow::NumericArray<arrow::Int32Type>&>(array).Value(row);
    case TypeKind::int64:
    case TypeKind::time:
    case TypeKind::timestamp:
    case TypeKind::timestamptz:
    case TypeKind::timestamp_ns:
    case TypeKind::timestamptz_ns: return static_cast<const arrow::NumericArray<arrow::Int64Type>&>(array).Value(row);
    case TypeKind::float32: return static_cast<const arrow::FloatArray&>(array).Value(row);
    case TypeKind::float64: return static_cast<const arrow::DoubleArray&>(array).Value(row);
    case TypeKind::decimal: {
        const arrow::Decimal128 value(static_cast<const arrow::Decimal128Array&>(array).GetValue(row));
        return iceberg::Decimal{static_cast<__int128>(
            (static_cast<unsigned __int128>(static_cast<std::uint64_t>(value.high_bits())) << 64) | value.low_bits())};
    }
    case TypeKind::string:
    case TypeKind::binary: return static_cast<const arrow::BinaryArray&>(array).GetString(row);
    case TypeKind::uuid:
    case TypeKind::fixed: return static_cast<const arrow::FixedSizeBinaryArray&>(array).GetString(row);
    default: return {};
    }
}

} // namespace godwit::parquet_format
