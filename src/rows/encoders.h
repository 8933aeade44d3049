#pragma once

#include "rows/cell_encoder.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

// Parts of make_cell_encoder, by family of types, and what they share. Private to this folder.
namespace godwit::rows {

/// Each gives nothing where the array's type is foreign to the comparison type.
std::unique_ptr<CellEncoder> make_decimal_encoder(const ComparisonType& type, const arrow::Array& array);
std::unique_ptr<CellEncoder> make_temporal_encoder(ComparisonKind kind, const arrow::Array& array,
                                                   std::optional<std::int64_t> assumed_offset);
std::unique_ptr<CellEncoder> make_nested_encoder(const ComparisonType& type, const arrow::Array& array,
                                                 std::optional<std::int64_t> assumed_offset);

inline CellState put_null(RowBuffer& into) {
    into.put_byte(kTagNull);
    return CellState::null;
}

inline CellState put_unrepresentable(std::string_view type, std::string_view text, RowBuffer& into) {
    into.put_byte(kTagUnrepresentable);
    into.put_string(type);
    into.put_string(text);
    return CellState::unrepresentable;
}

/// Type and text of any value, as Arrow writes them.
CellState put_foreign(const arrow::Array& array, std::int64_t row, RowBuffer& into);

/// A value per row that always fits: `Put` is (array, row, buffer) and appends the value after its tag.
template <typename ArrayType, typename Put>
class ExactEncoder final : public CellEncoder {
public:
    ExactEncoder(const arrow::Array& array, Put put) : array_(static_cast<const ArrayType&>(array)), put_(put) {}
    CellState encode(std::int64_t row, RowBuffer& into) const override {
        if (array_.IsNull(row))
            return put_null(into);
        into.put_byte(kTagValue);
        put_(array_, row, into);
        return CellState::value;
    }

private:
    const ArrayType& array_;
    Put put_;
};

template <typename ArrayType, typename Put>
std::unique_ptr<CellEncoder> make_exact_encoder(const arrow::Array& array, Put put) {
    return std::make_unique<ExactEncoder<ArrayType, Put>>(array, put);
}

/// A value per row that may not fit: `Put` is (array, row, buffer) and gives false, having appended nothing, if it does
/// not.
template <typename ArrayType, typename Put>
class PartialEncoder final : public CellEncoder {
public:
    PartialEncoder(const arrow::Array& array, Put put) : array_(static_cast<const ArrayType&>(array)), put_(put) {}
    CellState encode(std::int64_t row, RowBuffer& into) const override {
        if (array_.IsNull(row))
            return put_null(into);
        const auto begin = into.size();
        into.put_byte(kTagValue);
        if (put_(array_, row, into))
            return CellState::value;
        into.resize(begin);
        return put_foreign(array_, row, into);
    }

private:
    const ArrayType& array_;
    Put put_;
};

template <typename ArrayType, typename Put>
std::unique_ptr<CellEncoder> make_partial_encoder(const arrow::Array& array, Put put) {
    return std::make_unique<PartialEncoder<ArrayType, Put>>(array, put);
}

} // namespace godwit::rows
