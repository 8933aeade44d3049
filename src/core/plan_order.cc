#include "core/plan_order.h"

#include "base/file.h"
#include "base/text.h"
#include "core/keys.h"

#include <sqlite3.h>

#include <filesystem>
#include <optional>
#include <system_error>

namespace godwit::core {

namespace {

struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
};
struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

// Lines are long and lie apart: a tree that is searched all the time needs short rows.
constexpr const char* kSchema = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                                "CREATE TABLE line (number INTEGER PRIMARY KEY, line TEXT NOT NULL);"
                                "CREATE TABLE step (id TEXT PRIMARY KEY, key TEXT NOT NULL, number INTEGER NOT NULL,"
                                "                   depth INTEGER, waits INTEGER NOT NULL) WITHOUT ROWID;"
                                "CREATE TABLE needs (step TEXT NOT NULL, needed TEXT NOT NULL,"
                                "                    PRIMARY KEY (step, needed)) WITHOUT ROWID;"
                                "BEGIN;";
constexpr const char* kIndices = "CREATE INDEX by_needed ON needs (needed, step);"
                                 "CREATE INDEX by_depth ON step (depth, waits);"
                                 "UPDATE step SET waits = (SELECT count(*) FROM needs WHERE needs.step = step.id);";

std::string text_of(sqlite3_stmt* statement, int column) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    return text == nullptr ? std::string()
                           : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
}

} // namespace

struct PlanOrder::Impl {
    std::string file;
    std::unique_ptr<sqlite3, CloseDatabase> database;
    Statement insert_line;
    Statement insert_step;
    Statement insert_needs;

    ~Impl() {
        insert_line.reset();
        insert_step.reset();
        insert_needs.reset();
        database.reset();
        (void)remove_file(file);
    }

    Error failure(std::string_view doing) const {
        const bool full = sqlite3_errcode(database.get()) == SQLITE_FULL;
        return Error::make(full ? ErrorKind::no_space : ErrorKind::io, "the steps of the plan cannot be sorted")
            .why(std::string(doing) + ": " + sqlite3_errmsg(database.get()))
            .fix(full ? "free space there, then make the plan again" : "check the disk, then make the plan again")
            .at(file);
    }

