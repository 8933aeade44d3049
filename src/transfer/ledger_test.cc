#include "transfer/ledger.h"

#include "base/digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace godwit::transfer {
namespace {

using std::string_literals::operator""s;
using testing::ElementsAre;
using testing::HasSubstr;

class LedgerTest : public ::testing::Test {
protected:
    static Ledger ledger() {
        Ledger ledger{"godwit-plan-step", "nonce", "a", "%FF", {"d/t", "d/t/\xff"}, {}};
        ledger.entries = {{"d/t/b", 1, 3, "00", "s3://b/\"x\n", 3, -5, 7},
                          {"d/t/\xff\n", 0, 18'446'744'073'709'551'615u, "11", "", 0, 0, 0}};
        return ledger;
    }
    std::string path() const { return folder_.path() + "/x.ledger"; }
    std::string text() const { return read_file(path()).value(); }
    void put(const std::string& bytes) const { ASSERT_FALSE(write_file_durably(path(), bytes).is_error()); }

    TemporaryFolder folder_ = TemporaryFolder::create().value();
};

TEST_F(LedgerTest, is_read_as_it_was_written_whatever_names_hold) {
    const auto digest = write_ledger(path(), ledger()).value();
    const auto stored = read_ledger(path()).value();
    EXPECT_EQ(stored.digest, digest);
    EXPECT_EQ(stored.ledger.marker, "godwit-plan-step");
    EXPECT_EQ(stored.ledger.nonce, "nonce");
    EXPECT_EQ(stored.ledger.from_key, "a");
    EXPECT_EQ(stored.ledger.to_key, "%FF");
    EXPECT_THAT(stored.ledger.folders, ElementsAre("d/t", "d/t/\xff"));
    ASSERT_EQ(stored.ledger.entries.size(), 2u);
    const auto& entry = stored.ledger.entries[0];
    EXPECT_EQ(entry.key, "d/t/b");
    EXPECT_EQ(entry.number, 1u);
    EXPECT_EQ(entry.source, "s3://b/\"x\n");
    EXPECT_EQ(entry.source_mtime_ns, -5);
    EXPECT_EQ(entry.source_inode, 7u);
    EXPECT_EQ(stored.ledger.entries[1].key, "d/t/\xff\n");
    EXPECT_EQ(stored.ledger.entries[1].bytes, 18'446'744'073'709'551'615u);
    EXPECT_EQ(file_state(path()).value().mode, 0600u);
}

TEST_F(LedgerTest, entries_are_sorted_as_bytes_so_that_the_digest_does_not_depend_on_their_order) {
    const auto digest = write_ledger(path(), ledger()).value();
    auto other = ledger();
    std::swap(other.entries[0], other.entries[1]);
    EXPECT_EQ(write_ledger(path(), other).value(), digest);
}

TEST_F(LedgerTest, every_cut_and_every_flipped_byte_is_seen) {
    ASSERT_FALSE(write_ledger(path(), ledger()).is_error());
    const auto whole = text();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        put(whole.substr(0, size));
        ASSERT_EQ(read_ledger(path()).error().kind(), ErrorKind::corrupt) << size;
    }
    for (std::size_t i = 0; i < whole.size(); i += 7) {
        auto flipped = whole;
        flipped[i] = static_cast<char>(flipped[i] ^ 1);
        put(flipped);
        ASSERT_TRUE(read_ledger(path()).is_error()) << i;
    }
    EXPECT_EQ(read_ledger(folder_.path() + "/none").error().kind(), ErrorKind::not_found);
}

TEST_F(LedgerTest, a_line_of_another_shape_is_an_error_although_the_digest_holds) {
    for (const auto* body : {"[]\n", "{\"marker\":1}\n", "x\n"}) {
        put(body + sha256_hex(body) + "\n");
        EXPECT_TRUE(read_ledger(path()).is_error()) << body;
    }
}

TEST_F(LedgerTest, the_nonces_of_a_marker_are_those_of_its_files_alone) {
    for (const auto* name : {"m-1.ledger", "m-2.ledger", "m-3.ledger.tmp", "n-4.ledger", "m.ledger"})
        ASSERT_FALSE(write_file_durably(folder_.path() + "/" + name, "").is_error());
    EXPECT_EQ(ledger_path(folder_.path(), "m", "1"), folder_.path() + "/m-1.ledger");
    EXPECT_THAT(stored_nonces(folder_.path(), "m").value(), ElementsAre("1", "2"));
    EXPECT_THAT(stored_nonces(folder_.path(), "o").value(), ElementsAre());
}

} // namespace
} // namespace godwit::transfer
