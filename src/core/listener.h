#pragma once

#include "store/rows.h"

#include <cstdint>
#include <string_view>

namespace godwit::core {

/// Who wants to see a run as it goes: terminal, JSON lines. Called from several threads, after the commit of what it
/// tells.
class RunListener {
public:
    virtual ~RunListener() = default;
    /// `event.seq` and `event.time` are not set: those are the database's.
    virtual void on_event(const store::EventRow& event) = 0;
    virtual void on_progress(std::string_view step_id, std::string_view display, std::uint64_t objects,
                             std::uint64_t bytes) = 0;
};

} // namespace godwit::core
