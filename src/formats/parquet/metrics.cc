#include "formats/parquet/footer.h"

#include "base/text.h"
#include "formats/parquet/arrow_io.h"

#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

namespace godwit::parquet_format {

namespace {

constexpr std::size_t kTruncation = 16;
constexpr std::int64_t kMicrosOfMilli = 1'000;

using iceberg::TypeKind;
using iceberg::Value;

template <typename T>
std::optional<T> little_endian(std::string_view bytes) {
    if (bytes.size() != sizeof(T))
        return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

bool is_decimal_of(const parquet::ColumnDescriptor& column, const iceberg::Type& type) {
    const auto& logical = column.logical_type();
    return type.kind == TypeKind::decimal && logical && logical->is_decimal() && column.type_scale() == type.scale &&
           column.type_precision() <= type.precision;
}

parquet::LogicalType::TimeUnit::unit unit_of(const parquet::ColumnDescriptor& column) {
    const auto& logical = column.logical_type();
    if (logical && logical->is_timestamp())
        return static_cast<const parquet::TimestampLogicalType&>(*logical).time_unit();
    if (logical && logical->is_time())
        return static_cast<const parquet::TimeLogicalType&>(*logical).time_unit();
    return parquet::LogicalType::TimeUnit::UNKNOWN;
}

bool is_unsigned(const parquet::ColumnDescriptor& column) {
    const auto& logical = column.logical_type();
    return logical && logical->is_int() && !static_cast<const parquet::IntLogicalType&>(*logical).is_signed();
}

Value value_of_int32(const parquet::ColumnDescriptor& column, const iceberg::Type& type, std::int32_t value) {
    using Unit = parquet::LogicalType::TimeUnit;
    switch (type.kind) {
    case TypeKind::int32: return is_unsigned(column) && value < 0 ? Value() : Value(value);
    case TypeKind::int64:
        return is_unsigned(column) ? Value(std::int64_t{static_cast<std::uint32_t>(value)})
                                   : Value(std::int64_t{value});
    case TypeKind::date: return value;
    case TypeKind::time: return unit_of(column) == Unit::MILLIS ? Value(value * kMicrosOfMilli) : Value();
    case TypeKind::decimal: return is_decimal_of(column, type) ? Value(iceberg::Decimal{value}) : Value();
    default: return {};
    }
}

Value moment_in_micros(parquet::LogicalType::TimeUnit::unit unit, std::int64_t value) {
    if (unit == parquet::LogicalType::TimeUnit::MICROS)
        return value;
    constexpr auto kLimit = std::numeric_limits<std::int64_t>::max() / kMicrosOfMilli;
    if (unit == parquet::LogicalType::TimeUnit::MILLIS && value <= kLimit && value >= -kLimit)
        return value * kMicrosOfMilli;
    return {};
}

Value value_of_int64(const parquet::ColumnDescriptor& column, const iceberg::Type& type, std::int64_t value) {
    switch (type.kind) {
    case TypeKind::int64: return is_unsigned(column) && value < 0 ? Value() : Value(value);
    case TypeKind::time:
    case TypeKind::timestamp:
    case TypeKind::timestamptz: return moment_in_micros(unit_of(column), value);
    case TypeKind::timestamp_ns:
    case TypeKind::timestamptz_ns:
        return unit_of(column) == parquet::LogicalType::TimeUnit::NANOS ? Value(value) : Value();
    case TypeKind::decimal: return is_decimal_of(column, type) ? Value(iceberg::Decimal{value}) : Value();
    default: return {};
    }
}

/// Big-endian two's complement of any length; what lies beyond 16 bytes must be sign only.
std::optional<__int128> big_endian(std::string_view bytes) {
    if (bytes.empty())
        return std::nullopt;
    const bool negative = static_cast<std::int8_t>(bytes[0]) < 0;
    while (bytes.size() > sizeof(__int128)) {
        if (static_cast<std::uint8_t>(bytes[0]) != (negative ? 0xff : 0) ||
            (static_cast<std::int8_t>(bytes[1]) < 0) != negative)
            return std::nullopt;
        bytes.remove_prefix(1);
    }
    unsigned __int128 value = negative ? ~static_cast<unsigned __int128>(0) : 0;
    for (const char byte : bytes)
        value = (value << 8) | static_cast<std::uint8_t>(byte);
    return static_cast<__int128>(value);
}

Value value_of_bytes(const parquet::ColumnDescriptor& column, const iceberg::Type& type, std::string_view bytes) {
    const bool is_fixed = column.physical_type() == parquet::Type::FIXED_LEN_BYTE_ARRAY;
    if (is_fixed && bytes.size() != static_cast<std::size_t>(std::max(0, column.type_length())))
        return {};
    switch (type.kind) {
    case TypeKind::string: return !is_fixed && is_utf8(bytes) ? Value(std::string(bytes)) : Value();
    case TypeKind::binary: return is_fixed ? Value() : Value(std::string(bytes));
    case TypeKind::fixed:
        return is_fixed && bytes.size() == static_cast<std::size_t>(type.length) ? Value(std::string(bytes)) : Value();
    case TypeKind::uuid: return is_fixed && bytes.size() == 16 ? Value(std::string(bytes)) : Value();
    case TypeKind::decimal: {
        const auto unscaled = is_decimal_of(column, type) ? big_endian(bytes) : std::nullopt;
        return unscaled ? Value(iceberg::Decimal{*unscaled}) : Value();
    }
    default: return {};
    }
}

/// A stored bound as a value of the Iceberg type; null if it is none.
Value bound_value(const parquet::ColumnDescriptor& column, const iceberg::Type& type, std::string_view bytes) {
    switch (column.physical_type()) {
    case parquet::Type::BOOLEAN:
        return type.kind == TypeKind::boolean && bytes.size() == 1 ? Value(bytes[0] != 0) : Value();
    case parquet::Type::INT32: {
        const auto value = little_endian<std::int32_t>(bytes);
        return value ? value_of_int32(column, type, *value) : Value();
    }
    case parquet::Type::INT64: {
        const auto value = little_endian<std::int64_t>(bytes);
        return value ? value_of_int64(column, type, *value) : Value();
    }
    case parquet::Type::FLOAT: {
        const auto value = little_endian<float>(bytes);
        if (!value || column.logical_type()->is_float16())
            return {};
        if (type.kind == TypeKind::float64)
            return static_cast<double>(*value);
        return type.kind == TypeKind::float32 ? Value(*value) : Value();
    }
    case parquet::Type::DOUBLE: {
        const auto value = little_endian<double>(bytes);
        return value && type.kind == TypeKind::float64 ? Value(*value) : Value();
    }
    case parquet::Type::BYTE_ARRAY:
    case parquet::Type::FIXED_LEN_BYTE_ARRAY: return value_of_bytes(column, type, bytes);
    default: return {};
    }
}

bool is_nan(const Value& value) {
    if (const auto* number = std::get_if<float>(&value))
        return std::isnan(*number);
    const auto* number = std::get_if<double>(&value);
    return number != nullptr && std::isnan(*number);
}

/// Parquet lets writers store either zero; bounds have to hold both (parquet-format, `ColumnOrder`).
Value widen_zero(Value value, bool upper) {
    if (auto* number = std::get_if<float>(&value); number != nullptr && *number == 0.0F)
        *number = upper ? 0.0F : -0.0F;
    if (auto* number = std::get_if<double>(&value); number != nullptr && *number == 0.0)
        *number = upper ? 0.0 : -0.0;
    return value;
}

/// What the row groups say about one column.
class ColumnTally {
public:
    ColumnTally(const parquet::ColumnDescriptor& column, const LeafMapping& mapping)
        : column_(column), mapping_(mapping) {}

    void add(const parquet::ColumnChunkMetaData& chunk) {
        size_ += std::max<std::int64_t>(0, chunk.total_compressed_size());
        const auto values = std::max<std::int64_t>(0, chunk.num_values());
        values_ += values;
        const auto statistics = chunk.is_stats_set() ? chunk.encoded_statistics() : nullptr;
        if (!statistics || !statistics->has_null_count)
            nulls_known_ = false;
        else
            nulls_ += statistics->null_count;
        if (why_ || values == 0)
            return;
        if (!statistics) {
            why_ = NoBounds::no_statistics;
        } else if (!statistics->has_min || !statistics->has_max) {
            if (!statistics->has_null_count || statistics->null_count != values)
                why_ = NoBounds::no_statistics;
        } else {
            add_bounds(statistics->min(), statistics->max());
        }
    }

    void report(FileMetrics& metrics) {
        const auto id = mapping_.field_id;
        metrics.column_sizes.emplace_back(id, size_);
        metrics.value_counts.emplace_back(id, values_);
        if (nulls_known_)
            metrics.null_value_counts.emplace_back(id, nulls_);
        if (column_.physical_type() == parquet::Type::INT96)
            why_ = NoBounds::int96;
        else if (column_.max_repetition_level() > 0)
            why_ = NoBounds::nested;
        if (!why_ && any_)
            report_bounds(metrics);
        if (why_ && values_ > 0)
            metrics.without_bounds.emplace_back(id, *why_);
    }

private:
    void add_bounds(const std::string& min, const std::string& max) {
        auto low = bound_value(column_, mapping_.type, min);
        auto high = bound_value(column_, mapping_.type, max);
        if (iceberg::is_null(low) || iceberg::is_null(high)) {
            why_ = NoBounds::type_differs;
        } else if (is_nan(low) || is_nan(high)) {
            why_ = NoBounds::not_a_number;
        } else if (iceberg::compare(mapping_.type, low, high) > 0) {
            why_ = NoBounds::no_statistics;
        } else {
            if (!any_ || iceberg::compare(mapping_.type, low, low_) < 0)
                low_ = std::move(low);
            if (!any_ || iceberg::compare(mapping_.type, high, high_) > 0)
                high_ = std::move(high);
            any_ = true;
        }
    }

    void report_bounds(FileMetrics& metrics) {
        std::optional<Value> low = widen_zero(std::move(low_), false);
        std::optional<Value> high = widen_zero(std::move(high_), true);
        truncate(low, high);
        if (!high)
            why_ = NoBounds::no_upper_bound;
        put(metrics.lower_bounds, low);
        put(metrics.upper_bounds, high);
    }

    void truncate(std::optional<Value>& low, std::optional<Value>& high) const {
        const auto kind = mapping_.type.kind;
        const auto* bottom = std::get_if<std::string>(&*low);
        const auto* top = std::get_if<std::string>(&*high);
        if (kind == TypeKind::string && bottom != nullptr && top != nullptr) {
            auto raised = iceberg::truncate_string_up(*top, kTruncation);
            low = iceberg::truncate_string(*bottom, kTruncation);
            high = raised ? std::optional<Value>(*std::move(raised)) : std::nullopt;
        } else if ((kind == TypeKind::binary || kind == TypeKind::fixed) && bottom != nullptr && top != nullptr) {
            auto raised = iceberg::truncate_bytes_up(*top, kTruncation);
            low = iceberg::truncate_bytes(*bottom, kTruncation);
            high = raised ? std::optional<Value>(*std::move(raised)) : std::nullopt;
        }
    }

    void put(iceberg::ColumnBounds& bounds, const std::optional<Value>& value) {
        if (!value)
            return;
        // A truncated fixed is shorter than its type; its bytes are the bound as they stand.
        if (const auto* bytes = std::get_if<std::string>(&*value)) {
            bounds.emplace_back(mapping_.field_id, *bytes);
            return;
        }
        auto bytes = iceberg::to_bytes(mapping_.type, *value);
        if (bytes.has_value())
            bounds.emplace_back(mapping_.field_id, *std::move(bytes));
        else
            why_ = NoBounds::type_differs;
    }

    const parquet::ColumnDescriptor& column_;
    const LeafMapping& mapping_;
    std::int64_t size_ = 0;
    std::int64_t values_ = 0;
    std::int64_t nulls_ = 0;
    bool nulls_known_ = true;
    bool any_ = false;
    Value low_;
    Value high_;
    std::optional<NoBounds> why_;
};

} // namespace

std::string_view to_string(NoBounds reason) {
    static constexpr std::array<std::string_view, 6> kNames{"no statistics", "not a number", "INT96",
                                                            "nested",        "type differs", "no upper bound"};
    return kNames[static_cast<std::size_t>(reason)];
}

Result<FileMetrics> metrics_of(const Footer& footer, const std::vector<LeafMapping>& mapping) {
    return guarded(footer.name, [&]() -> Result<FileMetrics> {
        FileMetrics metrics;
        metrics.record_count = footer.row_count;
        metrics.file_size = footer.file_size;
        metrics.split_offsets = footer.split_offsets;
        auto sorted = mapping;
        std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.field_id < b.field_id; });
        const auto& metadata = *footer.metadata;
        for (const auto& entry : sorted) {
            if (entry.leaf < 0 || entry.leaf >= metadata.num_columns())
                return Error::make(ErrorKind::bug, "a column of another file was asked for")
                    .why("column " + std::to_string(entry.leaf) + " of " + std::to_string(metadata.num_columns()))
                    .at(footer.name);
            ColumnTally tally(*metadata.schema()->Column(entry.leaf), entry);
            for (int group = 0; group < metadata.num_row_groups(); ++group)
                tally.add(*metadata.RowGroup(group)->ColumnChunk(entry.leaf));
            tally.report(metrics);
        }
        return metrics;
    });
}

} // namespace godwit::parquet_format
