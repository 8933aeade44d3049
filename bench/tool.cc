#include "bench/tool.h"

#include "base/text.h"

#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include <fstream>
#include <iostream>

namespace godwit::bench {

namespace {

/// Of this process since it was started, unlike getrusage, which remembers the one that forked it.
std::uint64_t peak_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:"))
            return std::stoull(line.substr(6)) * 1024;
    return 0;
}

double cpu_seconds() {
    rusage usage = {};
    (void)::getrusage(RUSAGE_SELF, &usage); // cannot fail for this process
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

} // namespace

int run_tool(int argument_count, char** arguments, const char* usage, std::size_t count,
             const std::function<Result<Json>(const std::vector<std::string>&)>& work) {
    const std::vector<std::string> given(arguments + 1, arguments + argument_count);
    if (given.size() != count) {
        std::cerr << "Usage: " << usage << '\n';
        return 2;
    }
    auto figures = work(given);
    if (figures.is_error()) {
        std::cerr << figures.error().to_block();
        return 1;
    }
    (*figures)["peak_bytes"] = peak_bytes();
    (*figures)["cpu_seconds"] = cpu_seconds();
    std::cout << figures->dump() << '\n';
    return 0;
}

} // namespace godwit::bench
