#pragma once

#include "base/clock.h"
#include "core/listener.h"
#include "store/state.h"

#include <cstddef>
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

/// How many columns there are to write in; 0 where there is no terminal. Asked at each redraw, for windows change.
using Columns = std::function<std::size_t()>;
Columns columns_of(int descriptor);

/// `plain`: one line per change; `auto`: the same, on a terminal with a status line below that is redrawn; `json`: JSON
/// in lines; `none`: nothing.
std::unique_ptr<core::RunListener> make_progress(std::string_view mode, Columns columns, std::ostream& err,
                                                 Clock& clock, NameOfStep name_of_step);

} // namespace godwit::cli
