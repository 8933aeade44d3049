#include "lanes/lakehouse/table_assessor.h"

#include "base/json.h"
#include "base/text.h"
#include "core/keys.h"
#include "formats/text/text_source.h"
#include "lanes/lakehouse/classify.h"
#include "lanes/lakehouse/hive_schema.h"
#include "lanes/lakehouse/iceberg_facts.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace godwit::lakehouse {

namespace {

bool is_below(const std::string& location, const std::string& folder) {
    const auto a = clients::Location::parse(location), b = clients::Location::parse(folder);
    if (a.is_error() || b.is_error())
        return false;
    const auto path = a->canonical(), root = b->canonical();
    return path == root || path.starts_with(root + "/");
}

bool same_place(const std::string& a, const std::string& b) { return is_below(a, b) && is_below(b, a); }

/// What the last suffixes of a file's name say that it is; empty: nothing.
std::string_view format_of_suffix(std::string_view key) {
    auto name = key.substr(key.rfind('/') + 1);
    for (const auto packed : {".gz", ".bz2", ".zst", ".snappy", ".lz4", ".lzo", ".deflate"}) {
        if (name.ends_with(packed))
            name.remove_suffix(std::string_view(packed).size());
    }
    const auto dot = name.rfind('.');
    const auto suffix = lower_ascii(dot == std::string_view::npos ? "" : name.substr(dot + 1));
    if (suffix == "csv" || suffix == "tsv")
        return "csv";
    if (suffix == "json" || suffix == "jsonl" || suffix == "ndjson")
        return "json";
    for (const auto format : {std::string_view("parquet"), std::string_view("orc"), std::string_view("avro")}) {
        if (suffix == format)
            return format;
    }
    return {};
}

std::string_view expected_suffix(TableKind kind) {
    switch (kind) {
    case TableKind::parquet: return "parquet";
    case TableKind::orc: return "orc";
    case TableKind::avro: return "avro";
    case TableKind::csv:
    case TableKind::open_csv: return "csv";
    case TableKind::json: return "json";
    default: return {};
    }
}

bool is_text(TableKind kind) {
    return kind == TableKind::csv || kind == TableKind::open_csv || kind == TableKind::json || kind == TableKind::regex;
}

/// Hudi and Delta keep files of old versions beside the current ones: only their own readers know which is which.
bool lists_only(TableKind kind) {
    return kind == TableKind::iceberg || kind == TableKind::hudi || kind == TableKind::delta;
}

void note(std::string& example, const std::string& shown) {
    if (example.empty())
        example = shown;
}

} // namespace

std::string display_name(const std::vector<std::string>& names) {
    std::vector<std::string> shown;
    for (const auto& name : names)
        shown.push_back(printable(name));
    return join(shown, ".");
}

std::string display_partition(const TableFacts& table, const std::vector<std::string>& values) {
    auto out = display_name({table.database, table.name});
    for (std::size_t i = 0; i < values.size(); ++i)
        out += "/" + (i < table.partition_keys.size() ? printable(table.partition_keys[i].name) + "=" : "") +
               printable(values[i]);
    return out;
}

void TableAssessor::resolve(Place& place) {
    place = place_of(place.location, source_.map);
    if (place.problem != "unmapped")
        return;
    const auto location = clients::Location::parse(place.location);
    const auto name = location.is_error() || location->scheme == clients::Location::Scheme::file
                          ? "file://"
                          : "s3://" + location->bucket;
    constexpr std::size_t kMostBuckets = 1'000;
    if (unmapped_.size() < kMostBuckets || unmapped_.contains(name))
        ++unmapped_[name];
    else
        ++unmapped_["others"];
}

Status TableAssessor::assess(TableFacts& facts, const std::vector<std::string>& key_path, PartitionCursor* partitions) {
    const bool has_footers = facts.kind == TableKind::parquet && depth_ == Depth::files;
    checker_ = has_footers ? std::make_unique<ParquetChecker>(facts) : nullptr;
    inside_ = outside_ = Sizes();
    key_types_.clear();
    if (facts.kind == TableKind::other_store) {
        facts.place.problem = "absent";
        facts.place.detail = "the data does not lie in files";
        finish_fingerprint(facts);
        return {};
    }
    if (facts.kind == TableKind::iceberg) {
        const auto location = facts.parameters.find("metadata_location");
        return assess_iceberg(facts, location == facts.parameters.end() ? "" : location->second);
    }
    return assess_files(facts, key_path, partitions);
}

Status TableAssessor::assess_files(TableFacts& facts, const std::vector<std::string>& key_path,
                                   PartitionCursor* partitions) {
    resolve(facts.place);
    for (auto& place : facts.additional_places)
        resolve(place);
    if (const auto schema = iceberg_schema_of({}, facts.partition_keys); !schema.is_error()) {
        for (const auto& field : schema->schema.fields)
            key_types_.push_back(field.type);
    }
    if (partitions != nullptr)
        TRY(read_partitions(facts, key_path, *partitions));
    TRY(list_table(facts));
    if (checker_)
        facts.parquet = std::move(*checker_).finish();
    finish_fingerprint(facts);
    return {};
}

