#include "base/fault_point.h"
#include "base/text.h"
#include "store/database.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace godwit::store {

namespace {

constexpr std::int64_t kOldestServer = 150'000;
/// For one statement, waiting for locks included; the server is taken for lost after it.
constexpr std::chrono::seconds kStatementTime{60};
/// How long a lost answer to COMMIT is looked up.
constexpr std::chrono::seconds kLookUpTime{20};
constexpr std::chrono::milliseconds kReconnectPause{200};
/// The clock is asked again after it.
constexpr std::chrono::milliseconds kLongestPoll{500};
constexpr const char* kMigrationLock = "SELECT pg_advisory_xact_lock(7454435291)"; // any number that others do not use
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kText = 25;
constexpr const char* kSession = "SET lock_timeout = '20s'; SET idle_in_transaction_session_timeout = '120s'; "
                                 "SELECT set_config('synchronous_commit', 'on', false) "
                                 "WHERE current_setting('synchronous_commit') = 'off'";

struct ResultDeleter {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, ResultDeleter>;

ErrorKind kind_of(std::string_view state) {
    // PostgreSQL manual, appendix A: error codes.
    if (state == "23503")
        return ErrorKind::not_found;
    if (state.starts_with("23"))
        return ErrorKind::conflict;
    if (state == "53100")
        return ErrorKind::no_space;
    if (state == "42501" || state == "25006")
        return ErrorKind::permission;
    if (state.starts_with("28"))
        return ErrorKind::authentication;
    if (state.starts_with("40") || state.starts_with("53") || state.starts_with("55") || state.starts_with("57") ||
        state.starts_with("08"))
        return ErrorKind::unavailable;
    if (state.starts_with("42") || state.starts_with("XX"))
        return ErrorKind::corrupt; // our statements are constant: what they name is not there any more
    return ErrorKind::io;
}

std::string fix_of(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::no_space:
        return "free space on the server's disk, then run the same command again; nothing is lost";
    case ErrorKind::unavailable: return "see that the server can be reached, then run the same command again";
    case ErrorKind::permission: return "grant the user rights on the schema of the state database";
    case ErrorKind::authentication: return "check user and password (PGPASSFILE, or in the URL)";
    case ErrorKind::corrupt: return "restore the state database from its dump (pg_dump)";
    default: return "";
    }
}

void ignore_notice(void*, const char*) {}

Values row_of(const PGresult* result, int row) {
    Values values(static_cast<std::size_t>(PQnfields(result)));
    for (int i = 0; i < PQnfields(result); ++i) {
        if (PQgetisnull(result, row, i) != 0)
            continue;
        std::string text(PQgetvalue(result, row, i), static_cast<std::size_t>(PQgetlength(result, row, i)));
        const auto type = PQftype(result, i);
        const auto number =
            type == kInt8 || type == kInt4 || type == kInt2 ? parse_int64(text) : Result<std::int64_t>(0);
        auto& value = values[static_cast<std::size_t>(i)];
        if ((type == kInt8 || type == kInt4 || type == kInt2) && number.has_value())
            value = *number;
        else
            value = std::move(text);
    }
    return values;
}

/// What a statement is sent with: text form, and the type of each parameter.
struct Parameters {
    explicit Parameters(std::span<const Value> values) {
        texts.reserve(values.size());
        for (const auto& value : values) {
            const auto* number = std::get_if<std::int64_t>(&value);
            const auto* text = std::get_if<std::string>(&value);
            types.push_back(number != nullptr ? kInt8 : kText);
            texts.push_back(number != nullptr ? std::to_string(*number) : text != nullptr ? *text : "");
            pointers.push_back(number == nullptr && text == nullptr ? nullptr : texts.back().c_str());
        }
    }
    int count() const { return static_cast<int>(types.size()); }
    std::vector<Oid> types;
    std::vector<std::string> texts;
    std::vector<const char*> pointers;
};

class PostgresConnection final : public Connection {
public:
    PostgresConnection(Secret url, std::string display, std::string writer, Clock& clock)
        : url_(std::move(url)), display_(std::move(display)), writer_(std::move(writer)), clock_(&clock) {}
    PostgresConnection(const PostgresConnection&) = delete;
    PostgresConnection& operator=(const PostgresConnection&) = delete;
    ~PostgresConnection() override {
        if (token_ready_ && !must_repeat_ && !in_transaction())
            static_cast<void>(
                execute("DELETE FROM commit_token WHERE writer = ?", Values{writer_})); // else it ages out
        PQfinish(handle_);
    }

