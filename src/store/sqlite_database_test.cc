#include "store/migrations.h"
#include "store/sqlite_checked_file.h"
#include "store/test_world.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

namespace godwit::store {

namespace {

/// What only SQLite does: files, backups, migrations of a file.
class SqliteFile : public testing::Test {
protected:
    void SetUp() override { place_ = std::make_unique<TestPlace>(StateLocation::Kind::sqlite, clock_, random_); }

    std::string file() const { return place_->text(); }
    Result<std::unique_ptr<State>> open(const std::string& name) {
        return State::open(must(StateLocation::parse(name)), clock_, random_);
    }
    Result<std::unique_ptr<SqlState>> open(std::span<const Migration> migrations) {
        return SqlState::open(place_->location(), clock_, random_, migrations);
    }
    static Status put(State& state, const std::string& key) {
        return state.write({}, [&](Transaction& t) { return t.put(IdMapRow{key, "t", "i", "made", ""}); });
    }

    SystemClock clock_;
    SystemRandom random_;
    std::unique_ptr<TestPlace> place_;
};

std::vector<Migration> with_next(std::string_view sql) {
    std::vector<Migration> migrations(all_migrations().begin(), all_migrations().end());
    migrations.push_back({migrations.back().version + 1, sql});
    return migrations;
}

constexpr std::string_view kNext = "CREATE TABLE next (id {text}, PRIMARY KEY (id)){keyed};";

TEST_F(SqliteFile, migrations_are_numbered_without_gaps) {
    std::int64_t version = 0;
    for (const auto& migration : all_migrations())
        EXPECT_EQ(migration.version, ++version);
}

TEST_F(SqliteFile, older_file_is_copied_and_then_migrated) {
    const auto old_version = all_migrations().back().version;
    EXPECT_OK(put(*must(open(all_migrations())), "a"));
    const auto migrations = with_next(kNext);
    const auto backup = file() + ".schema-" + std::to_string(old_version) + ".backup";
    {
        const auto state = must(open(migrations));
        EXPECT_EQ(state->schema_version(), old_version + 1);
        EXPECT_TRUE(must(state->target_of("a", "t")).has_value());
        EXPECT_OK(state->check());
        EXPECT_TRUE(must(place_->connect()->query("SELECT id FROM next")).empty());
    }
    const auto refused = open(all_migrations());
    EXPECT_KIND(refused, ErrorKind::unsupported);
    EXPECT_NE(refused.error().to_block().find("version " + std::to_string(old_version + 1)), std::string::npos);
    EXPECT_OK(open(migrations)); // and the refusal changed nothing

    const auto old = must(open(backup));
    EXPECT_EQ(old->schema_version(), old_version);
    EXPECT_TRUE(must(old->target_of("a", "t")).has_value());
}

TEST_F(SqliteFile, migration_that_fails_leaves_the_file_as_it_was) {
    EXPECT_OK(put(*must(open(all_migrations())), "a"));
    EXPECT_TRUE(open(with_next("CREATE TABLE next (id {text}); CREATE TABLE run (id {text});")).is_error());
    const auto state = must(open(all_migrations()));
    EXPECT_TRUE(must(state->target_of("a", "t")).has_value());
    EXPECT_OK(state->check());
}

TEST_F(SqliteFile, changed_definition_is_reported) {
    EXPECT_OK(open(file()));
    must(place_->connect()->execute_script(
        "DROP INDEX run_open; CREATE UNIQUE INDEX run_open ON run (plan) WHERE state <> 'done'"));
    EXPECT_KIND(open(file()), ErrorKind::corrupt);
}

TEST_F(SqliteFile, backup_is_a_consistent_copy_made_while_others_write) {
    const auto state = must(open(file()));
    for (int i = 0; i < 20; ++i)
        EXPECT_OK(put(*state, std::to_string(i)));
    std::thread writing([&] {
        for (int i = 20; i < 120; ++i)
            EXPECT_OK(put(*state, std::to_string(i)));
    });
    const auto copy = place_->folder() + "/copy.db";
    EXPECT_OK(state->backup(copy));
    writing.join();
    EXPECT_KIND(state->backup(copy), ErrorKind::conflict);
    EXPECT_KIND(state->backup(place_->folder() + "/no/such/copy.db"), ErrorKind::not_found);
    EXPECT_FALSE(file_exists(copy + ".unfinished"));
    const auto copied = must(open(copy));
    EXPECT_OK(copied->check());
    int present = 0;
    while (must(copied->target_of(std::to_string(present), "t")).has_value())
        ++present;
    EXPECT_GE(present, 20);
    EXPECT_OK(put(*copied, "next"));
}

TEST_F(SqliteFile, nobody_else_may_read_it_nor_hold_the_lock_of_an_owner) {
    const auto mode = [](const std::string& path) {
        struct ::stat about = {};
        return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 0777 : 0U;
    };
    auto state = must(open(file()));
    ASSERT_FALSE(put(*state, "a").is_error());
    const auto lease = must(state->acquire("plan:x", "someone"));
    for (const std::string& path : {file(), file() + "-wal", file() + "-shm"})
        EXPECT_EQ(mode(path), 0600U) << path;
    EXPECT_EQ(mode(file() + ".owners"), 0700U);
    EXPECT_EQ(mode(file() + ".owners/" + lease.owner), 0600U);
    ASSERT_FALSE(state->backup(file() + ".backup").is_error());
    EXPECT_EQ(mode(file() + ".backup"), 0600U);
}

TEST_F(SqliteFile, backup_takes_a_name_without_a_folder) {
    const auto state = must(open(file()));
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(place_->folder());
    const auto written = state->backup("copy.db");
    std::filesystem::current_path(before);
    EXPECT_OK(written);
    EXPECT_OK(must(open(place_->folder() + "/copy.db"))->check());
}

TEST_F(SqliteFile, what_others_may_write_is_not_believed) {
    EXPECT_OK(put(*must(open(file())), "a"));
    for (const ::mode_t mode : {0620U, 0602U}) {
        ASSERT_EQ(::chmod(file().c_str(), mode), 0);
        EXPECT_KIND(open(file()), ErrorKind::permission);
    }
    ASSERT_EQ(::chmod(file().c_str(), 0644), 0);
    EXPECT_OK(open(file()));
    ASSERT_EQ(::close(::open((file() + "-wal").c_str(), O_CREAT | O_WRONLY, 0600)), 0);
    ASSERT_EQ(::chmod((file() + "-wal").c_str(), 0606), 0);
    const auto log = open(file());
    EXPECT_KIND(log, ErrorKind::permission);
    EXPECT_EQ(log.error().where(), file() + "-wal");
}

TEST_F(SqliteFile, a_journal_that_would_be_played_back_is_refused) {
    EXPECT_OK(put(*must(open(file())), "a"));
    const auto journal = file() + "-journal";
    ASSERT_EQ(::close(::open(journal.c_str(), O_CREAT | O_WRONLY, 0600)), 0);
    EXPECT_KIND(open(file()), ErrorKind::corrupt);
    EXPECT_TRUE(file_exists(journal));
    EXPECT_OK(remove_file(journal));
    EXPECT_OK(open(file()));
}

TEST_F(SqliteFile, what_another_user_made_is_not_believed) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root can give a file away";
    EXPECT_OK(put(*must(open(file())), "a"));
    ASSERT_EQ(::chmod(file().c_str(), 0644), 0);
    ASSERT_EQ(::chmod(place_->folder().c_str(), 0755), 0);
    constexpr ::uid_t kNobody = 65534;
    ASSERT_EQ(::seteuid(kNobody), 0);
    const auto opened = open(file());
    ASSERT_EQ(::seteuid(0), 0);
    EXPECT_KIND(opened, ErrorKind::permission);
    EXPECT_NE(opened.error().to_block().find("it belongs to user 0"), std::string::npos) << opened.error().to_block();
    ASSERT_EQ(::chown(file().c_str(), kNobody, kNobody), 0);
    EXPECT_KIND(open(file()), ErrorKind::permission); // root does as little in the name of others
}

TEST_F(SqliteFile, the_folder_of_owners_is_this_users_alone) {
    const auto state = must(open(file()));
    ASSERT_EQ(::mkdir((file() + ".owners").c_str(), 0700), 0);
    ASSERT_EQ(::chmod((file() + ".owners").c_str(), 0777), 0);
    EXPECT_KIND(state->acquire("plan:x", "someone"), ErrorKind::permission);
    ASSERT_EQ(::chmod((file() + ".owners").c_str(), 0700), 0);
    EXPECT_OK(state->acquire("plan:x", "someone"));
}

TEST_F(SqliteFile, many_may_create_it_at_once) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&, i] { EXPECT_OK(put(*must(open(file())), std::to_string(i))); });
    for (auto& thread : threads)
        thread.join();
    const auto state = must(open(file()));
    for (int i = 0; i < 8; ++i)
        EXPECT_TRUE(must(state->target_of(std::to_string(i), "t")).has_value());
    for (const auto& entry : must(list_folder(place_->folder())))
        EXPECT_EQ(entry.name.find(".new-"), std::string::npos) << entry.name;
}

