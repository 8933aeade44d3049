#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// One container of a Roaring bitmap (Roaring format specification): up to 65,536 positions.
namespace godwit::iceberg {

class RoaringContainer {
public:
    using Values = std::vector<std::uint16_t>; ///< ascending
    using Bits = std::unique_ptr<std::array<std::uint64_t, 1024>>;
    using Runs = std::vector<std::pair<std::uint16_t, std::uint16_t>>; ///< first and last, ascending, apart

    /// False if the bytes break the format; on success they lose what was read. `cardinality` is what the header says.
    static bool read_values(std::string_view& bytes, std::uint32_t cardinality, RoaringContainer& into);
    static bool read_bits(std::string_view& bytes, std::uint32_t cardinality, RoaringContainer& into);
    static bool read_runs(std::string_view& bytes, std::uint32_t cardinality, RoaringContainer& into);

    void add(std::uint16_t value);
    bool contains(std::uint16_t value) const;
    std::uint32_t count() const;
    template <typename Visit>
    void each(Visit&& visit) const;

    /// As runs where that is smallest, else as an array up to 4,096 values, else as bits: depends on the values alone.
    bool writes_runs() const;
    void write(std::string& out) const;

private:
    std::uint32_t run_count() const;
    std::variant<Values, Bits, Runs> form_;
};

template <typename Visit>
void RoaringContainer::each(Visit&& visit) const {
    if (const auto* values = std::get_if<Values>(&form_)) {
        for (const auto value : *values)
            visit(value);
    } else if (const auto* bits = std::get_if<Bits>(&form_)) {
        for (std::size_t word = 0; word < (*bits)->size(); ++word)
            for (auto left = (**bits)[word]; left != 0; left &= left - 1)
                visit(static_cast<std::uint16_t>(word * 64 + static_cast<std::size_t>(std::countr_zero(left))));
    } else {
        for (const auto& [first, last] : std::get<Runs>(form_))
            for (std::uint32_t value = first; value <= last; ++value)
                visit(static_cast<std::uint16_t>(value));
    }
}

} // namespace godwit::iceberg
