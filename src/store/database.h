#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "store/state.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Internal to src/store: one thin layer over the SQLite and PostgreSQL C interfaces. SQL is written once, with `?` for
/// parameters and the names in braces of `expand_dialect`.
namespace godwit::store {

using Value = std::variant<std::monostate, std::int64_t, std::string>;
using Values = std::vector<Value>;

/// What differs in the SQL of the two: replaced once, before a statement is prepared.
///   {integer} {text}  column types; text sorts by bytes on both
///   {strict}          table option: types are enforced
///   {keyed}           likewise, and rows lie in the tree of their primary key: for small rows
///   {time:x}          the microseconds in column x as RFC 3339 text
std::string expand_dialect(std::string_view sql, StateLocation::Kind kind);

/// A connection is used by one thread at a time.
class Connection {
public:
    virtual ~Connection() = default;

    /// The number of rows changed. A row that is there already gives `conflict`, a reference to none `not_found`, a
    /// full disk `no_space`, a lost connection or a deadlock `unavailable` with RetryClass::retry.
    virtual Result<std::int64_t> execute(std::string_view sql, std::span<const Value> parameters = {}) = 0;
    virtual Result<std::vector<Values>> query(std::string_view sql, std::span<const Value> parameters = {}) = 0;
    /// Several statements without parameters: migrations.
    virtual Status execute_script(std::string_view sql) = 0;

    virtual Status begin() = 0;
    /// An Error of kind `outcome_unknown` means just that; any other means that nothing was committed.
    virtual Status commit() = 0;
    virtual void rollback() = 0;
    Status savepoint() { return statement("SAVEPOINT request"); }
    Status rollback_to_savepoint() { return statement("ROLLBACK TO SAVEPOINT request"); }
    Status release_savepoint() { return statement("RELEASE SAVEPOINT request"); }
    /// False once an error has ended the transaction as a whole.
    virtual bool in_transaction() const = 0;
    /// A deadlock or a lost connection ended the transaction and nothing of it was committed. `begin` starts anew on
    /// the connection for writing; one for reading is to be replaced.
    virtual bool must_repeat() const = 0;
    /// Keeps a second process from migrating at the same time; held to the end of the transaction.
    virtual Status lock_for_migration() = 0;

protected:
    Status statement(std::string_view sql) {
        TRY(execute(sql));
        return {};
    }
};

class Database {
public:
    virtual ~Database() = default;
    virtual StateLocation::Kind kind() const = 0;
    virtual std::string display() const = 0;
    virtual Result<std::unique_ptr<Connection>> connect_for_reading() = 0;
    /// One per process: its commits can be looked up after a lost answer.
    virtual Result<std::unique_ptr<Connection>> connect_for_writing() = 0;
    /// What the back end itself finds wrong with its files.
    virtual Status check_structure() = 0;
    virtual Status backup(const std::string& file) = 0;
};

/// Opens an existing file or creates a new one as a whole: a crash leaves no half made file under the final name.
/// `prepare` fills a new file.
Result<std::unique_ptr<Database>> open_sqlite(const std::string& file, Clock& clock, Random& random,
                                              const std::function<Status(Connection&)>& prepare);
Result<std::unique_ptr<Database>> open_postgres(const Secret& url, std::string display, Clock& clock, Random& random);

/// `SELECT ...` that gives one int64.
Result<std::int64_t> query_int64(Connection& connection, std::string_view sql, std::span<const Value> parameters = {});

/// The database's clock.
Result<Micros> database_time(Connection& connection);

/// The kind of file system that does not keep locks and write order as a database needs, or empty if it does.
/// `magic` is statfs(2)'s f_type.
std::string_view network_file_system(std::uint64_t magic);

} // namespace godwit::store