Status TableAssessor::read_partitions(TableFacts& facts, const std::vector<std::string>& key_path,
                                      PartitionCursor& cursor) {
    auto parts = source_.key_parts();
    parts.insert(parts.end(), key_path.begin(), key_path.end());
    const auto table_key = core::resource_key("lakehouse", type::kTable, parts);
    Sha256 digest;
    auto& summary = facts.partitions;
    while (const auto entry = TRY(cursor.next())) {
        Listed listed;
        auto partition = TRY(read_partition(facts, *entry, listed));
        partition.table = table_key;
        digest.update(partition.entry_digest);
        ++summary.count;
        ++partitions_;
        summary.nested_objects += listed.nested;
        (partition.outside_table ? outside_ : inside_) += partition.sizes;
        auto partition_parts = parts;
        partition_parts.insert(partition_parts.end(), entry->values.begin(), entry->values.end());
        const auto key = core::resource_key("lakehouse", type::kPartition, partition_parts);
        TRY(sink_.resource(
            {key, std::string(type::kPartition), display_partition(facts, entry->values), to_json(partition)}));
        TRY(sink_.edge({key, table_key, core::EdgeKind::member_of}));
    }
    summary.duplicates = cursor.duplicates();
    summary.digest = hex(digest.finish());
    return {};
}

Result<PartitionFacts> TableAssessor::read_partition(TableFacts& facts, const glue::Partition& entry, Listed& listed) {
    PartitionFacts partition;
    partition.values = entry.values;
    partition.entry_digest = entry.digest;
    partition.place.location = without_secrets_in_location(entry.storage.location);
    resolve(partition.place);
    compare_partition(facts, entry, partition);
    Sha256 digest;
    listed = TRY(list(partition.place, facts, digest, true));
    partition.sizes = listed.sizes;
    partition.listing_digest = hex(digest.finish());
    if (partition.outside_table)
        listing_.update(partition.place.location + "\n" + partition.listing_digest + "\n");
    auto& summary = facts.partitions;
    const auto shown = display_partition(facts, entry.values);
    const auto count = [&](bool applies, std::uint64_t& counter) {
        counter += applies ? 1 : 0;
        if (applies)
            note(summary.example, shown);
    };
    count(partition.outside_table, summary.outside_table);
    count(partition.other_storage, summary.other_storage);
    count(partition.other_columns, summary.other_columns);
    count(!entry.storage.additional_locations.empty(), summary.additional_places);
    count(!partition.place.problem.empty(), summary.unreadable);
    count(partition.place.problem.empty() && partition.sizes.data_objects == 0, summary.empty);
    check_values(facts, entry, shown);
    return partition;
}

void TableAssessor::compare_partition(const TableFacts& table, const glue::Partition& entry,
                                      PartitionFacts& partition) const {
    partition.outside_table = !is_below(partition.place.location, table.place.location);
    auto storage = storage_of(entry.storage);
    const bool declared = !storage.serde.empty() || !storage.input_format.empty();
    partition.other_storage =
        declared && (storage.serde != table.storage.serde || storage.input_format != table.storage.input_format ||
                     storage.serde_parameters != table.storage.serde_parameters);
    if (partition.other_storage)
        partition.storage = std::move(storage);
    const auto columns = columns_of(entry.storage.columns);
    partition.columns_digest = columns_digest(columns);
    partition.other_columns = !columns.empty() && partition.columns_digest != columns_digest(table.columns);
}

void TableAssessor::check_values(TableFacts& facts, const glue::Partition& entry, const std::string& shown) {
    auto& summary = facts.partitions;
    if (entry.values.size() != facts.partition_keys.size()) {
        ++summary.wrong_arity;
        note(summary.example, shown);
        return;
    }
    const bool has_null = std::find(entry.values.begin(), entry.values.end(), kNullPartition) != entry.values.end();
    summary.null_values += has_null ? 1 : 0;
    for (std::size_t i = 0; i < key_types_.size(); ++i) {
        if (!partition_value(key_types_[i], entry.values[i]).is_error())
            continue;
        ++summary.bad_values;
        note(summary.example, shown);
        return;
    }
}

