#include "lanes/lakehouse/table_builder.h"

#include "base/digest.h"
#include "base/text.h"
#include "formats/iceberg/metadata_update.h"
#include "formats/parquet/file_names.h"

#include <nlohmann/json.hpp>

#include <cstring>

namespace godwit::lakehouse {

namespace {

constexpr std::uint64_t kEntriesPerManifest = 20'000;
constexpr std::int32_t kFirstPartitionFieldId = 1000;

avro::SyncMarker sync_marker(const std::string& name) {
    avro::SyncMarker marker{};
    const auto digest = sha256(name);
    std::memcpy(marker.data(), digest.data(), marker.size());
    return marker;
}

iceberg::PartitionSpec identity_spec(const iceberg::Schema& schema, const std::vector<std::int32_t>& ids) {
    iceberg::PartitionSpec spec;
    for (const auto id : ids) {
        iceberg::PartitionField field;
        field.source_ids = {id};
        field.field_id = kFirstPartitionFieldId + static_cast<std::int32_t>(spec.fields.size());
        field.name = schema.name_of(id);
        spec.fields.push_back(std::move(field));
    }
    return spec;
}

} // namespace

struct TableBuilder::State {
    std::string marker;
    std::string root;
    std::string warehouse;
    std::int64_t now_ms = 0;
    transfer::OpenPart* part = nullptr;
    iceberg::NewTable table;
    std::optional<iceberg::TableMetadata> metadata;
    std::vector<std::int32_t> partition_ids;
    iceberg::NameMapping names;
    bool batches_forbidden = false;
    std::optional<PartSink> sink; ///< of the open manifest
    std::optional<iceberg::ManifestWriter> writer;
    std::uint64_t entries = 0; ///< of the open manifest
    std::vector<iceberg::ManifestFile> manifests;
    std::uint64_t files = 0;
    std::int64_t records = 0;
    std::int64_t bytes = 0;

    std::string id(const std::string& what) const { return godwit_uuid(marker + "/" + what); }
    std::string metadata_key(const std::string& name) const { return root + "/metadata/" + name; }
    std::string metadata_file() const { return metadata_key("00000-" + id("metadata") + ".metadata.json"); }
    std::string table_uuid() const { return id("table"); }
    std::int64_t snapshot_id() const { return godwit_int64(marker + "/snapshot"); }
    std::string uri(const std::string& key) const { return clients::file_uri(warehouse + "/" + key); }

    Status open_manifest() {
        sink.emplace(TRY(PartSink::create(*part)));
        iceberg::ManifestOptions options;
        options.schema = metadata->current_schema();
        options.spec = metadata->default_spec();
        options.snapshot_id = snapshot_id();
        options.sync = sync_marker(marker + "/manifest/" + std::to_string(manifests.size()));
        writer.emplace(TRY(iceberg::ManifestWriter::create(*sink, options)));
        entries = 0;
        return {};
    }

    Status close_manifest() {
        if (!writer)
            return {};
        auto manifest = TRY(writer->finish());
        const auto key = metadata_key(id("list") + "-m" + std::to_string(manifests.size()) + ".avro");
        manifest.length = static_cast<std::int64_t>(TRY(sink->finish(key)));
        manifest.path = uri(key);
        manifests.push_back(std::move(manifest));
        writer.reset();
        sink.reset();
        return {};
    }

    Result<std::string> write_list() {
        auto list = TRY(PartSink::create(*part));
        iceberg::ManifestListOptions options;
        options.snapshot_id = snapshot_id();
        options.sequence_number = 1;
        options.sync = sync_marker(marker + "/list");
        auto list_writer = TRY(iceberg::ManifestListWriter::create(list, options));
        for (const auto& manifest : manifests)
            TRY(list_writer.add(manifest));
        TRY(list_writer.finish());
        const auto key = metadata_key("snap-" + std::to_string(snapshot_id()) + "-1-" + id("list") + ".avro");
        TRY(list.finish(key));
        return uri(key);
    }

