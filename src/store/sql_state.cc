#include "store/sql_state.h"

#include "base/file.h"

#include <utility>

namespace godwit::store {

namespace {

constexpr std::uint64_t kCheckedWhenOpened = std::uint64_t{64} << 20;
constexpr std::size_t kDrainRows = 500;
constexpr std::chrono::seconds kRenewalTick{1};

Status bring_up_to_date(Database& database, Connection& connection, std::span<const Migration> migrations) {
    const bool is_file = database.kind() == StateLocation::Kind::sqlite;
    if (is_file && TRY(file_state(database.display())).size <= kCheckedWhenOpened)
        TRY(database.check_structure());
    if (is_file)
        TRY(check_schema(connection, database.kind()));
    const auto known = migrations.back().version;
    const auto found = TRY(schema_version(connection, database.kind()));
    if (found == known)
        return {};
    const auto backup = database.display() + ".schema-" + std::to_string(found) + ".backup";
    if (is_file && found < known && !file_exists(backup))
        TRY(database.backup(backup));
    return migrate(connection, database.kind(), migrations);
}

} // namespace

Result<std::unique_ptr<Connection>> Readers::take() {
    {
        const std::lock_guard guard(mutex_);
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return connection;
        }
    }
    return database_->connect_for_reading();
}

void Readers::give_back(std::unique_ptr<Connection> connection) {
    const std::lock_guard guard(mutex_);
    idle_.push_back(std::move(connection));
}

Result<std::unique_ptr<State>> State::open(const StateLocation& location, Clock& clock, Random& random) {
    return TRY(SqlState::open(location, clock, random, all_migrations()));
}

Result<std::unique_ptr<SqlState>> SqlState::open(const StateLocation& location, Clock& clock, Random& random,
                                                 std::span<const Migration> migrations) {
    const auto prepare = [&](Connection& connection) {
        return migrate(connection, StateLocation::Kind::sqlite, migrations);
    };
    auto database = location.kind == StateLocation::Kind::sqlite
                        ? TRY(open_sqlite(location.file, clock, random, prepare))
                        : TRY(open_postgres(location.url, location.display(), clock, random));
    auto connection = TRY(database->connect_for_writing());
    TRY(bring_up_to_date(*database, *connection, migrations));
    return std::make_unique<SqlState>(std::move(database), std::move(connection), random.id(), clock,
                                      migrations.back().version);
}

SqlState::SqlState(std::unique_ptr<Database> database, std::unique_ptr<Connection> writing, std::string owner,
                   Clock& clock, std::int64_t version)
    : database_(std::move(database)),
      clock_(&clock),
      version_(version),
      readers_(*database_),
      leases_(database_->kind(), database_->display() + ".owners", owner, clock),
      worker_{owner},
      writer_(std::make_unique<Writer>(std::move(writing), leases_, database_->display(), clock)) {
    if (database_->kind() == StateLocation::Kind::postgresql)
        renewing_ = std::thread([this] { keep_renewing(); });
}

SqlState::~SqlState() {
    if (!renewing_.joinable())
        return;
    {
        const std::lock_guard guard(mutex_);
        stopping_ = true;
    }
    stop_renewing_.notify_all();
    renewing_.join();
    for (const auto& lease : leases_.kept())
        static_cast<void>(release(lease)); // else it runs out by itself
}

void SqlState::keep_renewing() {
    std::unique_lock lock(mutex_);
    while (!stop_renewing_.wait_for(lock, kRenewalTick, [this] { return stopping_; })) {
        lock.unlock();
        static_cast<void>(renew_leases()); // tried again at the next tick; `confirm` says when it is too late
        lock.lock();
    }
}

Status SqlState::renew_leases() {
    if (!leases_.renewal_due())
        return {};
    const auto since = clock_->boot_time();
    Leases::Renewal renewal;
    TRY(writer_->write({}, [&](Connection& connection) -> Status {
        renewal = TRY(leases_.renew(connection));
        return {};
    }));
    leases_.renewed(since, renewal);
    return {};
}

Result<Lease> SqlState::acquire(std::string_view scope, std::string_view holder) {
    const auto since = clock_->boot_time();
    Lease lease;
    TRY(writer_->write({}, [&](Connection& connection) -> Status {
        lease = TRY(leases_.acquire(connection, scope, holder));
        return {};
    }));
    leases_.keep(lease, since);
    return lease;
}

Status SqlState::release(const Lease& lease) {
    leases_.forget(lease);
    return writer_->write({}, [&](Connection& connection) { return leases_.release(connection, lease); });
}

Result<std::optional<std::string>> SqlState::holder(std::string_view scope) {
    return readers_.ask<Result<std::optional<std::string>>>(
        [&](Connection& connection) { return leases_.holder(connection, scope); });
}

Status SqlState::write(std::span<const Lease> standing_on, const std::function<Status(Transaction&)>& change) {
    return writer_->write(standing_on, [&](Connection& connection) {
        SqlTransaction transaction(connection, standing_on, worker_);
        return change(transaction);
    });
}

Status SqlState::drain_outbox(const Lease& plan_lease, std::string_view run) {
    for (std::size_t moved = kDrainRows; moved == kDrainRows;) {
        TRY(writer_->write(std::span(&plan_lease, 1), [&](Connection& connection) -> Status {
            SqlTransaction transaction(connection, std::span(&plan_lease, 1), worker_);
            moved = TRY(transaction.drain_outbox(run, kDrainRows));
            return {};
        }));
    }
    return {};
}

std::string SqlState::run_files_folder() const {
    return database_->kind() == StateLocation::Kind::sqlite ? database_->display() + ".runs" : "";
}

} // namespace godwit::store
