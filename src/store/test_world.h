#pragma once

#include "base/environment.h"
#include "base/file.h"
#include "base/text.h"
#include "store/database.h"
#include "store/sql_state.h"
#include "store/state.h"

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// For the tests of this folder: a fresh, empty place for a state database on either back end, and rows to put there.
namespace godwit::store {

template <typename T>
T must(Result<T> result) {
    if (result.is_error())
        throw std::runtime_error(result.error().to_block()); // fails the test that asked
    return std::move(result).release();
}

inline void PrintTo(StateLocation::Kind kind, std::ostream* out) {
    *out << (kind == StateLocation::Kind::sqlite ? "sqlite" : "postgresql");
}

#define EXPECT_OK(expression)                                                                                          \
    do {                                                                                                               \
        const auto& godwit_status_ = (expression);                                                                     \
        EXPECT_TRUE(godwit_status_.has_value()) << godwit_status_.error().to_block();                                  \
    } while (false)

#define EXPECT_KIND(expression, wanted)                                                                                \
    do {                                                                                                               \
        const auto& godwit_status_ = (expression);                                                                     \
        EXPECT_TRUE(godwit_status_.is_error());                                                                        \
        if (godwit_status_.is_error()) {                                                                               \
            EXPECT_EQ(godwit_status_.error().kind(), wanted) << godwit_status_.error().to_block();                     \
        }                                                                                                              \
    } while (false)

inline std::string step_id(std::size_t i) { return "step" + std::to_string(i); }

/// A place of its own for one test; gone afterwards.
class TestPlace {
public:
    static std::string server() { return ProcessEnvironment().get("GODWIT_TEST_POSTGRESQL").value_or(""); }

    TestPlace(StateLocation::Kind kind, Clock& clock, Random& random)
        : folder_(must(TemporaryFolder::create("godwit-store"))), clock_(&clock), random_(&random) {
        if (kind == StateLocation::Kind::sqlite) {
            text_ = folder_.path() + "/state.db";
            return;
        }
        schema_ = "test_" + random.id();
        administer("CREATE SCHEMA " + schema_);
        text_ = server() + (server().find('?') == std::string::npos ? "?" : "&") + "options=-csearch_path%3D" + schema_;
    }
    TestPlace(const TestPlace&) = delete;
    TestPlace& operator=(const TestPlace&) = delete;
    ~TestPlace() {
        if (!schema_.empty())
            administer("DROP SCHEMA " + schema_ + " CASCADE");
    }

    const std::string& text() const { return text_; }
    StateLocation location() const { return must(StateLocation::parse(text_)); }
    std::string folder() const { return folder_.path(); }

    /// A connection past the interface, to look at and to damage what lies there.
    std::unique_ptr<Connection> connect() {
        const auto where = location();
        database_ = where.kind == StateLocation::Kind::sqlite
                        ? must(open_sqlite(where.file, *clock_, *random_, [](Connection&) { return Status(); }))
                        : must(open_postgres(where.url, "test", *clock_, *random_));
        return must(database_->connect_for_writing());
    }

private:
    void administer(const std::string& sql) {
        auto database = must(open_postgres(Secret(server()), "test", *clock_, *random_));
        must(must(database->connect_for_writing())->execute_script(sql));
    }

    TemporaryFolder folder_;
    Clock* clock_;
    Random* random_;
    std::string schema_;
    std::string text_;
    std::unique_ptr<Database> database_;
};

/// One plan of `steps` steps, each depending on the one before it, and a run of it.
inline Status fill_plan(Transaction& transaction, std::size_t steps) {
    TRY(transaction.insert(PlanRow{"plan1", "lakehouse", "{}", steps, 7, "tester"}));
    std::vector<PlanStepRow> rows;
    for (std::size_t i = 0; i < steps; ++i)
        rows.push_back({step_id(i), static_cast<std::int64_t>(i), "copy", "key" + std::to_string(i), "create",
                        i == 0 ? std::vector<std::string>() : std::vector{step_id(i - 1)},
                        "{\"n\":" + std::to_string(i) + "}"});
    TRY(transaction.insert("plan1", rows));
    return transaction.insert(RunRow{"run1", "plan1", RunState::running, 11, 12, "{}"});
}

/// Every test of the contract runs on both.
class ContractTest : public testing::TestWithParam<StateLocation::Kind> {
protected:
    void SetUp() override {
        if (GetParam() == StateLocation::Kind::postgresql && TestPlace::server().empty())
            GTEST_SKIP() << "GODWIT_TEST_POSTGRESQL names no server";
        place_ = std::make_unique<TestPlace>(GetParam(), clock_, random_);
        state_ = open();
    }

    std::unique_ptr<State> open() { return must(State::open(place_->location(), clock_, random_)); }
    bool is_sqlite() const { return GetParam() == StateLocation::Kind::sqlite; }

    Status write(const std::function<Status(Transaction&)>& change) { return state_->write({}, change); }

    void make_run(std::size_t steps = 3) {
        must(write([&](Transaction& transaction) { return fill_plan(transaction, steps); }));
    }

    /// Brings a step into `state` by a change past the table, as tests of single transitions need.
    StepRow put_step(std::string_view step, StepState state) {
        const auto before = must(state_->step("run1", step));
        auto after = before;
        after.state = state;
        auto connection = place_->connect();
        must(connection->begin());
        must(update(*connection, before, after));
        must(connection->commit());
        return after;
    }

    SystemClock clock_;
    SystemRandom random_;
    std::unique_ptr<TestPlace> place_;
    std::unique_ptr<State> state_;
};

} // namespace godwit::store
