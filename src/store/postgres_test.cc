#include "base/fault_point.h"
#include "store/test_world.h"

#include <atomic>
#include <thread>

namespace godwit::store {

namespace {

/// What only PostgreSQL does: leases that run out, lost connections, deadlocks.
class Postgres : public testing::Test {
protected:
    void SetUp() override {
        if (TestPlace::server().empty())
            GTEST_SKIP() << "GODWIT_TEST_POSTGRESQL names no server";
        place_ = std::make_unique<TestPlace>(StateLocation::Kind::postgresql, clock_, random_);
        state_ = open(clock_);
    }

    std::unique_ptr<SqlState> open(Clock& clock) {
        return must(SqlState::open(place_->location(), clock, random_, all_migrations()));
    }

    /// The database's clock is this much ahead from now on.
    void shift_database_clock(std::int64_t seconds) {
        must(place_->connect()->execute_script(
            "CREATE OR REPLACE FUNCTION now_micros() RETURNS BIGINT LANGUAGE SQL AS $$ "
            "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT + " +
            std::to_string(seconds * 1'000'000) + " $$"));
    }

    static Status put(State& state, const std::string& key, std::span<const Lease> leases = {}) {
        return state.write(leases, [&](Transaction& t) { return t.put(IdMapRow{key, "t", "i", "made", ""}); });
    }

