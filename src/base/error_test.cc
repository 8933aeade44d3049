#include "base/error.h"

#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace godwit {
namespace {

Error example() {
    return Error::make(ErrorKind::invalid_input, "the manifest cannot be read")
        .why("block 3 is cut")
        .fix("copy it again")
        .at("offset 17")
        .at("a.avro")
        .code("LAKE-001");
}

TEST(Error, shows_what_why_fix_and_where) {
    EXPECT_EQ(example().to_line(), "the manifest cannot be read: block 3 is cut (a.avro: offset 17)");
    EXPECT_EQ(example().request_id("r1").to_block(), "Error LAKE-001: the manifest cannot be read\n"
                                                     "  Why:   block 3 is cut\n"
                                                     "  Fix:   copy it again\n"
                                                     "  Where: a.avro: offset 17, request r1\n");
}

TEST(Error, copies_do_not_change_with_the_original) {
    auto original = example();
    const Error copy = original;
    original = std::move(original).at("table t");
    EXPECT_EQ(copy.where(), "a.avro: offset 17");
    EXPECT_EQ(original.where(), "table t: a.avro: offset 17");
}

TEST(Error, causes_are_kept) {
    const auto outer = Error::make(ErrorKind::io, "the table cannot be copied").cause(example());
    ASSERT_NE(outer.cause(), nullptr);
    EXPECT_EQ(outer.cause()->code(), "LAKE-001");
    EXPECT_NE(outer.to_line().find("block 3 is cut"), std::string::npos);
}

TEST(Error, an_unknown_outcome_is_never_repeated_blindly) {
    EXPECT_EQ(Error::make(ErrorKind::outcome_unknown, "x").retry(), RetryClass::unknown);
    EXPECT_EQ(Error::make(ErrorKind::io, "x").retry(), RetryClass::fail);
}

TEST(Error, errno_decides_the_kind) {
    EXPECT_EQ(system_error(ENOSPC, "x", "p").kind(), ErrorKind::no_space);
    EXPECT_EQ(system_error(EDQUOT, "x", "p").kind(), ErrorKind::no_space);
    EXPECT_EQ(system_error(ENOENT, "x", "p").kind(), ErrorKind::not_found);
    EXPECT_EQ(system_error(EROFS, "x", "p").kind(), ErrorKind::permission);
    EXPECT_EQ(system_error(EEXIST, "x", "p").kind(), ErrorKind::conflict);
    EXPECT_EQ(system_error(EIO, "x", "p").kind(), ErrorKind::io);
    EXPECT_FALSE(system_error(EIO, "x", "p").why().empty());
}

TEST(Error, a_block_always_says_how_to_go_on) {
    for (const int number : {ENOSPC, ENOENT, ENOTDIR, EACCES, EROFS, EEXIST, EISDIR, EIO, EMFILE})
        EXPECT_FALSE(system_error(number, "x", "p").fix().empty()) << number;
    for (int kind = 0; kind <= static_cast<int>(ErrorKind::bug); ++kind)
        EXPECT_NE(Error::make(static_cast<ErrorKind>(kind), "x").to_block().find("\n  Fix:   "), std::string::npos);
}

Result<int> half(int number) {
    if (number % 2 != 0)
        return Error::make(ErrorKind::invalid_input, "odd");
    return number / 2;
}

Result<std::string> quarter(int number) {
    const int halved = TRY(half(number));
    return std::to_string(TRY(half(halved)));
}

Status check_quarter(int number) {
    TRY(quarter(number));
    return {};
}

TEST(Error, nothing_in_it_reaches_a_terminal_as_a_command) {
    const auto error = Error::make(ErrorKind::invalid_input, "a\x1b[2Jb")
                           .why("first\nsecond\x07")
                           .at("\xE2\x80\xAE")
                           .cause(Error::make(ErrorKind::io, "\x1b]0;title"));
    for (const auto& text : {error.to_line(), error.to_block()}) {
        EXPECT_EQ(text.find_first_of("\x1b\x07\xE2"), std::string::npos) << text;
        EXPECT_NE(text.find("a\\x1B[2Jb"), std::string::npos) << text;
        EXPECT_NE(text.find("first\nsecond"), std::string::npos) << text;
    }
}

TEST(Result, try_gives_the_value_or_returns_the_error) {
    EXPECT_EQ(quarter(12).value(), "3");
    EXPECT_EQ(quarter(6).error().what(), "odd");
    EXPECT_FALSE(check_quarter(4).is_error());
    EXPECT_TRUE(check_quarter(2).is_error());
}

} // namespace
} // namespace godwit
