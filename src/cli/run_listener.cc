#include "cli/run_listener.h"

#include "base/json.h"
#include "base/log.h"
#include "cli/progress.h"

#include <nlohmann/json.hpp>

#include <unistd.h>

namespace godwit::cli {

namespace {

/// Logs what a run and its steps come to, errors as warnings, and tells all to `next`, which may be empty.
class RunLog final : public core::RunListener {
public:
    explicit RunLog(std::unique_ptr<core::RunListener> next) : next_(std::move(next)) {}

    void on_event(const store::EventRow& event) override {
        log(event);
        if (next_)
            next_->on_event(event);
    }

    void on_progress(std::string_view step, std::string_view display, std::uint64_t objects,
                     std::uint64_t bytes) override {
        if (next_)
            next_->on_progress(step, display, objects, bytes);
    }

private:
    static void log(const store::EventRow& event) {
        const auto data = Json::parse(event.data);
        const auto text = [&data](const char* field) { return data.value(field, ""); };
        const auto level = event.level == "error" ? LogLevel::warning : LogLevel::info;
        if (event.type == "run_state")
            Log::write(level, "run is " + text("state"), {{"run", event.run}});
        else if (event.type == "step_state")
            Log::write(level, "step is " + text("state"),
                       {{"run", event.run},
                        {"step", event.step},
                        {"kind", text("kind")},
                        {"resource", text("resource")},
                        {"reason", text("reason")}});
        else if (event.type == "verify_result")
            Log::write(
                level, "check came out " + text("outcome"),
                {{"run", event.run}, {"step", event.step}, {"resource", text("resource")}, {"reason", text("why")}});
        else if (event.type == "diagnostic")
            Log::write(level, text("message"), {{"run", event.run}, {"step", event.step}});
    }

    std::unique_ptr<core::RunListener> next_;
};

} // namespace

std::unique_ptr<core::RunListener> listener_of(const Session& session, store::State& state) {
    auto progress = make_progress(session.options.progress, columns_of(STDERR_FILENO), *session.err,
                                  *session.services.clock, names_from(state));
    if (session.options.logs_runs)
        return std::make_unique<RunLog>(std::move(progress));
    return progress;
}

} // namespace godwit::cli
