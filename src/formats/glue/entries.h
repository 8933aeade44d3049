#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The AWS Glue Data Catalog's records as the AWS command line prints them (service model glue-2017-03-31: Database,
/// Table, Partition). Fields that are not listed here are ignored; a field of another type than the model gives it
/// refuses the entry.
namespace godwit::glue {

using Parameters = std::map<std::string, std::string>;

struct Column {
    std::string name;
    std::string type; ///< absent in Glue for some crawlers: empty
    std::string comment;
    Parameters parameters;
};

struct SerdeInfo {
    std::string name;
    std::string library;
    Parameters parameters;
};

struct SortColumn {
    std::string name;
    bool ascending = true;
};

struct StorageDescriptor {
    std::vector<Column> columns;
    std::string location;
    std::vector<std::string> additional_locations;
    std::string input_format;
    std::string output_format;
    bool compressed = false;
    std::int64_t buckets = 0; ///< 0 and below: not bucketed
    SerdeInfo serde;
    std::vector<std::string> bucket_columns;
    std::vector<SortColumn> sort_columns;
    Parameters parameters;
    bool has_schema_reference = false; ///< the columns stand in a schema registry
};

/// TargetTable or TargetDatabase: what a resource link points to.
struct LinkTarget {
    std::string catalogue;
    std::string database;
    std::string name; ///< empty for a database
    std::string region;
};

struct ViewRepresentation {
    std::string dialect; ///< ATHENA, SPARK, REDSHIFT
    std::string dialect_version;
    std::string original_text;
    std::string expanded_text;
};

struct Database {
    std::string catalogue; ///< CatalogId; may be empty
    std::string name;
    std::string description;
    std::string location;
    Parameters parameters;
    std::optional<LinkTarget> link;
    bool federated = false;
    Micros created = 0; ///< 0: not said, here and below
};

struct Table {
    std::string catalogue;
    std::string database;
    std::string name;
    std::string description;
    std::string owner;
    std::string table_type; ///< EXTERNAL_TABLE, VIRTUAL_VIEW ...
    Micros created = 0;
    Micros updated = 0;
    StorageDescriptor storage;
    std::vector<Column> partition_keys;
    Parameters parameters;
    std::string view_original_text;
    std::string view_expanded_text;
    std::vector<ViewRepresentation> view_representations;
    bool is_multi_dialect_view = false;
    bool is_materialized_view = false;
    bool is_lake_formation = false;
    bool is_federated = false;
    std::optional<LinkTarget> link;
    std::string digest; ///< SHA-256 (hex) of the whole entry as canonical JSON
};

struct Partition {
    std::string catalogue;
    std::string database;
    std::string table;
    std::vector<std::string> values;
    Micros created = 0;
    StorageDescriptor storage;
    Parameters parameters;
    std::string digest; ///< as of tables
};

Result<Database> parse_database(const Json& entry);
Result<Table> parse_table(const Json& entry);
/// DatabaseName, TableName and Values must be there.
Result<Partition> parse_partition(const Json& entry);

/// ISO 8601 with an offset (AWS CLI version 2) or seconds since 1970 with a fraction (version 1, `cli_timestamp_format
/// = none`). Anything else is 0: no decision stands on these times but which of two equal entries is newer.
Micros parse_aws_time(const Json& value);
Micros parse_iso_time(std::string_view text);

} // namespace godwit::glue
