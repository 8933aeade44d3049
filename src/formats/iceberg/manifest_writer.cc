#include "formats/iceberg/manifest_writer.h"

#include "formats/avro/binary.h"
#include "formats/iceberg/json_access.h"
#include "formats/iceberg/manifest_schema.h"

#include <algorithm>
#include <cmath>

namespace godwit::iceberg {

namespace {

constexpr std::int64_t kUnassigned = -1;
/// Version 1 requires the field and says that readers ignore it.
constexpr std::int64_t kBlockSize = 64 << 20;

template <typename Held, typename Append>
void append_optional(std::string& out, const std::optional<Held>& value, Append&& append) {
    avro::append_long(out, value ? 1 : 0);
    if (value)
        append(*value);
}

template <typename Number>
void append_number(std::string& out, const std::optional<Number>& value) {
    append_optional(out, value, [&](Number number) { avro::append_long(out, number); });
}

void append_bytes(std::string& out, const std::optional<std::string>& value) {
    append_optional(out, value, [&](const std::string& bytes) { avro::append_bytes(out, bytes); });
}

template <typename Items, typename Append>
void append_items(std::string& out, const std::optional<Items>& items, Append&& append) {
    append_optional(out, items, [&](const Items& list) {
        if (!list.empty())
            avro::append_long(out, static_cast<std::int64_t>(list.size()));
        for (const auto& item : list)
            append(item);
        avro::append_long(out, 0);
    });
}

void append_counts(std::string& out, const std::optional<ColumnCounts>& counts) {
    append_items(out, counts, [&](const auto& item) {
        avro::append_long(out, item.first);
        avro::append_long(out, item.second);
    });
}

void append_bounds(std::string& out, const std::optional<ColumnBounds>& bounds) {
    append_items(out, bounds, [&](const auto& item) {
        avro::append_long(out, item.first);
        avro::append_bytes(out, item.second);
    });
}

template <typename Number>
void append_numbers(std::string& out, const std::optional<std::vector<Number>>& numbers) {
    append_items(out, numbers, [&](Number number) { avro::append_long(out, number); });
}

Error entry_error(const ManifestEntry& entry, std::string why) {
    return Error::make(ErrorKind::bug, "a manifest entry cannot be written")
        .why(std::move(why))
        .fix("report this, with the table's metadata")
        .at(entry.file.file_path);
}

/// Bounds of one partition field over all entries.
struct FieldRange {
    bool contains_null = false;
    bool contains_nan = false;
    std::optional<Value> lower;
    std::optional<Value> upper;

    void add(const Type& type, const Value& value) {
        const auto* single = std::get_if<float>(&value);
        const auto* number = std::get_if<double>(&value);
        if (is_null(value)) {
            contains_null = true;
        } else if ((single != nullptr && std::isnan(*single)) || (number != nullptr && std::isnan(*number))) {
            contains_nan = true;
        } else {
            if (!lower || compare(type, value, *lower) < 0)
                lower = value;
            if (!upper || compare(type, value, *upper) > 0)
                upper = value;
        }
    }
};

} // namespace

struct ManifestWriter::State {
    ManifestOptions options;
    avro::ContainerWriter writer;
    std::vector<Field> partition_type;
    std::vector<FieldRange> ranges;
    ManifestFile file;
    std::optional<std::int64_t> least_sequence;
    std::string datum;

