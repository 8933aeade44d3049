#include "base/file.h"
#include "store/database.h"
#include "store/sqlite_checked_file.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <unordered_map>
#include <utility>

namespace godwit::store {

namespace {

constexpr int kBusyMilliseconds = 30'000;
/// "gdwt" in the header of the file tells a state database from any other SQLite file.
constexpr std::int64_t kApplicationId = 0x67647774;
constexpr std::size_t kMostStatements = 200;
constexpr std::string_view kRestore = "restore the state database from its backup (`godwit db backup` made it)";

ErrorKind kind_of(int code, int error_number) {
    if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
        return ErrorKind::not_found;
    if (code == SQLITE_IOERR_DATA) // a page does not match its checksum
        return ErrorKind::corrupt;
    switch (code & 0xff) {
    case SQLITE_FULL: return ErrorKind::no_space;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorKind::unavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: // our statements are constant: one that no longer fits means that the schema was damaged
    case SQLITE_SCHEMA:
    case SQLITE_MISMATCH:
    case SQLITE_FORMAT: return ErrorKind::corrupt;
    case SQLITE_CONSTRAINT: return ErrorKind::conflict;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return ErrorKind::permission;
    case SQLITE_TOOBIG: return ErrorKind::unsupported;
    case SQLITE_MISUSE: return ErrorKind::bug;
    default: return error_number == ENOSPC || error_number == EDQUOT ? ErrorKind::no_space : ErrorKind::io;
    }
}

std::string fix_of(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::no_space: return "free space on that disk, then run the same command again; nothing is lost";
    case ErrorKind::unavailable: return "wait for the other process, or end it; then run the same command again";
    case ErrorKind::corrupt: return std::string(kRestore);
    case ErrorKind::permission: return "make the file and its folder writable for this user";
    default: return "see that the folder exists, that the file can be read and written, and that the disk is sound";
    }
}

std::string_view what_of(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::no_space: return "the disk of the database is full";
    case ErrorKind::corrupt: return "the file is damaged, or no database of Godwit";
    default: return "the database cannot be used";
    }
}

Error sqlite_error(sqlite3* handle, int code, const std::string& file) {
    const int error_number = handle != nullptr ? sqlite3_system_errno(handle) : 0;
    const auto kind = kind_of(code, error_number);
    const char* message = code == SQLITE_IOERR_DATA ? "the checksum or the size of a page is wrong"
                          : handle != nullptr       ? sqlite3_errmsg(handle)
                                                    : sqlite3_errstr(code);
    auto error = Error::make(kind, std::string(what_of(kind)))
                     .why(std::string(message) + " (SQLite code " + std::to_string(code) + ")")
                     .fix(fix_of(kind))
                     .at(file);
    return kind == ErrorKind::unavailable ? std::move(error).retry(RetryClass::retry) : error;
}

void now_micros(sqlite3_context* context, int, sqlite3_value**) {
    sqlite3_result_int64(context, static_cast<Clock*>(sqlite3_user_data(context))->now());
}

class SqliteConnection final : public Connection {
public:
    SqliteConnection(sqlite3* handle, std::string file) : handle_(handle), file_(std::move(file)) {}
    SqliteConnection(const SqliteConnection&) = delete;
    SqliteConnection& operator=(const SqliteConnection&) = delete;
    ~SqliteConnection() override {
        forget_statements();
        sqlite3_close(handle_);
    }

    /// Made by us and not by SQLite: nobody else may read it, and what stands there already is not taken for ours.
    /// SQLite gives the files beside it the same mode.
    static Result<std::unique_ptr<SqliteConnection>> create(const std::string& file, Clock& clock) {
        TRY(TRY(File::create(file, 0600)).close());
        return open(file, clock);
    }

    static Result<std::unique_ptr<SqliteConnection>> open(const std::string& file, Clock& clock) {
        constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
        sqlite3* handle = nullptr;
        const int code = sqlite3_open_v2(file.c_str(), &handle, kFlags, checked_file_layer());
        auto connection = std::make_unique<SqliteConnection>(handle, file);
        if (code != SQLITE_OK)
            return sqlite_error(handle, code, file);
        sqlite3_extended_result_codes(handle, 1);
        sqlite3_busy_timeout(handle, kBusyMilliseconds);
        sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
        sqlite3_create_function(handle, "now_micros", 0, SQLITE_UTF8, &clock, now_micros, nullptr, nullptr);
        int reserved = kSqliteReservedBytes; // of a file that is made now; in an old one it is fixed
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
        TRY(connection->execute_script("PRAGMA page_size = 4096; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; "
                                       "PRAGMA cell_size_check = ON"));
        return connection;
    }