    Status connect() {
        PQfinish(handle_);
        statements_.clear();
        const std::string name = "godwit " + writer_;
        // What stands before `dbname` is a default that the URL may override; what follows holds.
        const char* const keys[] = {"connect_timeout",  "keepalives_idle",  "keepalives_interval",
                                    "keepalives_count", "tcp_user_timeout", "dbname",
                                    "client_encoding",  "application_name", nullptr};
        const char* const values[] = {"10",   "10",         "5",    "3", "20000", url_.reveal().c_str(),
                                      "UTF8", name.c_str(), nullptr};
        handle_ = PQconnectdbParams(keys, values, 1);
        if (PQstatus(handle_) != CONNECTION_OK) {
            must_repeat_ = true;
            return Error::make(ErrorKind::unavailable, "the state database cannot be reached")
                .why(std::string(trim(PQerrorMessage(handle_))))
                .fix(fix_of(ErrorKind::unavailable))
                .at(display_)
                .retry(RetryClass::retry);
        }
        PQsetNoticeProcessor(handle_, ignore_notice, nullptr);
        PQsetnonblocking(handle_, 1);
        must_repeat_ = false;
        TRY(execute_script(kSession));
        if (writer_.empty())
            TRY(execute_script("SET default_transaction_read_only = on"));
        return {};
    }

    std::int64_t server_version() const { return PQserverVersion(handle_); }

    Result<std::int64_t> execute(std::string_view sql, std::span<const Value> parameters) override {
        const auto answer = TRY(run(sql, parameters));
        const std::string_view count = PQcmdTuples(answer.get());
        return count.empty() ? 0 : TRY(parse_int64(count));
    }

    Result<std::vector<Values>> query(std::string_view sql, std::span<const Value> parameters) override {
        const auto answer = TRY(run(sql, parameters));
        std::vector<Values> rows;
        for (int row = 0; row < PQntuples(answer.get()); ++row)
            rows.push_back(row_of(answer.get(), row));
        return rows;
    }

    Status execute_script(std::string_view sql) override {
        TRY(ask(PQsendQuery(handle_, std::string(sql).c_str())));
        return {};
    }

    Status begin() override {
        if (must_repeat_ && PQstatus(handle_) == CONNECTION_OK && !lost_)
            rollback();
        must_repeat_ = false;
        if (lost_ || PQstatus(handle_) != CONNECTION_OK) {
            TRY(connect());
            lost_ = false;
        }
        if (!token_ready_)
            token_ready_ = TRY(query_int64(*this, "SELECT count(*) FROM pg_tables WHERE tablename = 'commit_token' AND "
                                                  "schemaname = current_schema()")) == 1;
        return statement("BEGIN ISOLATION LEVEL READ COMMITTED");
    }

    Status commit() override {
        if (token_ready_)
            TRY(execute("INSERT INTO commit_token (writer, number) VALUES (?, ?) ON CONFLICT (writer) DO UPDATE SET "
                        "number = excluded.number, used_at = now()",
                        Values{writer_, ++number_}));
        auto committed = statement("COMMIT");
        if (receive_answer().is_error())
            committed = connection_error("the answer was lost");
        if (!committed.is_error())
            return {};
        if (!lost_) {
            rollback();
            return committed;
        }
        return look_up_commit(std::move(committed).error());
    }

    void rollback() override {
        if (in_transaction() && !lost_)
            static_cast<void>(
                statement("ROLLBACK")); // where it fails the connection is gone, and the transaction with it
    }

    bool in_transaction() const override {
        const auto status = PQtransactionStatus(handle_);
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
    }
    bool must_repeat() const override { return must_repeat_; }
    Status lock_for_migration() override { return execute_script(kMigrationLock); }

private:
    /// Tests lose the answer here.
    static Status receive_answer() {
        FAULT_POINT("store.commit-answer");
        return {};
    }

