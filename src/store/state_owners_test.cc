#include "base/fault_point.h"
#include "store/test_process.h"
#include "store/test_world.h"

#include <atomic>
#include <thread>

namespace godwit::store {

namespace {

using StateOwners = ContractTest;
INSTANTIATE_TEST_SUITE_P(BothBackEnds, StateOwners,
                         testing::Values(StateLocation::Kind::sqlite, StateLocation::Kind::postgresql),
                         [](const auto& about) { return testing::PrintToString(about.param); });

/// Takes every step of run1 that it can get. The number taken, or -1 after an Error other than `held`.
int take_steps(State& state, const std::string& name, std::size_t steps, bool by_lease) {
    int taken = 0;
    for (std::size_t i = 0; i < steps; ++i) {
        const auto step = step_id(i);
        std::vector<Lease> leases;
        if (by_lease) {
            auto lease = state.acquire("step:p:" + step, name);
            if (lease.is_error() && lease.error().kind() == ErrorKind::held)
                continue;
            if (lease.is_error())
                return -1;
            leases.push_back(*lease);
        }
        const auto status = state.write(leases, [&](Transaction& t) -> Status {
            const auto before = TRY(t.step("run1", step));
            if (before.state != StepState::planned)
                return Error::make(ErrorKind::held, "taken");
            auto after = before;
            after.state = StepState::intent;
            after.attempts += 1;
            after.result = name;
            return t.change_step(before, after);
        });
        if (status.is_error() && status.error().kind() != ErrorKind::held)
            return -1;
        taken += status.is_error() ? 0 : 1;
    }
    return taken;
}

/// Orders: `hold SCOPE PLACE` or `take COUNT PLACE`.
TEST(OwnerProcess, DISABLED_does_as_ordered) {
    const auto orders = split(ProcessEnvironment().get(std::string(TestProcess::kOrders)).value_or("none"), ' ');
    ASSERT_EQ(orders.size(), 3U);
    SystemClock clock;
    SystemRandom random;
    const auto state = must(State::open(must(StateLocation::parse(orders[2])), clock, random));
    if (orders[0] == "hold") {
        must(state->acquire(orders[1], "the child"));
        TestProcess::tell("held");
        TestProcess::wait_for_start();
        return;
    }
    TestProcess::tell("ready");
    TestProcess::wait_for_start();
    const auto steps = static_cast<std::size_t>(must(parse_int64(orders[1])));
    TestProcess::tell(std::to_string(take_steps(*state, "child" + random.id(), steps, true)));
}

TEST_P(StateOwners, lease_has_one_owner_and_a_new_generation_each_time) {
    const auto other = open();
    const auto lease = must(state_->acquire("plan:1", "first"));
    EXPECT_EQ(lease.generation, 1);
    EXPECT_EQ(must(state_->holder("plan:1")), "first");
    EXPECT_EQ(must(other->holder("plan:1")), "first");
    EXPECT_EQ(must(other->holder("plan:2")), std::nullopt);
    for (auto* state : {state_.get(), other.get()}) {
        const auto refused = state->acquire("plan:1", "second");
        EXPECT_KIND(refused, ErrorKind::held);
        EXPECT_EQ(refused.error().why(), "first holds it");
    }
    EXPECT_OK(state_->confirm(lease));
    EXPECT_OK(state_->release(lease));
    EXPECT_EQ(must(other->holder("plan:1")), std::nullopt);
    const auto next = must(other->acquire("plan:1", "second"));
    EXPECT_EQ(next.generation, 2);
    EXPECT_KIND(state_->release(lease), ErrorKind::held);
    EXPECT_EQ(must(state_->holder("plan:1")), "second");
}

TEST_P(StateOwners, lease_is_free_when_its_owner_has_closed_the_database) {
    auto other = open();
    must(other->acquire("plan:1", "other"));
    other.reset();
    EXPECT_EQ(must(state_->holder("plan:1")), std::nullopt);
    EXPECT_EQ(must(state_->acquire("plan:1", "me")).generation, 2);
}

TEST_P(StateOwners, stale_generation_is_fenced) {
    make_run(1);
    const auto other = open();
    const auto stale = must(state_->acquire("plan:1", "first"));
    const auto emit = [&](State& state, const Lease& lease) {
        return state.write(std::span(&lease, 1), [&](Transaction& t) {
            return t.emit(EventRow{"run1", 0, 0, "", "diagnostic", "info", "{}"});
        });
    };
    EXPECT_OK(emit(*state_, stale));
    EXPECT_OK(state_->release(stale));
    const auto fresh = must(other->acquire("plan:1", "second"));
    EXPECT_KIND(emit(*state_, stale), ErrorKind::held);
    EXPECT_OK(emit(*other, fresh));
    EXPECT_OK(other->release(fresh));
    const auto again = must(state_->acquire("plan:1", "first again"));
    EXPECT_EQ(again.generation, 3);
    EXPECT_KIND(emit(*state_, stale), ErrorKind::held); // same owner, older generation
    EXPECT_OK(emit(*state_, again));
    EXPECT_EQ(must(state_->events("run1", 0, 10)).size(), 3U);
}

TEST_P(StateOwners, racing_threads_of_two_owners_take_each_step_once) {
    constexpr std::size_t kSteps = 40;
    make_run(kSteps);
    const auto other = open();
    for (const bool by_lease : {true, false}) {
        std::atomic<int> taken = 0;
        std::atomic<bool> failed = false;
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&, i] {
                const int mine =
                    take_steps(i % 2 == 0 ? *state_ : *other, "thread" + std::to_string(i), kSteps, by_lease);
                failed = failed || mine < 0;
                taken += mine;
            });
        }
        for (auto& thread : threads)
            thread.join();
        EXPECT_FALSE(failed);
        EXPECT_EQ(taken, static_cast<int>(kSteps));
        for (const auto& step : must(state_->steps("run1", {}, -1, 1'000))) {
            EXPECT_EQ(step.attempts, 1);
            put_step(step.step, StepState::planned);
        }
        for (const auto& step : must(state_->steps("run1", {}, -1, 1'000))) {
            auto reset = step;
            reset.attempts = 0;
            EXPECT_OK(write([&](Transaction& t) { return t.change_step(step, reset); }));
        }
    }
}

TEST_P(StateOwners, racing_processes_take_each_step_once) {
    constexpr std::size_t kSteps = 60;
    make_run(kSteps);
    const auto orders = "take " + std::to_string(kSteps) + " " + place_->text();
    TestProcess one("OwnerProcess.DISABLED_does_as_ordered", orders);
    TestProcess two("OwnerProcess.DISABLED_does_as_ordered", orders);
    ASSERT_EQ(one.report(), "ready");
    ASSERT_EQ(two.report(), "ready");
    one.start();
    two.start();
    const auto first = must(parse_int64(one.report()));
    const auto second = must(parse_int64(two.report()));
    EXPECT_GE(first, 0);
    EXPECT_GE(second, 0);
    EXPECT_EQ(first + second, static_cast<std::int64_t>(kSteps));
    for (const auto& step : must(state_->steps("run1", {}, -1, 1'000)))
        EXPECT_EQ(step.attempts, 1);
    EXPECT_OK(state_->check());
}

TEST_P(StateOwners, lease_of_a_killed_process_is_taken_over) {
    TestProcess child("OwnerProcess.DISABLED_does_as_ordered", "hold plan:1 " + place_->text());
    ASSERT_EQ(child.report(), "held");
    EXPECT_KIND(state_->acquire("plan:1", "me"), ErrorKind::held);
    EXPECT_EQ(must(state_->holder("plan:1")), "the child");
    child.kill_now();
    if (!is_sqlite()) {
        EXPECT_KIND(state_->acquire("plan:1", "me"), ErrorKind::held); // it has not run out yet
        must(place_->connect()->execute_script(
            "CREATE OR REPLACE FUNCTION now_micros() RETURNS BIGINT LANGUAGE SQL AS $$ "
            "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT + 30000000 $$"));
    }
    EXPECT_EQ(must(state_->holder("plan:1")), std::nullopt);
    EXPECT_EQ(must(state_->acquire("plan:1", "me")).generation, 2);
    if (is_sqlite()) {
        EXPECT_EQ(must(list_folder(place_->text() + ".owners")).size(), 1U); // mine
    }
}

TEST_P(StateOwners, sixteen_threads_share_commits) {
    constexpr int kThreads = 16;
    constexpr int kWrites = 30;
    clear_fault();
    std::atomic<int> refused = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            for (int i = 0; i < kWrites; ++i) {
                const auto key = std::to_string(thread) + "/" + std::to_string(i);
                const auto status = write([&](Transaction& t) -> Status {
                    TRY(t.put(IdMapRow{key, "target", "id", "made", "run1"}));
                    if (i % 3 == 0) // its savepoint takes back this request and no other
                        return Error::make(ErrorKind::usage, "refused");
                    return {};
                });
                refused += status.is_error() && status.error().kind() == ErrorKind::usage ? 1 : 0;
                EXPECT_EQ(status.is_error(), i % 3 == 0);
                EXPECT_EQ(must(state_->target_of(key, "target")).has_value(), i % 3 != 0);
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(refused, kThreads * kWrites / 3);
    EXPECT_LT(fault_passes("store.before-commit"), static_cast<std::uint64_t>(kThreads * kWrites * 2 / 3));
    EXPECT_OK(state_->check());
}

TEST_P(StateOwners, request_with_a_lost_lease_does_not_hinder_others_of_its_group) {
    const auto lease = must(state_->acquire("plan:1", "me"));
    auto lost = lease;
    lost.generation = 7;
    std::atomic<int> stored = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&, thread] {
            const auto& mine = thread % 2 == 0 ? lease : lost;
            const auto status = state_->write(std::span(&mine, 1), [&](Transaction& t) {
                return t.put(IdMapRow{std::to_string(thread), "target", "id", "made", ""});
            });
            EXPECT_EQ(status.is_error(), thread % 2 != 0);
            stored += status.is_error() ? 0 : 1;
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(stored, 4);
    for (int i = 0; i < 8; ++i)
        EXPECT_EQ(must(state_->target_of(std::to_string(i), "target")).has_value(), i % 2 == 0);
}

TEST_P(StateOwners, write_inside_a_write_is_refused) {
    EXPECT_OK(write([&](Transaction&) -> Status {
        EXPECT_KIND(write([](Transaction&) { return Status(); }), ErrorKind::bug);
        return {};
    }));
}

TEST_P(StateOwners, failed_commit_leaves_nothing_and_the_next_one_works) {
    const auto put = [&] { return write([](Transaction& t) { return t.put(IdMapRow{"k", "t", "i", "made", ""}); }); };
    set_fault("store.before-commit", 1, FaultAction::error);
    EXPECT_KIND(put(), ErrorKind::io);
    clear_fault();
    EXPECT_FALSE(must(state_->target_of("k", "t")).has_value());
    EXPECT_OK(put());
    EXPECT_TRUE(must(state_->target_of("k", "t")).has_value());
}

} // namespace

} // namespace godwit::store
