#include "base/json.h"
#include "base/text.h"
#include "engines/iceberg_scan.h"
#include "formats/parquet/reader.h"
#include "lanes/lakehouse/comparison.h"
#include "lanes/lakehouse/csv_rows.h"
#include "lanes/lakehouse/decoders.h"
#include "lanes/lakehouse/steps.h"
#include "lanes/lakehouse/table_builder.h"
#include "lanes/lakehouse/table_steps.h"
#include "rows/row_difference.h"

#include <arrow/record_batch.h>
#include <nlohmann/json.hpp>

namespace godwit::lakehouse {

namespace {

constexpr std::size_t kShownRows = 100;

/// The rows of the source, read anew from its files, in the columns of the target's schema.
class SourcePass {
public:
    SourcePass(const TableFacts& table, const iceberg::Schema& schema, const std::vector<std::int32_t>& keys,
               HiveFiles files, std::stop_token stop)
        : table_(table), schema_(schema), keys_(keys), files_(std::move(files)), stop_(std::move(stop)) {}

    Result<rows::AddressedBatch> next() {
        for (;;) {
            if (stop_.stop_requested())
                return Error::make(ErrorKind::interrupted, "interrupted between two batches");
            if (!csv_ && !parquet_ && !TRY(open_next()))
                return rows::AddressedBatch{};
            auto batch = csv_ ? TRY(next_csv()) : TRY(next_parquet());
            if (batch.batch)
                return batch;
            csv_.reset();
            parquet_.reset();
        }
    }

private:
    Result<bool> open_next() {
        file_ = TRY(files_.next());
        if (!file_)
            return false;
        row_ = 0;
        if (table_.kind == TableKind::csv) {
            csv_.emplace(TRY(CsvFile::open(table_, *file_, schema_, {})));
            return true;
        }
        const auto root = TRY(clients::FileSource::open(file_->source_folder));
        source_.emplace(TRY(root.open_file(file_->source_key)));
        parquet_format::ReadOptions options;
        options.names = names_in_files({schema_, keys_});
        const auto tuple = TRY(partition_tuple(schema_, keys_, file_->values));
        for (std::size_t i = 0; i < keys_.size(); ++i)
            options.constants.emplace(keys_[i], tuple[i]);
        parquet_.emplace(TRY(parquet_format::ParquetReader::open(*source_, schema_, std::move(options))));
        return true;
    }

    Result<rows::AddressedBatch> next_csv() {
        rows::AddressedBatch batch{TRY(csv_->next()), file_->source, row_};
        row_ += batch.batch ? batch.batch->num_rows() : 0;
        return batch;
    }

    Result<rows::AddressedBatch> next_parquet() {
        auto read = TRY(parquet_->next());
        return rows::AddressedBatch{std::move(read.batch), file_->source, read.first_row};
    }

    TableFacts table_;
    iceberg::Schema schema_;
    std::vector<std::int32_t> keys_;
    HiveFiles files_;
    std::stop_token stop_;
    std::optional<HiveFile> file_;
    std::optional<CsvFile> csv_;
    std::optional<clients::SourceFile> source_;
    std::optional<parquet_format::ParquetReader> parquet_; // after what it reads
    std::int64_t row_ = 0;
};

/// Both sides of one table, opened as often as the comparison needs.
class RowComparison {
public:
    RowComparison(core::StepContext& context, const Ends& ends, const TableMove& move)
        : context_(&context), ends_(&ends), move_(&move) {}

    Result<core::Verdict> run() {
        table_ = TRY(facts_from_json<TableFacts>(move_->table));
        const auto written = TRY(written_table_from_json(TRY(context_->result_of(move_->metadata_step))));
        auto metadata =
            TRY(iceberg::TableMetadata::parse(TRY(read_target(written.metadata_location)), written.metadata_location));
        TRY(take_planned_schema());
        if (!is_as_planned(metadata))
            return other_schema(metadata);
        scan_.emplace(TRY(engines::IcebergScan::create(
            [this](const std::string& location) { return open_target(location); }, std::move(metadata))));
        comparison_ = comparison_schema(schema_, keys_, table_.kind == TableKind::csv);
        const auto source = TRY(digest(rows::Side::source, TRY(open_source())));
        const auto target = TRY(digest(rows::Side::target, TRY(scan_->open_addressed())));
        const auto result = rows::compare(comparison_, source, target);
        return result.equal() ? equal(result) : different(result);
    }

private:
    /// What to compare is the plan's to say. A target that may decide what its columns are could leave some out.
    Status take_planned_schema() {
        const auto planned = TRY(target_schema(table_));
        auto fresh = iceberg::assign_fresh_ids(planned.schema);
        for (const auto id : planned.partition_ids) {
            const auto key = fresh.new_id_of.find(id);
            if (key == fresh.new_id_of.end())
                return Error::make(ErrorKind::corrupt, "the plan names a partition key that its schema lacks")
                    .fix("make the plan again")
                    .at(printable(table_.name));
            keys_.push_back(key->second);
        }
        schema_ = std::move(fresh.schema);
        return {};
    }