    sqlite3* handle() { return handle_; }

    Result<std::int64_t> execute(std::string_view sql, std::span<const Value> parameters) override {
        TRY(run(sql, parameters, nullptr));
        return sqlite3_changes64(handle_);
    }

    Result<std::vector<Values>> query(std::string_view sql, std::span<const Value> parameters) override {
        std::vector<Values> rows;
        TRY(run(sql, parameters, &rows));
        return rows;
    }

    Status execute_script(std::string_view sql) override {
        const int code = sqlite3_exec(handle_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
        if (code != SQLITE_OK)
            return sqlite_error(handle_, code, file_);
        return {};
    }

    Status begin() override { return statement("BEGIN IMMEDIATE"); }

    Status commit() override {
        auto committed = statement("COMMIT");
        if (committed.is_error())
            rollback();
        return committed;
    }

    void rollback() override {
        if (in_transaction())
            static_cast<void>(statement("ROLLBACK")); // it can only fail where the transaction is gone already
    }

    bool in_transaction() const override { return sqlite3_get_autocommit(handle_) == 0; }
    bool must_repeat() const override { return false; }
    Status lock_for_migration() override { return {}; } // BEGIN IMMEDIATE is that lock

private:
    Result<sqlite3_stmt*> prepared(std::string_view sql) {
        const std::string text(sql);
        if (const auto found = statements_.find(text); found != statements_.end())
            return found->second;
        if (statements_.size() >= kMostStatements)
            forget_statements();
        sqlite3_stmt* made = nullptr;
        const int code = sqlite3_prepare_v3(handle_, text.c_str(), static_cast<int>(text.size() + 1),
                                            SQLITE_PREPARE_PERSISTENT, &made, nullptr);
        if (code != SQLITE_OK)
            return sqlite_error(handle_, code, file_);
        statements_.emplace(text, made);
        return made;
    }

    static int bind(sqlite3_stmt* statement, int position, const Value& value) {
        if (const auto* number = std::get_if<std::int64_t>(&value))
            return sqlite3_bind_int64(statement, position, *number);
        if (const auto* text = std::get_if<std::string>(&value))
            return sqlite3_bind_text64(statement, position, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
        return sqlite3_bind_null(statement, position);
    }

    static Value column(sqlite3_stmt* statement, int position) {
        switch (sqlite3_column_type(statement, position)) {
        case SQLITE_INTEGER: return sqlite3_column_int64(statement, position);
        case SQLITE_NULL: return std::monostate();
        default: { // a damaged type gives other bytes here, which the row's checksum then refuses
            const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, position));
            return std::string(text == nullptr ? "" : text,
                               static_cast<std::size_t>(sqlite3_column_bytes(statement, position)));
        }
        }
    }

    Status run(std::string_view sql, std::span<const Value> parameters, std::vector<Values>* rows) {
        auto* statement = TRY(prepared(sql));
        int code = SQLITE_OK;
        for (int i = 0; i < static_cast<int>(parameters.size()) && code == SQLITE_OK; ++i)
            code = bind(statement, i + 1, parameters[static_cast<std::size_t>(i)]);
        while (code == SQLITE_OK || code == SQLITE_ROW) {
            code = sqlite3_step(statement);
            if (code != SQLITE_ROW || rows == nullptr)
                continue;
            Values row(static_cast<std::size_t>(sqlite3_column_count(statement)));
            for (std::size_t i = 0; i < row.size(); ++i)
                row[i] = column(statement, static_cast<int>(i));
            rows->push_back(std::move(row));
        }
        Status status;
        if (code != SQLITE_DONE)
            status = sqlite_error(handle_, code, file_);
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
        return status;
    }

    void forget_statements() {
        for (const auto& [text, statement] : statements_)
            sqlite3_finalize(statement);
        statements_.clear();
    }

    sqlite3* handle_;
    std::string file_;
    std::unordered_map<std::string, sqlite3_stmt*> statements_;
};

