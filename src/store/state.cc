#include "store/state.h"

#include <cstddef>

namespace godwit::store {

Status each_step(State& state, std::string_view run, std::span<const StepState> states,
                 const std::function<Status(StepRow row)>& visit) {
    constexpr std::size_t kPage = 256;
    std::int64_t after = -1;
    for (;;) {
        auto rows = TRY(state.steps(run, states, after, kPage));
        if (rows.empty())
            return {};
        after = rows.back().position;
        for (auto& row : rows)
            TRY(visit(std::move(row)));
    }
}

} // namespace godwit::store
