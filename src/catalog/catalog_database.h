#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "catalog/names.h"
#include "store/database.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::catalog {

using SpaceProperties = std::map<std::string, std::string>;

struct TableRow {
    TableId id;
    std::string location;          ///< of the table, as its metadata spells it
    std::string metadata_location; ///< of its current metadata.json
};

/// One table's share of a commit: `before` empty means that the table must not exist yet.
struct PointerMove {
    TableRow after;
    std::string before; ///< the metadata location that was read
};

struct PropertyChanges {
    std::vector<std::string> updated;
    std::vector<std::string> removed;
    std::vector<std::string> missing;
};

/// The catalogue's rows. Every method is one transaction; thread-safe. Errors of kind not_found and conflict carry the
/// protocol's exception name as their code.
class CatalogDatabase {
public:
    static Result<std::unique_ptr<CatalogDatabase>> open(const std::string& file, Clock& clock, Random& random);

    const std::string& uuid() const { return uuid_; }

    /// not_found where there is no such namespace.
    Result<SpaceProperties> properties(const std::string& space);
    /// Direct children of `parent` (empty: the top) after `after`, in byte order; limit 0: all.
    Result<std::vector<std::string>> children(const std::string& parent, const std::string& after, std::uint64_t limit);
    Status add_space(const std::string& space, const SpaceProperties& properties);
    Status drop_space(const std::string& space);
    Result<PropertyChanges> change_properties(const std::string& space, const std::vector<std::string>& removals,
                                              const SpaceProperties& updates);

    Result<std::vector<std::string>> table_names(const std::string& space, const std::string& after,
                                                 std::uint64_t limit);
    /// not_found names table or namespace.
    Result<TableRow> table(const TableId& id);
    Result<std::optional<TableRow>> find_table(const TableId& id);
    /// All or none: a pointer that is no longer where it was read is a conflict.
    Status move_pointers(std::span<const PointerMove> moves);
    Status drop_table(const TableRow& row);
    Status rename_table(const TableId& from, const TableId& to);
    /// Tables whose location is this one, lies below it or contains it; at most two.
    Result<std::vector<TableRow>> tables_sharing(const std::string& location);

    Result<std::string> dump();

private:
    explicit CatalogDatabase(std::unique_ptr<store::Database> database) : database_(std::move(database)) {}
    template <typename Function>
    auto read(Function&& function);
    template <typename Function>
    Status write(Function&& function);
    Status require_space(const std::string& space);
    Result<std::vector<store::Values>> query(std::string_view sql, std::initializer_list<store::Value> parameters = {});
    Result<std::int64_t> execute(std::string_view sql, std::initializer_list<store::Value> parameters = {});
    Result<std::optional<TableRow>> find_row(const TableId& id);
    Status move_pointer(const PointerMove& move);

    std::unique_ptr<store::Database> database_;
    std::unique_ptr<store::Connection> connection_;
    std::mutex mutex_;
    std::string uuid_;
};

} // namespace godwit::catalog
