#include "formats/iceberg/table_metadata.h"

#include "base/text.h"
#include "formats/iceberg/metadata_parts.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

namespace godwit::iceberg {

namespace {

constexpr std::int32_t kNewestVersion = 3;
/// Metadata is about ten times what gzip makes of it; a hundred times is a bomb.
constexpr std::size_t kLargestRatio = 100;
constexpr std::size_t kFreeBytes = std::size_t{16} << 20;

} // namespace

struct TableMetadata::View {
    OrderedJson document;
    std::int32_t format_version = 0;
    std::string uuid;
    std::string location;
    std::int64_t last_sequence_number = 0;
    std::int64_t last_updated_ms = 0;
    std::int32_t last_column_id = 0;
    std::int32_t last_partition_id = 0;
    std::optional<std::int64_t> next_row_id;
    std::vector<Schema> schemas;
    std::int32_t current_schema_id = 0;
    std::vector<PartitionSpec> specs;
    std::int32_t default_spec_id = 0;
    std::vector<SortOrder> sort_orders;
    std::int32_t default_sort_order_id = 0;
    Properties properties;
    std::vector<Snapshot> snapshots;
    std::unordered_map<std::int64_t, std::size_t> snapshot_index;
    std::optional<std::int64_t> current_snapshot_id;
    std::vector<SnapshotLogEntry> snapshot_log;
    std::vector<MetadataLogEntry> metadata_log;
    std::vector<SnapshotReference> references;
    std::vector<StatisticsFile> statistics;
    std::vector<PartitionStatisticsFile> partition_statistics;
    std::vector<EncryptionKey> encryption_keys;

    Status read();

private:
    Status read_head();
    Status read_schemas();
    Status read_specs();
    Status read_sort_orders();
    Status read_snapshots();
    Status read_references();
};

Status TableMetadata::View::read() {
    TRY(read_head());
    TRY(read_schemas());
    TRY(read_specs());
    TRY(read_sort_orders());
    properties = TRY(parse_properties(document, "properties"));
    TRY(read_snapshots());
    TRY(read_references());
    snapshot_log = TRY(parse_each(document, "snapshot-log", parse_snapshot_log_entry));
    metadata_log = TRY(parse_each(document, "metadata-log", parse_metadata_log_entry));
    statistics = TRY(parse_each(document, "statistics", parse_statistics_file));
    partition_statistics = TRY(parse_each(document, "partition-statistics", parse_partition_statistics_file));
    encryption_keys = TRY(parse_each(document, "encryption-keys", parse_encryption_key));
    return {};
}

Status TableMetadata::View::read_head() {
    if (!document.is_object())
        return json_error("it is not a JSON object", "");
    format_version = TRY(require_int32(document, "format-version"));
    if (format_version > kNewestVersion)
        return Error::make(ErrorKind::unsupported, "the table's format version is not supported")
            .why("it is " + std::to_string(format_version) + "; 1, 2 and 3 are")
            .fix("use a newer version of Godwit, or have the table written in version 3")
            .at("format-version");
    if (format_version < 1)
        return json_error("it is " + std::to_string(format_version), "format-version");
    const bool first = format_version == 1;
    uuid =
        first ? TRY(optional_string(document, "table-uuid")).value_or("") : TRY(require_string(document, "table-uuid"));
    location = without_trailing_slash(TRY(require_string(document, "location")));
    last_sequence_number = first ? 0 : TRY(require_int64(document, "last-sequence-number"));
    last_updated_ms = TRY(require_int64(document, "last-updated-ms"));
    last_column_id = TRY(require_int32(document, "last-column-id"));
    next_row_id = TRY(optional_int64(document, "next-row-id"));
    return {};
}

Status TableMetadata::View::read_schemas() {
    if (format_version > 1 || find_field(document, "schemas") != nullptr) {
        TRY(require_array(document, "schemas"));
        schemas = TRY(parse_each(document, "schemas", parse_schema));
        current_schema_id = TRY(require_int32(document, "current-schema-id"));
    } else {
        schemas.push_back(TRY(parse_schema(*TRY(require_field(document, "schema")))));
        current_schema_id = schemas.front().schema_id;
    }
    std::set<std::int32_t> ids;
    for (const auto& schema : schemas)
        if (!ids.insert(schema.schema_id).second)
            return json_error("the schema id " + std::to_string(schema.schema_id) + " is used twice", "schemas");
    if (!ids.contains(current_schema_id))
        return json_error("there is no schema " + std::to_string(current_schema_id), "current-schema-id");
    return {};
}

Status TableMetadata::View::read_specs() {
    if (format_version > 1 || find_field(document, "partition-specs") != nullptr) {
        TRY(require_array(document, "partition-specs"));
        specs = TRY(parse_each(document, "partition-specs", parse_partition_spec));
        default_spec_id = TRY(require_int32(document, "default-spec-id"));
    } else {
        specs.push_back(TRY(parse_partition_fields(0, *TRY(require_array(document, "partition-spec")))));
    }
    std::set<std::int32_t> ids;
    for (const auto& spec : specs)
        if (!ids.insert(spec.spec_id).second)
            return json_error("the spec id " + std::to_string(spec.spec_id) + " is used twice", "partition-specs");
    if (!ids.contains(default_spec_id))
        return json_error("there is no partition spec " + std::to_string(default_spec_id), "default-spec-id");
    if (format_version > 1 || find_field(document, "last-partition-id") != nullptr) {
        last_partition_id = TRY(require_int32(document, "last-partition-id"));
        return {};
    }
    for (const auto& spec : specs)
        last_partition_id = std::max(last_partition_id, spec.highest_field_id());
    return {};
}

Status TableMetadata::View::read_sort_orders() {
    if (format_version == 1 && find_field(document, "sort-orders") == nullptr) {
        sort_orders.emplace_back();
        return {};
    }
    TRY(require_array(document, "sort-orders"));
    sort_orders = TRY(parse_each(document, "sort-orders", parse_sort_order));
    default_sort_order_id = TRY(require_int32(document, "default-sort-order-id"));
    const auto has = [this](std::int32_t id) {
        return std::any_of(sort_orders.begin(), sort_orders.end(),
                           [id](const SortOrder& order) { return order.order_id == id; });
    };
    // Some writers leave the unsorted order out of the list.
    if (default_sort_order_id != 0 && !has(default_sort_order_id))
        return json_error("there is no sort order " + std::to_string(default_sort_order_id), "default-sort-order-id");
    return {};
}

Status TableMetadata::View::read_snapshots() {
    snapshots = TRY(parse_each(document, "snapshots", parse_snapshot));
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
        const auto& snapshot = snapshots[i];
        if (!snapshot_index.emplace(snapshot.id, i).second)
            return json_error("the snapshot id " + std::to_string(snapshot.id) + " is used twice",
                              at_index("snapshots", i));
        if (snapshot.sequence_number > last_sequence_number)
            return json_error("its sequence number " + std::to_string(snapshot.sequence_number) +
                                  " is above the table's last, " + std::to_string(last_sequence_number),
                              at_index("snapshots", i));
        if (format_version > 1 && snapshot.manifest_list.empty())
            return json_error("it has no manifest-list", at_index("snapshots", i));
    }
    current_snapshot_id = TRY(optional_snapshot_id(document, "current-snapshot-id"));
    if (current_snapshot_id == -1)
        current_snapshot_id.reset();
    if (current_snapshot_id && !snapshot_index.contains(*current_snapshot_id))
        return json_error("there is no snapshot " + std::to_string(*current_snapshot_id), "current-snapshot-id");
    return {};
}