    /// The answer to COMMIT did not come. The row of this writer says what happened; it is locked until the old session
    /// has ended, so what it then says is final.
    Status look_up_commit(Error lost) {
        const Deadline deadline(*clock_, kLookUpTime);
        while (true) {
            const auto found = ask_for_token();
            if (found.has_value() && *found == number_) {
                must_repeat_ = false;
                return {};
            }
            if (found.has_value()) {
                must_repeat_ = true; // it was rolled back
                return lost;
            }
            if (deadline.passed())
                return Error::make(ErrorKind::outcome_unknown, "nobody knows whether the last change was stored")
                    .why("the connection to the state database was lost during the commit and did not come back")
                    .fix("when the server can be reached again, resume: what is open is looked up at the target")
                    .at(display_)
                    .cause(std::move(lost));
            clock_->sleep_for(kReconnectPause);
        }
    }

    Result<std::int64_t> ask_for_token() {
        const auto process = PQbackendPID(handle_) != 0 ? PQbackendPID(handle_) : old_process_;
        old_process_ = process;
        TRY(connect());
        lost_ = false;
        const Values old = {std::int64_t{process}, "godwit " + writer_};
        TRY(query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ? AND application_name = ? AND "
                  "pid <> pg_backend_pid()",
                  old));
        // The insert waits for one of the same key that is under way; the select for an update.
        TRY(execute("INSERT INTO commit_token (writer, number) VALUES (?, 0) ON CONFLICT (writer) DO NOTHING",
                    Values{writer_}));
        return query_int64(*this, "SELECT number FROM commit_token WHERE writer = ? FOR UPDATE", Values{writer_});
    }

    Result<Answer> run(std::string_view sql, std::span<const Value> values) {
        for (const auto& value : values) {
            const auto* text = std::get_if<std::string>(&value);
            if (text != nullptr && text->find('\0') != std::string::npos)
                return Error::make(ErrorKind::invalid_input, "a text with U+0000 cannot be in the state database")
                    .why("'" + printable(*text) + "'")
                    .fix("check the name")
                    .at(display_);
        }
        const Parameters parameters(values);
        const auto name = TRY(prepared(std::string(sql), parameters));
        return ask(PQsendQueryPrepared(handle_, name.c_str(), parameters.count(), parameters.pointers.data(), nullptr,
                                       nullptr, 0));
    }

    Result<std::string> prepared(const std::string& sql, const Parameters& parameters) {
        if (const auto found = statements_.find(sql); found != statements_.end())
            return found->second;
        const auto name = "s" + std::to_string(statements_.size());
        const auto text = expand_dialect(sql, StateLocation::Kind::postgresql);
        TRY(ask(PQsendPrepare(handle_, name.c_str(), text.c_str(), parameters.count(), parameters.types.data())));
        statements_.emplace(sql, name);
        return name;
    }

    /// Waits for the answer to what was sent (`sent` is libpq's word on that), each wait within the deadline.
    Result<Answer> ask(int sent) {
        if (sent != 1)
            return connection_error(PQerrorMessage(handle_));
        const Deadline deadline(*clock_, kStatementTime);
        Answer last;
        while (true) {
            TRY(wait_until_ready(deadline));
            Answer next(PQgetResult(handle_));
            if (!next)
                break;
            // Of several statements the first error counts.
            if (!last || PQresultStatus(last.get()) != PGRES_FATAL_ERROR)
                last = std::move(next);
        }
        if (!last)
            return connection_error(PQerrorMessage(handle_));
        const auto status = PQresultStatus(last.get());
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
            return last;
        return statement_error(last.get());
    }

    Status wait_until_ready(const Deadline& deadline) {
        while (true) {
            const int unsent = PQflush(handle_);
            if (unsent < 0)
                return connection_error(PQerrorMessage(handle_));
            if (unsent == 0 && PQisBusy(handle_) == 0)
                return {};
            pollfd wanted = {PQsocket(handle_), static_cast<short>(unsent != 0 ? POLLIN | POLLOUT : POLLIN), 0};
            const auto ready = poll(&wanted, 1, static_cast<int>(std::min(deadline.left(), kLongestPoll).count()));
            if (ready == 0 && deadline.passed())
                return connection_error("no answer within the time allowed");
            if (ready > 0 && PQconsumeInput(handle_) == 0)
                return connection_error(PQerrorMessage(handle_));
        }
    }

