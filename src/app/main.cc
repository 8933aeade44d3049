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
    return text == "trace"   ? LogLevel::trace
           : text == "debug" ? LogLevel::debug
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

int report(const Error& error) {
    std::cerr << error.to_block();
    return cli::exit_code_of(error);
}

int run(const std::vector<std::string>& arguments) {
    const ProcessEnvironment environment;
    const auto clock = make_clock(environment);
    SystemRandom random;
    lakehouse::LakehouseLane lakehouse;
    core::LaneRegistry lanes;
    lanes.add(lakehouse);

    const auto invocation = cli::parse_command_line(arguments, lanes);
    if (invocation.is_error())
        return report(invocation.error());
    if (!invocation->run) {
        std::cout << invocation->text;
        return invocation->exit_code;
    }
    Log::configure(*clock, log_level(invocation->options.log_level),
                   invocation->options.log_format == "json" ? LogFormat::json : LogFormat::text);
    cli::Session session;
    session.options = invocation->options;
    session.services = {clock.get(), &random, const_cast<ProcessEnvironment*>(&environment)};
    session.lanes = &lanes;
    session.out = &std::cout;
    session.err = &std::cerr;
    session.stop = app::stop_on_signals();
    session.person = person();
    const auto code = invocation->run(session);
    std::cout.flush();
    return code.is_error() ? report(code.error()) : *code;
}

} // namespace

int main(int count, char** values) {
    try {
        return run({values + 1, values + count});
    } catch (const std::exception& exception) {
        std::cerr << "Error: a defect in Godwit\n  Why:   " << exception.what()
                  << "\n  Fix:   run the same command again; what was committed is safe. Please report it.\n";
        return 1;
    }
}
