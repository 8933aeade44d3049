#include "lanes/lakehouse/facts.h"

#include "base/json.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

namespace godwit::lakehouse {

namespace {

constexpr std::array kTableKinds{
    std::pair{TableKind::iceberg, std::string_view("iceberg")},
    std::pair{TableKind::delta, std::string_view("delta")},
    std::pair{TableKind::delta_manifest, std::string_view("delta_manifest")},
    std::pair{TableKind::hudi, std::string_view("hudi")},
    std::pair{TableKind::parquet, std::string_view("parquet")},
    std::pair{TableKind::orc, std::string_view("orc")},
    std::pair{TableKind::avro, std::string_view("avro")},
    std::pair{TableKind::csv, std::string_view("csv")},
    std::pair{TableKind::open_csv, std::string_view("open_csv")},
    std::pair{TableKind::json, std::string_view("json")},
    std::pair{TableKind::regex, std::string_view("regex")},
    std::pair{TableKind::grok, std::string_view("grok")},
    std::pair{TableKind::ion, std::string_view("ion")},
    std::pair{TableKind::cloudtrail, std::string_view("cloudtrail")},
    std::pair{TableKind::rcfile, std::string_view("rcfile")},
    std::pair{TableKind::sequence_file, std::string_view("sequence_file")},
    std::pair{TableKind::other_store, std::string_view("other_store")},
    std::pair{TableKind::unknown, std::string_view("unknown")},
};

constexpr std::array kViewKinds{
    std::pair{ViewKind::presto, std::string_view("presto")},
    std::pair{ViewKind::hive, std::string_view("hive")},
    std::pair{ViewKind::multi_dialect, std::string_view("multi_dialect")},
    std::pair{ViewKind::materialized, std::string_view("materialized")},
};

template <typename Table, typename Kind>
std::string_view name_in(const Table& table, Kind kind) {
    const auto found = std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.first == kind; });
    return found == table.end() ? std::string_view("unknown") : found->second;
}

template <typename Table>
auto kind_in(const Table& table, std::string_view text) -> Result<typename Table::value_type::first_type> {
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.second == text; });
    if (found == table.end())
        return Error::make(ErrorKind::invalid_input, "'" + printable(text) + "' is no kind of table");
    return found->first;
}

