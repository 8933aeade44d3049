#include "cli/session.h"

#include "base/file.h"
#include "base/text.h"

namespace godwit::cli {

namespace {

/// `$XDG_STATE_HOME/godwit/state.db`, or below the home folder.
Result<std::string> default_state(const Environment& environment) {
    std::string folder;
    if (const auto state_home = environment.get("XDG_STATE_HOME"); state_home && !state_home->empty())
        folder = *state_home + "/godwit";
    else if (const auto home = environment.get("HOME"); home && !home->empty())
        folder = *home + "/.local/state/godwit";
    else
        return Error::make(ErrorKind::usage, "there is no place for the state database")
            .why("neither XDG_STATE_HOME nor HOME is set")
            .fix("name a file with --state FILE");
    TRY(make_folders(folder, 0700));
    return folder + "/state.db";
}

} // namespace

Result<store::State*> Session::state() {
    if (state_)
        return state_.get();
    const auto place = options.state.empty() ? TRY(default_state(*services.environment)) : options.state;
    state_ = TRY(store::State::open(TRY(store::StateLocation::parse(place)), *services.clock, *services.random));
    return state_.get();
}

core::RunRequest Session::run_request(core::RunListener* listener, const std::string& doing) const {
    core::RunRequest request;
    request.holder = holder + ", since " + format_time(services.clock->now()) + ", " + doing;
    request.run_files = options.run_files;
    request.workers = options.workers;
    request.stop = stop;
    request.listener = listener;
    return request;
}

int exit_code_of(const Error& error) {
    switch (error.kind()) {
    case ErrorKind::usage: return 2;
    case ErrorKind::blocked: return 5;
    case ErrorKind::held: return 6;
    case ErrorKind::authentication:
    case ErrorKind::permission: return 7;
    case ErrorKind::different: return 8;
    case ErrorKind::stale: return 9;
    case ErrorKind::outcome_unknown: return 10;
    case ErrorKind::interrupted: return 130;
    default: return 1;
    }
}

} // namespace godwit::cli
