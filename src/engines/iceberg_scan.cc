#include "engines/iceberg_scan.h"

#include "base/text.h"
#include "formats/iceberg/deletes.h"
#include "formats/iceberg/puffin.h"
#include "formats/parquet/deletes.h"
#include "formats/parquet/reader.h"

#include <arrow/record_batch.h>

#include <map>
#include <vector>

namespace godwit::engines {

using iceberg::EntryStatus;
using iceberg::FileContent;
using iceberg::ManifestContent;
using iceberg::ManifestEntry;

struct IcebergScan::Table {
    FileOpener opener;
    iceberg::TableMetadata metadata;
    std::optional<std::int64_t> snapshot_id;
    iceberg::NameMapping names;

    struct Delete {
        ManifestEntry entry;
        std::int32_t spec_id = 0;
    };
    std::vector<iceberg::ManifestFile> data_manifests;
    std::vector<Delete> deletes;

    bool is_unpartitioned(std::int32_t spec_id) const {
        const auto* spec = metadata.spec_with_id(spec_id);
        return spec == nullptr || spec->is_unpartitioned();
    }
    Status read_manifest_list();
    Status read_deletes(const iceberg::ManifestFile& manifest);
};

Status IcebergScan::Table::read_deletes(const iceberg::ManifestFile& manifest) {
    const auto source = TRY(opener(manifest.path));
    auto reader = TRY(iceberg::ManifestReader::open(*source));
    iceberg::Inheritance inheritance(manifest);
    ManifestEntry entry;
    while (TRY(reader.next(entry))) {
        inheritance.apply(entry);
        if (entry.status != EntryStatus::deleted)
            deletes.push_back({entry, manifest.spec_id});
    }
    return {};
}

Status IcebergScan::Table::read_manifest_list() {
    const auto* snapshot = snapshot_id ? metadata.snapshot_with_id(*snapshot_id) : metadata.current_snapshot();
    if (snapshot == nullptr) {
        if (snapshot_id)
            return Error::make(ErrorKind::not_found, "the table has no snapshot " + std::to_string(*snapshot_id));
        return {};
    }
    if (snapshot->manifest_list.empty()) {
        for (const auto& path : snapshot->manifests) {
            iceberg::ManifestFile manifest;
            manifest.path = path;
            manifest.added_snapshot_id = snapshot->id;
            data_manifests.push_back(std::move(manifest));
        }
        return {};
    }
    const auto source = TRY(opener(snapshot->manifest_list));
    auto reader = TRY(iceberg::ManifestListReader::open(*source));
    iceberg::ManifestFile manifest;
    while (TRY(reader.next(manifest))) {
        if (manifest.content == ManifestContent::data)
            data_manifests.push_back(manifest);
        else
            TRY(read_deletes(manifest));
    }
    return {};
}

namespace {

using parquet_format::DeletedPositions;
using parquet_format::EqualityDeletes;

Error only_parquet(const std::string& format, const std::string& path) {
    return Error::make(ErrorKind::unsupported, "a file of the table cannot be read here")
        .why("its format is " + printable(format) + ", and rows are read from Parquet only")
        .fix("read the table with Spark or Trino")
        .at(printable(path));
}

} // namespace

/// One pass over the table: manifest by manifest, file by file, batch by batch.
class ScanPass {
public:
    explicit ScanPass(std::shared_ptr<const IcebergScan::Table> table) : table_(std::move(table)) {}

    Result<rows::AddressedBatch> next() {
        for (;;) {
            if (!reader_ && !TRY(open_next_file()))
                return rows::AddressedBatch{};
            auto read = TRY(reader_->next());
            if (!read.batch) {
                reader_.reset();
                continue;
            }
            auto batch = TRY(parquet_format::without_positions(read.batch, read.first_row, positions_));
            for (const auto& equality : equalities_)
                batch = TRY(equality.apply(batch));
            return rows::AddressedBatch{std::move(batch), path_, read.first_row};
        }
    }

private:
    using Table = IcebergScan::Table;

    Result<bool> open_next_file() {
        for (;;) {
            if (!manifest_ && !TRY(open_next_manifest()))
                return false;
            if (!TRY(manifest_->next(entry_))) {
                manifest_.reset();
                continue;
            }
            inheritance_->apply(entry_);
            if (entry_.status == EntryStatus::deleted)
                continue;
            TRY(open_file());
            return true;
        }
    }

    Result<bool> open_next_manifest() {
        if (next_manifest_ == table_->data_manifests.size())
            return false;
        const auto& manifest = table_->data_manifests[next_manifest_++];
        manifest_source_ = TRY(table_->opener(manifest.path));
        manifest_.emplace(TRY(iceberg::ManifestReader::open(*manifest_source_)));
        inheritance_.emplace(manifest);
        spec_id_ = manifest_->header().partition_spec_id;
        return true;
    }

    Status open_file() {
        if (!equals_ignoring_case(entry_.file.file_format, "parquet"))
            return only_parquet(entry_.file.file_format, entry_.file.file_path);
        path_ = entry_.file.file_path;
        TRY(collect_deletes());
        file_ = TRY(table_->opener(path_));
        parquet_format::ReadOptions options;
        options.names = table_->names;
        options.constants = constants();
        reader_.emplace(
            TRY(parquet_format::ParquetReader::open(*file_, table_->metadata.current_schema(), std::move(options))));
        return {};
    }