Error damaged(std::string why, const std::string& file) {
    return Error::make(ErrorKind::corrupt, "the state database is damaged")
        .why(std::move(why))
        .fix(std::string(kRestore))
        .at(file);
}

class SqliteDatabase final : public Database {
public:
    SqliteDatabase(std::string file, Clock& clock) : file_(std::move(file)), clock_(&clock) {}

    StateLocation::Kind kind() const override { return StateLocation::Kind::sqlite; }
    std::string display() const override { return file_; }

    Result<std::unique_ptr<Connection>> connect_for_reading() override {
        auto connection = TRY(SqliteConnection::open(file_, *clock_));
        TRY(connection->execute_script("PRAGMA query_only = ON"));
        return connection;
    }

    Result<std::unique_ptr<Connection>> connect_for_writing() override {
        return TRY(SqliteConnection::open(file_, *clock_));
    }

    Status check_structure() override {
        auto connection = TRY(connect_for_reading());
        const auto problems = TRY(connection->query("PRAGMA integrity_check(1)", {}));
        if (problems.size() != 1 || problems[0] != Values{std::string("ok")}) {
            const auto* text = problems.empty() ? nullptr : std::get_if<std::string>(&problems[0][0]);
            return damaged(text != nullptr ? *text : "integrity_check gives no answer", file_);
        }
        if (!TRY(connection->query("PRAGMA foreign_key_check", {})).empty())
            return damaged("a row refers to one that is missing", file_);
        return {};
    }

    Status backup(const std::string& file) override {
        if (file_exists(file))
            return Error::make(ErrorKind::conflict, "the backup cannot be written")
                .why("the file exists")
                .fix("name another file")
                .at(file);
        const std::string unfinished = file + ".unfinished";
        if (file_exists(unfinished))
            TRY(remove_file(unfinished));
        auto copied = copy_to(unfinished);
        if (copied.is_error()) {
            static_cast<void>(remove_file(unfinished)); // the first error is the one to tell
            return copied;
        }
        TRY(rename_without_replacing(unfinished, file));
        const auto folder = std::filesystem::path(file).parent_path().string();
        return sync_folder(folder.empty() ? "." : folder);
    }

private:
    Status copy_to(const std::string& file) {
        auto source = TRY(SqliteConnection::open(file_, *clock_));
        auto target = TRY(SqliteConnection::create(file, *clock_));
        auto* copy = sqlite3_backup_init(target->handle(), "main", source->handle(), "main");
        if (copy == nullptr)
            return sqlite_error(target->handle(), sqlite3_errcode(target->handle()), file);
        sqlite3_backup_step(copy, -1);
        const int code = sqlite3_backup_finish(copy);
        if (code != SQLITE_OK)
            return sqlite_error(target->handle(), code, file);
        return {};
    }

    std::string file_;
    Clock* clock_;
};

Status create(const std::string& file, Clock& clock, Random& random,
              const std::function<Status(Connection&)>& prepare) {
    const std::string unfinished = file + ".new-" + random.id();
    {
        auto connection = TRY(SqliteConnection::create(unfinished, clock));
        TRY(connection->execute_script("PRAGMA journal_mode = WAL; PRAGMA application_id = " +
                                       std::to_string(kApplicationId)));
        TRY(prepare(*connection));
    }
    const auto renamed = rename_without_replacing(unfinished, file);
    if (renamed.is_error() && renamed.error().kind() == ErrorKind::conflict)
        return remove_file(unfinished); // another process made it in the meantime
    TRY(renamed);
    return sync_folder(std::filesystem::path(file).parent_path().string());
}

Status refuse_network_file_system(const std::string& folder) {
    struct statfs about = {};
    if (statfs(folder.c_str(), &about) != 0)
        return system_error(errno, "the folder of the state database cannot be examined", folder);
    const auto name = network_file_system(static_cast<std::uint64_t>(about.f_type));
    if (name.empty())
        return {};
    return Error::make(ErrorKind::unsupported, "the state database cannot lie on a network file system")
        .why("locks are not safe on " + std::string(name))
        .fix("name a file on a local disk, or use --state postgresql://...")
        .at(folder);
}

