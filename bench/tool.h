#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

#include <functional>
#include <string>
#include <vector>

/// What the small programs of this folder share.
namespace godwit::bench {

/// Seconds since it was made.
class Stopwatch {
public:
    explicit Stopwatch(Clock& clock) : clock_(&clock), start_(clock.boot_time()) {}
    double seconds() const { return std::chrono::duration<double>(clock_->boot_time() - start_).count(); }

private:
    Clock* clock_;
    std::chrono::nanoseconds start_;
};

/// Runs `work` with the arguments of the command line, of which there must be `count`, and prints what it gives as one
/// line of JSON, with `peak_bytes` added, the most memory that the process ever held (VmHWM), and its `cpu_seconds`.
/// Returns the exit code of main.
int run_tool(int argument_count, char** arguments, const char* usage, std::size_t count,
             const std::function<Result<Json>(const std::vector<std::string>&)>& work);

} // namespace godwit::bench
