#include "bench/memory_context.h"

#include "base/digest.h"
#include "core/keys.h"

#include <algorithm>
#include <numeric>

namespace godwit::bench {

MemoryContext::MemoryContext(core::PlanStep step, std::string run_files)
    : step_(std::move(step)), run_files_(std::move(run_files)), marker_(core::marker(sha256_hex("bench"), step_.id())) {
    row_.run = "bench";
    row_.step = step_.id();
}

Result<store::PartRow> MemoryContext::begin_part(std::string from_key, std::string to_key) {
    return parts_.emplace_back(store::PartRow{row_.run, row_.step, std::move(from_key), std::move(to_key), random_.id(),
                                              store::PartState::intent, "", 0, 0, clock_.now()});
}

Status MemoryContext::adopt_part(const store::PartRow& row) {
    parts_.push_back(row);
    return {};
}

Status MemoryContext::change_part(const store::PartRow& before, const store::PartRow& after) {
    const auto found = std::ranges::find(parts_, before.nonce, &store::PartRow::nonce);
    if (found == parts_.end())
        return Error::make(ErrorKind::bug, "a part that was never begun is changed").at(before.nonce);
    *found = after;
    return {};
}

std::uint64_t MemoryContext::objects() const {
    return std::accumulate(parts_.begin(), parts_.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const store::PartRow& part) { return sum + part.objects; });
}

std::uint64_t MemoryContext::bytes() const {
    return std::accumulate(parts_.begin(), parts_.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const store::PartRow& part) { return sum + part.bytes; });
}

} // namespace godwit::bench