    Error connection_error(const char* message) {
        lost_ = true;
        must_repeat_ = true;
        return Error::make(ErrorKind::unavailable, "the connection to the state database is lost")
            .why(std::string(trim(message)))
            .fix(fix_of(ErrorKind::unavailable))
            .at(display_)
            .retry(RetryClass::retry);
    }

    Error statement_error(const PGresult* result) {
        const char* field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        const std::string state = field == nullptr ? "" : field;
        const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        if (PQstatus(handle_) != CONNECTION_OK || state.starts_with("57P"))
            return connection_error(message != nullptr ? message : PQerrorMessage(handle_));
        const auto kind = kind_of(state);
        must_repeat_ = must_repeat_ || state.starts_with("40"); // deadlock, serialization
        return Error::make(kind, kind == ErrorKind::no_space ? "the disk of the state database is full"
                                                             : "the state database refuses a statement")
            .why(std::string(message != nullptr ? message : "") + " (SQLSTATE " + state + ")")
            .fix(fix_of(kind))
            .at(display_)
            .retry(kind == ErrorKind::unavailable ? RetryClass::retry : RetryClass::fail);
    }

    PGconn* handle_ = nullptr;
    Secret url_;
    std::string display_;
    std::string writer_; ///< empty: for reading
    Clock* clock_;
    std::unordered_map<std::string, std::string> statements_; ///< SQL to name
    bool lost_ = false;
    bool must_repeat_ = false;
    bool token_ready_ = false; ///< the table commit_token is there
    std::int64_t number_ = 0;  ///< of the last commit
    int old_process_ = 0;
};

class PostgresDatabase final : public Database {
public:
    PostgresDatabase(Secret url, std::string display, Clock& clock, Random& random)
        : url_(std::move(url)), display_(std::move(display)), clock_(&clock), random_(&random) {}

    StateLocation::Kind kind() const override { return StateLocation::Kind::postgresql; }
    std::string display() const override { return display_; }
    Result<std::unique_ptr<Connection>> connect_for_reading() override { return connect(""); }
    Result<std::unique_ptr<Connection>> connect_for_writing() override { return connect(random_->id()); }
    Status check_structure() override { return {}; } // the server's own concern
    Status backup(const std::string& file) override {
        return Error::make(ErrorKind::unsupported, "a PostgreSQL state database is not copied by Godwit")
            .why("the server has its own program for that")
            .fix("run: pg_dump --format=custom --file=" + file + " " + display_)
            .at(display_);
    }

    Status examine() {
        const auto connection = TRY(connect(""));
        if (connection->server_version() < kOldestServer)
            return Error::make(ErrorKind::unsupported, "the PostgreSQL server is too old")
                .why("it has version " + std::to_string(connection->server_version() / 10'000) +
                     ", Godwit needs 15 or newer")
                .fix("name a newer server")
                .at(display_);
        const auto encoding = TRY(connection->query("SELECT current_setting('server_encoding')", {}));
        if (encoding != std::vector<Values>{{std::string("UTF8")}})
            return Error::make(ErrorKind::unsupported, "the PostgreSQL database does not keep text as UTF-8")
                .why("names of any script must fit")
                .fix("create the database with: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0")
                .at(display_);
        return {};
    }

private:
    Result<std::unique_ptr<PostgresConnection>> connect(std::string writer) {
        auto connection = std::make_unique<PostgresConnection>(url_, display_, std::move(writer), *clock_);
        TRY(connection->connect());
        return connection;
    }

    Secret url_;
    std::string display_;
    Clock* clock_;
    Random* random_;
};

} // namespace

Result<std::unique_ptr<Database>> open_postgres(const Secret& url, std::string display, Clock& clock, Random& random) {
    // libpq quotes an address that it does not understand, password and all: its words are not passed on.
    auto* options = PQconninfoParse(url.reveal().c_str(), nullptr);
    PQconninfoFree(options);
    if (options == nullptr)
        return Error::make(ErrorKind::usage, "the address of the state database is not understood")
            .why("it is no valid postgresql:// URL")
            .fix("write --state postgresql://USER@HOST:PORT/DATABASE, special characters percent-encoded")
            .at(std::move(display));
    auto database = std::make_unique<PostgresDatabase>(url, std::move(display), clock, random);
    TRY(database->examine());
    return database;
}

} // namespace godwit::store
