#include "catalog/catalog_database.h"

#include "base/json.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

namespace godwit::catalog {

namespace {

constexpr std::int64_t kSchemaVersion = 1;
constexpr std::string_view kSchema =
    "CREATE TABLE catalog (uuid TEXT NOT NULL PRIMARY KEY, schema_version INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE namespace (space TEXT NOT NULL PRIMARY KEY, parent TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX namespace_by_parent ON namespace (parent, space);"
    "CREATE TABLE namespace_property (space TEXT NOT NULL REFERENCES namespace (space) ON DELETE CASCADE,"
    " key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (space, key)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE iceberg_table (space TEXT NOT NULL REFERENCES namespace (space), name TEXT NOT NULL,"
    " location TEXT NOT NULL, metadata_location TEXT NOT NULL, PRIMARY KEY (space, name)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX iceberg_table_by_location ON iceberg_table (location);";
constexpr std::string_view kTableColumns = "SELECT space, name, location, metadata_location FROM iceberg_table ";

Error no_such_space(const std::string& space) {
    return Error::make(ErrorKind::not_found, "the namespace does not exist")
        .fix("create it first")
        .at(display_space(space))
        .code("NoSuchNamespaceException");
}

Error no_such_table(const TableId& id) {
    return Error::make(ErrorKind::not_found, "the table does not exist")
        .fix("check the name against the list of the namespace's tables")
        .at(id.display())
        .code("NoSuchTableException");
}

Error table_taken(const TableId& id) {
    return Error::make(ErrorKind::conflict, "a table of this name exists already")
        .fix("choose another name, or drop that table first")
        .at(id.display())
        .code("AlreadyExistsException");
}

std::string text_of(const store::Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? *text : std::string();
}

TableRow row_of(const store::Values& values) {
    return {{text_of(values[0]), text_of(values[1])}, text_of(values[2]), text_of(values[3])};
}

std::vector<std::string> first_column(const std::vector<store::Values>& rows) {
    std::vector<std::string> names;
    names.reserve(rows.size());
    for (const store::Values& row : rows)
        names.push_back(text_of(row[0]));
    return names;
}

/// SQLite takes a negative limit for none.
std::int64_t sql_limit(std::uint64_t limit) { return limit == 0 ? -1 : static_cast<std::int64_t>(limit); }

} // namespace

/// The connection is used by one thread at a time.
template <typename Function>
auto CatalogDatabase::read(Function&& function) {
    const std::lock_guard lock(mutex_);
    return function();
}

template <typename Function>
Status CatalogDatabase::write(Function&& function) {
    const std::lock_guard lock(mutex_);
    TRY(connection_->begin());
    if (Status status = function(); status.is_error()) {
        connection_->rollback();
        return status;
    }
    return connection_->commit();
}

Result<std::vector<store::Values>> CatalogDatabase::query(std::string_view sql,
                                                          std::initializer_list<store::Value> parameters) {
    return connection_->query(sql, std::span(parameters.begin(), parameters.size()));
}

Result<std::int64_t> CatalogDatabase::execute(std::string_view sql, std::initializer_list<store::Value> parameters) {
    return connection_->execute(sql, std::span(parameters.begin(), parameters.size()));
}

Result<std::unique_ptr<CatalogDatabase>> CatalogDatabase::open(const std::string& file, Clock& clock, Random& random) {
    const auto prepare = [&](store::Connection& connection) -> Status {
        TRY(connection.execute_script(kSchema));
        const store::Value row[] = {random_uuid(random), kSchemaVersion};
        TRY(connection.execute("INSERT INTO catalog (uuid, schema_version) VALUES (?, ?)", row));
        return {};
    };
    auto database = TRY(store::open_sqlite(file, clock, random, prepare));
    std::unique_ptr<CatalogDatabase> made(new CatalogDatabase(std::move(database)));
    made->connection_ = TRY(made->database_->connect_for_writing());
    auto rows = made->query("SELECT uuid, schema_version FROM catalog");
    const auto* version =
        !rows.is_error() && rows->size() == 1 ? std::get_if<std::int64_t>(&rows->front()[1]) : nullptr;
    if (version == nullptr || *version != kSchemaVersion)
        return Error::make(ErrorKind::invalid_input, "the file is no catalogue that this version can open")
            .why(version == nullptr ? "it does not hold a catalogue's tables"
                                    : "its schema has version " + std::to_string(*version))
            .fix("name the catalogue's own database file, or a new one")
            .at(printable(file));
    made->uuid_ = text_of(rows->front()[0]);
    return made;
}

Status CatalogDatabase::require_space(const std::string& space) {
    if (TRY(query("SELECT 1 FROM namespace WHERE space = ?", {space})).empty())
        return no_such_space(space);
    return {};
}

Result<SpaceProperties> CatalogDatabase::properties(const std::string& space) {
    return read([&]() -> Result<SpaceProperties> {
        TRY(require_space(space));
        SpaceProperties properties;
        for (const store::Values& row :
             TRY(query("SELECT key, value FROM namespace_property WHERE space = ? ORDER BY key", {space})))
            properties.emplace(text_of(row[0]), text_of(row[1]));
        return properties;
    });
}

Result<std::vector<std::string>> CatalogDatabase::children(const std::string& parent, const std::string& after,
                                                           std::uint64_t limit) {
    return read([&]() -> Result<std::vector<std::string>> {
        if (!parent.empty())
            TRY(require_space(parent));
        return first_column(
            TRY(query("SELECT space FROM namespace WHERE parent = ? AND space > ? ORDER BY space LIMIT ?",
                      {parent, after, sql_limit(limit)})));
    });
}

Status CatalogDatabase::add_space(const std::string& space, const SpaceProperties& properties) {
    return write([&]() -> Status {
        const std::string parent(parent_of(space));
        if (!parent.empty())
            TRY(require_space(parent));
        if (!TRY(query("SELECT 1 FROM namespace WHERE space = ?", {space})).empty())
            return Error::make(ErrorKind::conflict, "the namespace exists already")
                .fix("use it as it is, or choose another name")
                .at(display_space(space))
                .code("AlreadyExistsException");
        TRY(execute("INSERT INTO namespace (space, parent) VALUES (?, ?)", {space, parent}));
        for (const auto& [key, value] : properties)
            TRY(execute("INSERT INTO namespace_property (space, key, value) VALUES (?, ?, ?)", {space, key, value}));
        return {};
    });
}

Status CatalogDatabase::drop_space(const std::string& space) {
    return write([&]() -> Status {
        TRY(require_space(space));
        const bool has_tables = !TRY(query("SELECT 1 FROM iceberg_table WHERE space = ? LIMIT 1", {space})).empty();
        const bool has_children = !TRY(query("SELECT 1 FROM namespace WHERE parent = ? LIMIT 1", {space})).empty();
        if (has_tables || has_children)
            return Error::make(ErrorKind::conflict, "the namespace is not empty")
                .why(has_tables ? "it holds tables" : "it holds namespaces")
                .fix("drop what it holds first")
                .at(display_space(space))
                .code("NamespaceNotEmptyException");
        TRY(execute("DELETE FROM namespace_property WHERE space = ?", {space}));
        TRY(execute("DELETE FROM namespace WHERE space = ?", {space}));
        return {};
    });
}

Result<PropertyChanges> CatalogDatabase::change_properties(const std::string& space,
                                                           const std::vector<std::string>& removals,
                                                           const SpaceProperties& updates) {
    PropertyChanges changes;
    TRY(write([&]() -> Status {
        TRY(require_space(space));
        for (const std::string& key : removals) {
            const std::int64_t gone =
                TRY(execute("DELETE FROM namespace_property WHERE space = ? AND key = ?", {space, key}));
            (gone > 0 ? changes.removed : changes.missing).push_back(key);
        }
        for (const auto& [key, value] : updates) {
            TRY(execute("INSERT INTO namespace_property (space, key, value) VALUES (?, ?, ?)"
                        " ON CONFLICT (space, key) DO UPDATE SET value = excluded.value",
                        {space, key, value}));
            changes.updated.push_back(key);
        }
        return {};
    }));
    return changes;
}

Result<std::vector<std::string>> CatalogDatabase::table_names(const std::string& space, const std::string& after,
                                                              std::uint64_t limit) {
    return read([&]() -> Result<std::vector<std::string>> {
        TRY(require_space(space));
        return first_column(
            TRY(query("SELECT name FROM iceberg_table WHERE space = ? AND name > ? ORDER BY name LIMIT ?",
                      {space, after, sql_limit(limit)})));
    });
}

Result<std::optional<TableRow>> CatalogDatabase::find_row(const TableId& id) {
    const auto rows = TRY(query(std::string(kTableColumns) + "WHERE space = ? AND name = ?", {id.space, id.name}));
    if (rows.empty())
        return std::optional<TableRow>();
    return std::optional(row_of(rows.front()));
}

Result<std::optional<TableRow>> CatalogDatabase::find_table(const TableId& id) {
    return read([&] { return find_row(id); });
}

Result<TableRow> CatalogDatabase::table(const TableId& id) {
    return read([&]() -> Result<TableRow> {
        auto row = TRY(find_row(id));
        if (!row)
            return no_such_table(id);
        return std::move(*row);
    });
}

Status CatalogDatabase::move_pointer(const PointerMove& move) {
    const TableId& id = move.after.id;
    if (move.before.empty()) {
        TRY(require_space(id.space));
        if (TRY(find_row(id)))
            return table_taken(id);
        TRY(execute("INSERT INTO iceberg_table (space, name, location, metadata_location) VALUES (?, ?, ?, ?)",
                    {id.space, id.name, move.after.location, move.after.metadata_location}));
        return {};
    }
    const std::int64_t moved =
        TRY(execute("UPDATE iceberg_table SET location = ?, metadata_location = ?"
                    " WHERE space = ? AND name = ? AND metadata_location = ?",
                    {move.after.location, move.after.metadata_location, id.space, id.name, move.before}));
    if (moved == 0)
        return Error::make(ErrorKind::conflict, "the table changed since it was read")
            .why("another commit came first")
            .fix("load the table and commit again")
            .at(id.display())
            .code("CommitFailedException");
    return {};
}

Status CatalogDatabase::move_pointers(std::span<const PointerMove> moves) {
    return write([&]() -> Status {
        for (const PointerMove& move : moves)
            TRY(move_pointer(move));
        return {};
    });
}

Status CatalogDatabase::drop_table(const TableRow& row) {
    return write([&]() -> Status {
        const std::int64_t gone =
            TRY(execute("DELETE FROM iceberg_table WHERE space = ? AND name = ? AND metadata_location = ?",
                        {row.id.space, row.id.name, row.metadata_location}));
        if (gone == 0)
            return no_such_table(row.id);
        return {};
    });
}

Status CatalogDatabase::rename_table(const TableId& from, const TableId& to) {
    return write([&]() -> Status {
        if (!TRY(find_row(from)))
            return no_such_table(from);
        TRY(require_space(to.space));
        if (TRY(find_row(to)))
            return table_taken(to);
        TRY(execute("UPDATE iceberg_table SET space = ?, name = ? WHERE space = ? AND name = ?",
                    {to.space, to.name, from.space, from.name}));
        return {};
    });
}

Result<std::vector<TableRow>> CatalogDatabase::tables_sharing(const std::string& location) {
    return read([&]() -> Result<std::vector<TableRow>> {
        // '0' follows '/': the range holds what lies below.
        const auto rows = TRY(query(std::string(kTableColumns) +
                                        "WHERE location = ?1 OR (location > ?1 || '/' AND location < ?1 || '0')"
                                        " OR substr(?1, 1, length(location) + 1) = location || '/' LIMIT 2",
                                    {location}));
        std::vector<TableRow> sharing;
        for (const store::Values& row : rows)
            sharing.push_back(row_of(row));
        return sharing;
    });
}

Result<std::string> CatalogDatabase::dump() {
    return read([&]() -> Result<std::string> {
        Json namespaces = Json::array();
        for (const store::Values& space : TRY(query("SELECT space FROM namespace ORDER BY space"))) {
            Json properties = Json::object();
            for (const store::Values& row :
                 TRY(query("SELECT key, value FROM namespace_property WHERE space = ? ORDER BY key", {space[0]})))
                properties[text_of(row[0])] = text_of(row[1]);
            namespaces.push_back({{"levels", levels_of(text_of(space[0]))}, {"properties", properties}});
        }
        Json tables = Json::array();
        for (const store::Values& values : TRY(query(std::string(kTableColumns) + "ORDER BY space, name"))) {
            const TableRow row = row_of(values);
            tables.push_back({{"namespace", levels_of(row.id.space)},
                              {"name", row.id.name},
                              {"location", row.location},
                              {"metadata-location", row.metadata_location}});
        }
        return canonical_json({{"namespaces", namespaces}, {"tables", tables}});
    });
}

} // namespace godwit::catalog