    SystemClock clock_;
    SystemRandom random_;
    std::unique_ptr<TestPlace> place_;
    std::unique_ptr<SqlState> state_;
};

TEST_F(Postgres, owner_stops_by_itself_before_its_lease_runs_out) {
    ManualClock slow(1'000'000);
    const auto sleeper = open(slow);
    const auto lease = must(sleeper->acquire("plan:1", "sleeper"));
    const auto leases = std::span(&lease, 1);
    slow.advance(std::chrono::seconds(9));
    EXPECT_OK(sleeper->confirm(lease));
    EXPECT_OK(put(*sleeper, "a", leases));
    slow.advance(std::chrono::seconds(17)); // at once, as after a sleep of the machine
    EXPECT_KIND(sleeper->confirm(lease), ErrorKind::held);
    EXPECT_KIND(put(*sleeper, "b", leases), ErrorKind::held);
    EXPECT_KIND(state_->acquire("plan:1", "other"), ErrorKind::held); // 30 s have not gone by for the database
    EXPECT_OK(sleeper->renew_leases());
    EXPECT_KIND(sleeper->confirm(lease), ErrorKind::held); // what was lost is not got back
    EXPECT_FALSE(must(state_->target_of("b", "t")).has_value());
}

TEST_F(Postgres, paused_owner_is_fenced_after_its_lease_was_taken_over) {
    ManualClock paused(1'000'000);
    const auto stale = open(paused);
    const auto lease = must(stale->acquire("plan:1", "stale"));
    shift_database_clock(31);
    const auto fresh = must(state_->acquire("plan:1", "fresh"));
    EXPECT_EQ(fresh.generation, 2);
    EXPECT_OK(stale->confirm(lease)); // its own clock stands still: only the database can tell
    EXPECT_KIND(put(*stale, "a", std::span(&lease, 1)), ErrorKind::held);
    EXPECT_OK(put(*state_, "b", std::span(&fresh, 1)));
    EXPECT_FALSE(must(state_->target_of("a", "t")).has_value());
}

TEST_F(Postgres, renewal_keeps_a_lease) {
    ManualClock slow(1'000'000);
    const auto owner = open(slow);
    const auto lease = must(owner->acquire("plan:1", "owner"));
    for (int i = 1; i <= 5; ++i) {
        slow.advance(std::chrono::seconds(12));
        shift_database_clock(12 * i);
        EXPECT_OK(owner->renew_leases());
        EXPECT_OK(owner->confirm(lease));
        EXPECT_KIND(state_->acquire("plan:1", "other"), ErrorKind::held);
    }
    EXPECT_OK(put(*owner, "a", std::span(&lease, 1)));
    EXPECT_EQ(must(select<LeaseRow>(*place_->connect(), "1 = 1", {}))[0].generation, 1);
}

TEST_F(Postgres, renewal_finds_out_that_another_took_the_lease) {
    ManualClock slow(1'000'000);
    const auto owner = open(slow);
    const auto lease = must(owner->acquire("plan:1", "owner"));
    shift_database_clock(31);
    must(state_->acquire("plan:1", "other"));
    slow.advance(std::chrono::seconds(12));
    EXPECT_OK(owner->renew_leases());
    EXPECT_KIND(owner->confirm(lease), ErrorKind::held);
    EXPECT_EQ(must(state_->holder("plan:1")), "other");
}

TEST_F(Postgres, commit_whose_answer_is_lost_is_looked_up) {
    set_fault("store.commit-answer", 1, FaultAction::error);
    int calls = 0;
    EXPECT_OK(state_->write({}, [&](Transaction& t) {
        ++calls;
        return t.put(IdMapRow{"a", "t", "i", "made", ""});
    }));
    clear_fault();
    EXPECT_EQ(calls, 1); // it had been stored, so it is not done again
    EXPECT_TRUE(must(state_->target_of("a", "t")).has_value());
    EXPECT_OK(put(*state_, "b"));
}

TEST_F(Postgres, commit_that_died_is_done_again) {
    // The server ends the session during its first COMMIT.
    must(place_->connect()->execute_script(
        "CREATE SEQUENCE commits; CREATE FUNCTION die() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN "
        "IF nextval('commits') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END $$; "
        "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON id_map DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE "
        "FUNCTION die()"));
    int calls = 0;
    EXPECT_OK(state_->write({}, [&](Transaction& t) {
        ++calls;
        return t.put(IdMapRow{"a", "t", "i", "made", ""});
    }));
    EXPECT_EQ(calls, 2);
    EXPECT_TRUE(must(state_->target_of("a", "t")).has_value());
}

TEST_F(Postgres, commit_that_hangs_is_ended_and_done_again) {
    // The first COMMIT waits for a lock that the test holds, until the writer's patience ends by its clock.
    must(place_->connect()->execute_script(
        "CREATE SEQUENCE commits; CREATE FUNCTION hang() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN "
        "IF nextval('commits') = 1 THEN SET LOCAL lock_timeout = 0; PERFORM pg_advisory_lock(4711); END IF; RETURN "
        "NULL; END $$; "
        "CREATE CONSTRAINT TRIGGER hang AFTER INSERT ON id_map DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE "
        "FUNCTION hang()"));
    const auto holder = place_->connect();
    must(holder->query("SELECT pg_advisory_lock(4711)"));
    ManualClock slow(1'000'000);
    const auto writer = open(slow);
    std::atomic<int> calls = 0;
    Status result;
    std::thread thread([&] {
        result = writer->write({}, [&](Transaction& t) {
            ++calls;
            return t.put(IdMapRow{"a", "t", "i", "made", ""});
        });
    });
    const auto waiting = [&] {
        return must(query_int64(
            *holder, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted"));
    };
    while (waiting() == 0)
        std::this_thread::yield();
    slow.advance(std::chrono::seconds(61));
    thread.join();
    EXPECT_OK(result);
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(waiting(), 0);
    EXPECT_TRUE(must(state_->target_of("a", "t")).has_value());
}

TEST_F(Postgres, commit_that_cannot_be_looked_up_is_unknown) {
    const auto role = "role_" + random_.id();
    const auto administrator = place_->connect();
    must(administrator->execute_script("CREATE ROLE " + role + " LOGIN SUPERUSER"));
    const auto location =
        must(StateLocation::parse("postgresql://" + role + place_->text().substr(place_->text().find('@'))));
    ManualClock quick(1'000'000);
    auto writer = must(SqlState::open(location, quick, random_, all_migrations()));
    set_fault("store.commit-answer", 1, FaultAction::error);
    const auto lost = writer->write({}, [&](Transaction& t) {
        must(administrator->execute_script("ALTER ROLE " + role + " NOLOGIN"));
        return t.put(IdMapRow{"a", "t", "i", "made", ""});
    });
    clear_fault();
    EXPECT_KIND(lost, ErrorKind::outcome_unknown);
    EXPECT_EQ(lost.error().retry(), RetryClass::unknown);
    EXPECT_TRUE(must(state_->target_of("a", "t")).has_value());
    EXPECT_KIND(put(*writer, "b"), ErrorKind::unavailable);
    must(administrator->execute_script("ALTER ROLE " + role + " LOGIN"));
    EXPECT_OK(put(*writer, "b"));
    writer.reset();
    must(administrator->execute_script("DROP ROLE " + role));
}

TEST_F(Postgres, session_that_is_ended_inside_a_write_is_replaced) {
    int calls = 0;
    EXPECT_OK(state_->write({}, [&](Transaction& t) -> Status {
        TRY(t.put(IdMapRow{"a", "t", "i", "made", ""}));
        if (++calls == 1)
            must(place_->connect()->query(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'id_map'::regclass"));
        return t.put(IdMapRow{"b", "t", "i", "made", ""});
    }));
    EXPECT_EQ(calls, 2);
    EXPECT_TRUE(must(state_->target_of("a", "t")).has_value());
}

TEST_F(Postgres, reading_goes_on_after_its_session_was_ended) {
    EXPECT_OK(put(*state_, "a"));
    EXPECT_TRUE(must(state_->target_of("a", "t")).has_value());
    must(place_->connect()->query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'godwit '"));
    EXPECT_TRUE(must(state_->target_of("a", "t")).has_value());
}

TEST_F(Postgres, deadlock_between_two_processes_ends_with_both_writes_done) {
    EXPECT_OK(put(*state_, "a"));
    EXPECT_OK(put(*state_, "b"));
    const auto other = open(clock_);
    std::atomic<int> inside = 0;
    const auto change_both = [&](State& state, const std::string& first, const std::string& second) {
        int calls = 0;
        return state.write({}, [&, first, second](Transaction& t) -> Status {
            TRY(t.put(IdMapRow{first, "t", "i" + std::to_string(++calls), "made", ""}));
            ++inside;
            while (calls == 1 && inside < 2)
                std::this_thread::yield();
            return t.put(IdMapRow{second, "t", "i" + std::to_string(calls), "made", ""});
        });
    };
    Status result;
    std::thread thread([&] { result = change_both(*other, "b", "a"); });
    const auto mine = change_both(*state_, "a", "b");
    thread.join();
    // The one that the server chose is repeated; it may then find that the row it read is another: that is `held`.
    for (const auto& status : {mine, result}) {
        EXPECT_TRUE(!status.is_error() || status.error().kind() == ErrorKind::held);
    }
    EXPECT_TRUE(!mine.is_error() || !result.is_error());
    EXPECT_GE(inside, 2);
    EXPECT_OK(state_->check());
}

TEST_F(Postgres, copy_is_left_to_the_server) {
    const auto refused = state_->backup("file");
    EXPECT_KIND(refused, ErrorKind::unsupported);
    EXPECT_NE(refused.error().fix().find("pg_dump"), std::string::npos);
    EXPECT_EQ(state_->run_files_folder(), "");
}

TEST_F(Postgres, newer_schema_is_refused) {
    must(place_->connect()->execute(
        "INSERT INTO schema_version (version, migrated_at, definitions) VALUES (99, 0, '')"));
    EXPECT_KIND(SqlState::open(place_->location(), clock_, random_, all_migrations()), ErrorKind::unsupported);
}

TEST(PostgresAddress, password_is_never_shown) {
    SystemClock clock;
    SystemRandom random;
    const auto refused = State::open(
        must(StateLocation::parse("postgresql://user:s3cret?word@127.0.0.1:1/db?connect_timeout=2")), clock, random);
    ASSERT_TRUE(refused.is_error());
    EXPECT_EQ(refused.error().to_block().find("s3cret"), std::string::npos) << refused.error().to_block();
    EXPECT_NE(refused.error().to_block().find("user@127.0.0.1:1"), std::string::npos);
    for (const std::string address : {"postgresql://user:s3cret@[::bad/db", "postgresql://user:s3cret@word@host/db",
                                      "postgresql://user:s3cret/word@host/db"}) {
        const auto parsed = StateLocation::parse(address);
        ASSERT_TRUE(parsed.is_error()) << address;
        EXPECT_EQ(parsed.error().kind(), ErrorKind::usage);
        EXPECT_EQ(parsed.error().to_block().find("s3cret"), std::string::npos) << parsed.error().to_block();
        EXPECT_EQ(parsed.error().to_block().find("word@"), std::string::npos) << parsed.error().to_block();
    }
    EXPECT_EQ(must(StateLocation::parse("postgresql://u:p@host:7/db?password=x")).display(),
              "postgresql://u@host:7/db");
    EXPECT_EQ(must(StateLocation::parse("postgres://host/db")).display(), "postgresql://host/db");
    EXPECT_EQ(must(StateLocation::parse("sqlite:a.db")).file, "a.db");
    EXPECT_KIND(StateLocation::parse(""), ErrorKind::usage);
    EXPECT_KIND(StateLocation::parse("mysql://x"), ErrorKind::usage);
}

} // namespace

} // namespace godwit::store
