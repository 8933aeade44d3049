#include "base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace godwit {
namespace {

TEST(Random, ids_are_16_characters_of_base32_and_differ) {
    SystemRandom random;
    std::set<std::string> ids;
    for (int i = 0; i < 100; ++i) {
        const auto id = random.id();
        EXPECT_EQ(id.size(), 16u);
        EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos) << id;
        ids.insert(id);
    }
    EXPECT_EQ(ids.size(), 100u);
}

TEST(Random, gives_as_many_bytes_as_asked) {
    SystemRandom system;
    SeededRandom seeded(1);
    for (const std::size_t count : {0u, 1u, 7u, 8u, 9u, 1000u}) {
        EXPECT_EQ(system.bytes(count).size(), count);
        EXPECT_EQ(seeded.bytes(count).size(), count);
    }
}

TEST(Random, the_seed_decides) {
    SeededRandom a(42);
    SeededRandom b(42);
    SeededRandom c(43);
    const auto first = a.bytes(20);
    EXPECT_EQ(first, b.bytes(20));
    EXPECT_NE(first, c.bytes(20));
    EXPECT_NE(first, a.bytes(20));
}

} // namespace
} // namespace godwit