    bool is_as_planned(const iceberg::TableMetadata& metadata) const {
        std::vector<std::int32_t> keys;
        for (const auto& field : metadata.default_spec().fields)
            keys.push_back(field.source_ids.front());
        return metadata.current_schema().fields == schema_.fields && keys == keys_;
    }

    Result<core::Verdict> other_schema(const iceberg::TableMetadata& metadata) {
        const auto verdict = core::Verdict::different(1);
        TRY(context_->record(
            core::Comparison{"schema and partitions", verdict,
                             canonical_json({{"planned", iceberg::to_json_text(schema_)},
                                             {"found", iceberg::to_json_text(metadata.current_schema())}})}));
        return verdict;
    }

    Result<std::string> key_of(const std::string& location) const {
        const auto path = TRY(clients::Location::parse(location)).path;
        const auto prefix = ends_->warehouse.root() + "/";
        if (!path.starts_with(prefix))
            return Error::make(ErrorKind::invalid_input, "a file of the table lies outside of the warehouse")
                .at(printable(location));
        return path.substr(prefix.size());
    }
    Result<std::string> read_target(const std::string& location) const {
        return ends_->warehouse.files().read(TRY(key_of(location)));
    }
    Result<std::unique_ptr<ByteSource>> open_target(const std::string& location) const {
        return std::unique_ptr<ByteSource>(
            std::make_unique<clients::SourceFile>(TRY(ends_->warehouse.files().open_file(TRY(key_of(location))))));
    }

    Result<rows::AddressedStream> open_source() const {
        auto pass = std::make_shared<SourcePass>(
            table_, schema_, keys_, TRY(HiveFiles::list(*ends_, *move_, context_->stop())), context_->stop());
        return rows::AddressedStream([pass] { return pass->next(); });
    }

    Result<rows::TableDigest> digest(rows::Side side, const rows::AddressedStream& stream) {
        auto digester = TRY(rows::RowDigester::create(comparison_, side));
        for (auto batch = TRY(stream()); batch.batch; batch = TRY(stream())) {
            TRY(digester.add(*batch.batch));
            read_ += static_cast<std::uint64_t>(batch.batch->num_rows());
            context_->progress(read_, 0);
        }
        return digester.finish();
    }

    Json method(const rows::DigestComparison& result) const {
        return {
            {"method", "row digest, encoding version " + std::to_string(rows::kRowEncodingVersion) + ", by partition"},
            {"decoders",
             decoders_json(table_.kind == TableKind::csv ? our_decoder("LazySimpleSerDe") : parquet_decoder(),
                           parquet_decoder())},
            {"source_rows", std::to_string(result.source_rows)},
            {"target_rows", std::to_string(result.target_rows)},
            {"groups", std::to_string(result.groups)},
            {"schema", rows::to_json(comparison_)}};
    }

    Result<core::Verdict> equal(const rows::DigestComparison& result) {
        TRY(context_->record(core::Comparison{"rows", core::Verdict::equal(), canonical_json(method(result))}));
        return core::Verdict::equal();
    }

    Result<core::Verdict> different(const rows::DigestComparison& result) {
        const auto narrowed = TRY(rows::narrow(
            comparison_, result, [this] { return open_source(); }, [this] { return scan_->open_addressed(); }));
        const auto count = std::max<std::uint64_t>(narrowed.different, 1);
        auto detail = method(result);
        Json rows = Json::array();
        for (std::size_t i = 0; i < std::min(narrowed.rows.size(), kShownRows); ++i) {
            const auto& row = narrowed.rows[i];
            rows.push_back({{"group", printable(row.group)},
                            {"bucket", row.bucket},
                            {"row_hash", row.row_hash},
                            {"columns", row.columns},
                            {"source_row", std::to_string(row.source.row)},
                            {"target_row", std::to_string(row.target.row)}});
        }
        detail["rows"] = std::move(rows);
        detail["complete"] = narrowed.complete;
        TRY(context_->record(core::Comparison{"rows", core::Verdict::different(count), canonical_json(detail)}));
        return core::Verdict::different(count);
    }

    core::StepContext* context_;
    const Ends* ends_;
    const TableMove* move_;
    TableFacts table_;
    iceberg::Schema schema_;
    std::vector<std::int32_t> keys_;
    std::optional<engines::IcebergScan> scan_;
    rows::ComparisonSchema comparison_;
    std::uint64_t read_ = 0;
};

class CompareRows final : public CheckStep {
public:
    explicit CompareRows(Ends& ends) : CheckStep(ends, kind::kCompareRows, "rows") {}

private:
    Result<core::Verdict> check(core::StepContext& context, const TableMove& move) override {
        return RowComparison(context, ends(), move).run();
    }
};

} // namespace

std::unique_ptr<core::StepKind> make_compare_rows(Ends& ends) { return std::make_unique<CompareRows>(ends); }

} // namespace godwit::lakehouse