    Status check(const ManifestEntry& entry) const;
    Status encode(const ManifestEntry& entry);
    void encode_file(const DataFile& data);
    void count(const ManifestEntry& entry);
};

ManifestWriter::ManifestWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ManifestWriter::ManifestWriter(ManifestWriter&&) noexcept = default;
ManifestWriter::~ManifestWriter() = default;

Result<ManifestWriter> ManifestWriter::create(ByteSink& sink, const ManifestOptions& options) {
    if (options.format_version < 1 || options.format_version > 3)
        return Error::make(ErrorKind::unsupported,
                           "manifests of version " + std::to_string(options.format_version) + " cannot be written")
            .why("versions 1 to 3 are supported")
            .fix("choose one of them");
    auto partition = TRY(iceberg::partition_type(options.spec, options.schema));
    avro::WriterOptions container;
    container.schema_json = TRY(manifest_avro_schema(options.format_version, partition));
    container.codec = options.codec;
    container.sync = options.sync;
    container.block_bytes = options.block_bytes;
    container.metadata = {{"schema", to_json_text(options.schema)},
                          {"schema-id", std::to_string(options.schema.schema_id)},
                          {"partition-spec", dump(fields_to_json(options.spec))},
                          {"partition-spec-id", std::to_string(options.spec.spec_id)},
                          {"format-version", std::to_string(options.format_version)}};
    if (options.format_version >= 2)
        container.metadata.emplace_back("content", options.content == ManifestContent::data ? "data" : "deletes");
    auto writer = TRY(avro::ContainerWriter::create(sink, container));
    auto state = std::make_unique<State>(State{options, std::move(writer), std::move(partition), {}, {}, {}, {}});
    state->ranges.resize(state->partition_type.size());
    auto& file = state->file;
    file.spec_id = options.spec.spec_id;
    file.content = options.content;
    file.sequence_number = kUnassigned;
    file.added_snapshot_id = options.snapshot_id;
    file.added_files_count = file.existing_files_count = file.deleted_files_count = 0;
    file.added_rows_count = file.existing_rows_count = file.deleted_rows_count = 0;
    return ManifestWriter(std::move(state));
}

Status ManifestWriter::State::check(const ManifestEntry& entry) const {
    const auto& data = entry.file;
    if (data.partition.size() != partition_type.size())
        return entry_error(entry, "its partition has " + std::to_string(data.partition.size()) +
                                      " values, the spec has " + std::to_string(partition_type.size()));
    if ((data.content == FileContent::data) != (options.content == ManifestContent::data))
        return entry_error(entry, "data files and delete files lie in manifests of their own");
    if (options.format_version == 1 && data.content != FileContent::data)
        return entry_error(entry, "version 1 has no delete files");
    if (options.format_version < 3 && (data.first_row_id || data.content_offset || data.content_size_in_bytes))
        return entry_error(entry, "row ids and deletion vectors need version 3");
    if (options.format_version >= 2 && entry.status != EntryStatus::added &&
        (!entry.sequence_number || !entry.file_sequence_number))
        return entry_error(entry, "existing and deleted entries need their sequence numbers");
    return {};
}

Status ManifestWriter::State::encode(const ManifestEntry& entry) {
    datum.clear();
    avro::append_long(datum, static_cast<std::int64_t>(entry.status));
    if (options.format_version == 1) {
        avro::append_long(datum, entry.snapshot_id.value_or(options.snapshot_id));
    } else {
        append_number(datum, entry.snapshot_id);
        append_number(datum, entry.sequence_number);
        append_number(datum, entry.file_sequence_number);
        avro::append_long(datum, static_cast<std::int64_t>(entry.file.content));
    }
    avro::append_bytes(datum, entry.file.file_path);
    avro::append_bytes(datum, entry.file.file_format);
    for (std::size_t i = 0; i < partition_type.size(); ++i)
        TRY(append_partition_value(partition_type[i].type, entry.file.partition[i], datum));
    encode_file(entry.file);
    return {};
}

void ManifestWriter::State::encode_file(const DataFile& data) {
    avro::append_long(datum, data.record_count);
    avro::append_long(datum, data.file_size_in_bytes);
    if (options.format_version == 1)
        avro::append_long(datum, kBlockSize);
    append_counts(datum, data.column_sizes);
    append_counts(datum, data.value_counts);
    append_counts(datum, data.null_value_counts);
    append_counts(datum, data.nan_value_counts);
    append_bounds(datum, data.lower_bounds);
    append_bounds(datum, data.upper_bounds);
    append_bytes(datum, data.key_metadata);
    append_numbers(datum, data.split_offsets);
    if (options.format_version >= 2)
        append_numbers(datum, data.equality_ids);
    append_number(datum, data.sort_order_id);
    if (options.format_version >= 3)
        append_number(datum, data.first_row_id);
    if (options.format_version >= 2)
        append_bytes(datum, data.referenced_data_file);
    if (options.format_version >= 3) {
        append_number(datum, data.content_offset);
        append_number(datum, data.content_size_in_bytes);
    }
}

void ManifestWriter::State::count(const ManifestEntry& entry) {
    const auto rows = entry.file.record_count;
    switch (entry.status) {
    case EntryStatus::added:
        *file.added_files_count += 1;
        *file.added_rows_count += rows;
        break;
    case EntryStatus::existing:
        *file.existing_files_count += 1;
        *file.existing_rows_count += rows;
        break;
    case EntryStatus::deleted:
        *file.deleted_files_count += 1;
        *file.deleted_rows_count += rows;
        break;
    }
    if (entry.status != EntryStatus::deleted && entry.sequence_number)
        least_sequence = std::min(least_sequence.value_or(INT64_MAX), *entry.sequence_number);
    for (std::size_t i = 0; i < ranges.size(); ++i)
        ranges[i].add(partition_type[i].type, entry.file.partition[i]);
}

Status ManifestWriter::add(const ManifestEntry& entry) {
    TRY(state_->check(entry));
    if (auto status = state_->encode(entry); status.is_error())
        return std::move(status.error()).at(entry.file.file_path);
    TRY(state_->writer.append(state_->datum));
    state_->count(entry);
    return {};
}

Result<ManifestFile> ManifestWriter::finish() {
    auto& file = state_->file;
    file.length = static_cast<std::int64_t>(TRY(state_->writer.finish()));
    file.min_sequence_number = state_->least_sequence.value_or(kUnassigned);
    std::vector<PartitionFieldSummary> summaries;
    for (std::size_t i = 0; i < state_->ranges.size(); ++i) {
        const auto& range = state_->ranges[i];
        const auto& type = state_->partition_type[i].type;
        PartitionFieldSummary summary;
        summary.contains_null = range.contains_null;
        summary.contains_nan = range.contains_nan;
        if (range.lower) {
            summary.lower_bound = TRY(to_bytes(type, *range.lower));
            summary.upper_bound = TRY(to_bytes(type, *range.upper));
        }
        summaries.push_back(std::move(summary));
    }
    file.partitions = std::move(summaries);
    return file;
}

struct ManifestListWriter::State {
    ManifestListOptions options;
    avro::ContainerWriter writer;
    std::optional<std::int64_t> next_row_id;
    std::string datum;
};

ManifestListWriter::ManifestListWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ManifestListWriter::ManifestListWriter(ManifestListWriter&&) noexcept = default;
ManifestListWriter::~ManifestListWriter() = default;

Result<ManifestListWriter> ManifestListWriter::create(ByteSink& sink, const ManifestListOptions& options) {
    if (options.format_version < 1 || options.format_version > 3)
        return Error::make(ErrorKind::unsupported,
                           "manifest lists of version " + std::to_string(options.format_version) + " cannot be written")
            .why("versions 1 to 3 are supported")
            .fix("choose one of them");
    avro::WriterOptions container;
    container.schema_json = manifest_list_avro_schema(options.format_version);
    container.codec = options.codec;
    container.sync = options.sync;
    container.metadata = {
        {"snapshot-id", std::to_string(options.snapshot_id)},
        {"parent-snapshot-id", options.parent_snapshot_id ? std::to_string(*options.parent_snapshot_id) : "null"}};
    if (options.format_version >= 2)
        container.metadata.emplace_back("sequence-number", std::to_string(options.sequence_number));
    if (options.format_version >= 3)
        container.metadata.emplace_back("first-row-id", std::to_string(options.first_row_id.value_or(0)));
    container.metadata.emplace_back("format-version", std::to_string(options.format_version));
    auto writer = TRY(avro::ContainerWriter::create(sink, container));
    auto state = std::make_unique<State>(State{options, std::move(writer), {}, {}});
    if (options.format_version >= 3)
        state->next_row_id = options.first_row_id.value_or(0);
    return ManifestListWriter(std::move(state));
}

Status ManifestListWriter::add(const ManifestFile& file) {
    const auto version = state_->options.format_version;
    auto& datum = state_->datum;
    datum.clear();
    avro::append_bytes(datum, file.path);
    avro::append_long(datum, file.length);
    avro::append_long(datum, file.spec_id);
    if (version >= 2) {
        const auto assigned = [&](std::int64_t number) {
            return number == kUnassigned ? state_->options.sequence_number : number;
        };
        avro::append_long(datum, static_cast<std::int64_t>(file.content));
        avro::append_long(datum, assigned(file.sequence_number));
        avro::append_long(datum, assigned(file.min_sequence_number));
    } else if (file.content != ManifestContent::data) {
        return Error::make(ErrorKind::bug, "version 1 has no delete manifests")
            .fix("report this, with the table's metadata")
            .at(file.path);
    }
    avro::append_long(datum, file.added_snapshot_id);
    const auto number = [&](const auto& value) {
        if (version == 1)
            append_number(datum, value);
        else
            avro::append_long(datum, value.value_or(0));
    };
    number(file.added_files_count);
    number(file.existing_files_count);
    number(file.deleted_files_count);
    number(file.added_rows_count);
    number(file.existing_rows_count);
    number(file.deleted_rows_count);
    append_items(datum, file.partitions, [&](const PartitionFieldSummary& summary) {
        avro::append_boolean(datum, summary.contains_null);
        append_optional(datum, summary.contains_nan, [&](bool nan) { avro::append_boolean(datum, nan); });
        append_bytes(datum, summary.lower_bound);
        append_bytes(datum, summary.upper_bound);
    });
    append_bytes(datum, file.key_metadata);
    if (version >= 3) {
        auto first = file.first_row_id;
        if (!first && file.content == ManifestContent::data) {
            first = state_->next_row_id;
            *state_->next_row_id += file.added_rows_count.value_or(0) + file.existing_rows_count.value_or(0);
        }
        append_number(datum, first);
    }
    return state_->writer.append(datum);
}

Result<std::uint64_t> ManifestListWriter::finish() { return state_->writer.finish(); }
std::optional<std::int64_t> ManifestListWriter::next_row_id() const { return state_->next_row_id; }

} // namespace godwit::iceberg
