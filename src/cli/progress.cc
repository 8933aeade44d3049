#include "cli/progress.h"

#include "base/json.h"
#include "base/text.h"
#include "core/plan.h"

#include <nlohmann/json.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <ostream>

namespace godwit::cli {

namespace {

/// As much of a text as fits. A character beyond ASCII may take two columns.
std::string cut(const std::string& text, std::size_t columns) {
    std::size_t used = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const bool goes_on = (byte & 0xC0U) == 0x80U;
        used += goes_on ? 0 : (byte < 0x80U ? 1 : 2);
        if (used > columns)
            return text.substr(0, at);
    }
    return text;
}

class JsonProgress final : public core::RunListener {
public:
    JsonProgress(std::ostream& err, Clock& clock) : err_(&err), clock_(&clock) {}

    void on_event(const store::EventRow& event) override {
        write({{"type", event.type},
               {"run", event.run},
               {"step", event.step},
               {"level", event.level},
               {"time", format_time(clock_->now())},
               {"data", Json::parse(event.data)}});
    }

    void on_progress(std::string_view step, std::string_view display, std::uint64_t objects,
                     std::uint64_t bytes) override {
        write({{"type", "live_progress"},
               {"step", step},
               {"display", display},
               {"objects", std::to_string(objects)},
               {"bytes", std::to_string(bytes)},
               {"time", format_time(clock_->now())}});
    }

private:
    void write(const Json& line) {
        const std::scoped_lock lock(mutex_);
        *err_ << canonical_json(line) << std::endl;
    }

    std::mutex mutex_;
    std::ostream* err_;
    Clock* clock_;
};

/// Lines for people; on a terminal with a status line below them.
class LineProgress final : public core::RunListener {
public:
    /// Without columns: without a status line.
    LineProgress(std::ostream& err, Clock& clock, Columns columns, NameOfStep name_of_step)
        : err_(&err), clock_(&clock), columns_(std::move(columns)), name_of_step_(std::move(name_of_step)) {}
    ~LineProgress() override { clear_status(); }

    void on_event(const store::EventRow& event) override {
        const auto line = line_of(event);
        if (line.empty())
            return;
        const std::scoped_lock lock(mutex_);
        clear_status();
        *err_ << format_time(clock_->now()).substr(0, 19) << "Z  " << printable(line) << std::endl;
    }

    void on_progress(std::string_view, std::string_view display, std::uint64_t objects, std::uint64_t bytes) override {
        if (!columns_)
            return;
        const std::scoped_lock lock(mutex_);
        clear_status();
        // A line that wraps cannot be taken away again, and one that fills the last column wraps on some terminals.
        const auto room = std::max<std::size_t>(columns_(), 1) - 1;
        const auto figures = ": " + std::to_string(objects) + " objects, " + human_bytes(bytes);
        const auto name = cut(printable(display), room - std::min(room, figures.size()));
        *err_ << cut(name + figures, room) << std::flush;
        status_shown_ = true;
    }

private:
    std::string line_of(const store::EventRow& event) const {
        const auto data = Json::parse(event.data);
        if (event.type == "run_state")
            return "run " + event.run + " is " + data.value("state", "");
        if (event.type == "step_state")
            return step_line(event, data);
        if (event.type == "diagnostic")
            return event.level + ": " + data.value("message", "");
        if (event.type == "finding")
            return data.value("code", "") + " " + data.value("display", "") + ": " + data.value("title", "");
        return {};
    }

    std::string step_line(const store::EventRow& event, const Json& data) const {
        const auto state = data.value("state", "");
        if (state == "intent" || state == "compensating" || state == "made")
            return {};
        const auto skip_cause = data.value("skip_cause", "");
        std::string line = state + (skip_cause.empty() ? "" : " (" + skip_cause + ")") + "  " + data.value("kind", "") +
                           "  " + name_of_step_(event);
        if (data.contains("outcome"))
            line += "  " + data.value("outcome", "");
        if (data.contains("reason"))
            line += "  (" + data.value("reason", "") + ")";
        return line;
    }

    void clear_status() {
        if (status_shown_)
            *err_ << "\r\x1b[K" << std::flush;
        status_shown_ = false;
    }

    std::mutex mutex_;
    std::ostream* err_;
    Clock* clock_;
    Columns columns_;
    NameOfStep name_of_step_;
    bool status_shown_ = false;
};

} // namespace

NameOfStep names_from(store::State& state) {
    return [&state](const store::EventRow& event) -> std::string {
        const auto name = [&]() -> Result<std::string> {
            const auto run = TRY(state.run(event.run));
            return TRY(core::plan_step_from_json(TRY(state.step_line(run.plan, event.step)))).display;
        };
        // A line of progress is no reason to stop: whatever is wrong, the step itself will meet.
        return name().value_or(event.step);
    };
}

Columns columns_of(int descriptor) {
    return [descriptor]() -> std::size_t {
        constexpr std::size_t kUsual = 80;
        winsize size{};
        if (::isatty(descriptor) != 1)
            return 0;
        return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
    };
}

std::unique_ptr<core::RunListener> make_progress(std::string_view mode, Columns columns, std::ostream& err,
                                                 Clock& clock, NameOfStep name_of_step) {
    if (mode == "none")
        return nullptr;
    if (mode == "json")
        return std::make_unique<JsonProgress>(err, clock);
    if (mode != "auto" || columns() == 0)
        columns = {};
    return std::make_unique<LineProgress>(err, clock, std::move(columns), std::move(name_of_step));
}

} // namespace godwit::cli
