#include "lanes/lakehouse/hive_tables.h"

#include "base/file.h"
#include "base/text.h"
#include "lanes/lakehouse/classify.h"
#include "lanes/lakehouse/export_reader.h"
#include "lanes/lakehouse/table_assessor.h"

namespace godwit::lakehouse {

namespace {

/// Takes the partitions of one table as the assessor sends them.
class PartitionSink final : public core::AssessmentSink {
public:
    explicit PartitionSink(const std::function<Status(const PartitionFacts&)>& visit) : visit_(&visit) {}
    Status resource(const core::Resource& resource) override {
        return (*visit_)(TRY(facts_from_json<PartitionFacts>(resource.facts)));
    }
    Status edge(const core::Edge&) override { return {}; }

private:
    const std::function<Status(const PartitionFacts&)>* visit_;
};

/// Walks the export and assesses the one table that is asked for, as the assessment did.
class OneTable final : public EstateVisitor {
public:
    OneTable(const Ends& ends, const TableFacts& wanted, core::AssessmentSink& sink, std::stop_token stop)
        : wanted_(&wanted), assessor_(ends.options, sink, std::move(stop)) {}

    Status begin_database(const std::string&, const std::string&, const glue::Database*) override { return {}; }
    Status end_database() override { return {}; }

    Status table(const glue::Table& table, std::uint64_t, PartitionCursor& partitions) override {
        auto facts = table_facts(table);
        if (facts.name != wanted_->name || facts.database != wanted_->database || found)
            return {};
        if (!wanted_->catalogue.empty() && !facts.catalogue.empty() && facts.catalogue != wanted_->catalogue)
            return {};
        TRY(assessor_.assess(facts, {wanted_->catalogue, facts.database, facts.name}, &partitions));
        found = std::move(facts);
        return {};
    }

    std::optional<TableFacts> found;

private:
    const TableFacts* wanted_;
    TableAssessor assessor_;
};

Result<TableFacts> read_table(const Ends& ends, const TableMove& move, std::stop_token stop,
                              const std::function<Status(const PartitionFacts&)>& visit) {
    const auto wanted = TRY(facts_from_json<TableFacts>(move.table));
    const auto scratch = TRY(TemporaryFolder::create());
    auto reader = TRY(ExportReader::read(ends.options.folder, ends.options.account, scratch.path(), stop));
    PartitionSink sink(visit);
    OneTable one(ends, wanted, sink, stop);
    TRY(reader.walk(one));
    if (!one.found)
        return Error::make(ErrorKind::stale, "the source does not have the table any more")
            .fix("assess and plan again")
            .at(printable(wanted.database + "." + wanted.name));
    return std::move(*one.found);
}

} // namespace

Result<std::string> hive_fingerprint(const Ends& ends, const TableMove& move, std::stop_token stop) {
    return TRY(read_table(ends, move, std::move(stop), [](const PartitionFacts&) { return Status(); })).fingerprint;
}

Status each_partition(const Ends& ends, const TableMove& move, std::stop_token stop,
                      const std::function<Status(const PartitionFacts&)>& visit) {
    const auto table = TRY(read_table(ends, move, std::move(stop), visit));
    if (!table.partition_keys.empty())
        return {};
    PartitionFacts whole;
    whole.place = table.place;
    whole.sizes = table.sizes;
    return visit(whole);
}

} // namespace godwit::lakehouse
