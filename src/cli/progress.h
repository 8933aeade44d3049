#pragma once

#include "base/clock.h"
#include "core/listener.h"
#include "store/state.h"

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

namespace godwit::cli {

/// Gives a step's name for people; its key where there is no better.
using NameOfStep = std::function<std::string(const store::EventRow& event)>;
/// As the plan has it, from the state database.
NameOfStep names_from(store::State& state);

/// `plain`: one line per change; `terminal`: the same with a status line that is redrawn; `json`: JSON lines; `none`.
std::unique_ptr<core::RunListener> make_progress(std::string_view mode, bool is_terminal, std::ostream& err,
                                                 Clock& clock, NameOfStep name_of_step);

} // namespace godwit::cli
