#include "rows/encoders.h"

#include <arrow/array.h>
#include <arrow/type.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace godwit::rows {

namespace {

CellState worse(CellState a, CellState b) {
    return a == CellState::unrepresentable || b == CellState::unrepresentable ? CellState::unrepresentable : a;
}

/// Lists of every layout: `Offsets` gives the first element and the count of a row.
template <typename ArrayType>
class ListEncoder final : public CellEncoder {
public:
    ListEncoder(const ComparisonType& type, const arrow::Array& array, std::optional<std::int64_t> offset)
        : array_(static_cast<const ArrayType&>(array)),
          values_(array_.values()),
          element_(make_cell_encoder(type.children[0].type, *values_, offset)) {}

    CellState encode(std::int64_t row, RowBuffer& into) const override {
        if (array_.IsNull(row))
            return put_null(into);
        into.put_byte(kTagValue);
        const std::int64_t begin = array_.value_offset(row);
        const std::int64_t count = array_.value_length(row);
        into.put_uint32(static_cast<std::uint32_t>(count));
        auto state = CellState::value;
        for (std::int64_t i = 0; i < count; ++i)
            state = worse(state, element_->encode(begin + i, into));
        return state;
    }

private:
    const ArrayType& array_;
    std::shared_ptr<arrow::Array> values_;
    std::unique_ptr<CellEncoder> element_;
};

class StructureEncoder final : public CellEncoder {
public:
    StructureEncoder(const arrow::StructArray& array, std::vector<std::shared_ptr<arrow::Array>> children,
                     std::vector<std::unique_ptr<CellEncoder>> encoders)
        : array_(array), children_(std::move(children)), encoders_(std::move(encoders)) {}

    CellState encode(std::int64_t row, RowBuffer& into) const override {
        if (array_.IsNull(row))
            return put_null(into);
        into.put_byte(kTagValue);
        auto state = CellState::value;
        for (const auto& encoder : encoders_)
            state = worse(state, encoder->encode(row, into));
        return state;
    }

private:
    const arrow::StructArray& array_;
    std::vector<std::shared_ptr<arrow::Array>> children_;
    std::vector<std::unique_ptr<CellEncoder>> encoders_;
};

/// A struct whose fields are not those of the comparison type is foreign to it.
std::unique_ptr<CellEncoder> structure_encoder(const ComparisonType& type, const arrow::Array& array,
                                               std::optional<std::int64_t> offset) {
    const auto& structure = static_cast<const arrow::StructArray&>(array);
    if (static_cast<std::size_t>(structure.num_fields()) != type.children.size())
        return nullptr;
    std::vector<std::shared_ptr<arrow::Array>> children;
    std::vector<std::unique_ptr<CellEncoder>> encoders;
    for (const auto& child : type.children) {
        auto values = structure.GetFieldByName(child.name);
        if (!values)
            return nullptr;
        encoders.push_back(make_cell_encoder(child.type, *values, offset));
        children.push_back(std::move(values));
    }
    return std::make_unique<StructureEncoder>(structure, std::move(children), std::move(encoders));
}

class MapEncoder final : public CellEncoder {
public:
    MapEncoder(const ComparisonType& type, const arrow::Array& array, std::optional<std::int64_t> offset)
        : array_(static_cast<const arrow::MapArray&>(array)),
          keys_(array_.keys()),
          items_(array_.items()),
          key_(make_cell_encoder(type.children[0].type, *keys_, offset)),
          item_(make_cell_encoder(type.children[1].type, *items_, offset)) {}

    CellState encode(std::int64_t row, RowBuffer& into) const override {
        if (array_.IsNull(row))
            return put_null(into);
        into.put_byte(kTagValue);
        const std::int64_t begin = array_.value_offset(row);
        const std::int64_t count = array_.value_length(row);
        into.put_uint32(static_cast<std::uint32_t>(count));
        auto state = CellState::value;
        std::vector<std::pair<std::string, std::string>> entries;
        RowBuffer entry;
        for (std::int64_t i = begin; i < begin + count; ++i) {
            entry.clear();
            state = worse(state, key_->encode(i, entry));
            const auto key_end = entry.size();
            state = worse(state, item_->encode(i, entry));
            entries.emplace_back(entry.view(0, key_end), entry.view(key_end, entry.size()));
        }
        std::sort(entries.begin(), entries.end());
        for (const auto& [key, item] : entries) {
            std::memcpy(into.grow(key.size()), key.data(), key.size());
            std::memcpy(into.grow(item.size()), item.data(), item.size());
        }
        return state;
    }

private:
    const arrow::MapArray& array_;
    std::shared_ptr<arrow::Array> keys_;
    std::shared_ptr<arrow::Array> items_;
    std::unique_ptr<CellEncoder> key_;
    std::unique_ptr<CellEncoder> item_;
};

} // namespace

std::unique_ptr<CellEncoder> make_nested_encoder(const ComparisonType& type, const arrow::Array& array,
                                                 std::optional<std::int64_t> assumed_offset) {
    const auto id = array.type_id();
    if (type.kind == ComparisonKind::structure && id == arrow::Type::STRUCT)
        return structure_encoder(type, array, assumed_offset);
    if (type.kind == ComparisonKind::map && id == arrow::Type::MAP)
        return std::make_unique<MapEncoder>(type, array, assumed_offset);
    if (type.kind != ComparisonKind::list)
        return nullptr;
    switch (id) {
    case arrow::Type::LIST: return std::make_unique<ListEncoder<arrow::ListArray>>(type, array, assumed_offset);
    case arrow::Type::LARGE_LIST:
        return std::make_unique<ListEncoder<arrow::LargeListArray>>(type, array, assumed_offset);
    case arrow::Type::FIXED_SIZE_LIST:
        return std::make_unique<ListEncoder<arrow::FixedSizeListArray>>(type, array, assumed_offset);
    default: return nullptr;
    }
}

} // namespace godwit::rows
