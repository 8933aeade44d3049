#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the lakehouse lane knows about each resource: `core::Resource::facts`, canonical JSON, version 1.
///
/// Field names in the JSON are the member names below. 64-bit ids, sizes and counts are decimal strings, times are RFC
/// 3339 in UTC (empty: not known), digests are SHA-256 in hex. Fields are only added within one version; readers ignore
/// fields that they do not know, and a missing field has the default below.
namespace godwit::lakehouse {

inline constexpr int kFactsVersion = 1;

/// Types of resources. Keys (core::resource_key) hold the identity of the connection, then the path:
///   source (Glue)      account, region | catalogue, database, table[, partition values...]
///   source (metadata)  "iceberg", table uuid
///   target             uuid of the catalogue, canonical path of the warehouse | namespace levels..., table or folder
namespace type {
inline constexpr std::string_view kEstate = "estate";   ///< the source as a whole: one for each assessment
inline constexpr std::string_view kExportFile = "file"; ///< only files of the export that have a problem
inline constexpr std::string_view kDatabase = "database";
inline constexpr std::string_view kTable = "table";
inline constexpr std::string_view kView = "view";
inline constexpr std::string_view kLink = "link";           ///< resource link to a table or database of another account
inline constexpr std::string_view kPartition = "partition"; ///< in key order within its table; member of it
inline constexpr std::string_view kWarehouse = "warehouse"; ///< the target: one for each assessment
inline constexpr std::string_view kNamespace = "namespace";
inline constexpr std::string_view kTargetTable = "target-table";
inline constexpr std::string_view kTargetFolder =
    "target-folder"; ///< `<namespace>/<table>` that stands in the warehouse
} // namespace type

/// Told apart as lakehouse.md says: parameters first, then the SerDe, then the input format.
enum class TableKind {
    iceberg,
    delta,
    delta_manifest, ///< SymlinkTextInputFormat: files are listed in manifests
    hudi,
    parquet,
    orc,
    avro,
    csv,      ///< LazySimpleSerDe over text
    open_csv, ///< OpenCSVSerde: every column read as string
    json,
    regex,
    grok,
    ion,
    cloudtrail,
    rcfile,
    sequence_file,
    other_store, ///< the data is no file in a bucket: JDBC, DynamoDB, Kafka, Kinesis, a federated table
    unknown,
};

enum class ViewKind { presto, hive, multi_dialect, materialized };

std::string_view to_string(TableKind kind);
std::string_view to_string(ViewKind kind);
Result<TableKind> parse_table_kind(std::string_view text);

/// Where a source's bytes are read.
struct Place {
    std::string location; ///< as the catalogue spells it
    std::string folder;   ///< absolute local path that the prefix map gives; empty: unmapped
    std::string problem;  ///< why nothing can be read there ("absent", "unmapped", "missing", "unreadable",
                          ///< "invalid"); empty: readable
    std::string detail;   ///< the problem in words
};

/// Of a complete listing. `bytes` is what `du --apparent-size` adds up for files.
struct Sizes {
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
    std::uint64_t data_objects = 0; ///< neither hidden (`_` or `.` at the start of a path element) nor empty
    std::uint64_t data_bytes = 0;
    std::uint64_t hidden_objects = 0;
    std::uint64_t empty_objects = 0;
    std::uint64_t other_objects = 0; ///< links, devices: not followed and not counted above
    std::uint64_t largest = 0;       ///< bytes of the largest object

