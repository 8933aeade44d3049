#include "core/verification.h"

#include <gtest/gtest.h>

namespace godwit::core {
namespace {

const std::vector<Verdict> kAll{Verdict::different(3), Verdict{}, Verdict::not_comparable("drift"),
                                Verdict{Equality::equal_by_sample, 0, "0.05, seed 7"}, Verdict::equal()};

TEST(Verdict, TextGoesThereAndBack) {
    for (const auto& verdict : kAll) {
        const auto again = parse_verdict(to_string(verdict));
        ASSERT_TRUE(again) << to_string(verdict);
        EXPECT_EQ(to_string(*again), to_string(verdict));
    }
    EXPECT_EQ(to_string(Verdict::different(3)), "different(3)");
    for (const char* text : {"", "same", "different(x)", "different(3"})
        EXPECT_TRUE(parse_verdict(text).is_error()) << text;
}

TEST(Verdict, TheWeakerOneCounts) {
    for (std::size_t weak = 0; weak < kAll.size(); ++weak)
        for (std::size_t strong = weak; strong < kAll.size(); ++strong)
            EXPECT_EQ(weaker(kAll[strong], kAll[weak]).equality, kAll[weak].equality);
    EXPECT_EQ(weaker(Verdict::different(3), Verdict::different(4)).differences, 7U);
}

TEST(Verdict, EachButEqualHasACode) {
    EXPECT_EQ(verdict_code(kAll[0]), "VERIFY-DIFFERENT");
    EXPECT_EQ(verdict_code(kAll[1]), "VERIFY-NOT-CHECKED");
    EXPECT_EQ(verdict_code(kAll[2]), "VERIFY-NOT-COMPARABLE");
    EXPECT_EQ(verdict_code(kAll[3]), "VERIFY-SAMPLE");
    EXPECT_EQ(verdict_code(kAll[4]), "");
}

TEST(Waiver, CoversItsResourceUpToItsBound) {
    const std::vector<Waiver> waivers{{"VERIFY-DIFFERENT", "t", "known", 3},
                                      {"VERIFY-NOT-COMPARABLE", "t", "known", 0}};
    EXPECT_NE(find_waiver(waivers, "t", Verdict::different(3)), nullptr);
    EXPECT_EQ(find_waiver(waivers, "t", Verdict::different(4)), nullptr);
    EXPECT_EQ(find_waiver(waivers, "other", Verdict::different(1)), nullptr);
    EXPECT_NE(find_waiver(waivers, "t", Verdict::not_comparable("drift")), nullptr);
    EXPECT_EQ(find_waiver(waivers, "t", Verdict{}), nullptr);
}

} // namespace
} // namespace godwit::core
