#include "base/fault_point.h"
#include "base/text.h"
#include "formats/parquet/compatibility.h"
#include "formats/parquet/footer.h"
#include "lanes/lakehouse/hive_files.h"
#include "lanes/lakehouse/steps.h"
#include "lanes/lakehouse/table_builder.h"
#include "lanes/lakehouse/table_steps.h"

namespace godwit::lakehouse {

namespace {

/// Makes Parquet files that were copied as they are an Iceberg table: name mapping, partition values, footers' metrics.
class DescribeTable final : public WriteStep {
public:
    explicit DescribeTable(Ends& ends) : WriteStep(ends, kind::kDescribeTable) {}

private:
    Status write(core::StepContext& context, const TableMove& move, transfer::OpenPart& part) override {
        const auto table = TRY(facts_from_json<TableFacts>(move.table));
        auto builder =
            TRY(TableBuilder::create(context, move, ends().warehouse.root(), TRY(target_schema(table)), part));
        auto files = TRY(HiveFiles::list(ends(), move, context.stop()));
        while (const auto file = TRY(files.next())) {
            if (context.stop().stop_requested())
                return Error::make(ErrorKind::interrupted, "interrupted between two files");
            TRY(builder.add(TRY(read_file(*file, builder))));
        }
        TRY(builder.finish());
        FAULT_POINT("describe.before-publish");
        return {};
    }

    Result<WrittenTable> written(core::StepContext& context, const TableMove& move) override {
        return written_by(context.marker(), move, ends().warehouse.root());
    }

    Result<iceberg::DataFile> read_file(const HiveFile& file, TableBuilder& builder) {
        auto source = TRY(ends().warehouse.files().open_file(file.target_key));
        const auto footer = TRY(parquet_format::read_footer(source));
        TRY(builder.name_columns(footer));
        const auto fit =
            parquet_format::check_compatibility(footer, builder.schema(), builder.names(), builder.partition_ids());
        for (const auto& issue : fit.issues) {
            if (parquet_format::forbids_batches(issue.kind))
                builder.forbid_batches();
            if (parquet_format::needs_rewrite(issue.kind))
                return Error::make(ErrorKind::unsupported, "a Parquet file cannot be taken over as it is")
                    .why(std::string(parquet_format::to_string(issue.kind)) + " in column " + printable(issue.column) +
                         ": " + printable(issue.detail))
                    .fix("rewrite the table at the source, or leave it out with --exclude")
                    .at(printable(file.source));
        }
        const auto metrics = TRY(parquet_format::metrics_of(footer, fit.leaves));
        return data_file_of(metrics, file.target_key,
                            TRY(partition_tuple(builder.schema(), builder.partition_ids(), file.values)));
    }
};

} // namespace

std::unique_ptr<core::StepKind> make_describe_table(Ends& ends) { return std::make_unique<DescribeTable>(ends); }

} // namespace godwit::lakehouse