Status TableMetadata::View::read_references() {
    const auto* refs = find_field(document, "refs");
    if (refs == nullptr) {
        if (current_snapshot_id)
            references.push_back({"main", *current_snapshot_id, SnapshotReference::Kind::branch, {}, {}, {}});
        return {};
    }
    if (!refs->is_object())
        return json_error("it is not an object", "refs");
    for (const auto& [name, json] : refs->items()) {
        auto parsed = parse_reference(name, json);
        if (parsed.is_error())
            return std::move(parsed.error()).at("refs." + printable(name));
        if (!snapshot_index.contains(parsed->snapshot_id))
            return json_error("there is no snapshot " + std::to_string(parsed->snapshot_id), "refs." + printable(name));
        if (name == "main" && parsed->snapshot_id != current_snapshot_id)
            return json_error("it is not the current snapshot", "refs.main");
        references.push_back(std::move(parsed).release());
    }
    return {};
}

TableMetadata::TableMetadata(std::unique_ptr<View> view) : view_(std::move(view)) {}
TableMetadata::TableMetadata(const TableMetadata& other) : view_(std::make_unique<View>(*other.view_)) {}
TableMetadata::TableMetadata(TableMetadata&&) noexcept = default;
TableMetadata& TableMetadata::operator=(const TableMetadata& other) {
    if (this != &other)
        view_ = std::make_unique<View>(*other.view_);
    return *this;
}
TableMetadata& TableMetadata::operator=(TableMetadata&&) noexcept = default;
TableMetadata::~TableMetadata() = default;

