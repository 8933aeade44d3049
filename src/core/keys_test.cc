#include "core/keys.h"

#include "base/digest.h"

#include <gtest/gtest.h>

namespace godwit::core {
namespace {

TEST(Keys, AreAsciiWhateverNamesHold) {
    const auto key = resource_key("lakehouse", "table", {"1", "a/b:c", "x\n\"${", "\xff"});
    EXPECT_EQ(key, "lakehouse:table:1/a%2Fb%3Ac/x%0A%22%24%7B/%FF");
    const auto parts = parse_resource_key(key);
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->parts, (std::vector<std::string>{"1", "a/b:c", "x\n\"${", "\xff"}));
    EXPECT_EQ(parts->type, "table");
}

TEST(Keys, RefuseWhatIsNoKey) {
    for (const char* text : {"", "a", "a:b", "a:b:c:d", "a:b:%zz"})
        EXPECT_TRUE(parse_resource_key(text).is_error()) << text;
}

TEST(Keys, StepIdsDependOnTheKeyAlone) {
    const auto key = step_key("kind", "lakehouse:table:x", 0);
    EXPECT_EQ(key, R"(["kind","lakehouse:table:x",0])");
    EXPECT_EQ(step_id(key).size(), 16U);
    EXPECT_EQ(step_id(key), step_id(step_key("kind", "lakehouse:table:x", 0)));
    EXPECT_NE(step_id(key), step_id(step_key("kind", "lakehouse:table:x", 1)));
}

TEST(Keys, MarkersFitTheServices) {
    const auto digest = sha256_hex("plan");
    const auto text = marker(digest, step_id("key"));
    EXPECT_TRUE(text.starts_with("godwit-" + plan_prefix(digest) + "-"));
    EXPECT_EQ(text.size(), 7U + 12 + 1 + 16);
    EXPECT_LE(text.size(), 60U);
    EXPECT_EQ(marker_of(text, "another"), marker(digest, "another"));
    EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos);
}

} // namespace
} // namespace godwit::core
