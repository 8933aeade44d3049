#include "core/run_cause.h"

#include "base/json.h"
#include "base/text.h"
#include "core/keys.h"
#include "core/plan.h"
#include "core/stuck_value.h"
#include "core/verification.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace godwit::core {

namespace {

using store::StepState;

constexpr std::size_t kShownComparisons = 3;

/// The error that a row remembers. A later look may have found another reason, and then the error is history.
Json error_of(const store::StepRow& row) {
    const auto json = parse_json(row.error);
    if (json.is_error() || !json->is_object())
        return Json::object();
    const auto what = json_string_or(*json, "what", {}).value_or("");
    return !what.empty() && row.reason.starts_with(what) ? *json : Json::object();
}

std::string text_of(const Json& json, const char* field) { return json_string_or(json, field, {}).value_or(""); }

RunCause cause_of(const store::StepRow& row, const Json& error) {
    RunCause cause;
    cause.state = row.state;
    cause.skip_cause = row.skip_cause;
    cause.reason = row.reason;
    cause.step = row.step;
    cause.kind = row.kind;
    cause.resource = row.resource;
    cause.is_given_up = leaves_changed(row);
    if (row.action == to_string(Action::verify) && (row.state == StepState::failed || row.state == StepState::done))
        cause.outcome = row.outcome;
    if (!cause.outcome.empty() && cause.reason.empty()) // compared again after it was done
        cause.reason = "verification: " + cause.outcome;
    cause.what = error.empty() ? cause.reason : text_of(error, "what");
    cause.why = text_of(error, "why");
    if (const auto inner = text_of(error, "cause"); !inner.empty())
        cause.why += (cause.why.empty() ? "" : "; ") + inner;
    cause.fix = text_of(error, "fix");
    cause.where = text_of(error, "where");
    if (const auto request = text_of(error, "request_id"); !request.empty())
        cause.where += (cause.where.empty() ? "request " : ", request ") + request;
    cause.code = text_of(error, "code");
    return cause;
}

/// What a person has to decide comes before what a repetition may settle, and that before what only follows.
int rank(const RunCause& cause) {
    constexpr std::array kOrder{StepState::stuck,  StepState::undo_failed, StepState::broken,       StepState::failed,
                                StepState::done,   StepState::unknown,     StepState::compensating, StepState::made,
                                StepState::intent, StepState::skipped};
    const auto place = std::ranges::find(kOrder, cause.state) - kOrder.begin();
    return static_cast<int>(place) * 2 + (cause.waits_for_another() ? 1 : 0);
}

Result<std::string> display_of(store::State& state, const store::RunRow& run, const std::string& step) {
    return TRY(plan_step_from_json(TRY(state.step_line(run.plan, step)))).display;
}

/// The first comparisons that did not come out equal.
Result<std::string> what_differs(store::State& state, const store::RunRow& run, const RunCause& cause) {
    std::vector<std::string> shown;
    std::size_t count = 0;
    for (const auto& validation : TRY(state.validations(run.id, cause.step)))
        if (validation.outcome != to_string(Verdict::equal()) && ++count <= kShownComparisons)
            shown.push_back(validation.what + " is " + validation.outcome);
    if (count > kShownComparisons)
        shown.push_back("and " + std::to_string(count - kShownComparisons) + " more");
    return join(shown, "; ");
}

bool is_quote(char c) { return c == '\'' || c == '"' || c == '`'; }

std::string_view bare(std::string_view word) {
    constexpr std::string_view kAround = "().,;:!?'\"`[]{}<>";
    while (!word.empty() && kAround.find(word.back()) != std::string_view::npos)
        word.remove_suffix(1);
    while (!word.empty() && kAround.find(word.front()) != std::string_view::npos)
        word.remove_prefix(1);
    return word;
}

/// A name with a blank in it may end in another word than it begins with.
std::size_t end_of_quoted(const std::vector<std::string>& words, std::size_t begin) {
    const char quote = words[begin].front();
    for (auto end = begin; end < words.size(); ++end)
        if (const auto close = words[end].rfind(quote); close != std::string::npos && (end > begin || close > 0))
            return end;
    return begin;
}

} // namespace

std::string without_names(std::string_view text, std::string_view resource) {
    const auto key = parse_resource_key(resource);
    const auto is_name = [&key](std::string_view word) {
        return word.find_first_of("0123456789/:._%\\=@") != std::string_view::npos ||
               (key && std::ranges::find(key->parts, word) != key->parts.end());
    };
    std::string shape;
    const auto words = split(text, ' ');
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0)
            shape += ' ';
        if (!words[i].empty() && is_quote(words[i].front())) {
            i = end_of_quoted(words, i);
            shape += '*';
        } else {
            shape += is_name(bare(words[i])) ? "*" : words[i];
        }
    }
    return shape;
}

void CauseFolder::add(const store::StepRow& row) {
    const auto error = error_of(row);
    auto cause = cause_of(row, error);
    // What is skipped follows from something else, whatever kind of step it is.
    Key key{row.state, row.state == StepState::skipped ? std::string() : row.kind,
            without_names(cause.what + " | " + cause.why, row.resource) + cause.code};
    if (const auto verdict = parse_verdict(cause.outcome); verdict && error.empty())
        key = {row.state, std::string(verdict_code(*verdict)), without_names(verdict->why, row.resource)};
    else if (cause.waits_for_another())
        key = {row.state, "waits", {}};
    const auto found = causes_.find(key);
    if (found != causes_.end()) {
        ++found->second.count;
    } else if (causes_.size() < kMostCauses) {
        cause.count = 1;
        causes_.emplace(std::move(key), std::move(cause));
    } else {
        ++beyond_;
    }
}

Result<std::vector<RunCause>> CauseFolder::finish(store::State& state, const store::RunRow& run) {
    std::vector<RunCause> causes;
    for (auto& [key, cause] : causes_) {
        cause.display = TRY(display_of(state, run, cause.step));
        if (!cause.outcome.empty() && cause.why.empty())
            cause.why = TRY(what_differs(state, run, cause));
        if (cause.what.empty())
            cause.what = !cause.reason.empty()                   ? cause.reason
                         : cause.state == StepState::compensated ? "what it made was removed, and not made anew"
                                                                 : "it was not finished";
        causes.push_back(std::move(cause));
    }
    causes_.clear();
    std::ranges::stable_sort(causes, [](const RunCause& a, const RunCause& b) {
        return std::pair(rank(a), b.count) < std::pair(rank(b), a.count);
    });
    return causes;
}

} // namespace godwit::core
