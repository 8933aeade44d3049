#include "base/fault_point.h"

#include "base/environment.h"
#include "base/file.h"
#include "base/text.h"

#include <algorithm>
#include <csignal>
#include <map>
#include <mutex>
#include <optional>

// The linker makes these where the section exists; weak, so that a program without points links too.
extern "C" {
extern const char* const __start_godwit_faults[] __attribute__((weak, visibility("hidden")));
extern const char* const __stop_godwit_faults[] __attribute__((weak, visibility("hidden")));
}

namespace godwit {

namespace {

struct Fault {
    std::string name;
    std::uint64_t nth = 0;
    FaultAction action = FaultAction::error;
};

Result<Fault> parse_fault(const std::string& text) {
    const auto parts = split(text, ':');
    const auto nth = parts.size() == 3 ? parse_uint64(parts[1]) : Result<std::uint64_t>(std::uint64_t{0});
    const bool known = parts.size() == 3 && (parts[2] == "kill" || parts[2] == "error");
    if (!known || nth.is_error() || *nth == 0)
        return Error::make(ErrorKind::usage, "GODWIT_FAULT cannot be understood")
            .why("'" + printable(text) + "' is not name:nth:kill or name:nth:error")
            .fix("write for example GODWIT_FAULT=store.commit:1:kill");
    return Fault{parts[0], *nth, parts[2] == "kill" ? FaultAction::kill : FaultAction::error};
}

/// One lock for all: points stand beside file and network calls, which cost far more.
class FaultState {
public:
    FaultState() {
        const ProcessEnvironment environment;
        if (const auto text = environment.get("GODWIT_FAULT")) {
            auto fault = parse_fault(*text);
            if (fault.is_error())
                bad_setting_ = fault.error();
            else
                fault_ = std::move(*fault);
        }
        if (const auto path = environment.get("GODWIT_FAULT_TRACE")) {
            auto trace = File::open_for_appending(*path);
            if (trace.is_error())
                bad_setting_ = trace.error();
            else
                trace_ = std::move(*trace);
        }
    }

    Status pass(const std::string& name) {
        const std::lock_guard lock(mutex_);
        if (bad_setting_)
            return *bad_setting_;
        const auto of_point = ++passes_[name];
        const auto of_all = ++passes_["*"];
        if (trace_)
            TRY(trace_->write(name + "\n"));
        if (dead_)
            return injected(name);
        if (!fault_)
            return {};
        const bool hit = fault_->name == "*" ? of_all == fault_->nth : fault_->name == name && of_point == fault_->nth;
        if (!hit)
            return {};
        if (fault_->action == FaultAction::kill)
            std::raise(SIGKILL);
        dead_ = fault_->action == FaultAction::die;
        return injected(name);
    }

    void set(std::optional<Fault> fault) {
        const std::lock_guard lock(mutex_);
        fault_ = std::move(fault);
        dead_ = false;
        bad_setting_.reset();
        passes_.clear();
    }

    std::uint64_t passes(const std::string& name) {
        const std::lock_guard lock(mutex_);
        const auto found = passes_.find(name);
        return found == passes_.end() ? 0 : found->second;
    }

private:
    static Error injected(const std::string& name) {
        return Error::make(ErrorKind::io, "a fault was injected")
            .why("GODWIT_FAULT or a test asked for it")
            .fix("unset GODWIT_FAULT")
            .at("fault point " + name);
    }

    std::mutex mutex_;
    std::optional<Fault> fault_;
    bool dead_ = false;
    std::optional<Error> bad_setting_;
    std::optional<File> trace_;
    std::map<std::string, std::uint64_t> passes_;
};

FaultState& state() {
    static FaultState instance;
    return instance;
}

} // namespace

std::vector<std::string> fault_point_names() {
    std::vector<std::string> names;
    for (const auto* at = __start_godwit_faults; at != __stop_godwit_faults; ++at)
        names.emplace_back(*at);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

Status pass_fault_point(const char* name) { return state().pass(name); }

void set_fault(const std::string& name, std::uint64_t nth, FaultAction action) {
    state().set(Fault{name, nth, action});
}

void clear_fault() { state().set(std::nullopt); }

std::uint64_t fault_passes(const std::string& name) { return state().passes(name); }

} // namespace godwit