TEST_F(SqliteFile, owners_see_each_other_through_a_symbolic_link) {
    const auto state = must(open(file()));
    ASSERT_EQ(symlink(file().c_str(), (place_->folder() + "/link.db").c_str()), 0);
    ASSERT_EQ(symlink(place_->folder().c_str(), (place_->folder() + "/folder").c_str()), 0);
    must(state->acquire("plan:1", "me"));
    for (const auto* name : {"/link.db", "/folder/state.db", "/./state.db"})
        EXPECT_KIND(must(open(place_->folder() + name))->acquire("plan:1", "other"), ErrorKind::held);
}

TEST_F(SqliteFile, second_name_for_the_file_is_refused) {
    EXPECT_OK(open(file()));
    ASSERT_EQ(link(file().c_str(), (place_->folder() + "/second.db").c_str()), 0);
    EXPECT_KIND(open(file()), ErrorKind::unsupported);
}

TEST_F(SqliteFile, file_of_another_program_is_refused_and_left_alone) {
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "CREATE TABLE theirs (x)", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(other);
    const auto bytes = must(read_file(file()));
    EXPECT_KIND(open(file()), ErrorKind::corrupt);
    EXPECT_EQ(must(read_file(file())), bytes);
}

TEST_F(SqliteFile, writer_of_another_process_is_waited_for) {
    const auto state = must(open(file()));
    const auto other = place_->connect();
    must(other->begin());
    std::thread patient([&] { EXPECT_OK(put(*state, "a")); });
    must(other->query("SELECT count(*) FROM run"));
    must(other->commit());
    patient.join();
    EXPECT_TRUE(must(state->target_of("a", "t")).has_value());
}

