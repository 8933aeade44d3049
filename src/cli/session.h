#pragma once

#include "core/engine.h"
#include "store/state.h"

#include <iosfwd>
#include <memory>
#include <stop_token>
#include <string>

namespace godwit::cli {

enum class Output { text, json };

/// What every command takes.
struct GlobalOptions {
    std::string state;     ///< file or postgresql:// URL; empty: the default place
    std::string run_files; ///< folder for ledgers; empty: beside the state file
    Output output = Output::text;
    std::string progress = "auto"; ///< auto, plain, json, none
    std::string log_level = "warning";
    std::string log_format = "text";
    bool logs_runs = false; ///< a log was asked for
    core::WorkerCounts workers;
};

/// What a command works with. Primary output goes to `out`, everything else to `err` (docs/reference/output.md).
struct Session {
    GlobalOptions options;
    core::Services services;
    const core::LaneRegistry* lanes = nullptr;
    std::ostream* out = nullptr;
    std::ostream* err = nullptr;
    std::stop_token stop;
    std::string person; ///< user@host: what is decided is recorded with it

    /// Opened at the first call, and made where there is none.
    Result<store::State*> state();
    /// For what has nothing to do where nothing was recorded yet: makes no database.
    Result<store::State*> existing_state();
    core::RunRequest run_request(core::RunListener* listener, const std::string& doing) const;

private:
    Result<store::State*> open(bool may_create);

    std::unique_ptr<store::State> state_;
};

/// Prints what ended a command (docs/reference/output.md) and gives its exit code (docs/reference/exit-codes.md).
int report_error(std::ostream& err, Output output, const Error& error);

} // namespace godwit::cli
