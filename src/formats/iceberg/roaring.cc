#include "formats/iceberg/roaring.h"

#include <algorithm>
#include <cstring>

namespace godwit::iceberg {

namespace {

constexpr std::uint32_t kMostValues = 4096;

std::uint16_t take16(std::string_view& bytes) {
    std::uint16_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    bytes.remove_prefix(sizeof value);
    return value;
}

void put16(std::string& out, std::uint32_t value) {
    out += static_cast<char>(value);
    out += static_cast<char>(value >> 8);
}

} // namespace

bool RoaringContainer::read_values(std::string_view& bytes, std::uint32_t cardinality, RoaringContainer& into) {
    if (bytes.size() < cardinality * 2)
        return false;
    Values values(cardinality);
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = take16(bytes);
        if (i > 0 && values[i] <= values[i - 1])
            return false;
    }
    into.form_ = std::move(values);
    return true;
}

bool RoaringContainer::read_bits(std::string_view& bytes, std::uint32_t cardinality, RoaringContainer& into) {
    auto bits = std::make_unique<std::array<std::uint64_t, 1024>>();
    if (bytes.size() < sizeof *bits)
        return false;
    std::memcpy(bits->data(), bytes.data(), sizeof *bits);
    bytes.remove_prefix(sizeof *bits);
    std::uint32_t count = 0;
    for (const auto word : *bits)
        count += static_cast<std::uint32_t>(std::popcount(word));
    into.form_ = std::move(bits);
    return count == cardinality;
}

bool RoaringContainer::read_runs(std::string_view& bytes, std::uint32_t cardinality, RoaringContainer& into) {
    if (bytes.size() < 2)
        return false;
    const std::size_t count = take16(bytes);
    if (bytes.size() < count * 4)
        return false;
    Runs runs;
    std::uint32_t total = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t first = take16(bytes);
        const std::uint32_t last = first + take16(bytes);
        if (last > 0xffff || (i > 0 && first <= runs.back().second))
            return false;
        runs.emplace_back(static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last));
        total += last - first + 1;
    }
    into.form_ = std::move(runs);
    return total == cardinality;
}

bool RoaringContainer::contains(std::uint16_t value) const {
    if (const auto* values = std::get_if<Values>(&form_))
        return std::binary_search(values->begin(), values->end(), value);
    if (const auto* bits = std::get_if<Bits>(&form_))
        return ((**bits)[value / 64] >> (value % 64) & 1) != 0;
    const auto& runs = std::get<Runs>(form_);
    const auto after = std::upper_bound(runs.begin(), runs.end(), value,
                                        [](std::uint16_t wanted, const auto& run) { return wanted < run.first; });
    return after != runs.begin() && std::prev(after)->second >= value;
}

std::uint32_t RoaringContainer::count() const {
    if (const auto* values = std::get_if<Values>(&form_))
        return static_cast<std::uint32_t>(values->size());
    std::uint32_t total = 0;
    if (const auto* bits = std::get_if<Bits>(&form_)) {
        for (const auto word : **bits)
            total += static_cast<std::uint32_t>(std::popcount(word));
        return total;
    }
    for (const auto& [first, last] : std::get<Runs>(form_))
        total += static_cast<std::uint32_t>(last - first + 1);
    return total;
}

void RoaringContainer::add(std::uint16_t value) {
    if (contains(value))
        return;
    if (auto* values = std::get_if<Values>(&form_); values != nullptr && values->size() < kMostValues) {
        values->insert(std::lower_bound(values->begin(), values->end(), value), value);
        return;
    }
    if (!std::holds_alternative<Bits>(form_)) {
        auto bits = std::make_unique<std::array<std::uint64_t, 1024>>();
        each([&](std::uint16_t held) { (*bits)[held / 64] |= std::uint64_t{1} << (held % 64); });
        form_ = std::move(bits);
    }
    (*std::get<Bits>(form_))[value / 64] |= std::uint64_t{1} << (value % 64);
}

std::uint32_t RoaringContainer::run_count() const {
    std::uint32_t runs = 0;
    std::int64_t last = -2;
    each([&](std::uint16_t value) {
        runs += value != last + 1 ? 1 : 0;
        last = value;
    });
    return runs;
}

bool RoaringContainer::writes_runs() const {
    const auto cardinality = count();
    const auto otherwise = cardinality <= kMostValues ? cardinality * 2 : 8192;
    return 2 + run_count() * 4 < otherwise;
}

void RoaringContainer::write(std::string& out) const {
    if (writes_runs()) {
        put16(out, run_count());
        std::int64_t first = -1;
        std::int64_t last = -2;
        const auto flush = [&] {
            if (first < 0)
                return;
            put16(out, static_cast<std::uint32_t>(first));
            put16(out, static_cast<std::uint32_t>(last - first));
        };
        each([&](std::uint16_t value) {
            if (value != last + 1) {
                flush();
                first = value;
            }
            last = value;
        });
        flush();
        return;
    }
    if (count() <= kMostValues) {
        each([&](std::uint16_t value) { put16(out, value); });
        return;
    }
    std::array<std::uint64_t, 1024> bits{};
    each([&](std::uint16_t value) { bits[value / 64] |= std::uint64_t{1} << (value % 64); });
    out.append(reinterpret_cast<const char*>(bits.data()), sizeof bits);
}

} // namespace godwit::iceberg