    Status execute(const char* sql) {
        if (sqlite3_exec(database.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
            return failure("sorting");
        return {};
    }

    Result<Statement> prepare(const char* sql) const {
        sqlite3_stmt* statement = nullptr;
        if (sqlite3_prepare_v2(database.get(), sql, -1, &statement, nullptr) != SQLITE_OK)
            return failure("preparing");
        return Statement(statement);
    }

    Status run(sqlite3_stmt* statement, std::initializer_list<std::string_view> values) {
        int index = 1;
        for (const auto value : values)
            sqlite3_bind_text(statement, index++, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
        const int code = sqlite3_step(statement);
        sqlite3_reset(statement);
        if (code != SQLITE_DONE)
            return failure("adding a step");
        return {};
    }

    /// The first text column of the first row, or nothing.
    Result<std::optional<std::string>> first(const char* sql) const {
        const auto statement = TRY(prepare(sql));
        switch (sqlite3_step(statement.get())) {
        case SQLITE_ROW: return std::optional(text_of(statement.get(), 0));
        case SQLITE_DONE: return std::optional<std::string>();
        default: return failure("reading");
        }
    }

    /// CROSS JOIN keeps SQLite to the written order: through the level's own index each step would look at all of them.
    Status arrange_level(std::int64_t depth) {
        const std::string level = std::to_string(depth);
        TRY(execute(("UPDATE step SET depth = " + level + " WHERE depth IS NULL AND waits = 0").c_str()));
        return execute(("UPDATE step SET waits = waits - (SELECT count(*) FROM needs CROSS JOIN step AS before"
                        " WHERE needs.step = step.id AND before.id = needs.needed AND before.depth = " +
                        level +
                        ") WHERE id IN (SELECT needs.step FROM step AS before CROSS JOIN needs"
                        " WHERE before.depth = " +
                        level + " AND needs.needed = before.id)")
                           .c_str());
    }
};

PlanOrder::PlanOrder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PlanOrder::~PlanOrder() = default;
PlanOrder::PlanOrder(PlanOrder&&) noexcept = default;

Result<PlanOrder> PlanOrder::create(const std::string& file) {
    // SQLite is to follow no link, and it would take those on the way to the folder for one too.
    const std::filesystem::path given(file);
    std::error_code problem;
    const auto folder = std::filesystem::canonical(given.has_parent_path() ? given.parent_path() : ".", problem);
    if (problem)
        return system_error(problem.value(), "the folder of the plan cannot be used", file);
    auto impl = std::make_unique<Impl>();
    impl->file = (folder / given.filename()).string();
    if (file_exists(impl->file))
        TRY(remove_file(impl->file));
    TRY(TRY(File::create(impl->file, 0600)).close());
    sqlite3* database = nullptr;
    const int code =
        sqlite3_open_v2(impl->file.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, nullptr);
    impl->database.reset(database);
    if (code != SQLITE_OK)
        return impl->failure("opening");
    TRY(impl->execute(kSchema));
    impl->insert_line = TRY(impl->prepare("INSERT INTO line (line) VALUES (?)"));
    impl->insert_step = TRY(impl->prepare("INSERT INTO step (id, key, number, waits)"
                                          " VALUES (?, ?, last_insert_rowid(), 0)"));
    impl->insert_needs = TRY(impl->prepare("INSERT OR IGNORE INTO needs (step, needed) VALUES (?, ?)"));
    return PlanOrder(std::move(impl));
}

Status PlanOrder::add(const Step& step) {
    TRY(impl_->run(impl_->insert_line.get(), {step.line}));
    const auto added = impl_->run(impl_->insert_step.get(), {step.id, step.key});
    if (added.is_error() && sqlite3_errcode(impl_->database.get()) == SQLITE_CONSTRAINT)
        return Error::make(ErrorKind::bug, "two steps of the plan have the same id").why(step.id).at(step.key);
    if (added.is_error())
        return added.error();
    for (const auto& needed : step.depends_on)
        TRY(impl_->run(impl_->insert_needs.get(), {step.id, step_id(needed)}));
    return {};
}

Status PlanOrder::arrange() {
    TRY(impl_->execute(kIndices));
    if (const auto missing = TRY(impl_->first("SELECT step.key FROM needs JOIN step ON step.id = needs.step"
                                              " WHERE needs.needed NOT IN (SELECT id FROM step) LIMIT 1")))
        return Error::make(ErrorKind::bug, "a step depends on one that the plan does not hold").at(*missing);
    for (std::int64_t depth = 0;; ++depth) {
        if (!TRY(impl_->first("SELECT id FROM step WHERE depth IS NULL LIMIT 1")))
            return {};
        if (!TRY(impl_->first("SELECT id FROM step WHERE depth IS NULL AND waits = 0 LIMIT 1")))
            return Error::make(ErrorKind::bug, "the steps of the plan depend on each other in a circle")
                .at(TRY(impl_->first("SELECT key FROM step WHERE depth IS NULL LIMIT 1")).value_or(""));
        TRY(impl_->arrange_level(depth));
    }
}

Status PlanOrder::each(const std::function<Status(std::int64_t, std::string_view)>& visit) const {
    const auto statement = TRY(impl_->prepare("SELECT depth, line FROM step JOIN line USING (number)"
                                              " ORDER BY depth, key"));
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(statement.get())) == SQLITE_ROW)
        TRY(visit(sqlite3_column_int64(statement.get(), 0), text_of(statement.get(), 1)));
    if (code != SQLITE_DONE)
        return impl_->failure("reading");
    return {};
}

} // namespace godwit::core