TEST_F(SqliteFile, other_program_may_read_it_but_not_write_it) {
    const auto copy = place_->folder() + "/copy.db";
    {
        const auto state = must(open(file()));
        EXPECT_OK(put(*state, "a"));
        for (const auto* suffix : {"", "-wal"}) // as after a kill: the log is still there
            must(write_file_durably(copy + suffix, must(read_file(file() + suffix))));
    }
    const auto run = [&](const char* sql) {
        sqlite3* other = nullptr;
        EXPECT_EQ(sqlite3_open(copy.c_str(), &other), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(other, sql, nullptr, nullptr, nullptr), SQLITE_OK);
        EXPECT_EQ(sqlite3_close(other), SQLITE_OK);
    };
    run("SELECT * FROM migration_jobs");
    EXPECT_FALSE(file_exists(copy + "-wal")); // it moved the log into the file
    {
        const auto state = must(open(copy));
        EXPECT_TRUE(must(state->target_of("a", "t")).has_value());
        EXPECT_OK(put(*state, "b"));
        EXPECT_OK(state->check());
    }
    run("UPDATE id_map SET target_id = 'forged' WHERE source_key = 'b'");
    EXPECT_KIND(open(copy), ErrorKind::corrupt);
}

TEST(PageChecksum, sees_every_flipped_bit_and_a_page_in_the_wrong_place) {
    std::string page(kSqlitePageBytes, 'p');
    const auto whole = page_checksum(page, 8'192);
    EXPECT_NE(whole, 0U);
    EXPECT_NE(whole, page_checksum(page, 4'096));
    for (std::size_t bit = 0; bit < (kSqlitePageBytes - kSqliteReservedBytes) * 8; ++bit) {
        page[bit / 8] = static_cast<char>(page[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_NE(page_checksum(page, 8'192), whole);
        page[bit / 8] = static_cast<char>(page[bit / 8] ^ (1 << (bit % 8)));
    }
}

TEST(NetworkFileSystem, is_known_by_its_number) {
    EXPECT_EQ(network_file_system(0x6969), "NFS");
    EXPECT_EQ(network_file_system(0xFF534D42), "CIFS");
    EXPECT_EQ(network_file_system(0x65735546), "FUSE");
    EXPECT_EQ(network_file_system(0xEF53), "");     // ext4
    EXPECT_EQ(network_file_system(0x01021994), ""); // tmpfs
}

TEST(Dialect, is_expanded_for_each_back_end) {
    using enum StateLocation::Kind;
    EXPECT_EQ(expand_dialect("a = ? AND b = ?", sqlite), "a = ? AND b = ?");
    EXPECT_EQ(expand_dialect("a = ? AND b = ?", postgresql), "a = $1 AND b = $2");
    EXPECT_EQ(expand_dialect("(a {integer}){strict}", sqlite), "(a INTEGER NOT NULL) STRICT");
    EXPECT_EQ(expand_dialect("(a {integer}){strict}", postgresql), "(a BIGINT NOT NULL)");
    EXPECT_EQ(expand_dialect("{unknown} {time", sqlite), "{unknown} {time");
}

// Stored values: a change of either would make every existing database unreadable.
TEST(Checksum, stays_the_same_for_ever) {
    const IdMapRow row{"key", "target", "id", "made", "run1"};
    EXPECT_EQ(checksum(table_of<IdMapRow>(), to_values(row)), 2548196922100762102);
    EXPECT_EQ(event_chain("", EventRow{"run1", 1, 2, "step", "type", "info", "{}"}),
              "41ee0e90a0c2acbc5a8b616a248e955381a92690167efbb1174c02af3adde74a");
}

TEST(Checksum, tells_apart_values_that_run_together) {
    const auto& table = table_of<IdMapRow>();
    const auto text = [](const char* value) { return Value(std::string(value)); };
    const std::vector<Values> different = {{text("ab"), text("c")},
                                           {text("a"), text("bc")},
                                           {text("abc")},
                                           {text("abc"), text("")},
                                           {text("1")},
                                           {std::int64_t{1}},
                                           {std::int64_t{-1}},
                                           {Value()},
                                           {}};
    for (std::size_t a = 0; a < different.size(); ++a) {
        for (std::size_t b = 0; b < a; ++b)
            EXPECT_NE(checksum(table, different[a]), checksum(table, different[b]));
    }
}

} // namespace

} // namespace godwit::store
