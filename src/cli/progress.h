#pragma once

#include "base/clock.h"
#include "core/listener.h"

#include <iosfwd>
#include <memory>
#include <string_view>

namespace godwit::cli {

/// `plain`: one line per change; `terminal`: the same with a status line that is redrawn; `json`: JSON lines; `none`.
std::unique_ptr<core::RunListener> make_progress(std::string_view mode, bool is_terminal, std::ostream& err,
                                                 Clock& clock);

} // namespace godwit::cli