/// Everything below the table, and what lies elsewhere but belongs to it.
Status TableAssessor::list_table(TableFacts& facts) {
    const bool partitioned = facts.partitions.count > 0;
    Sha256 digest;
    auto root = TRY(list(facts.place, facts, digest, !partitioned));
    facts.sizes = root.sizes;
    auto& summary = facts.partitions;
    if (partitioned && facts.place.problem.empty()) {
        summary.unregistered_objects =
            root.sizes.data_objects - std::min(root.sizes.data_objects, inside_.data_objects);
        summary.unregistered_bytes = root.sizes.data_bytes - std::min(root.sizes.data_bytes, inside_.data_bytes);
    } else if (partitioned) {
        facts.sizes += inside_;
    } else {
        summary.nested_objects = root.nested;
    }
    facts.sizes += outside_;
    for (auto& place : facts.additional_places) {
        if (is_below(place.location, facts.place.location))
            continue;
        const auto listed = TRY(list(place, facts, digest, true));
        facts.sizes += listed.sizes;
    }
    listing_.update(hex(digest.finish()));
    facts.listing_digest = hex(listing_.finish());
    return {};
}

/// An assessment reports what cannot be listed and goes on.
Status TableAssessor::cannot_list(Place& place, Error error) const {
    if (depth_ == Depth::listings || error.kind() == ErrorKind::interrupted)
        return error;
    set_problem(place, error);
    return {};
}

Result<TableAssessor::Listed> TableAssessor::list(Place& place, TableFacts& facts, Sha256& digest, bool check_objects) {
    Listed listed;
    if (!place.problem.empty())
        return listed;
    auto opened = open_place(place, source_.map);
    if (opened.is_error()) {
        TRY(cannot_list(place, std::move(opened).error()));
        return listed;
    }
    const bool checks = check_objects && depth_ == Depth::files && !lists_only(facts.kind);
    auto sizes = list_place(
        *opened, digest,
        [&](const ListedObject& object, const clients::FileSource& files, const std::string& key) -> Status {
            if (!object.data)
                return {};
            listed.nested += object.key.find('/') != std::string_view::npos ? 1 : 0;
            return checks ? check_object(facts, object, files, key) : Status();
        },
        stop_);
    if (sizes.is_error()) {
        TRY(cannot_list(place, std::move(sizes).error()));
        return listed;
    }
    listed.sizes = *sizes;
    return listed;
}

Status TableAssessor::check_object(TableFacts& facts, const ListedObject& object, const clients::FileSource& files,
                                   const std::string& key) {
    const auto shown = printable(key);
    const auto expected = expected_suffix(facts.kind), found = format_of_suffix(object.key);
    if (!expected.empty() && !found.empty() && expected != found && facts.suffix_mismatches++ == 0)
        facts.suffix_example = shown;
    if (is_text(facts.kind) && text_format::codec_of_name(object.key).is_error() && facts.unsupported_codecs++ == 0)
        facts.codec_example = shown;
    if (!checker_)
        return {};
    auto file = files.open_file(key);
    if (file.is_error())
        checker_->unreadable(shown, file.error());
    else
        checker_->check(*file, shown);
    return {};
}

Status TableAssessor::assess_iceberg(TableFacts& facts, const std::string& metadata_location) {
    if (trim(metadata_location).empty()) {
        facts.iceberg.emplace();
        facts.iceberg->problem = "absent";
        facts.iceberg->detail = "the catalogue's entry has no metadata_location";
    } else {
        facts.iceberg = TRY(read_iceberg_facts(metadata_location, source_.map, stop_));
    }
    auto& iceberg = *facts.iceberg;
    const auto catalogue_location = facts.place.location;
    if (iceberg.problem.empty()) {
        iceberg.location_differs = !catalogue_location.empty() && !same_place(catalogue_location, iceberg.location);
        iceberg.columns_differ =
            !facts.columns.empty() &&
            !std::equal(facts.columns.begin(), facts.columns.end(), iceberg.columns.begin(), iceberg.columns.end(),
                        [](const auto& a, const auto& b) { return equals_ignoring_case(a.name, b.name); });
        facts.place.location = iceberg.location;
    }
    resolve(facts.place);
    for (auto& place : facts.additional_places)
        resolve(place);
    Sha256 digest;
    facts.sizes = TRY(list(facts.place, facts, digest, false)).sizes;
    facts.listing_digest = hex(digest.finish());
    facts.sizes.objects += iceberg.outside_objects;
    facts.sizes.bytes += iceberg.outside_bytes;
    facts.sizes.data_objects += iceberg.outside_objects;
    facts.sizes.data_bytes += iceberg.outside_bytes;
    finish_fingerprint(facts);
    return {};
}

void TableAssessor::finish_fingerprint(TableFacts& facts) {
    if (facts.iceberg)
        facts.fingerprint = canonical_json({{"kind", "iceberg"},
                                            {"metadata_location", facts.iceberg->metadata_location},
                                            {"metadata_size", std::to_string(facts.iceberg->metadata_size)},
                                            {"metadata_digest", facts.iceberg->metadata_digest}});
    else
        facts.fingerprint = canonical_json({{"kind", "files"},
                                            {"entry_digest", facts.entry_digest},
                                            {"partitions_digest", facts.partitions.digest},
                                            {"listing_digest", facts.listing_digest}});
}

} // namespace godwit::lakehouse
