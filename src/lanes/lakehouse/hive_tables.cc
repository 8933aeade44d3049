#include "lanes/lakehouse/hive_tables.h"

#include "base/text.h"
#include "lanes/lakehouse/classify.h"
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

/// Finds the table in the export and assesses it as the assessment did.
Result<TableFacts> read_table(const Ends& ends, const TableMove& move, std::stop_token stop,
                              const std::function<Status(const PartitionFacts&)>& visit) {
    const auto wanted = TRY(facts_from_json<TableFacts>(move.table));
    const auto index = TRY(ends.exported->index(stop));
    PartitionSink sink(visit);
    TableAssessor assessor(ends.options, sink, std::move(stop), TableAssessor::Depth::listings);
    TableFacts facts;
    const auto assess = [&](const glue::Table& table, std::uint64_t, PartitionCursor& partitions) {
        facts = table_facts(table);
        return assessor.assess(facts, {wanted.catalogue, facts.database, facts.name}, &partitions);
    };
    if (!TRY(index->visit(wanted.catalogue, wanted.database, wanted.name, assess)))
        return Error::make(ErrorKind::stale, "the source does not have the table any more")
            .fix("assess and plan again")
            .at(printable(wanted.database + "." + wanted.name));
    return facts;
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
