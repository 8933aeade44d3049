#include "app/signals.h"
#include "app/test_clock.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/parse.h"
#include "cli/session.h"
#include "lanes/lakehouse/lakehouse_lane.h"

#include <pwd.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <memory>

namespace {

using namespace godwit;

std::unique_ptr<Clock> make_clock([[maybe_unused]] const Environment& environment) {
#ifdef GODWIT_FAULT_POINTS
    if (const auto start = environment.get("GODWIT_TEST_CLOCK"))
        if (const auto micros = parse_int64(*start))
            return std::make_unique<app::SleepingClock>(*micros);
#endif
    return std::make_unique<SystemClock>();
}

LogLevel log_level(const std::string& text) {
    return text == "debug"   ? LogLevel::debug
           : text == "info"  ? LogLevel::info
           : text == "error" ? LogLevel::error
                             : LogLevel::warning;
}

/// By the user's number and not by USER: certificates name who decided.
std::string person() {
    char host[256] = "unknown";
    (void)::gethostname(host, sizeof host - 1); // a name for people; "unknown" does as well
    const auto* user = ::getpwuid(::geteuid());
    return (user == nullptr ? "user " + std::to_string(::geteuid()) : std::string(user->pw_name)) + "@" + host;
}

Result<int> run(const std::vector<std::string>& arguments) {
    const ProcessEnvironment environment;
    const auto clock = make_clock(environment);
    SystemRandom random;
    lakehouse::LakehouseLane lakehouse;
    core::LaneRegistry lanes;
    lanes.add(lakehouse);

    const auto invocation = TRY(cli::parse_command_line(arguments, lanes));
    if (!invocation.run) {
        std::cout << invocation.text;
        return invocation.exit_code;
    }
    Log::configure(*clock, log_level(invocation.options.log_level),
                   invocation.options.log_format == "json" ? LogFormat::json : LogFormat::text);
    cli::Session session;
    session.options = invocation.options;
    session.services = {clock.get(), &random, const_cast<ProcessEnvironment*>(&environment)};
    session.lanes = &lanes;
    session.out = &std::cout;
    session.err = &std::cerr;
    session.stop = app::stop_on_signals();
    session.person = person();
    return invocation.run(session);
}

/// What a library throws is a defect: the program's own errors are values.
Result<int> guarded(const std::vector<std::string>& arguments) {
    try {
        return run(arguments);
    } catch (const std::exception& exception) {
        return Error::make(ErrorKind::bug, "a defect in Godwit").why(exception.what());
    }
}

} // namespace

int main(int count, char** values) {
    const std::vector<std::string> arguments(values + 1, values + count);
    const auto code = guarded(arguments);
    std::cout.flush();
    return code.is_error() ? cli::report_error(std::cerr, cli::named_output(arguments), code.error()) : *code;
}
