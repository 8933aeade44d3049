#include "base/digest.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace godwit {
namespace {

std::string md5_hex(std::string_view bytes) {
    const auto digest = md5(bytes);
    return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// FIPS 180-4 examples and RFC 1321 section A.5.
TEST(Digest, known_answers) {
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(md5_hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST(Digest, streaming_equals_one_shot_and_starts_anew) {
    Sha256 stream;
    for (int round = 0; round < 2; ++round) {
        stream.update("ab");
        stream.update("");
        stream.update("c");
        EXPECT_EQ(hex(stream.finish()), sha256_hex("abc"));
    }
    Sha256 moved = std::move(stream);
    moved.update("abc");
    EXPECT_EQ(moved.finish(), sha256("abc"));
}

TEST(Digest, threads_do_not_disturb_each_other) {
    std::vector<std::jthread> threads;
    std::array<bool, 4> right{};
    for (std::size_t t = 0; t < right.size(); ++t) {
        threads.emplace_back([t, &right] {
            const auto text = std::string(100, static_cast<char>('a' + t));
            const auto expected = md5(text);
            right[t] = true;
            for (int i = 0; i < 1000; ++i)
                right[t] = right[t] && md5(text) == expected;
        });
    }
    threads.clear();
    EXPECT_EQ(right, (std::array<bool, 4>{true, true, true, true}));
    EXPECT_EQ(md5_hex(std::string(100, 'a')), "36a92cc94a9e0fa21f625f8bfb007adf");
}

// RFC 9562 appendix A.4: www.example.com in the DNS name space.
TEST(Digest, uuid_version_5) {
    const auto dns = from_hex("6ba7b8109dad11d180b400c04fd430c8").value();
    EXPECT_EQ(uuid_text(uuid5_bytes(dns, "www.example.com")), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST(Digest, ids_of_godwit_are_functions_of_their_name) {
    const auto id = godwit_uuid("godwit-abc:1");
    EXPECT_EQ(id, godwit_uuid("godwit-abc:1"));
    EXPECT_NE(id, godwit_uuid("godwit-abc:2"));
    EXPECT_EQ(id[14], '5');
    const auto number = godwit_int64("godwit-abc:1");
    EXPECT_GE(number, 0);
    EXPECT_EQ(hex(from_hex(id.substr(0, 8)).value()), id.substr(0, 8));
    EXPECT_EQ(static_cast<std::uint64_t>(number) >> 31, std::stoull(id.substr(0, 8), nullptr, 16));
}

} // namespace
} // namespace godwit
