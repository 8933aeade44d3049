#pragma once

#include "cli/session.h"
#include "core/engine.h"

#include <functional>
#include <string>
#include <vector>

namespace godwit::cli {

/// A command line that was understood.
struct Invocation {
    GlobalOptions options;
    std::function<Result<int>(Session&)> run; ///< empty: `text` is all there is to say
    std::string text;                         ///< help or version
    int exit_code = 0;
};

/// The output that a command line asks for, also one that cannot be understood: its error is printed so too.
Output named_output(const std::vector<std::string>& arguments);

/// Errors are usage errors that say what is wrong and where the help is.
Result<Invocation> parse_command_line(const std::vector<std::string>& arguments, const core::LaneRegistry& lanes);

} // namespace godwit::cli
