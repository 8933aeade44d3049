#pragma once

#include "store/database.h"

#include <span>
#include <string_view>

namespace godwit::store {

/// One step of the schema. A migration that was released is never edited: the next one changes what it made.
struct Migration {
    std::int64_t version;
    std::string_view sql; ///< in the dialect of `expand_dialect`
};

/// In order of version, from 1, without gaps.
std::span<const Migration> all_migrations();

/// The version that the database is at; 0: it holds nothing of ours yet.
Result<std::int64_t> schema_version(Connection& connection, StateLocation::Kind kind);

/// Brings the database to the last of `migrations` in one transaction. A newer database is refused.
Status migrate(Connection& connection, StateLocation::Kind kind, std::span<const Migration> migrations);

/// The schema is as the migrations left it: the definition of every table, index and view hashes to what was recorded.
/// (SQLite keeps these as text in the file, where a flipped bit would change what a statement means.)
Status check_schema(Connection& connection, StateLocation::Kind kind);

} // namespace godwit::store