    iceberg::Snapshot snapshot(std::string list) const {
        iceberg::Snapshot snapshot;
        snapshot.id = snapshot_id();
        snapshot.sequence_number = 1;
        snapshot.timestamp_ms = now_ms;
        snapshot.manifest_list = std::move(list);
        snapshot.schema_id = metadata->current_schema_id();
        snapshot.summary = {{"operation", "append"},
                            {"added-data-files", std::to_string(files)},
                            {"added-records", std::to_string(records)},
                            {"added-files-size", std::to_string(bytes)},
                            {"total-data-files", std::to_string(files)},
                            {"total-records", std::to_string(records)},
                            {"total-files-size", std::to_string(bytes)},
                            {"total-delete-files", "0"},
                            {"total-position-deletes", "0"},
                            {"total-equality-deletes", "0"}};
        return snapshot;
    }
};

TableBuilder::TableBuilder(std::unique_ptr<State> state) : state_(std::move(state)) {}
TableBuilder::TableBuilder(TableBuilder&&) noexcept = default;
TableBuilder::~TableBuilder() = default;

Result<TableBuilder> TableBuilder::create(const core::StepContext& context, const TableMove& move,
                                          const std::string& warehouse, const HiveSchema& schema,
                                          transfer::OpenPart& part) {
    auto state = std::make_unique<State>();
    state->marker = context.marker();
    state->root = move.root;
    state->warehouse = warehouse;
    state->now_ms = context.run_started() / 1000;
    state->part = &part;
    auto fresh = iceberg::assign_fresh_ids(schema.schema);
    for (const auto id : schema.partition_ids)
        state->partition_ids.push_back(fresh.new_id_of.at(id));
    state->names = names_in_files({fresh.schema, state->partition_ids});
    auto& table = state->table;
    table.uuid = state->table_uuid();
    table.location = state->uri(move.root);
    table.schema = std::move(fresh.schema);
    table.spec = identity_spec(table.schema, state->partition_ids);
    table.properties = {{"write.parquet.compression-codec", "zstd"}, {"godwit.marker", context.marker()}};
    table.now_ms = state->now_ms;
    table.last_column_id = fresh.last_column_id;
    state->metadata.emplace(TRY(iceberg::TableMetadata::create(table)));
    return TableBuilder(std::move(state));
}

const iceberg::Schema& TableBuilder::schema() const { return state_->metadata->current_schema(); }
const std::vector<std::int32_t>& TableBuilder::partition_ids() const { return state_->partition_ids; }

const iceberg::NameMapping& TableBuilder::names() const { return state_->names; }

Status TableBuilder::name_columns(const parquet_format::Footer& footer) {
    auto next = state_->table.last_column_id + 1;
    TRY(parquet_format::name_all_columns(footer, state_->names, next));
    state_->table.last_column_id = next - 1;
    return {};
}

void TableBuilder::forbid_batches() { state_->batches_forbidden = true; }

Status TableBuilder::add(iceberg::DataFile file) {
    if (!state_->writer)
        TRY(state_->open_manifest());
    ++state_->files;
    state_->records += file.record_count;
    state_->bytes += file.file_size_in_bytes;
    file.file_path = state_->uri(file.file_path);
    iceberg::ManifestEntry entry;
    entry.status = iceberg::EntryStatus::added;
    entry.snapshot_id = state_->snapshot_id();
    entry.file = std::move(file);
    TRY(state_->writer->add(entry));
    if (++state_->entries >= kEntriesPerManifest)
        TRY(state_->close_manifest());
    return {};
}

Status TableBuilder::finish() {
    auto& state = *state_;
    TRY(state.close_manifest());
    const auto snapshot = state.snapshot(TRY(state.write_list()));
    const auto updates = iceberg::append_snapshot_updates(snapshot, 2);
    state.table.properties.emplace_back("schema.name-mapping.default", iceberg::to_json_text(state.names));
    if (state.batches_forbidden)
        state.table.properties.emplace_back("read.parquet.vectorization.enabled", "false");
    const auto empty = TRY(iceberg::TableMetadata::create(state.table));
    const auto metadata = TRY(iceberg::apply_updates(&empty, updates, {state.now_ms, {}}));
    auto sink = TRY(PartSink::create(*state.part));
    TRY(sink.write(metadata.to_json_text()));
    TRY(sink.finish(state.metadata_file()));
    return {};
}

WrittenTable written_by(const std::string& marker, const TableMove& move, const std::string& warehouse) {
    TableBuilder::State state;
    state.marker = marker;
    state.root = move.root;
    state.warehouse = warehouse;
    return {state.uri(state.metadata_file()), state.table_uuid(), std::to_string(state.snapshot_id())};
}

iceberg::DataFile data_file_of(const parquet_format::FileMetrics& metrics, std::string key,
                               std::vector<iceberg::Value> partition) {
    iceberg::DataFile file;
    file.file_path = std::move(key);
    file.file_format = "PARQUET";
    file.partition = std::move(partition);
    file.record_count = metrics.record_count;
    file.file_size_in_bytes = static_cast<std::int64_t>(metrics.file_size);
    file.column_sizes = metrics.column_sizes;
    file.value_counts = metrics.value_counts;
    file.null_value_counts = metrics.null_value_counts;
    file.lower_bounds = metrics.lower_bounds;
    file.upper_bounds = metrics.upper_bounds;
    file.split_offsets = metrics.split_offsets;
    return file;
}

Result<std::vector<iceberg::Value>> partition_tuple(const iceberg::Schema& schema, const std::vector<std::int32_t>& ids,
                                                    const std::vector<std::string>& values) {
    if (ids.size() != values.size())
        return Error::make(ErrorKind::invalid_input, "a partition has " + std::to_string(values.size()) +
                                                         " values for " + std::to_string(ids.size()) +
                                                         " partition keys");
    std::vector<iceberg::Value> tuple;
    for (std::size_t i = 0; i < ids.size(); ++i)
        tuple.push_back(TRY(partition_value(schema.find(ids[i])->type, values[i])));
    return tuple;
}

Result<HiveSchema> target_schema(const TableFacts& table) {
    if (!table.parquet || table.parquet->schema.empty())
        return iceberg_schema_of(table.columns, table.partition_keys);
    return HiveSchema{TRY(iceberg::parse_schema_text(table.parquet->schema)), table.parquet->partition_ids};
}

} // namespace godwit::lakehouse
