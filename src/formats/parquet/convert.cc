#include "formats/parquet/convert.h"

#include "base/text.h"
#include "formats/parquet/arrow_io.h"
#include "formats/parquet/arrow_schema.h"

#include <arrow/array.h>
#include <arrow/compute/cast.h>
#include <arrow/compute/exec.h>
#include <arrow/type.h>

namespace godwit::parquet_format {

namespace {

/// The reading of one type as another that the specification allows, or that is how older files store it. Whether the
/// values fit is checked by the cast.
bool may_become(const arrow::DataType& from, const arrow::DataType& to) {
    switch (to.id()) {
    case arrow::Type::INT32:
    case arrow::Type::INT64: return arrow::is_integer(from.id());
    case arrow::Type::DOUBLE: return from.id() == arrow::Type::FLOAT;
    case arrow::Type::DECIMAL128:
        return from.id() == arrow::Type::DECIMAL128 && static_cast<const arrow::DecimalType&>(from).scale() ==
                                                           static_cast<const arrow::DecimalType&>(to).scale();
    case arrow::Type::TIME64: return from.id() == arrow::Type::TIME32 || from.id() == arrow::Type::TIME64;
    case arrow::Type::TIMESTAMP: return from.id() == arrow::Type::TIMESTAMP;
    case arrow::Type::STRING: return from.id() == arrow::Type::BINARY;
    case arrow::Type::BINARY: return from.id() == arrow::Type::STRING;
    default: return false;
    }
}

Error cannot_read(const std::string& what, const iceberg::Field& field, const std::string& name) {
    return Error::make(ErrorKind::unsupported, "a column cannot be read as its declared type")
        .why(what)
        .fix("rewrite the table with the engine that wrote it")
        .at(name + ": column " + printable(field.name));
}

/// Zones are dropped and added without a change of the number: both count from 1970 in UTC.
arrow::Result<std::shared_ptr<arrow::Array>> with_zone_of(const std::shared_ptr<arrow::Array>& array,
                                                          const arrow::DataType& wanted) {
    if (wanted.id() != arrow::Type::TIMESTAMP)
        return array;
    const auto unit = static_cast<const arrow::TimestampType&>(*array->type()).unit();
    return array->View(arrow::timestamp(unit, static_cast<const arrow::TimestampType&>(wanted).timezone()));
}

std::shared_ptr<arrow::Array> with_children(const arrow::Array& array, std::shared_ptr<arrow::DataType> type,
                                            std::vector<std::shared_ptr<arrow::ArrayData>> children) {
    auto data = array.data()->Copy();
    data->type = std::move(type);
    data->child_data = std::move(children);
    return arrow::MakeArray(data);
}

} // namespace

Result<std::shared_ptr<arrow::Array>> Converter::convert(const Match& match,
                                                         const std::shared_ptr<arrow::Array>& array) const {
    switch (match.field->type.kind) {
    case iceberg::TypeKind::structure: return structure(match, *array);
    case iceberg::TypeKind::list: return list(match, *array);
    case iceberg::TypeKind::map: return map(match, *array);
    default: return primitive(*match.field, array);
    }
}

Result<std::shared_ptr<arrow::Array>> Converter::absent(const iceberg::Field& field, std::int64_t length) const {
    const auto constant = constants_.find(field.id);
    if (constant != constants_.end())
        return constant_array(field.type, constant->second, length);
    if (field.required && !field.initial_default && length > 0)
        return Error::make(ErrorKind::invalid_input, "a required column is missing from the file")
            .why("the schema gives no initial default for it")
            .fix("make the column optional in the table's schema")
            .at(name_ + ": column " + printable(field.name));
    if (!field.initial_default || !field.type.is_primitive())
        return constant_array(field.type, {}, length);
    const auto value = TRY(iceberg::from_json_value(field.type, *field.initial_default));
    return constant_array(field.type, value, length);
}

Result<std::shared_ptr<arrow::Array>> Converter::primitive(const iceberg::Field& field,
                                                           const std::shared_ptr<arrow::Array>& array) const {
    const auto wanted = TRY(arrow_type(field.type));
    if (array->type()->Equals(*wanted))
        return array;
    if (wanted->id() == arrow::Type::NA)
        return constant_array(field.type, {}, array->length());
    if (!may_become(*array->type(), *wanted))
        return cannot_read("the file holds " + array->type()->ToString() + " where " + iceberg::type_text(field.type) +
                               " is declared",
                           field, name_);
    const auto zoned = TRY_ARROW(with_zone_of(array, *wanted), name_);
    arrow::compute::ExecContext context(&pool_);
    auto cast = arrow::compute::Cast(*zoned, wanted, arrow::compute::CastOptions::Safe(), &context);
    if (!cast.ok())
        return cannot_read(cast.status().message(), field, name_);
    return *std::move(cast);
}

Result<std::shared_ptr<arrow::Array>> Converter::structure(const Match& match, const arrow::Array& array) const {
    const auto type = TRY(arrow_type(match.field->type));
    const auto& data = *array.data();
    std::vector<std::shared_ptr<arrow::ArrayData>> children;
    for (const auto& child : match.children) {
        const auto converted =
            child.place < 0
                ? TRY(absent(*child.field, data.offset + data.length))
                : TRY(convert(child, arrow::MakeArray(data.child_data.at(static_cast<std::size_t>(child.place)))));
        children.push_back(converted->data());
    }
    return with_children(array, type, std::move(children));
}

Result<std::shared_ptr<arrow::Array>> Converter::list(const Match& match, const arrow::Array& array) const {
    const auto type = TRY(arrow_type(match.field->type));
    const auto element = TRY(convert(match.children[0], arrow::MakeArray(array.data()->child_data[0])));
    return with_children(array, type, {element->data()});
}

Result<std::shared_ptr<arrow::Array>> Converter::map(const Match& match, const arrow::Array& array) const {
    const auto type = TRY(arrow_type(match.field->type));
    const auto& entries = array.data()->child_data[0];
    const auto key = TRY(convert(match.children[0], arrow::MakeArray(entries->child_data[0])));
    const auto value = TRY(convert(match.children[1], arrow::MakeArray(entries->child_data[1])));
    auto copy = entries->Copy();
    copy->type = static_cast<const arrow::MapType&>(*type).value_type();
    copy->child_data = {key->data(), value->data()};
    return with_children(array, type, {std::move(copy)});
}

} // namespace godwit::parquet_format
