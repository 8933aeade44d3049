#include "rows/row_encoder.h"

#include "base/text.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

namespace godwit::rows {

namespace {

Error bad_column(const std::string& name, std::string why) {
    return Error::make(ErrorKind::invalid_input, "a compared column cannot be found")
        .why(std::move(why))
        .fix("make the plan again: the table has other columns than when it was made")
        .at("column " + printable(name));
}

Result<std::size_t> index_of(const ComparisonSchema& schema, const std::string& name) {
    for (std::size_t i = 0; i < schema.columns.size(); ++i)
        if (schema.columns[i].name == name)
            return i;
    return bad_column(name, "it is named for grouping or identification, but is not compared");
}

/// Follows a path into structs; a null struct makes the value null.
Result<std::shared_ptr<arrow::Array>> find_array(const Batch& batch, const ComparisonColumn& column, Side side) {
    const std::string& first = side == Side::source ? column.source_path.front() : column.name;
    const auto indices = batch.schema()->GetAllFieldIndices(first);
    if (indices.size() != 1)
        return bad_column(column.name, (indices.empty() ? "no column is called " : "several columns are called ") +
                                           printable(first));
    auto array = batch.column(indices.front());
    if (side == Side::target)
        return array;
    for (std::size_t i = 1; i < column.source_path.size(); ++i) {
        const auto& name = column.source_path[i];
        if (array->type_id() != arrow::Type::STRUCT)
            return bad_column(column.name, "what holds " + printable(name) + " is no struct");
        const auto& structure = static_cast<const arrow::StructArray&>(*array);
        const int index = structure.struct_type()->GetFieldIndex(name);
        if (index < 0)
            return bad_column(column.name, "no field is called " + printable(name));
        auto child = structure.GetFlattenedField(index);
        if (!child.ok())
            return bad_column(column.name, child.status().ToString());
        array = *child;
    }
    return array;
}

} // namespace

Result<RowEncoder> RowEncoder::create(const ComparisonSchema& schema, Side side, std::size_t max_row_bytes) {
    if (schema.columns.empty())
        return bad_column("", "the comparison schema has no columns");
    RowEncoder encoder(schema, side, max_row_bytes);
    for (const auto& column : schema.columns) {
        if (column.source_path.empty())
            return bad_column(column.name, "it has no source path");
        auto& offset = encoder.offsets_.emplace_back();
        if (side == Side::source && column.change == DeclaredChange::zone_assumed)
            offset = TRY(parse_zone_offset(column.detail));
    }
    for (const auto& name : schema.grouping)
        encoder.grouping_.push_back(TRY(index_of(schema, name)));
    for (const auto& name : schema.identifiers)
        encoder.identifiers_.push_back(TRY(index_of(schema, name)));
    encoder.begins_.resize(schema.columns.size() + 1);
    encoder.states_.resize(schema.columns.size());
    return encoder;
}

Status RowEncoder::bind(const Batch& batch) {
    encoders_.clear();
    arrays_.clear();
    for (std::size_t i = 0; i < schema_.columns.size(); ++i) {
        arrays_.push_back(TRY(find_array(batch, schema_.columns[i], side_)));
        encoders_.push_back(make_cell_encoder(schema_.columns[i].type, *arrays_.back(), offsets_[i]));
    }
    return {};
}

Status RowEncoder::encode(std::int64_t row) {
    buffer_.clear();
    for (std::size_t i = 0; i < encoders_.size(); ++i) {
        begins_[i] = buffer_.size();
        states_[i] = encoders_[i]->encode(row, buffer_);
        if (buffer_.size() > max_row_bytes_) [[unlikely]]
            return Error::make(ErrorKind::unsupported, "a row is too large to be compared")
                .why("its encoding exceeds " + human_bytes(max_row_bytes_))
                .fix("compare the table without this column")
                .at("column " + printable(schema_.columns[i].name));
    }
    begins_[encoders_.size()] = buffer_.size();
    return {};
}

void RowEncoder::gather(const std::vector<std::size_t>& columns, std::string& key) const {
    key.clear();
    for (const auto column : columns)
        key += cell(column);
}

std::string RowEncoder::group_name() const {
    std::string name;
    for (const auto column : grouping_) {
        if (!name.empty())
            name += '/';
        name += percent_encode(schema_.columns[column].name);
        name += '=';
        const auto& type = schema_.columns[column].type;
        name += state(column) == CellState::null ? "__HIVE_DEFAULT_PARTITION__"
                                                 : percent_encode(text_of_cell(type, cell(column)));
    }
    return name;
}

} // namespace godwit::rows
