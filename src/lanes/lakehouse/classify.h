#pragma once

#include "formats/glue/entries.h"
#include "lanes/lakehouse/facts.h"

#include <optional>

namespace godwit::lakehouse {

bool is_link(const glue::Table& table);
/// Nothing: it is a table.
std::optional<ViewKind> view_kind(const glue::Table& table);
/// Parameters decide first, then the SerDe (which may contradict the input format: it is what readers use), then the
/// input format. Hudi before Parquet, because its input formats are named after Parquet.
TableKind table_kind(const glue::Table& table);

/// Everything that the catalogue's entry says; places, sizes, partitions and metadata.json are filled in later.
TableFacts table_facts(const glue::Table& table);
ViewFacts view_facts(const glue::Table& table);
LinkFacts link_facts(const glue::Table& table);
LinkFacts link_facts(const glue::Database& database);

Storage storage_of(const glue::StorageDescriptor& descriptor);

/// People keep passwords in parameters (`hive.sql.dbcp.password`, the options of a JDBC URL). Facts go to the state
/// database, plans and reports, so such values stay behind.
glue::Parameters without_secrets(glue::Parameters parameters);
/// Neither user and password nor a query (signatures of presigned addresses), which only names of files may hold.
std::string without_secrets_in_location(const std::string& location);
/// Over names and types in order.
std::string columns_digest(const std::vector<Column>& columns);
std::vector<Column> columns_of(const std::vector<glue::Column>& columns);

} // namespace godwit::lakehouse
