#include "base/fault_point.h"
#include "base/json.h"
#include "base/text.h"
#include "formats/parquet/writer.h"
#include "lanes/lakehouse/csv_rows.h"
#include "lanes/lakehouse/plan_rules.h"
#include "lanes/lakehouse/rejects.h"
#include "lanes/lakehouse/steps.h"
#include "lanes/lakehouse/table_builder.h"
#include "lanes/lakehouse/table_steps.h"

#include <arrow/record_batch.h>
#include <nlohmann/json.hpp>

namespace godwit::lakehouse {

namespace {

/// A fixed number, so that file boundaries depend on the rows alone.
constexpr std::int64_t kRowsPerFile = 2'000'000;

Result<bool> is_strict(const TableMove& move) {
    const auto json = TRY(parse_json(move.options));
    return json.is_object() && json.value("strict", false);
}

/// Rewrites text files to Parquet, one partition after another, and collects the files for the table's metadata.
class Conversion {
public:
    Conversion(core::StepContext& context, const TableMove& move, const TableFacts& table, bool strict,
               TableBuilder& builder, transfer::OpenPart& part, Rejects& rejects)
        : context_(&context),
          move_(&move),
          table_(&table),
          strict_(strict),
          builder_(&builder),
          part_(&part),
          rejects_(&rejects) {}

    Status run(HiveFiles files) {
        while (const auto file = TRY(files.next())) {
            if (writer_ && file->values != values_)
                TRY(close_file());
            values_ = file->values;
            TRY(convert(*file));
        }
        return close_file();
    }

    std::int64_t dropped() const { return dropped_; }

private:
    Status convert(const HiveFile& file) {
        CsvFile::Settings settings;
        settings.strict = strict_;
        settings.sink = [&](const text_format::CellReport& cell) { return rejects_->add(file.source, cell); };
        auto rows = TRY(CsvFile::open(*table_, file, builder_->schema(), std::move(settings)));
        while (const auto batch = TRY(rows.next())) {
            if (context_->stop().stop_requested())
                return Error::make(ErrorKind::interrupted, "interrupted between two batches");
            TRY(write(*batch));
        }
        dropped_ += rows.rows_dropped();
        return {};
    }

    Status write(const arrow::RecordBatch& batch) {
        for (std::int64_t from = 0; from < batch.num_rows();) {
            if (!writer_)
                TRY(open_file());
            const auto count = std::min(batch.num_rows() - from, kRowsPerFile - rows_);
            TRY(writer_->write(*batch.Slice(from, count)));
            from += count;
            rows_ += count;
            if (rows_ == kRowsPerFile)
                TRY(close_file());
        }
        context_->progress(part_->objects(), part_->bytes());
        return {};
    }

    Status open_file() {
        sink_.emplace(TRY(PartSink::create(*part_)));
        writer_.emplace(TRY(parquet_format::ParquetWriter::open(*sink_, builder_->schema())));
        rows_ = 0;
        return {};
    }

    Status close_file() {
        if (!writer_)
            return {};
        const auto written = TRY(writer_->finish());
        const auto folder = partition_folder(table_->partition_keys, values_);
        const auto number = std::to_string(next_file_++);
        const auto key = move_->root + "/data/" + (folder.empty() ? "" : folder + "/") +
                         std::string(5 - std::min<std::size_t>(5, number.size()), '0') + number + "-" +
                         godwit_uuid(context_->marker() + "/data/" + number) + ".parquet";
        auto metrics = written.metrics;
        metrics.file_size = TRY(sink_->finish(key));
        TRY(builder_->add(
            data_file_of(metrics, key, TRY(partition_tuple(builder_->schema(), builder_->partition_ids(), values_)))));
        writer_.reset();
        sink_.reset();
        return {};
    }

    core::StepContext* context_;
    const TableMove* move_;
    const TableFacts* table_;
    bool strict_;
    TableBuilder* builder_;
    transfer::OpenPart* part_;
    Rejects* rejects_;
    std::optional<PartSink> sink_;
    std::optional<parquet_format::ParquetWriter> writer_; // after its sink
    std::vector<std::string> values_;
    std::int64_t rows_ = 0;
    std::uint64_t next_file_ = 0;
    std::int64_t dropped_ = 0;
};

class ConvertTable final : public WriteStep {
public:
    explicit ConvertTable(Ends& ends) : WriteStep(ends, kind::kConvertTable) {}

    Status compensate(core::StepContext& context) override {
        TRY(WriteStep::compensate(context));
        TRY(remove_if_present(finding_path(context)));
        return remove_if_present(rejects_path(context));
    }

private:
    static std::string rejects_path(const core::StepContext& context) {
        return context.run_files() + "/" + context.marker() + ".rejects.jsonl";
    }
    /// Holds the finding about them, as durable as the ledger: the state database may be lost, or restored older.
    static std::string finding_path(const core::StepContext& context) {
        return context.run_files() + "/" + context.marker() + ".finding.json";
    }
    static Status remove_if_present(const std::string& path) {
        return file_exists(path) ? remove_file(path) : Status{};
    }

    Status write(core::StepContext& context, const TableMove& move, transfer::OpenPart& part) override {
        const auto table = TRY(facts_from_json<TableFacts>(move.table));
        auto builder =
            TRY(TableBuilder::create(context, move, ends().warehouse.root(), TRY(target_schema(table)), part));
        Rejects rejects(rejects_path(context), table);
        Conversion conversion(context, move, table, TRY(is_strict(move)), builder, part, rejects);
        TRY(conversion.run(TRY(HiveFiles::list(ends(), move, context.stop()))));
        TRY(rejects.finish());
        TRY(builder.finish());
        TRY(remove_if_present(finding_path(context))); // of an earlier try
        if (rejects.cells() > 0)
            TRY(write_file_durably(finding_path(context),
                                   finding_to_json(TRY(bad_cells(context.step(), rejects, conversion.dropped()))),
                                   0600));
        FAULT_POINT("convert.before-publish");
        return {};
    }

    Result<WrittenTable> written(core::StepContext& context, const TableMove& move) override {
        return written_by(context.marker(), move, ends().warehouse.root());
    }

    Status tell(core::StepContext& context) override {
        const auto path = finding_path(context);
        return file_exists(path) ? context.report(TRY(core::finding_from_json(TRY(read_file(path))))) : Status{};
    }

    static Result<core::Finding> bad_cells(const core::PlanStep& step, const Rejects& rejects, std::int64_t dropped) {
        Encounter encounter{step.resource, step.display, {}, {}, {}};
        encounter.bad_cells = rejects.cells();
        encounter.bad_cells_by_column = rejects.by_column();
        encounter.rejects_file = rejects.path();
        encounter.dropped_rows = static_cast<std::uint64_t>(dropped);
        auto findings = TRY(findings_of(encounter));
        return std::move(findings.front());
    }
};

} // namespace

std::unique_ptr<core::StepKind> make_convert_table(Ends& ends) { return std::make_unique<ConvertTable>(ends); }

} // namespace godwit::lakehouse
