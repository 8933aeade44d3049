#include "base/bytes.h"
#include "core/plan.h"
#include "lanes/lakehouse/table_move.h"

#include <cstdint>
#include <cstdlib>

using namespace godwit;

/// Plan files and the bodies of their steps: what is read is written as the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    MemorySource source(std::string_view(reinterpret_cast<const char*>(data), size));
    const auto visit = [](const core::PlanStep& step, std::int64_t, std::string_view line) -> Status {
        const auto again = core::plan_step_from_json(core::plan_step_to_json(step));
        if (again.is_error() || core::plan_step_to_json(*again) != core::plan_step_to_json(step))
            std::abort();
        if (!line.starts_with('{'))
            std::abort();
        const auto move = lakehouse::table_move_from_json(step.body);
        if (move.is_error())
            return {};
        const auto same = lakehouse::table_move_from_json(lakehouse::to_json(*move));
        if (same.is_error() || lakehouse::to_json(*same) != lakehouse::to_json(*move))
            std::abort();
        return {};
    };
    const auto plan = core::read_plan(source, visit);
    if (plan.is_error())
        return 0;
    const auto header = core::plan_header_to_json(plan->header);
    const auto again = core::plan_header_from_json(header);
    if (again.is_error() || core::plan_header_to_json(*again) != header || plan->steps != plan->totals.steps)
        std::abort();
    return 0;
}
