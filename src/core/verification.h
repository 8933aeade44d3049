#pragma once

#include "base/result.h"
#include "core/plan.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The words for what a comparison showed (spine, section 7). 'Migrated' is said only of `equal`.
namespace godwit::core {

/// Weakest first.
enum class Equality { different, not_checked, not_comparable, equal_by_sample, equal };

struct Verdict {
    Equality equality = Equality::not_checked;
    std::uint64_t differences = 0; ///< of `different`
    std::string why; ///< of `not_comparable` and `not_checked`: "drift"; of `equal_by_sample`: fraction and seed

    static Verdict equal() { return {Equality::equal, 0, {}}; }
    static Verdict different(std::uint64_t count) { return {Equality::different, count, {}}; }
    static Verdict not_comparable(std::string why) { return {Equality::not_comparable, 0, std::move(why)}; }
};

/// `equal`, `different(3)`, `not-comparable(drift)` ...
std::string to_string(const Verdict& verdict);
Result<Verdict> parse_verdict(std::string_view text);
/// The weaker of two; differences add up.
Verdict weaker(const Verdict& a, const Verdict& b);
/// VERIFY-DIFFERENT, VERIFY-NOT-COMPARABLE, VERIFY-NOT-CHECKED, VERIFY-SAMPLE; empty for equal.
std::string_view verdict_code(const Verdict& verdict);
bool covers(const Waiver& waiver, std::string_view resource, const Verdict& verdict);
/// The one of the plan that covers it, or null.
const Waiver* find_waiver(const std::vector<Waiver>& waivers, std::string_view resource, const Verdict& verdict);

/// A waiver as a step's row keeps it. Those of the plan are nobody's decision of a moment: `by` and `at` stay empty.
struct GivenWaiver {
    Waiver waiver;
    std::string by; ///< who accepted, in words
    std::string at; ///< when
};
/// Canonical JSON {"code","resource","reason","most","by","at"}; the last two only where they are known.
std::string waiver_to_json(const GivenWaiver& given);
Result<GivenWaiver> waiver_from_json(std::string_view text);

/// One comparison that a verify step made. Holds no value of a customer's row (invariant 10).
struct Comparison {
    std::string what; ///< "data file data/part-0.parquet", "group dt=2024-01-01"
    Verdict verdict;
    std::string detail; ///< canonical JSON: method, digests, counts, differing columns
};

} // namespace godwit::core
