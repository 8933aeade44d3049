#include "rows/encoders.h"

#include <arrow/array.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

#include <algorithm>
#include <array>
#include <string>

namespace godwit::rows {

namespace {

constexpr std::int32_t kMaxBinaryPrecision = 38;

constexpr std::array<__int128, 39> kPowers = [] {
    std::array<__int128, 39> powers{};
    powers[0] = 1;
    for (std::size_t i = 1; i < powers.size(); ++i)
        powers[i] = powers[i - 1] * 10;
    return powers;
}();

/// Brings an unscaled value to the comparison type's scale, exactly.
class Rescale {
public:
    Rescale(const ComparisonType& type, std::int32_t from_scale)
        : scale_(type.scale),
          shift_(type.scale - from_scale),
          limit_(kPowers[static_cast<std::size_t>(std::min(type.precision, kMaxBinaryPrecision))]) {}

    bool put(__int128 value, RowBuffer& into) const {
        if (shift_ > kMaxBinaryPrecision || shift_ < -kMaxBinaryPrecision) {
            if (value != 0)
                return false;
        } else if (shift_ > 0) {
            const auto factor = kPowers[static_cast<std::size_t>(shift_)];
            if (value >= limit_ / factor + 1 || value <= -(limit_ / factor + 1))
                return false;
            value *= factor;
        } else if (shift_ < 0) {
            const auto factor = kPowers[static_cast<std::size_t>(-shift_)];
            if (value % factor != 0)
                return false;
            value /= factor;
        }
        if (value >= limit_ || value <= -limit_)
            return false;
        into.put_uint32(static_cast<std::uint32_t>(scale_));
        into.put_int128(value);
        return true;
    }

private:
    std::int32_t scale_;
    std::int32_t shift_;
    __int128 limit_;
};

__int128 to_int128(const arrow::Decimal128& value) {
    return static_cast<__int128>((static_cast<unsigned __int128>(static_cast<std::uint64_t>(value.high_bits())) << 64) |
                                 value.low_bits());
}

/// Canonical text of a value of precision above 38: no exponent, exactly `scale` digits behind the point, no leading
/// zeros but the one before the point, no sign at zero. Nothing if it does not fit exactly.
bool put_large(std::string digits, std::int32_t from_scale, const ComparisonType& type, RowBuffer& into) {
    const bool negative = digits.starts_with('-');
    digits.erase(0, negative ? 1 : 0);
    const auto shift = type.scale - from_scale;
    if (shift >= 0) {
        digits.append(static_cast<std::size_t>(shift), '0');
    } else {
        const auto drop = std::min(static_cast<std::size_t>(-shift), digits.size());
        if (digits.find_first_not_of('0', digits.size() - drop) != std::string::npos)
            return false;
        digits.resize(digits.size() - drop);
    }
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.size() > static_cast<std::size_t>(type.precision))
        return false;
    const bool zero = digits.empty();
    const auto scale = static_cast<std::size_t>(type.scale);
    if (digits.size() <= scale)
        digits.insert(0, scale + 1 - digits.size(), '0');
    if (scale > 0)
        digits.insert(digits.size() - scale, 1, '.');
    if (negative && !zero)
        digits.insert(0, 1, '-');
    into.put_string(digits);
    return true;
}

template <typename ArrayType, typename ToInteger>
std::unique_ptr<CellEncoder> encoder_of(const ComparisonType& type, const arrow::Array& array, std::int32_t scale,
                                        ToInteger to_integer) {
    if (type.precision > kMaxBinaryPrecision)
        return make_partial_encoder<ArrayType>(array, [type, scale, to_integer](const ArrayType& values,
                                                                                std::int64_t row, RowBuffer& into) {
            const __int128 value = to_integer(values, row);
            const arrow::Decimal128 number(static_cast<std::int64_t>(value >> 64), static_cast<std::uint64_t>(value));
            return put_large(number.ToIntegerString(), scale, type, into);
        });
    const Rescale rescale(type, scale);
    return make_partial_encoder<ArrayType>(
        array, [rescale, to_integer](const ArrayType& values, std::int64_t row, RowBuffer& into) {
            return rescale.put(to_integer(values, row), into);
        });
}

template <typename ArrayType>
std::unique_ptr<CellEncoder> encoder_of_integers(const ComparisonType& type, const arrow::Array& array) {
    return encoder_of<ArrayType>(type, array, 0, [](const ArrayType& values, std::int64_t row) {
        return static_cast<__int128>(values.Value(row));
    });
}

std::unique_ptr<CellEncoder> encoder_of_decimal256(const ComparisonType& type, const arrow::Array& array,
                                                   std::int32_t scale) {
    return make_partial_encoder<arrow::Decimal256Array>(
        array, [type, scale](const arrow::Decimal256Array& values, std::int64_t row, RowBuffer& into) {
            const arrow::Decimal256 value(values.GetValue(row));
            if (type.precision > kMaxBinaryPrecision)
                return put_large(value.ToIntegerString(), scale, type, into);
            const auto rescaled = value.Rescale(scale, type.scale);
            if (!rescaled.ok() || !rescaled->FitsInPrecision(type.precision))
                return false;
            const auto& words = rescaled->native_endian_array();
            into.put_uint32(static_cast<std::uint32_t>(type.scale));
            into.put_uint64(words[1]);
            into.put_uint64(words[0]);
            return true;
        });
}

} // namespace

std::unique_ptr<CellEncoder> make_decimal_encoder(const ComparisonType& type, const arrow::Array& array) {
    const auto scale =
        arrow::is_decimal(array.type_id()) ? static_cast<const arrow::DecimalType&>(*array.type()).scale() : 0;
    switch (array.type_id()) {
    case arrow::Type::DECIMAL32:
        return encoder_of<arrow::Decimal32Array>(type, array, scale, [](const auto& values, std::int64_t row) {
            return static_cast<__int128>(arrow::Decimal32(values.GetValue(row)).value());
        });
    case arrow::Type::DECIMAL64:
        return encoder_of<arrow::Decimal64Array>(type, array, scale, [](const auto& values, std::int64_t row) {
            return static_cast<__int128>(arrow::Decimal64(values.GetValue(row)).value());
        });
    case arrow::Type::DECIMAL128:
        return encoder_of<arrow::Decimal128Array>(type, array, scale, [](const auto& values, std::int64_t row) {
            return to_int128(arrow::Decimal128(values.GetValue(row)));
        });
    case arrow::Type::DECIMAL256: return encoder_of_decimal256(type, array, scale);
    case arrow::Type::INT8: return encoder_of_integers<arrow::Int8Array>(type, array);
    case arrow::Type::INT16: return encoder_of_integers<arrow::Int16Array>(type, array);
    case arrow::Type::INT32: return encoder_of_integers<arrow::Int32Array>(type, array);
    case arrow::Type::INT64: return encoder_of_integers<arrow::Int64Array>(type, array);
    default: return nullptr;
    }
}

} // namespace godwit::rows