/// One name for one file, however it was reached: owners of leases are found beside it.
Result<std::string> canonical_name(const std::string& file) {
    std::error_code problem;
    const auto absolute = std::filesystem::absolute(file, problem);
    const auto folder = std::filesystem::canonical(absolute.parent_path(), problem);
    if (problem)
        return system_error(problem.value(), "the folder of the state database cannot be used",
                            absolute.parent_path().string());
    const auto canonical = std::filesystem::weakly_canonical(folder / absolute.filename(), problem);
    if (problem)
        return system_error(problem.value(), "the state database cannot be used", file);
    return canonical.string();
}

/// What others could have put here, or could change, says nothing about what this user did.
Status require_own_file(const std::string& file) {
    struct ::stat about = {};
    if (::lstat(file.c_str(), &about) != 0)
        return errno == ENOENT ? Status() : system_error(errno, "the state database cannot be examined", file);
    const bool is_own = about.st_uid == ::geteuid();
    if (is_own && (about.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return {};
    return Error::make(ErrorKind::permission, "others have a hand in the state database")
        .why(is_own ? "others may write it" : "it belongs to user " + std::to_string(about.st_uid))
        .fix(is_own ? "if you trust what it says: `chmod go-w` it"
                    : "if you trust what it says: take it over with chown")
        .at(file);
}

Status examine_existing(const std::string& file) {
    const auto state = TRY(file_state(file));
    if (state.type != FileState::Type::file)
        return Error::make(ErrorKind::usage, "the state database is no file").fix("name a file").at(file);
    if (state.size == 0)
        return damaged("the file is empty; Godwit never leaves one so", file);
    std::error_code problem;
    if (std::filesystem::hard_link_count(file, problem) > 1)
        return Error::make(ErrorKind::unsupported, "the state database has a second name (hard link)")
            .why("its log is found by name, so two names would lose writes")
            .fix("remove one of the names")
            .at(file);
    // SQLite would play a rollback journal back into the file before anything is read.
    if (const auto journal = file + "-journal"; file_exists(journal))
        return Error::make(ErrorKind::corrupt, "a journal of SQLite lies beside the state database")
            .why("Godwit keeps a write-ahead log and never leaves such a journal: it is somebody else's")
            .fix("find out who put it there, and remove it")
            .at(journal);
    for (const auto* suffix : {"", "-wal", "-shm"})
        TRY(require_own_file(file + suffix));
    return {};
}

} // namespace

std::string_view network_file_system(std::uint64_t magic) {
    // statfs(2) and linux/magic.h. FUSE: nearly all are remote (sshfs, s3fs, rclone); none promises locks across hosts.
    constexpr std::pair<std::uint64_t, std::string_view> kNetwork[] = {
        {0x6969, "NFS"},      {0x517B, "SMB"},        {0xFF534D42, "CIFS"}, {0xFE534D42, "SMB2"},
        {0x65735546, "FUSE"}, {0x01021997, "9P"},     {0x5346414F, "AFS"},  {0x00C36400, "Ceph"},
        {0x73757245, "Coda"}, {0x0BD00BD0, "Lustre"}, {0x47504653, "GPFS"}, {0x786F4256, "VirtualBox shared folder"},
    };
    for (const auto& [number, name] : kNetwork) {
        if (number == magic)
            return name;
    }
    return {};
}

Result<std::unique_ptr<Database>> open_sqlite(const std::string& name, Clock& clock, Random& random,
                                              const std::function<Status(Connection&)>& prepare) {
    const auto file = TRY(canonical_name(name));
    TRY(refuse_network_file_system(std::filesystem::path(file).parent_path().string()));
    if (!file_exists(file)) {
        if (file_exists(file + "-wal"))
            return damaged("the main file is missing, but its log is there", file);
        TRY(create(file, clock, random, prepare));
    }
    TRY(examine_existing(file));
    auto database = std::make_unique<SqliteDatabase>(file, clock);
    auto connection = TRY(database->connect_for_writing());
    if (TRY(query_int64(*connection, "PRAGMA application_id")) != kApplicationId)
        return damaged("the file is no state database of Godwit", file);
    if (TRY(connection->query("PRAGMA journal_mode", {})) != std::vector<Values>{{std::string("wal")}})
        return damaged("the file is not in WAL mode", file);
    return database;
}

} // namespace godwit::store
