// Runs the step that rewrites an Iceberg table's metadata, then the one that checks it, as an apply would.
#include "bench/memory_context.h"
#include "bench/tool.h"
#include "lanes/lakehouse/steps.h"

#include <nlohmann/json.hpp>

namespace {

using namespace godwit;

Result<Json> work(const std::vector<std::string>& arguments) {
    const auto& mode = arguments[0];
    const auto& metadata = arguments[1];
    const auto& prefix = arguments[2];
    const auto& warehouse = arguments[4];
    clients::PrefixMap map;
    TRY(map.add(prefix, arguments[3]));
    auto target = TRY(clients::FileTarget::open(warehouse));
    lakehouse::Ends ends{{}, lakehouse::TableFiles(map), std::move(target), nullptr};

    lakehouse::TableMove move;
    move.levels = {"bench"};
    move.name = "moved";
    move.root = "bench/moved";
    move.metadata_location = metadata;
    move.pairs = {{prefix, ""}};
    core::PlanStep step;
    step.body = lakehouse::to_json(move);

    SystemClock clock;
    bench::MemoryContext context(std::move(step), arguments[5]);
    const auto kind = mode == "check" ? lakehouse::make_check_metadata(ends) : lakehouse::make_relocate_metadata(ends);
    context.set_pin(TRY(kind->observe(context)));
    const bench::Stopwatch stopwatch(clock);
    const auto applied = TRY(kind->apply(context));
    if (applied.verdict && applied.verdict->equality != core::Equality::equal)
        return Error::make(ErrorKind::different, "what was written is not equal to its source");
    return Json{{"seconds", stopwatch.seconds()}, {"objects", context.objects()}, {"bytes", context.bytes()}};
}

} // namespace

int main(int count, char** values) {
    return bench::run_tool(count, values, "relocate_table relocate|check METADATA PREFIX FOLDER WAREHOUSE RUN_FILES", 6,
                           work);
}
