// How often something can be made durable in a folder: intents of steps through the journal, rows through SQLite
// alone, blocks through write and fdatasync.
#include "base/file.h"
#include "base/text.h"
#include "bench/tool.h"
#include "core/journal.h"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace {

using namespace godwit;

constexpr std::size_t kBlock = 4'096;

Error failed(const std::string& what) { return Error::make(ErrorKind::io, what + " failed"); }

Json rate(std::size_t count, const bench::Stopwatch& stopwatch) {
    return Json{{"count", count}, {"seconds", stopwatch.seconds()}};
}

store::PlanStepRow plan_step(std::size_t number) {
    const auto text = std::to_string(number);
    return {"step" + text, static_cast<std::int64_t>(number), "bench", "bench:table:" + text, "create", {}, "{}"};
}

/// `threads` steps at once, each committing one intent after the other.
Result<Json> intents(const std::string& folder, std::size_t count, std::size_t threads) {
    SystemClock clock;
    SystemRandom random;
    const auto state = TRY(store::State::open(TRY(store::StateLocation::parse(folder + "/state.db")), clock, random));
    const auto lease = TRY(state->acquire("plan:bench", "the benchmark"));
    std::vector<store::PlanStepRow> steps;
    for (std::size_t i = 0; i < count; ++i)
        steps.push_back(plan_step(i));
    const store::RunRow run{"bench", "bench", store::RunState::running, clock.now(), clock.now(), "{}"};
    TRY(state->write(std::span(&lease, 1), [&](store::Transaction& transaction) -> Status {
        TRY(transaction.insert(store::PlanRow{"bench", "bench", "{}", count, clock.now(), "bench"}));
        TRY(transaction.insert("bench", steps));
        return transaction.insert(run);
    }));
    auto rows = TRY(state->steps("bench", {}, -1, count));
    core::Journal journal(*state, lease, run, {&clock, &random, nullptr}, nullptr);

    std::atomic<std::size_t> next = 0;
    std::atomic<bool> broken = false;
    const auto commit = [&] {
        for (auto i = next++; i < rows.size() && !broken; i = next++) {
            const auto moved = journal.move(rows[i], store::StepState::intent, [](store::StepRow& row) {
                row.request_digest = std::string(64, '0');
                ++row.attempts;
            });
            if (moved.is_error())
                broken = true;
        }
    };
    const bench::Stopwatch stopwatch(clock);
    {
        std::vector<std::jthread> workers;
        for (std::size_t i = 0; i < threads; ++i)
            workers.emplace_back(commit);
    }
    if (broken)
        return failed("a commit of an intent");
    return rate(count, stopwatch);
}

/// One small row after the other in WAL with synchronous FULL, `together` in each transaction.
Result<Json> sqlite_rows(const std::string& folder, std::size_t count, std::size_t together) {
    sqlite3* opened = nullptr;
    const auto code = sqlite3_open((folder + "/raw.db").c_str(), &opened);
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(opened, sqlite3_close);
    const auto execute = [&](const std::string& sql) {
        return sqlite3_exec(database.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
    };
    if (code != SQLITE_OK || !execute("PRAGMA journal_mode = WAL") || !execute("PRAGMA synchronous = FULL") ||
        !execute("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)"))
        return failed("SQLite");
    SystemClock clock;
    const std::string insert = "INSERT INTO t (text) VALUES ('" + std::string(100, 'x') + "')";
    const bench::Stopwatch stopwatch(clock);
    for (std::size_t i = 0; i < count; i += together) {
        if (!execute("BEGIN IMMEDIATE"))
            return failed("SQLite");
        for (std::size_t row = 0; row < together; ++row)
            if (!execute(insert))
                return failed("SQLite");
        if (!execute("COMMIT"))
            return failed("SQLite");
    }
    return rate(count, stopwatch);
}

/// One block of a page after the other, appended and made durable.
Result<Json> fsyncs(const std::string& folder, std::size_t count) {
    auto file = TRY(File::create(folder + "/blocks"));
    const std::string block(kBlock, 'x');
    SystemClock clock;
    const bench::Stopwatch stopwatch(clock);
    for (std::size_t i = 0; i < count; ++i) {
        TRY(file.write(block));
        if (::fdatasync(file.descriptor()) != 0)
            return failed("fdatasync");
    }
    return rate(count, stopwatch);
}

Result<Json> work(const std::vector<std::string>& arguments) {
    const auto& folder = arguments[1];
    const auto count = TRY(parse_uint64(arguments[2]));
    const auto width = TRY(parse_uint64(arguments[3]));
    if (arguments[0] == "intents")
        return intents(folder, count, width);
    if (arguments[0] == "sqlite")
        return sqlite_rows(folder, count, width);
    return fsyncs(folder, count);
}

} // namespace

int main(int count, char** values) {
    return bench::run_tool(count, values, "commit_intents intents|sqlite|fsync FOLDER COUNT WIDTH", 4, work);
}