// One list of fields per struct serves both directions.

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, Place>
{
    v("location", f.location), v("folder", f.folder), v("problem", f.problem), v("detail", f.detail);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, Sizes>
{
    v("objects", f.objects), v("bytes", f.bytes), v("data_objects", f.data_objects), v("data_bytes", f.data_bytes);
    v("hidden_objects", f.hidden_objects), v("empty_objects", f.empty_objects), v("other_objects", f.other_objects);
    v("largest", f.largest);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, Column>
{
    v("name", f.name), v("type", f.type), v("comment", f.comment);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, Storage>
{
    v("input_format", f.input_format), v("output_format", f.output_format), v("serde", f.serde);
    v("serde_parameters", f.serde_parameters);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, PartitionSummary>
{
    v("count", f.count), v("outside_table", f.outside_table), v("other_storage", f.other_storage);
    v("other_columns", f.other_columns), v("unreadable", f.unreadable), v("empty", f.empty);
    v("additional_places", f.additional_places);
    v("null_values", f.null_values), v("wrong_arity", f.wrong_arity), v("bad_values", f.bad_values),
        v("duplicates", f.duplicates);
    v("unregistered_objects", f.unregistered_objects), v("unregistered_bytes", f.unregistered_bytes);
    v("nested_objects", f.nested_objects), v("example", f.example), v("digest", f.digest);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, IcebergFacts::Reference>
{
    v("name", f.name), v("kind", f.kind), v("snapshot_id", f.snapshot_id);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, IcebergFacts>
{
    v("metadata_location", f.metadata_location), v("metadata_file", f.metadata_file), v("problem", f.problem);
    v("detail", f.detail), v("metadata_size", f.metadata_size), v("metadata_digest", f.metadata_digest);
    v("table_uuid", f.table_uuid), v("format_version", f.format_version), v("location", f.location);
    v("current_snapshot_id", f.current_snapshot_id), v("snapshots", f.snapshots), v("schema_id", f.schema_id);
    v("schemas", f.schemas), v("specs", f.specs), v("partition_fields", f.partition_fields), v("columns", f.columns);
    v("references", f.references), v("updated_at", f.updated_at), v("newer_metadata", f.newer_metadata);
    v("encrypted", f.encrypted), v("live_data_files", f.live_data_files), v("live_delete_files", f.live_delete_files);
    v("live_rows", f.live_rows), v("live_bytes", f.live_bytes), v("live_known", f.live_known);
    v("file_formats", f.file_formats), v("prefixes", f.prefixes), v("outside_objects", f.outside_objects);
    v("outside_bytes", f.outside_bytes), v("outside_places", f.outside_places), v("missing_needed", f.missing_needed);
    v("missing_history", f.missing_history), v("missing_example", f.missing_example);
    v("broken_needed", f.broken_needed), v("broken_example", f.broken_example);
    v("unwritable_deletes", f.unwritable_deletes), v("unwritable_example", f.unwritable_example);
    v("location_differs", f.location_differs), v("columns_differ", f.columns_differ);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, ParquetFacts>
{
    v("files", f.files), v("rows", f.rows), v("unreadable", f.unreadable);
    v("unreadable_example", f.unreadable_example), v("needs_rewrite", f.needs_rewrite);
    v("rewrite_example", f.rewrite_example), v("issues", f.issues), v("schema", f.schema);
    v("partition_ids", f.partition_ids);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, TableFacts>
{
    v("version", f.version), v("catalogue", f.catalogue), v("database", f.database), v("name", f.name);
    v("kind", f.kind), v("table_type", f.table_type), v("description", f.description), v("owner", f.owner);
    v("created_at", f.created_at), v("updated_at", f.updated_at), v("parameters", f.parameters);
    v("columns", f.columns), v("dropped_columns", f.dropped_columns), v("partition_keys", f.partition_keys);
    v("storage", f.storage), v("bucket_columns", f.bucket_columns), v("buckets", f.buckets);
    v("sort_columns", f.sort_columns), v("transactional", f.transactional), v("projection", f.projection);
    v("lake_formation", f.lake_formation), v("governed_columns", f.governed_columns), v("place", f.place);
    v("additional_places", f.additional_places), v("partitions", f.partitions), v("sizes", f.sizes);
    v("listing_digest", f.listing_digest), v("suffix_mismatches", f.suffix_mismatches);
    v("suffix_example", f.suffix_example), v("unsupported_codecs", f.unsupported_codecs);
    v("codec_example", f.codec_example), v("text_problem", f.text_problem), v("estimates", f.estimates),
        v("duplicate_entries", f.duplicate_entries);
    v("names_differ_by_case", f.names_differ_by_case), v("name_example", f.name_example),
        v("unsupported_types", f.unsupported_types);
    v("widened_types", f.widened_types), v("type_example", f.type_example), v("entry_digest", f.entry_digest);
    v("iceberg", f.iceberg), v("parquet", f.parquet), v("fingerprint", f.fingerprint);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, PartitionFacts>
{
    v("version", f.version), v("table", f.table), v("values", f.values), v("place", f.place);
    v("outside_table", f.outside_table), v("other_storage", f.other_storage), v("storage", f.storage);
    v("other_columns", f.other_columns), v("columns_digest", f.columns_digest), v("sizes", f.sizes);
    v("listing_digest", f.listing_digest), v("entry_digest", f.entry_digest);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, ViewFacts>
{
    v("version", f.version), v("catalogue", f.catalogue), v("database", f.database), v("name", f.name);
    v("kind", f.kind), v("description", f.description), v("updated_at", f.updated_at), v("columns", f.columns);
    v("sql", f.sql), v("default_catalogue", f.default_catalogue), v("default_schema", f.default_schema);
    v("dialects", f.dialects), v("decoded", f.decoded), v("problem", f.problem), v("entry_digest", f.entry_digest);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, LinkFacts>
{
    v("version", f.version), v("catalogue", f.catalogue), v("database", f.database), v("name", f.name);
    v("target_catalogue", f.target_catalogue), v("target_database", f.target_database);
    v("target_name", f.target_name), v("target_region", f.target_region);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, DatabaseFacts>
{
    v("version", f.version), v("catalogue", f.catalogue), v("name", f.name), v("description", f.description);
    v("location", f.location), v("parameters", f.parameters), v("tables", f.tables), v("views", f.views);
    v("links", f.links), v("declared", f.declared), v("federated", f.federated);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, ExportFileFacts>
{
    v("version", f.version), v("file", f.file), v("problem", f.problem), v("detail", f.detail);
    v("entries", f.entries), v("refused", f.refused);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, EstateFacts>
{
    v("version", f.version), v("kind", f.kind), v("account", f.account), v("region", f.region), v("files", f.files);
    v("databases", f.databases), v("tables", f.tables), v("views", f.views), v("links", f.links);
    v("partitions", f.partitions), v("orphan_partitions", f.orphan_partitions), v("orphan_example", f.orphan_example);
    v("continued_pages", f.continued_pages), v("unmapped", f.unmapped);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, WarehouseFacts>
{
    v("version", f.version), v("uri", f.uri), v("folder", f.folder), v("problem", f.problem), v("detail", f.detail);
    v("catalogue", f.catalogue), v("catalogue_uuid", f.catalogue_uuid), v("catalogue_problem", f.catalogue_problem);
    v("catalogue_warehouse", f.catalogue_warehouse), v("catalogue_elsewhere", f.catalogue_elsewhere),
        v("writable", f.writable), v("case_sensitive", f.case_sensitive);
    v("free_at_least", f.free_at_least), v("total_bytes", f.total_bytes), v("file_system", f.file_system),
        v("sizes", f.sizes);
    v("namespaces", f.namespaces), v("tables", f.tables), v("folders", f.folders), v("strays", f.strays);
    v("leftovers", f.leftovers);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, NamespaceFacts>
{
    v("version", f.version), v("levels", f.levels), v("properties", f.properties);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, TargetTableFacts>
{
    v("version", f.version), v("levels", f.levels), v("name", f.name), v("table_uuid", f.table_uuid);
    v("metadata_location", f.metadata_location), v("location", f.location);
    v("current_snapshot_id", f.current_snapshot_id), v("properties", f.properties), v("problem", f.problem);
}

template <typename V, typename T>
void fields(V& v, T& f)
    requires std::is_same_v<std::remove_const_t<T>, TargetFolderFacts>
{
    v("version", f.version), v("path", f.path), v("sizes", f.sizes), v("listing_digest", f.listing_digest);
}

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsMap : std::false_type {};
template <typename T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

class Writer {
public:
    template <typename T>
    void operator()(const char* name, const T& value) {
        object_[name] = json(value);
    }

    template <typename T>
    static Json json(const T& value) {
        if constexpr (std::is_same_v<T, std::uint64_t> || std::is_same_v<T, std::int64_t>) {
            return std::to_string(value);
        } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, bool> ||
                             std::is_same_v<T, std::int32_t>) {
            return value;
        } else if constexpr (std::is_enum_v<T>) {
            return std::string(to_string(value));
        } else if constexpr (IsVector<T>::value) {
            auto array = Json::array();
            for (const auto& element : value)
                array.push_back(json(element));
            return array;
        } else if constexpr (IsMap<T>::value) {
            auto object = Json::object();
            for (const auto& [key, element] : value)
                object[key] = json(element);
            return object;
        } else if constexpr (IsOptional<T>::value) {
            return value ? json(*value) : Json(nullptr);
        } else {
            Writer writer;
            fields(writer, value);
            return std::move(writer.object_);
        }
    }

private:
    Json object_ = Json::object();
};

class Reader {
public:
    explicit Reader(const Json& object) : object_(object) {}

    template <typename T>
    void operator()(const char* name, T& into) {
        if (status_.is_error())
            return;
        const auto found = object_.find(name);
        if (found == object_.end() || found->is_null())
            return;
        status_ = read(*found, into);
        if (status_.is_error())
            status_ = std::move(status_).error().at(name);
    }

    template <typename T>
    static Status read(const Json& json, T& into) {
        if constexpr (std::is_same_v<T, std::uint64_t>) {
            into = TRY(parse_uint64(TRY(text(json))));
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
            into = TRY(parse_int64(TRY(text(json))));
        } else if constexpr (std::is_same_v<T, std::string>) {
            into = TRY(text(json));
        } else if constexpr (std::is_same_v<T, bool>) {
            if (!json.is_boolean())
                return wrong_type("true or false");
            into = json.get<bool>();
        } else if constexpr (std::is_same_v<T, std::int32_t>) {
            if (!json.is_number_integer() ||
                json.get<std::int64_t>() != static_cast<std::int32_t>(json.get<std::int64_t>()))
                return wrong_type("a 32-bit number");
            into = json.get<std::int32_t>();
        } else if constexpr (std::is_same_v<T, TableKind>) {
            into = TRY(kind_in(kTableKinds, TRY(text(json))));
        } else if constexpr (std::is_same_v<T, ViewKind>) {
            into = TRY(kind_in(kViewKinds, TRY(text(json))));
        } else if constexpr (IsVector<T>::value) {
            if (!json.is_array())
                return wrong_type("a list");
            for (const auto& element : json)
                TRY(read(element, into.emplace_back()));
        } else if constexpr (IsMap<T>::value) {
            if (!json.is_object())
                return wrong_type("an object");
            for (const auto& [key, element] : json.items())
                TRY(read(element, into[key]));
        } else if constexpr (IsOptional<T>::value) {
            return read(json, into.emplace());
        } else {
            if (!json.is_object())
                return wrong_type("an object");
            Reader reader(json);
            fields(reader, into);
            return reader.status();
        }
        return {};
    }

    const Status& status() const { return status_; }

private:
    static Error wrong_type(std::string_view wanted) {
        return Error::make(ErrorKind::invalid_input, "a fact is not " + std::string(wanted));
    }
    static Result<std::string> text(const Json& json) {
        if (!json.is_string())
            return wrong_type("a text");
        return json.get<std::string>();
    }

    const Json& object_;
    Status status_;
};

template <typename Facts>
std::string write(const Facts& facts) {
    return canonical_json(Writer::json(facts));
}

} // namespace

std::string_view to_string(TableKind kind) { return name_in(kTableKinds, kind); }
std::string_view to_string(ViewKind kind) { return name_in(kViewKinds, kind); }
Result<TableKind> parse_table_kind(std::string_view text) { return kind_in(kTableKinds, text); }

Sizes& Sizes::operator+=(const Sizes& other) {
    objects += other.objects;
    bytes += other.bytes;
    data_objects += other.data_objects;
    data_bytes += other.data_bytes;
    hidden_objects += other.hidden_objects;
    empty_objects += other.empty_objects;
    other_objects += other.other_objects;
    largest = std::max(largest, other.largest);
    return *this;
}

std::string to_json(const TableFacts& facts) { return write(facts); }
std::string to_json(const PartitionFacts& facts) { return write(facts); }
std::string to_json(const ViewFacts& facts) { return write(facts); }
std::string to_json(const LinkFacts& facts) { return write(facts); }
std::string to_json(const DatabaseFacts& facts) { return write(facts); }
std::string to_json(const ExportFileFacts& facts) { return write(facts); }
std::string to_json(const EstateFacts& facts) { return write(facts); }
std::string to_json(const WarehouseFacts& facts) { return write(facts); }
std::string to_json(const NamespaceFacts& facts) { return write(facts); }
std::string to_json(const TargetTableFacts& facts) { return write(facts); }
std::string to_json(const TargetFolderFacts& facts) { return write(facts); }

template <typename Facts>
Result<Facts> facts_from_json(std::string_view json) {
    const auto document = TRY(parse_json(json));
    Facts facts;
    TRY(Reader::read(document, facts));
    if (facts.version != kFactsVersion)
        return Error::make(ErrorKind::unsupported,
                           "the assessment holds facts of version " + std::to_string(facts.version))
            .why("this godwit reads version " + std::to_string(kFactsVersion))
            .fix("assess again with this godwit")
            .at("version");
    return facts;
}

template Result<TableFacts> facts_from_json<TableFacts>(std::string_view);
template Result<PartitionFacts> facts_from_json<PartitionFacts>(std::string_view);
template Result<ViewFacts> facts_from_json<ViewFacts>(std::string_view);
template Result<LinkFacts> facts_from_json<LinkFacts>(std::string_view);
template Result<DatabaseFacts> facts_from_json<DatabaseFacts>(std::string_view);
template Result<ExportFileFacts> facts_from_json<ExportFileFacts>(std::string_view);
template Result<EstateFacts> facts_from_json<EstateFacts>(std::string_view);
template Result<WarehouseFacts> facts_from_json<WarehouseFacts>(std::string_view);
template Result<NamespaceFacts> facts_from_json<NamespaceFacts>(std::string_view);
template Result<TargetTableFacts> facts_from_json<TargetTableFacts>(std::string_view);
template Result<TargetFolderFacts> facts_from_json<TargetFolderFacts>(std::string_view);

} // namespace godwit::lakehouse
