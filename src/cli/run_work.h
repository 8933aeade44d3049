#pragma once

#include "cli/commands.h"

#include <cstddef>
#include <memory>
#include <string>

/// What the commands that work on a run have in common.
namespace godwit::cli {

struct RunWork {
    std::unique_ptr<core::RunListener> listener;
    core::Engine engine;
    std::string run;
    core::RunRequest request;
};

/// `doing` is the command in words, for whoever finds the run held.
Result<RunWork> prepare_run(Session& session, const RunArguments& arguments, const std::string& doing);

/// The run whose id begins with the text.
Result<std::string> find_run(store::State& state, const std::string& beginning);

/// Prints how a run stands and how to go on; gives its exit code.
Result<int> finish_run(Session& session, const core::RunReport& report, std::size_t most_causes = 8);

} // namespace godwit::cli
