#include "lanes/lakehouse/sorted_spill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace godwit;
using namespace godwit::lakehouse;

namespace {

std::vector<SpillRecord> sorted(std::vector<SpillRecord> records, std::size_t block_bytes) {
    auto folder = TemporaryFolder::create();
    EXPECT_FALSE(folder.is_error());
    SortedSpill spill(block_bytes, folder->path());
    for (const auto& record : records)
        EXPECT_FALSE(spill.add(record.key, record.value).is_error());
    EXPECT_EQ(spill.size(), records.size());
    EXPECT_FALSE(spill.sort().is_error());
    EXPECT_TRUE(list_folder(folder->path())->empty()) << "whoever is killed now leaves nothing behind";
    std::vector<SpillRecord> out;
    while (spill.peek() != nullptr) {
        out.push_back(*spill.peek());
        EXPECT_FALSE(spill.pop().is_error());
    }
    return out;
}

TEST(SortedSpill, sorts_as_bytes_and_keeps_the_order_of_equal_keys_whatever_fits_in_memory) {
    std::vector<SpillRecord> records;
    std::uint32_t state = 7;
    for (int i = 0; i < 5'000; ++i) {
        state = state * 1'664'525 + 1'013'904'223;
        records.push_back(
            {std::string(1, static_cast<char>(state >> 24)) + std::string(state % 3, '\0'), std::to_string(i)});
    }
    auto expected = records;
    std::stable_sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    for (const std::size_t block : {std::size_t{1} << 20, std::size_t{9'000}, std::size_t{700}}) {
        const auto got = sorted(records, block);
        ASSERT_EQ(got.size(), expected.size()) << block;
        for (std::size_t i = 0; i < got.size(); ++i) {
            ASSERT_EQ(got[i].key, expected[i].key) << block;
            ASSERT_EQ(got[i].value, expected[i].value) << block;
        }
    }
}

TEST(SortedSpill, holds_nothing_and_records_larger_than_a_block) {
    EXPECT_TRUE(sorted({}, 100).empty());
    const std::string large(300'000, 'v');
    const auto got = sorted({{"b", large}, {"a", ""}}, 100);
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(got[0].key, "a");
    EXPECT_EQ(got[1].value, large);
}

} // namespace
