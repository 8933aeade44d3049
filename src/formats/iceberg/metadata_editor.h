#pragma once

#include "formats/iceberg/json_access.h"
#include "formats/iceberg/metadata_update.h"

#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace godwit::iceberg {

/// Applies REST updates to a metadata document, one after the other, as the reference implementation's builder does.
/// Works on the document itself, so that what it does not know stays. Heavy: for .cc files only.
class MetadataEditor {
public:
    /// `base` may be null: a new table.
    static Result<MetadataEditor> start(const TableMetadata* base, const CommitContext& context);
    Status apply(const OrderedJson& update);
    Result<TableMetadata> finish() &&;

private:
    explicit MetadataEditor(CommitContext context) : context_(std::move(context)) {}

    Status assign_uuid(const OrderedJson& update);
    Status upgrade_format_version(const OrderedJson& update);
    Status add_schema(const OrderedJson& update);
    Status set_current_schema(const OrderedJson& update);
    Status add_spec(const OrderedJson& update);
    Status set_default_spec(const OrderedJson& update);
    Status add_sort_order(const OrderedJson& update);
    Status set_default_sort_order(const OrderedJson& update);
    Status add_snapshot(const OrderedJson& update);
    Status set_snapshot_ref(const OrderedJson& update);
    Status remove_snapshots(const OrderedJson& update);
    Status remove_snapshot_ref(const OrderedJson& update);
    Status set_location(const OrderedJson& update);
    Status set_properties(const OrderedJson& update);
    Status remove_properties(const OrderedJson& update);
    Status set_statistics(const OrderedJson& update);
    Status remove_statistics(const OrderedJson& update);
    Status set_partition_statistics(const OrderedJson& update);
    Status remove_partition_statistics(const OrderedJson& update);
    Status remove_partition_specs(const OrderedJson& update);
    Status remove_schemas(const OrderedJson& update);
    Status add_encryption_key(const OrderedJson& update);
    Status remove_encryption_key(const OrderedJson& update);

    Status number_spec_fields(OrderedJson& spec, const PartitionSpec& wanted);
    Status check_row_lineage(const OrderedJson& snapshot);
    OrderedJson& list(const char* name);
    Result<const std::vector<Schema>*> held_schemas();
    Result<const std::vector<PartitionSpec>*> held_specs();
    Result<std::int32_t> resolve_id(const OrderedJson& update, const char* name, const char* list_name,
                                    const char* id_name, const std::optional<std::int32_t>& last_added);
    Status remove_by_id(const OrderedJson& update, const char* ids_name, const char* list_name, const char* id_name,
                        const char* current_name);
    bool has_snapshot(std::int64_t id);
    void drop_reference(const std::string& name);
    void rewrite_snapshot_log();
    void log_previous_metadata();
    void write_version_one_fields();
    std::int32_t version() const { return document_["format-version"].get<std::int32_t>(); }

    CommitContext context_;
    OrderedJson document_;
    std::optional<OrderedJson> base_;
    std::int64_t base_updated_ms_ = 0;
    /// The lists of the document, parsed as far as the last look at them.
    std::vector<Schema> schemas_;
    std::vector<PartitionSpec> specs_;
    /// Source, transform and name of each field of those specs, and its id.
    std::map<std::tuple<std::vector<std::int32_t>, std::string, std::string>, std::int32_t> field_ids_;
    std::optional<std::int32_t> last_schema_;
    std::optional<std::int32_t> last_spec_;
    std::optional<std::int32_t> last_order_;
    std::optional<std::int64_t> updated_ms_;
    std::set<std::int64_t> added_snapshots_;
    std::set<std::int64_t> passing_snapshots_; ///< were current inside this commit
    bool removed_snapshots_ = false;
};

} // namespace godwit::iceberg