Result<TableMetadata> TableMetadata::parse(std::string_view bytes, const std::string& name) {
    std::string plain;
    if (bytes.starts_with("\x1f\x8b")) {
        auto unpacked =
            gunzip(bytes, std::min(metadata_json_limits().bytes, kFreeBytes + bytes.size() * kLargestRatio));
        if (unpacked.is_error())
            return std::move(unpacked.error()).at(name);
        plain = std::move(unpacked).release();
        bytes = plain;
    }
    auto document = parse_ordered_json(bytes, metadata_json_limits());
    if (document.is_error())
        return std::move(document.error()).at(name);
    auto metadata = from_document(std::move(document).release());
    if (metadata.is_error())
        return std::move(metadata.error()).at(name);
    return metadata;
}

Result<TableMetadata> TableMetadata::from_document(OrderedJson document) {
    auto view = std::make_unique<View>();
    TRY(check_text(document));
    view->document = std::move(document);
    TRY(view->read());
    return TableMetadata(std::move(view));
}

const OrderedJson& TableMetadata::document() const { return view_->document; }
std::string TableMetadata::to_json_text() const { return dump(view_->document); }
std::int32_t TableMetadata::format_version() const { return view_->format_version; }
const std::string& TableMetadata::uuid() const { return view_->uuid; }
const std::string& TableMetadata::location() const { return view_->location; }
std::int64_t TableMetadata::last_sequence_number() const { return view_->last_sequence_number; }
std::int64_t TableMetadata::last_updated_ms() const { return view_->last_updated_ms; }
std::int32_t TableMetadata::last_column_id() const { return view_->last_column_id; }
std::int32_t TableMetadata::last_partition_id() const { return view_->last_partition_id; }
std::optional<std::int64_t> TableMetadata::next_row_id() const { return view_->next_row_id; }
const std::vector<Schema>& TableMetadata::schemas() const { return view_->schemas; }
std::int32_t TableMetadata::current_schema_id() const { return view_->current_schema_id; }
const Schema& TableMetadata::current_schema() const { return *schema_with_id(view_->current_schema_id); }
const std::vector<PartitionSpec>& TableMetadata::specs() const { return view_->specs; }
std::int32_t TableMetadata::default_spec_id() const { return view_->default_spec_id; }
const PartitionSpec& TableMetadata::default_spec() const { return *spec_with_id(view_->default_spec_id); }
const std::vector<SortOrder>& TableMetadata::sort_orders() const { return view_->sort_orders; }
std::int32_t TableMetadata::default_sort_order_id() const { return view_->default_sort_order_id; }
const Properties& TableMetadata::properties() const { return view_->properties; }
const std::vector<Snapshot>& TableMetadata::snapshots() const { return view_->snapshots; }
const std::vector<SnapshotLogEntry>& TableMetadata::snapshot_log() const { return view_->snapshot_log; }
const std::vector<MetadataLogEntry>& TableMetadata::metadata_log() const { return view_->metadata_log; }
const std::vector<SnapshotReference>& TableMetadata::references() const { return view_->references; }
const std::vector<StatisticsFile>& TableMetadata::statistics() const { return view_->statistics; }
const std::vector<EncryptionKey>& TableMetadata::encryption_keys() const { return view_->encryption_keys; }
const std::vector<PartitionStatisticsFile>& TableMetadata::partition_statistics() const {
    return view_->partition_statistics;
}

const Schema* TableMetadata::schema_with_id(std::int32_t id) const {
    const auto found = std::find_if(view_->schemas.begin(), view_->schemas.end(),
                                    [id](const Schema& schema) { return schema.schema_id == id; });
    return found == view_->schemas.end() ? nullptr : &*found;
}

const PartitionSpec* TableMetadata::spec_with_id(std::int32_t id) const {
    const auto found = std::find_if(view_->specs.begin(), view_->specs.end(),
                                    [id](const PartitionSpec& spec) { return spec.spec_id == id; });
    return found == view_->specs.end() ? nullptr : &*found;
}

const Snapshot* TableMetadata::snapshot_with_id(std::int64_t id) const {
    const auto found = view_->snapshot_index.find(id);
    return found == view_->snapshot_index.end() ? nullptr : &view_->snapshots[found->second];
}

const Snapshot* TableMetadata::current_snapshot() const {
    return view_->current_snapshot_id ? snapshot_with_id(*view_->current_snapshot_id) : nullptr;
}

const SnapshotReference* TableMetadata::reference(std::string_view name) const {
    for (const auto& reference : view_->references)
        if (reference.name == name)
            return &reference;
    return nullptr;
}

const std::string* find_property(const Properties& properties, std::string_view key) {
    for (const auto& [name, value] : properties)
        if (name == key)
            return &value;
    return nullptr;
}

} // namespace godwit::iceberg
