#include "base/environment.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace godwit {
namespace {

TEST(Environment, absent_and_empty_differ) {
    ::setenv("GODWIT_TEST_VARIABLE", "", 1);
    EXPECT_EQ(ProcessEnvironment().get("GODWIT_TEST_VARIABLE"), "");
    ::unsetenv("GODWIT_TEST_VARIABLE");
    EXPECT_EQ(ProcessEnvironment().get("GODWIT_TEST_VARIABLE"), std::nullopt);
    const FixedEnvironment fixed(std::map<std::string, std::string>{{"A", "1"}});
    EXPECT_EQ(fixed.get("A"), "1");
    EXPECT_EQ(fixed.get("B"), std::nullopt);
}

} // namespace
} // namespace godwit
