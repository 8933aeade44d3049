#include "rows/encoders.h"

#include <arrow/array.h>
#include <arrow/type.h>

#include <limits>

namespace godwit::rows {

namespace {

constexpr std::int64_t kMillisOfDay = 86'400'000;

std::int64_t units_per_second(arrow::TimeUnit::type unit) {
    switch (unit) {
    case arrow::TimeUnit::SECOND: return 1;
    case arrow::TimeUnit::MILLI: return 1'000;
    case arrow::TimeUnit::MICRO: return 1'000'000;
    case arrow::TimeUnit::NANO: return 1'000'000'000;
    }
    return 1;
}

void put_moment(std::int64_t value, std::int64_t per_second, std::int64_t offset, bool instant, RowBuffer& into) {
    std::int64_t seconds = value / per_second;
    std::int64_t rest = value % per_second;
    if (rest < 0) {
        rest += per_second;
        --seconds;
    }
    into.put_uint64(static_cast<std::uint64_t>(seconds - offset));
    into.put_uint32(static_cast<std::uint32_t>(rest * (1'000'000'000 / per_second)));
    into.put_byte(instant ? 1 : 0);
}

std::unique_ptr<CellEncoder> date_encoder(const arrow::Array& array) {
    if (array.type_id() == arrow::Type::DATE32)
        return make_exact_encoder<arrow::Date32Array>(array, [](const auto& values, std::int64_t row, RowBuffer& into) {
            into.put_uint32(static_cast<std::uint32_t>(values.Value(row)));
        });
    if (array.type_id() == arrow::Type::DATE64)
        return make_partial_encoder<arrow::Date64Array>(
            array, [](const auto& values, std::int64_t row, RowBuffer& into) {
                const auto value = values.Value(row);
                const auto days = value / kMillisOfDay;
                if (value % kMillisOfDay != 0 || days != static_cast<std::int32_t>(days))
                    return false;
                into.put_uint32(static_cast<std::uint32_t>(days));
                return true;
            });
    return nullptr;
}

template <typename ArrayType>
std::unique_ptr<CellEncoder> moments(const arrow::Array& array, arrow::TimeUnit::type unit, std::int64_t offset,
                                     bool instant) {
    const auto per_second = units_per_second(unit);
    return make_exact_encoder<ArrayType>(
        array, [per_second, offset, instant](const ArrayType& values, std::int64_t row, RowBuffer& into) {
            put_moment(values.Value(row), per_second, offset, instant, into);
        });
}

std::unique_ptr<CellEncoder> time_encoder(const arrow::Array& array) {
    if (array.type_id() == arrow::Type::TIME32)
        return moments<arrow::Time32Array>(array, static_cast<const arrow::Time32Type&>(*array.type()).unit(), 0,
                                           false);
    if (array.type_id() == arrow::Type::TIME64)
        return moments<arrow::Time64Array>(array, static_cast<const arrow::Time64Type&>(*array.type()).unit(), 0,
                                           false);
    return nullptr;
}

std::unique_ptr<CellEncoder> timestamp_encoder(bool wants_instant, const arrow::Array& array,
                                               std::optional<std::int64_t> assumed_offset) {
    if (array.type_id() != arrow::Type::TIMESTAMP)
        return nullptr;
    const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
    const bool is_instant = !type.timezone().empty();
    std::int64_t offset = 0;
    if (is_instant != wants_instant) {
        if (is_instant || !assumed_offset)
            return nullptr;
        offset = *assumed_offset;
    }
    return moments<arrow::TimestampArray>(array, type.unit(), offset, wants_instant);
}

void put_interval(std::int32_t months, std::int32_t days, std::int64_t nanoseconds, RowBuffer& into) {
    into.put_uint32(static_cast<std::uint32_t>(months));
    into.put_uint32(static_cast<std::uint32_t>(days));
    into.put_uint64(static_cast<std::uint64_t>(nanoseconds));
}

std::unique_ptr<CellEncoder> interval_encoder(const arrow::Array& array) {
    switch (array.type_id()) {
    case arrow::Type::INTERVAL_MONTHS:
        return make_exact_encoder<arrow::MonthIntervalArray>(
            array,
            [](const auto& values, std::int64_t row, RowBuffer& into) { put_interval(values.Value(row), 0, 0, into); });
    case arrow::Type::INTERVAL_DAY_TIME:
        return make_exact_encoder<arrow::DayTimeIntervalArray>(
            array, [](const auto& values, std::int64_t row, RowBuffer& into) {
                const auto value = values.GetValue(row);
                put_interval(0, value.days, std::int64_t{value.milliseconds} * 1'000'000, into);
            });
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
        return make_exact_encoder<arrow::MonthDayNanoIntervalArray>(
            array, [](const auto& values, std::int64_t row, RowBuffer& into) {
                const auto value = values.GetValue(row);
                put_interval(value.months, value.days, value.nanoseconds, into);
            });
    default: return nullptr;
    }
}

} // namespace

std::unique_ptr<CellEncoder> make_temporal_encoder(ComparisonKind kind, const arrow::Array& array,
                                                   std::optional<std::int64_t> assumed_offset) {
    switch (kind) {
    case ComparisonKind::date: return date_encoder(array);
    case ComparisonKind::time: return time_encoder(array);
    case ComparisonKind::timestamp: return timestamp_encoder(false, array, assumed_offset);
    case ComparisonKind::instant: return timestamp_encoder(true, array, assumed_offset);
    case ComparisonKind::interval: return interval_encoder(array);
    default: return nullptr;
    }
}

} // namespace godwit::rows