    Sizes& operator+=(const Sizes& other);
    bool operator==(const Sizes&) const = default;
};

struct Column {
    std::string name;
    std::string type; ///< as Glue declares it
    std::string comment;
    bool operator==(const Column&) const = default;
};

/// How files are decoded.
struct Storage {
    std::string input_format;
    std::string output_format;
    std::string serde;
    std::map<std::string, std::string> serde_parameters;
    bool operator==(const Storage&) const = default;
};

/// What all partitions of a table amount to; each is a resource of its own.
struct PartitionSummary {
    std::uint64_t count = 0;
    std::uint64_t outside_table = 0;        ///< location not below the table's
    std::uint64_t other_storage = 0;        ///< another SerDe or input format than the table's
    std::uint64_t other_columns = 0;        ///< columns differ in name, type or order from the table's
    std::uint64_t additional_places = 0;    ///< with AdditionalLocations of their own
    std::uint64_t unreadable = 0;           ///< unmapped, missing or unreadable location
    std::uint64_t empty = 0;                ///< no data object
    std::uint64_t null_values = 0;          ///< with at least one `__HIVE_DEFAULT_PARTITION__`
    std::uint64_t wrong_arity = 0;          ///< more or fewer values than partition keys
    std::uint64_t bad_values = 0;           ///< with a value that is none of its key's type
    std::uint64_t duplicates = 0;           ///< same values twice in the export; the first stands
    std::uint64_t unregistered_objects = 0; ///< data objects below the table that belong to no partition
    std::uint64_t unregistered_bytes = 0;
    std::uint64_t nested_objects = 0; ///< data objects in folders below their partition (or table, unpartitioned)
    std::string example;              ///< display of the first partition that one of the counts above is about
    std::string digest;               ///< over the canonical entries of all partitions in key order
};

/// What metadata.json says; true where Glue's columns are only informative.
struct IcebergFacts {
    std::string metadata_location; ///< as the catalogue spells it
    std::string metadata_file;     ///< absolute local path
    std::string problem; ///< "absent", "unmapped", "missing", "unreadable", "invalid"; empty: the fields below hold
    std::string detail;
    std::uint64_t metadata_size = 0;
    std::string metadata_digest;
    std::string table_uuid;
    std::int32_t format_version = 0;
    std::string location;
    std::string current_snapshot_id; ///< decimal; empty: no snapshot
    std::uint64_t snapshots = 0;
    std::int32_t schema_id = 0;
    std::uint64_t schemas = 0;
    std::uint64_t specs = 0;
    std::vector<std::string> partition_fields; ///< `day(ts)`, of the default spec
    std::vector<Column> columns;               ///< current schema, Iceberg types
    struct Reference {
        std::string name;
        std::string kind; ///< branch, tag
        std::string snapshot_id;
    };
    std::vector<Reference> references;
    std::string updated_at;
    std::string newer_metadata; ///< a file beside it with a higher version: the catalogue may be behind
    bool encrypted = false;     ///< encryption keys in use
    /// Of the current snapshot, counted in its manifests and delete files; `live_known` is false where one cannot be
    /// read.
    std::uint64_t live_data_files = 0;
    std::uint64_t live_delete_files = 0;
    std::uint64_t live_rows = 0; ///< of data files; deleted rows are not subtracted
    std::uint64_t live_bytes = 0;
    bool live_known = false;
    /// `data parquet`, `position deletes avro`, `equality deletes orc`, `deletion vectors puffin` to the number of live
    /// files of every branch and tag.
    std::map<std::string, std::uint64_t> file_formats;
    /// Every distinct root of the paths that metadata.json and the manifests of branches and tags hold; at most 64. The
    /// first is the table's location.
    std::vector<Place> prefixes;
    /// What a move takes from outside of the location, history, statistics and metadata files included; each file once.
    std::uint64_t outside_objects = 0;
    std::uint64_t outside_bytes = 0;
    std::map<std::string, std::uint64_t> outside_places; ///< `s3://bucket/prefix` to the number of files; bounded
    std::uint64_t missing_needed = 0;  ///< files that a branch or tag needs and that are not there, or unmapped
    std::uint64_t missing_history = 0; ///< manifest lists that only history names
    std::string missing_example;
    std::uint64_t broken_needed = 0; ///< manifest lists and manifests of a branch or tag that cannot be read
    std::string broken_example;
    /// Position delete files of any snapshot that relocation could not rewrite: ORC, or copies of the rows in them.
    std::uint64_t unwritable_deletes = 0;
    std::string unwritable_example;
    bool location_differs = false; ///< the catalogue names another location than metadata.json
    bool columns_differ = false;   ///< the catalogue's columns are not those of the current schema, by name
};

/// What the footers of a Parquet table's data objects say, held against the schema that the table gets in Iceberg.
struct ParquetFacts {
    std::uint64_t files = 0;      ///< footers read
    std::uint64_t rows = 0;       ///< by the footers
    std::uint64_t unreadable = 0; ///< data objects that are no Parquet, are cut off or encrypted
    std::string unreadable_example;
    std::uint64_t needs_rewrite = 0; ///< files that cannot be used as they are
    std::string rewrite_example;
    std::map<std::string, std::uint64_t>
        issues; ///< words of parquet_format::IssueKind to the number of files that have it
    /// Iceberg schema (Appendix C), partition keys last; timestamps are instants where the first readable file says so.
    std::string schema;
    std::vector<std::int32_t> partition_ids; ///< field ids of the partition keys, in order
};

struct TableFacts {
    int version = kFactsVersion;
    std::string catalogue; ///< CatalogId of the entry; empty in metadata mode
    std::string database;
    std::string name;
    TableKind kind = TableKind::unknown;
    std::string table_type; ///< EXTERNAL_TABLE, MANAGED_TABLE ...
    std::string description;
    std::string owner;
    std::string created_at;
    std::string updated_at;
    std::map<std::string, std::string> parameters;
    std::vector<Column> columns;       ///< without Iceberg's dropped ones; without partition keys
    std::uint64_t dropped_columns = 0; ///< Iceberg: historic columns that the catalogue still lists
    std::vector<Column> partition_keys;
    Storage storage;
    std::vector<std::string> bucket_columns;
    std::int64_t buckets = 0;
    std::vector<std::string> sort_columns;
    bool transactional = false;           ///< Hive ACID
    bool projection = false;              ///< partitions by rule, usually none registered
    bool lake_formation = false;          ///< location registered with Lake Formation
    bool governed_columns = false;        ///< the schema stands in a schema registry: columns may be absent
    Place place;                          ///< the table's own location
    std::vector<Place> additional_places; ///< AdditionalLocations
    PartitionSummary partitions;
    Sizes sizes;                         ///< of everything below all places of the table, each object once
    std::string listing_digest;          ///< over (location, key, size, mtime_ns) of that listing in order
    std::uint64_t suffix_mismatches = 0; ///< data objects whose suffix says another format than the SerDe
    std::string suffix_example;
    std::uint64_t unsupported_codecs = 0; ///< text tables: data objects packed in a way that cannot be unpacked
    std::string codec_example;
    std::string text_problem; ///< csv: what LazySimpleSerDe is told to do that is not handled; empty: nothing
    std::map<std::string, std::string> estimates; ///< crawler's sizeKey, recordCount, objectCount ...
    std::uint64_t duplicate_entries = 0;          ///< the same table again in the export; the newest UpdateTime stands
    bool names_differ_by_case = false;            ///< two columns that differ only by case, or a key that repeats one
    std::string name_example;
    std::uint64_t unsupported_types = 0; ///< columns whose type Iceberg has no counterpart for
    std::uint64_t widened_types = 0;     ///< tinyint, smallint, char, varchar
    std::string type_example;
    std::string entry_digest; ///< of the catalogue's entry as exported (canonical JSON)
    std::optional<IcebergFacts> iceberg;
    std::optional<ParquetFacts> parquet;
    /// What a plan pins, canonical JSON.
    /// iceberg: {"kind":"iceberg","metadata_location","metadata_size","metadata_digest"};
    /// others:  {"kind":"files","entry_digest","partitions_digest","listing_digest"}.
    std::string fingerprint;
};

struct PartitionFacts {
    int version = kFactsVersion;
    std::string table;               ///< resource key
    std::vector<std::string> values; ///< as Partition.Values has them
    Place place;
    bool outside_table = false;
    bool other_storage = false;
    std::optional<Storage> storage; ///< only where it differs from the table's
    bool other_columns = false;
    std::string columns_digest; ///< over names and types in order
    Sizes sizes;
    std::string listing_digest;
    std::string entry_digest;
};

struct ViewFacts {
    int version = kFactsVersion;
    std::string catalogue;
    std::string database;
    std::string name;
    ViewKind kind = ViewKind::presto;
    std::string description;
    std::string updated_at;
    std::vector<Column> columns;
    std::string sql;               ///< original SQL, decoded; empty where it could not be
    std::string default_catalogue; ///< Presto views: what unqualified names mean
    std::string default_schema;
    std::vector<std::string> dialects;
    bool decoded = false;
    std::string problem; ///< why the SQL could not be decoded
    std::string entry_digest;
};

struct LinkFacts {
    int version = kFactsVersion;
    std::string catalogue;
    std::string database;
    std::string name; ///< empty: link to a database
    std::string target_catalogue;
    std::string target_database;
    std::string target_name;
    std::string target_region;
};

struct DatabaseFacts {
    int version = kFactsVersion;
    std::string catalogue;
    std::string name;
    std::string description;
    std::string location;
    std::map<std::string, std::string> parameters;
    std::uint64_t tables = 0;
    std::uint64_t views = 0;
    std::uint64_t links = 0;
    bool declared = true; ///< false: no DatabaseList entry, known from its tables only
    bool federated = false;
};

struct ExportFileFacts {
    int version = kFactsVersion;
    std::string file;    ///< path below the export, printable
    std::string problem; ///< "unreadable", "invalid", "unrecognised", "entry"
    std::string detail;
    std::uint64_t entries = 0; ///< entries that were read before the problem
    std::uint64_t refused = 0; ///< entries that were left out
};

struct EstateFacts {
    int version = kFactsVersion;
    std::string kind; ///< "glue-export", "iceberg-metadata"
    std::string account;
    std::string region;
    std::uint64_t files = 0; ///< JSON files that were recognised
    std::uint64_t databases = 0;
    std::uint64_t tables = 0;
    std::uint64_t views = 0;
    std::uint64_t links = 0;
    std::uint64_t partitions = 0;
    std::uint64_t orphan_partitions = 0; ///< whose table is not in the export
    std::string orphan_example;
    std::uint64_t continued_pages = 0;             ///< files that end with a NextToken which no other page took up
    std::map<std::string, std::uint64_t> unmapped; ///< `s3://bucket` to the number of locations without a `--map`
};

struct WarehouseFacts {
    int version = kFactsVersion;
    std::string uri; ///< file:///canonical/path
    std::string folder;
    std::string problem; ///< "missing", "not-a-folder", "unreadable", "read-only"; empty: fine
    std::string detail;
    std::string catalogue; ///< endpoint; empty: no catalogue was given
    std::string catalogue_uuid;
    std::string catalogue_problem;    ///< why it cannot be used; empty: fine
    bool catalogue_elsewhere = false; ///< that is not this warehouse
    std::string catalogue_warehouse;  ///< what the catalogue says its warehouse is; empty: not said
    bool writable = false;
    bool case_sensitive = true;
    /// The largest power of two of bytes that is free: the exact figure changes with each look.
    std::uint64_t free_at_least = 0;
    std::uint64_t total_bytes = 0;
    std::string file_system; ///< magic number in hex
    Sizes sizes;             ///< of what stands there, without `.godwit`
    std::uint64_t namespaces = 0;
    std::uint64_t tables = 0;
    std::uint64_t folders = 0; ///< target-folder resources
    std::uint64_t strays = 0;  ///< objects at other depths: neither ours nor below a table's folder
    bool leftovers = false;    ///< `.godwit` stands there: an unfinished run
};

struct NamespaceFacts {
    int version = kFactsVersion;
    std::vector<std::string> levels;
    std::map<std::string, std::string> properties;
};

struct TargetTableFacts {
    int version = kFactsVersion;
    std::vector<std::string> levels; ///< of its namespace
    std::string name;
    std::string table_uuid;
    std::string metadata_location;
    std::string location;
    std::string current_snapshot_id;
    std::map<std::string, std::string> properties;
    std::string problem; ///< why it could not be loaded; empty: fine
};

struct TargetFolderFacts {
    int version = kFactsVersion;
    std::vector<std::string> path; ///< elements below the warehouse
    Sizes sizes;
    std::string listing_digest;
};

/// Canonical JSON and back; `from_json` refuses another version and a field of another type, naming it.
std::string to_json(const TableFacts& facts);
std::string to_json(const PartitionFacts& facts);
std::string to_json(const ViewFacts& facts);
std::string to_json(const LinkFacts& facts);
std::string to_json(const DatabaseFacts& facts);
std::string to_json(const ExportFileFacts& facts);
std::string to_json(const EstateFacts& facts);
std::string to_json(const WarehouseFacts& facts);
std::string to_json(const NamespaceFacts& facts);
std::string to_json(const TargetTableFacts& facts);
std::string to_json(const TargetFolderFacts& facts);

/// `facts_from_json<TableFacts>(resource.facts)`: defined for every struct above.
template <typename Facts>
Result<Facts> facts_from_json(std::string_view json);

} // namespace godwit::lakehouse