    std::map<std::int32_t, iceberg::Value> constants() const {
        std::map<std::int32_t, iceberg::Value> values;
        const auto* spec = table_->metadata.spec_with_id(spec_id_);
        if (spec == nullptr)
            return values;
        for (std::size_t i = 0; i < std::min(spec->fields.size(), entry_.file.partition.size()); ++i)
            if (spec->fields[i].transform.kind == iceberg::Transform::Kind::identity)
                values.emplace(spec->fields[i].source_ids.front(), entry_.file.partition[i]);
        return values;
    }

    Status collect_deletes() {
        positions_ = DeletedPositions();
        equalities_.clear();
        std::map<std::vector<std::int32_t>, std::size_t> by_ids;
        const iceberg::LiveFile data{&entry_, spec_id_, table_->is_unpartitioned(spec_id_)};
        for (const auto& one : table_->deletes) {
            const iceberg::LiveFile deletes{&one.entry, one.spec_id, table_->is_unpartitioned(one.spec_id)};
            if (!iceberg::delete_applies(data, deletes))
                continue;
            if (one.entry.file.content == FileContent::equality_deletes)
                TRY(add_equality(one.entry.file, by_ids));
            else
                TRY(add_positions(one.entry.file));
        }
        positions_.seal();
        return {};
    }

    Status add_positions(const iceberg::DataFile& file) {
        const auto source = TRY(table_->opener(file.file_path));
        if (equals_ignoring_case(file.file_format, "puffin")) {
            iceberg::PuffinBlob blob;
            blob.offset = file.content_offset.value_or(0);
            blob.length = file.content_size_in_bytes.value_or(0);
            if (!positions_.vectors().empty())
                return Error::make(ErrorKind::invalid_input, "a data file has two deletion vectors")
                    .fix("read the table with Spark or Trino, and have it written again")
                    .at(printable(path_));
            auto vector = TRY(iceberg::DeletionVector::decode(TRY(iceberg::read_puffin_blob(*source, blob))));
            TRY(iceberg::check_count(vector, file, entry_.file));
            positions_.add(std::move(vector));
            return {};
        }
        if (!equals_ignoring_case(file.file_format, "parquet"))
            return only_parquet(file.file_format, file.file_path);
        return parquet_format::read_position_deletes(*source,
                                                     [this](std::string_view path, std::int64_t position) -> Status {
                                                         if (path == path_)
                                                             positions_.add(position);
                                                         return {};
                                                     });
    }

    Status add_equality(const iceberg::DataFile& file, std::map<std::vector<std::int32_t>, std::size_t>& by_ids) {
        if (!equals_ignoring_case(file.file_format, "parquet"))
            return only_parquet(file.file_format, file.file_path);
        const auto ids = file.equality_ids.value_or(std::vector<std::int32_t>());
        auto found = by_ids.find(ids);
        if (found == by_ids.end()) {
            std::vector<iceberg::Field> fields;
            for (const auto id : ids) {
                const auto* field = table_->metadata.current_schema().find(id);
                if (field == nullptr)
                    return Error::make(ErrorKind::unsupported, "rows are deleted by a column that was dropped")
                        .fix("read the table with Spark or Trino")
                        .at(printable(file.file_path));
                fields.push_back(*field);
            }
            equalities_.push_back(TRY(EqualityDeletes::create(std::move(fields))));
            found = by_ids.emplace(ids, equalities_.size() - 1).first;
        }
        const auto source = TRY(table_->opener(file.file_path));
        return equalities_[found->second].add(*source, table_->names);
    }

    std::shared_ptr<const Table> table_;
    std::size_t next_manifest_ = 0;
    std::unique_ptr<ByteSource> manifest_source_;
    std::optional<iceberg::ManifestReader> manifest_; // after what it reads
    std::optional<iceberg::Inheritance> inheritance_;
    ManifestEntry entry_;
    std::int32_t spec_id_ = 0;
    std::string path_;
    DeletedPositions positions_;
    std::vector<EqualityDeletes> equalities_;
    std::unique_ptr<ByteSource> file_;
    std::optional<parquet_format::ParquetReader> reader_; // after what it reads
};

Result<IcebergScan> IcebergScan::create(FileOpener opener, iceberg::TableMetadata metadata,
                                        std::optional<std::int64_t> snapshot_id) {
    auto table = std::make_shared<Table>(Table{std::move(opener), std::move(metadata), snapshot_id, {}, {}, {}});
    if (const auto* names = iceberg::find_property(table->metadata.properties(), "schema.name-mapping.default"))
        table->names = TRY(iceberg::parse_name_mapping(*names));
    TRY(table->read_manifest_list());
    return IcebergScan(std::move(table));
}

const iceberg::Schema& IcebergScan::schema() const { return table_->metadata.current_schema(); }

Result<rows::AddressedStream> IcebergScan::open_addressed() const {
    auto pass = std::make_shared<ScanPass>(table_);
    return rows::AddressedStream([pass] { return pass->next(); });
}

Result<rows::BatchStream> IcebergScan::open() const {
    auto pass = std::make_shared<ScanPass>(table_);
    return rows::BatchStream([pass]() -> Result<rows::BatchPtr> { return TRY(pass->next()).batch; });
}

} // namespace godwit::engines
