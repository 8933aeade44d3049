#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace godwit {

/// An outside program: by argv, never through a shell, in a process group of its own that is killed as a whole.
struct Command {
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment; ///< the whole environment of the child; nothing is inherited
    std::string working_folder;
    std::string standard_input;
    std::chrono::milliseconds time_limit{60'000};
    std::size_t output_limit = std::size_t{16} << 20; ///< of standard output and standard error, each
    std::uint64_t memory_limit = 0;                   ///< RLIMIT_AS in bytes; 0: none
    std::uint64_t cpu_seconds_limit = 0;              ///< RLIMIT_CPU; 0: none
};

struct CommandOutcome {
    int exit_code = 0; ///< 128 + signal where a signal ended it
    std::string standard_output;
    std::string standard_error;
};

/// An exit code other than 0 is an outcome, not an error; a program that cannot start, exceeds a limit or is stopped
/// is.
Result<CommandOutcome> run_command(const Command& command, Clock& clock, std::stop_token stop = {});

} // namespace godwit
