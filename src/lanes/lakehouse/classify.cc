#include "lanes/lakehouse/classify.h"

#include "base/digest.h"
#include "base/redaction.h"
#include "base/text.h"
#include "formats/glue/presto_view.h"
#include "formats/text/hive_type.h"
#include "formats/text/lazy_simple_serde.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

namespace godwit::lakehouse {

namespace {

std::string parameter(const glue::Parameters& parameters, const char* name) {
    const auto found = parameters.find(name);
    return found == parameters.end() ? "" : found->second;
}

bool says(const glue::Parameters& parameters, const char* name, std::string_view value) {
    return equals_ignoring_case(trim(parameter(parameters, name)), value);
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

constexpr std::array kSerdes{
    std::pair{std::string_view("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"), TableKind::parquet},
    std::pair{std::string_view("parquet.hive.serde.ParquetHiveSerDe"), TableKind::parquet},
    std::pair{std::string_view("org.apache.hadoop.hive.ql.io.orc.OrcSerde"), TableKind::orc},
    std::pair{std::string_view("org.apache.hadoop.hive.serde2.avro.AvroSerDe"), TableKind::avro},
    std::pair{std::string_view("org.apache.hadoop.hive.serde2.OpenCSVSerde"), TableKind::open_csv},
    std::pair{std::string_view("org.openx.data.jsonserde.JsonSerDe"), TableKind::json},
    std::pair{std::string_view("org.apache.hive.hcatalog.data.JsonSerDe"), TableKind::json},
    std::pair{std::string_view("org.apache.hadoop.hive.serde2.JsonSerDe"), TableKind::json},
    std::pair{std::string_view("org.apache.hadoop.hive.serde2.RegexSerDe"), TableKind::regex},
    std::pair{std::string_view("org.apache.hadoop.hive.contrib.serde2.RegexSerDe"), TableKind::regex},
    std::pair{std::string_view("com.amazonaws.glue.serde.GrokSerDe"), TableKind::grok},
    std::pair{std::string_view("com.amazon.ionhiveserde.IonHiveSerDe"), TableKind::ion},
    std::pair{std::string_view("com.amazon.emr.hive.serde.CloudTrailSerde"), TableKind::cloudtrail},
    std::pair{std::string_view("org.apache.hive.hcatalog.data.CloudTrailSerDe"), TableKind::cloudtrail},
    std::pair{std::string_view("org.apache.hadoop.hive.serde2.columnar.ColumnarSerDe"), TableKind::rcfile},
    std::pair{std::string_view("org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe"), TableKind::rcfile},
    std::pair{std::string_view("org.apache.hadoop.hive.serde2.lazybinary.LazyBinarySerDe"), TableKind::sequence_file},
};
constexpr std::string_view kLazySimple = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";

constexpr std::array<std::string_view, 14> kOtherStores{"dynamodb",  "mysql",    "mariadb", "postgresql", "oracle",
                                                        "sqlserver", "redshift", "jdbc",    "mongodb",    "documentdb",
                                                        "kafka",     "msk",      "kinesis", "snowflake"};

bool is_other_store(const glue::Table& table) {
    if (table.is_federated || !parameter(table.parameters, "storage_handler").empty())
        return true;
    const auto classification = lower_ascii(trim(parameter(table.parameters, "classification")));
    for (const auto store : kOtherStores) {
        if (classification == store)
            return true;
    }
    const auto& location = table.storage.location;
    const bool in_bucket = contains(location, "://") && location.starts_with("s3");
    return !in_bucket && !parameter(table.parameters, "connectionName").empty() && table.storage.serde.library.empty();
}

std::optional<TableKind> kind_by_format_of_tables(const glue::Table& table) {
    const auto& input = table.storage.input_format;
    const auto provider = lower_ascii(trim(parameter(table.parameters, "spark.sql.sources.provider")));
    if (says(table.parameters, "table_type", "ICEBERG") || provider == "iceberg")
        return TableKind::iceberg;
    if (says(table.parameters, "table_type", "HUDI") || provider == "hudi" || contains(input, "org.apache.hudi.") ||
        contains(input, "com.uber.hoodie."))
        return TableKind::hudi;
    if (says(table.parameters, "table_type", "DELTA") || provider == "delta")
        return TableKind::delta;
    if (is_other_store(table))
        return TableKind::other_store;
    if (contains(input, "SymlinkTextInputFormat"))
        return TableKind::delta_manifest;
    return std::nullopt;
}

TableKind kind_by_input_format(std::string_view input, bool has_serde) {
    if (contains(input, "SequenceFileInputFormat"))
        return TableKind::sequence_file;
    if (contains(input, "RCFileInputFormat"))
        return TableKind::rcfile;
    if (has_serde)
        return input.empty() || contains(input, "TextInputFormat") ? TableKind::csv : TableKind::unknown;
    if (contains(input, "ParquetInputFormat"))
        return TableKind::parquet;
    if (contains(input, "OrcInputFormat"))
        return TableKind::orc;
    return contains(input, "AvroContainerInputFormat") ? TableKind::avro : TableKind::unknown;
}

/// Tables that Spark wrote with a format of its own have a SerDe that nothing should read them with.
std::optional<TableKind> kind_by_spark_provider(const glue::Table& table) {
    const auto provider = lower_ascii(trim(parameter(table.parameters, "spark.sql.sources.provider")));
    if (provider == "csv" || provider == "text")
        return TableKind::csv;
    if (provider == "json")
        return TableKind::json;
    if (provider == "avro")
        return TableKind::avro;
    return std::nullopt;
}

bool is_current(const glue::Column& column) { return !says(column.parameters, "iceberg.field.current", "false"); }

bool is_widened(text_format::HiveKind kind) {
    using enum text_format::HiveKind;
    return kind == tinyint || kind == smallint || kind == character || kind == varchar;
}

bool has_widened(const text_format::HiveType& type) {
    if (is_widened(type.kind))
        return true;
    for (const auto& child : type.children) {
        if (has_widened(child.type))
            return true;
    }
    return false;
}

void check_types(const std::vector<Column>& columns, TableFacts& facts, std::set<std::string>& names) {
    for (const auto& column : columns) {
        if (!names.insert(lower_ascii(column.name)).second) {
            facts.names_differ_by_case = true;
            facts.name_example = printable(column.name);
        }
        const auto type = text_format::parse_hive_type(column.type);
        const bool unsupported = type.is_error();
        if (unsupported)
            ++facts.unsupported_types;
        else if (has_widened(*type))
            ++facts.widened_types;
        else
            continue;
        if (facts.type_example.empty() || (unsupported && facts.unsupported_types == 1))
            facts.type_example = printable(column.name + " " + column.type);
    }
}

bool assigns_secret(std::string_view value) {
    constexpr std::string_view kAssignments[] = {
        "password=", "passwd=",    "pwd=",       "passphrase=", "secret=",    "token=",
        "sig=",      "signature=", "accesskey=", "accountkey=", "credential="};
    const auto lower = lower_ascii(value);
    return std::ranges::any_of(kAssignments, [&](auto part) { return contains(lower, part); });
}

std::string time_text(Micros time) { return time == 0 ? "" : format_time(time); }

void take_estimates(const glue::Table& table, TableFacts& facts) {
    for (const auto* name :
         {"sizeKey", "recordCount", "objectCount", "averageRecordSize", "totalSize", "numRows", "numFiles"}) {
        if (const auto value = parameter(table.parameters, name); !value.empty())
            facts.estimates.emplace(name, value);
    }
}

std::vector<std::string> dialects_of(const glue::Table& table) {
    std::vector<std::string> out;
    for (const auto& view : table.view_representations)
        out.push_back(view.dialect_version.empty() ? view.dialect : view.dialect + " " + view.dialect_version);
    return out;
}

} // namespace

bool is_link(const glue::Table& table) { return table.link.has_value(); }

std::optional<ViewKind> view_kind(const glue::Table& table) {
    const bool materialized = table.is_materialized_view || equals_ignoring_case(table.table_type, "MATERIALIZED_VIEW");
    if (materialized)
        return ViewKind::materialized;
    const bool flagged = says(table.parameters, "presto_view", "true");
    if (!flagged && !equals_ignoring_case(table.table_type, "VIRTUAL_VIEW"))
        return std::nullopt;
    if (table.is_multi_dialect_view || !table.view_representations.empty())
        return ViewKind::multi_dialect;
    return flagged || glue::is_presto_view_text(table.view_original_text) ? ViewKind::presto : ViewKind::hive;
}

TableKind table_kind(const glue::Table& table) {
    if (const auto kind = kind_by_format_of_tables(table))
        return *kind;
    if (const auto kind = kind_by_spark_provider(table))
        return *kind;
    const auto& library = table.storage.serde.library;
    for (const auto& [serde, kind] : kSerdes) {
        if (library == serde)
            return kind;
    }
    if (library == kLazySimple || library.empty())
        return kind_by_input_format(table.storage.input_format, !library.empty());
    return TableKind::unknown;
}

Storage storage_of(const glue::StorageDescriptor& descriptor) {
    return {descriptor.input_format, descriptor.output_format, descriptor.serde.library,
            without_secrets(descriptor.serde.parameters)};
}

glue::Parameters without_secrets(glue::Parameters parameters) {
    for (auto& [name, value] : parameters) {
        // `projection.COLUMN.type`: the name is that of a column
        if (assigns_secret(value) || (looks_secret(name) && !name.starts_with("projection.")))
            value = kRedacted;
        else
            value = without_user_information(value);
    }
    return parameters;
}

std::string without_secrets_in_location(const std::string& location) {
    auto shown = without_user_information(location);
    const auto query = shown.find('?');
    if (query == std::string::npos)
        return shown;
    const auto scheme = lower_ascii(shown.substr(0, shown.find("://")));
    // In the name of an object or a file a question mark is as good as any character.
    const bool names_file = scheme.size() == shown.size() || scheme.starts_with("s3") || scheme == "file";
    if (!names_file || assigns_secret(shown.substr(query)))
        shown.replace(query + 1, std::string::npos, kRedacted);
    return shown;
}

std::vector<Column> columns_of(const std::vector<glue::Column>& columns) {
    std::vector<Column> out;
    out.reserve(columns.size());
    for (const auto& column : columns)
        out.push_back({column.name, column.type, column.comment});
    return out;
}

std::string columns_digest(const std::vector<Column>& columns) {
    std::string text;
    for (const auto& column : columns)
        text += percent_encode(column.name) + " " + percent_encode(column.type) + "\n";
    return sha256_hex(text);
}

TableFacts table_facts(const glue::Table& table) {
    TableFacts facts;
    facts.catalogue = table.catalogue;
    facts.database = table.database;
    facts.name = table.name;
    facts.kind = table_kind(table);
    facts.table_type = table.table_type;
    facts.description = table.description;
    facts.owner = table.owner;
    facts.created_at = time_text(table.created);
    facts.updated_at = time_text(table.updated);
    facts.parameters = without_secrets(table.parameters);
    for (const auto& column : table.storage.columns) {
        if (facts.kind == TableKind::iceberg && !is_current(column))
            ++facts.dropped_columns;
        else
            facts.columns.push_back({column.name, column.type, column.comment});
    }
    facts.partition_keys = columns_of(table.partition_keys);
    facts.storage = storage_of(table.storage);
    facts.bucket_columns = table.storage.bucket_columns;
    facts.buckets = table.storage.buckets;
    for (const auto& column : table.storage.sort_columns)
        facts.sort_columns.push_back(column.name + (column.ascending ? "" : " desc"));
    facts.transactional = says(table.parameters, "transactional", "true");
    facts.projection = says(table.parameters, "projection.enabled", "true");
    facts.lake_formation = table.is_lake_formation;
    facts.governed_columns = table.storage.has_schema_reference;
    facts.place.location = without_secrets_in_location(table.storage.location);
    for (const auto& location : table.storage.additional_locations)
        facts.additional_places.push_back({without_secrets_in_location(location), "", "", ""});
    take_estimates(table, facts);
    if (facts.kind != TableKind::iceberg) {
        std::set<std::string> names;
        check_types(facts.columns, facts, names);
        check_types(facts.partition_keys, facts, names);
    }
    if (facts.kind == TableKind::csv) {
        const auto options = text_format::lazy_simple_options(facts.storage.serde_parameters, facts.parameters);
        facts.text_problem = options.is_error() ? options.error().to_line() : "";
    }
    facts.entry_digest = table.digest;
    return facts;
}

ViewFacts view_facts(const glue::Table& table) {
    ViewFacts facts;
    facts.catalogue = table.catalogue;
    facts.database = table.database;
    facts.name = table.name;
    facts.kind = view_kind(table).value_or(ViewKind::hive);
    facts.description = table.description;
    facts.updated_at = time_text(std::max(table.updated, table.created));
    facts.columns = columns_of(table.storage.columns);
    facts.dialects = dialects_of(table);
    facts.entry_digest = table.digest;
    if (!glue::is_presto_view_text(table.view_original_text)) {
        facts.sql = table.view_original_text;
        if (facts.sql.empty() && !table.view_representations.empty())
            facts.sql = table.view_representations.front().original_text;
        facts.decoded = !facts.sql.empty() && facts.kind != ViewKind::presto;
        facts.problem = facts.decoded ? "" : "the entry holds no definition that can be read";
        return facts;
    }
    auto view = glue::decode_presto_view(table.view_original_text);
    if (view.is_error()) {
        facts.problem = view.error().why();
        return facts;
    }
    facts.decoded = true;
    facts.sql = std::move(view->original_sql);
    facts.default_catalogue = std::move(view->catalogue);
    facts.default_schema = std::move(view->schema);
    facts.columns.clear();
    for (auto& column : view->columns)
        facts.columns.push_back({std::move(column.name), std::move(column.type), ""});
    return facts;
}

LinkFacts link_facts(const glue::Table& table) {
    const auto& link = *table.link;
    return {kFactsVersion,  table.catalogue, table.database, table.name,
            link.catalogue, link.database,   link.name,      link.region};
}

LinkFacts link_facts(const glue::Database& database) {
    const auto& link = *database.link;
    return {kFactsVersion, database.catalogue, database.name, "", link.catalogue, link.database, "", link.region};
}

} // namespace godwit::lakehouse
