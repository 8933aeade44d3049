#include "base/secret.h"

#include <gtest/gtest.h>

#include <cstring>
#include <new>
#include <sstream>

namespace godwit {
namespace {

static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<std::string, Secret>);

TEST(Secret, prints_redacted) {
    std::ostringstream out;
    out << Secret("hunter2");
    EXPECT_EQ(out.str(), "**redacted**");
}

TEST(Secret, copies_and_moves_keep_the_value) {
    Secret first("a short one");
    Secret copy = first;
    Secret moved = std::move(first);
    EXPECT_EQ(copy.reveal(), "a short one");
    EXPECT_EQ(moved.reveal(), "a short one");
    EXPECT_TRUE(first.empty()); // NOLINT(bugprone-use-after-move): that it is empty is the point
    copy = Secret(std::string(100, 'x'));
    EXPECT_EQ(copy.reveal(), std::string(100, 'x'));
}

TEST(Secret, is_wiped_when_it_moves) {
    // A short value lies inside the object, where a moved std::string would leave its bytes.
    alignas(Secret) unsigned char storage[sizeof(Secret)];
    auto* secret = new (storage) Secret("hunter2");
    const Secret moved = std::move(*secret);
    const std::string_view bytes(reinterpret_cast<const char*>(storage), sizeof storage);
    EXPECT_EQ(bytes.find("unter2"), std::string_view::npos);
    EXPECT_EQ(moved.reveal(), "hunter2");
    secret->~Secret();
}

} // namespace
} // namespace godwit
