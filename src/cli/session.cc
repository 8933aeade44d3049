#include "cli/session.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "core/journal.h"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <filesystem>
#include <ostream>

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
    return folder + "/state.db";
}

} // namespace

Result<store::State*> Session::state() { return open(true); }
Result<store::State*> Session::existing_state() { return open(false); }

Result<store::State*> Session::open(bool may_create) {
    if (state_)
        return state_.get();
    const auto place = options.state.empty() ? TRY(default_state(*services.environment)) : options.state;
    const auto location = TRY(store::StateLocation::parse(place));
    const bool is_file = location.kind == store::StateLocation::Kind::sqlite;
    if (const auto found = file_state(location.file);
        is_file && found.is_error() && found.error().kind() == ErrorKind::not_found) {
        if (!may_create)
            return Error::make(ErrorKind::usage, "there is no state database")
                .why(printable(location.file) + " does not exist, and this command makes none")
                .fix("name the right one with --state, or begin with `godwit assess`")
                .at(printable(location.file));
        if (options.state.empty())
            TRY(make_folders(std::filesystem::path(place).parent_path().string(), 0700));
    }
    state_ = TRY(store::State::open(location, *services.clock, *services.random));
    return state_.get();
}

core::RunRequest Session::run_request(core::RunListener* listener, const std::string& doing) const {
    core::RunRequest request;
    request.person = person;
    request.holder =
        person + ", pid " + std::to_string(::getpid()) + ", since " + format_time(services.clock->now()) + ", " + doing;
    if (!options.run_files.empty()) { // the run remembers it, whatever folder the next command is given in
        std::error_code error;        // a path that stays relative is refused
        const auto absolute = std::filesystem::absolute(options.run_files, error).lexically_normal();
        request.run_files =
            error ? options.run_files : (absolute.has_filename() ? absolute : absolute.parent_path()).string();
    }
    request.workers = options.workers;
    request.stop = stop;
    request.listener = listener;
    return request;
}

namespace {

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

} // namespace

int report_error(std::ostream& err, Output output, const Error& error) {
    if (output == Output::json) {
        auto json = Json::parse(core::error_to_json(error));
        json["schema"] = "godwit.error/v1";
        err << canonical_json(json) << std::endl;
    } else {
        err << error.to_block() << std::flush;
    }
    return exit_code_of(error);
}

} // namespace godwit::cli
