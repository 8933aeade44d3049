#include "base/fault_point.h"
#include "base/text.h"
#include "formats/parquet/compatibility.h"
#include "formats/parquet/footer.h"
#include "lanes/lakehouse/hive_files.h"
#include "lanes/lakehouse/steps.h"
#include "lanes/lakehouse/table_builder.h"

namespace godwit::lakehouse {

namespace {

/// Makes Parquet files that were copied as they are an Iceberg table: name mapping, partition values, footers' metrics.
class DescribeTable final : public core::StepKind {
public:
    explicit DescribeTable(Ends& ends) : ends_(&ends) {}

    core::StepTraits traits() const override {
        core::StepTraits traits;
        traits.name = kind::kDescribeTable;
        traits.pool = core::Pool::cpu;
        traits.is_long = true;
        traits.is_local = true;
        traits.marker_place = "the name of its work folder and of its ledger, and the property godwit.marker";
        return traits;
    }

    Result<std::string> observe(core::StepContext& context) override { return table_fingerprint(*ends_, context); }

    Result<core::Applied> apply(core::StepContext& context) override {
        const auto move = TRY(table_move_from_json(context.step().body));
        transfer::FileParts parts(context, ends_->warehouse);
        TRY(parts.settle());
        if (TRY(parts.totals()).parts == 0) {
            auto part = TRY(parts.begin("metadata", "metadata"));
            TRY(describe(context, move, part));
            FAULT_POINT("describe.before-publish");
            TRY(part.publish());
        }
        return core::Applied{true, {}, to_json(written_by(context.marker(), move, ends_->warehouse.root())), {}};
    }

    Result<core::LookUp> look_up(core::StepContext& context) override {
        return transfer::FileParts(context, ends_->warehouse).look_up();
    }
    Status compensate(core::StepContext& context) override {
        return transfer::FileParts(context, ends_->warehouse).remove_all();
    }

private:
    Status describe(core::StepContext& context, const TableMove& move, transfer::OpenPart& part) {
        const auto table = TRY(facts_from_json<TableFacts>(move.table));
        auto builder =
            TRY(TableBuilder::create(context, move, ends_->warehouse.root(), TRY(target_schema(table)), part));
        auto files = TRY(HiveFiles::list(*ends_, move, context.stop()));
        while (const auto file = TRY(files.next())) {
            if (context.stop().stop_requested())
                return Error::make(ErrorKind::interrupted, "interrupted between two files");
            TRY(builder.add(TRY(read_file(*file, builder))));
        }
        return builder.finish();
    }

    Result<iceberg::DataFile> read_file(const HiveFile& file, const TableBuilder& builder) {
        auto source = TRY(ends_->warehouse.files().open_file(file.target_key));
        const auto footer = TRY(parquet_format::read_footer(source));
        const auto fit = parquet_format::check_compatibility(
            footer, builder.schema(), iceberg::name_mapping_of(builder.schema()), builder.partition_ids());
        for (const auto& issue : fit.issues)
            if (parquet_format::needs_rewrite(issue.kind))
                return Error::make(ErrorKind::unsupported, "a Parquet file cannot be taken over as it is")
                    .why(std::string(parquet_format::to_string(issue.kind)) + " in column " + printable(issue.column) +
                         ": " + printable(issue.detail))
                    .fix("rewrite the table at the source, or leave it out with --exclude")
                    .at(printable(file.source));
        const auto metrics = TRY(parquet_format::metrics_of(footer, fit.leaves));
        return data_file_of(metrics, file.target_key,
                            TRY(partition_tuple(builder.schema(), builder.partition_ids(), file.values)));
    }

    Ends* ends_;
};

} // namespace

std::unique_ptr<core::StepKind> make_describe_table(Ends& ends) { return std::make_unique<DescribeTable>(ends); }

} // namespace godwit::lakehouse
