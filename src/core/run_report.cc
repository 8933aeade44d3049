#include "core/run_report.h"

#include "core/stuck_value.h"

#include <algorithm>
#include <map>
#include <utility>

namespace godwit::core {

namespace {

using store::StepState;

constexpr std::size_t kEventBatch = 256;

class Folder {
public:
    explicit Folder(RunReport& report) : report_(&report) {}

    Status add(const store::StepRow& row) {
        const bool has_outcome = row.action == to_string(Action::verify) && !row.outcome.empty() &&
                                 (row.state == StepState::done || row.state == StepState::failed);
        bool is_as_wanted = row.state == StepState::done;
        if (has_outcome) {
            const auto verdict = TRY(parse_verdict(row.outcome));
            add_outcome(row, verdict);
            is_as_wanted = is_as_wanted && row.error.empty() && // else it could not be made once more
                           (verdict.equality == Equality::equal || !row.waiver.empty());
        }
        const bool is_given_up = leaves_changed(row);
        report_->given_up += is_given_up ? 1 : 0;
        if (is_given_up || (!is_as_wanted && asks_for_words(row)))
            add_cause(row);
        return {};
    }

    Status finish(store::State& state) {
        report_->beyond = causes_.beyond();
        report_->causes = TRY(causes_.finish(state, report_->run));
        return {};
    }

private:
    /// What is undone is as wanted where the run is undone, and what its checks said stands in nobody's way.
    bool asks_for_words(const store::StepRow& row) const {
        const auto run = report_->run.state;
        const bool is_backward = run == store::RunState::rolling_back || run == store::RunState::rolled_back;
        return run != store::RunState::rolled_back && row.state != StepState::planned &&
               row.action != to_string(Action::skip) &&
               !(is_backward && (row.state == StepState::compensated || row.action == to_string(Action::verify)));
    }

    void add_outcome(const store::StepRow& row, const Verdict& verdict) {
        ++report_->verified;
        report_->waived += row.waiver.empty() ? 0 : 1;
        auto& weakest = row.waiver.empty() ? report_->verdict : report_->waived_verdict;
        weakest = weaker(weakest, verdict);
    }

    void add_cause(const store::StepRow& row) {
        report_->stale += row.skip_cause == store::SkipCause::stale ? 1 : 0;
        causes_.add(row);
    }

    RunReport* report_;
    CauseFolder causes_;
};

} // namespace

std::uint64_t RunReport::count(StepState state) const {
    std::uint64_t sum = 0;
    for (const auto& one : counts)
        if (one.state == state)
            sum += one.count;
    return sum;
}

std::uint64_t RunReport::total() const {
    std::uint64_t sum = 0;
    for (const auto& one : counts)
        sum += one.count;
    return sum;
}

std::uint64_t RunReport::skipped_by_plan() const {
    std::uint64_t sum = 0;
    for (const auto& one : counts)
        if (one.state == StepState::skipped && one.action == to_string(Action::skip))
            sum += one.count;
    return sum;
}

std::uint64_t RunReport::skipped_in_run() const { return count(StepState::skipped) - skipped_by_plan(); }

std::vector<std::pair<std::string, std::uint64_t>> RunReport::shown_counts() const {
    std::vector<std::pair<std::string, std::uint64_t>> shown;
    const auto show = [&shown](std::string words, std::uint64_t number) {
        if (number > 0)
            shown.emplace_back(std::move(words), number);
    };
    show("done", count(StepState::done));
    show("skipped by plan", skipped_by_plan());
    show("skipped", skipped_in_run());
    for (const auto state :
         {StepState::stuck, StepState::failed, StepState::broken, StepState::unknown, StepState::intent,
          StepState::made, StepState::planned, StepState::compensating, StepState::compensated, StepState::undo_failed})
        show(std::string(to_string(state)), count(state));
    return shown;
}

Verdict RunReport::outcome() const { return verified == 0 ? Verdict{} : weaker(verdict, waived_verdict); }

int RunReport::exit_code() const {
    if (interrupted)
        return 130;
    if (count(StepState::unknown) + count(StepState::stuck) + count(StepState::compensating) +
            count(StepState::undo_failed) >
        0)
        return 10;
    if (run.state == store::RunState::rolled_back)
        return 0;
    if (verified > waived && verdict.equality == Equality::different)
        return 8;
    if (not_repeated > 0 || (verified > waived && verdict.equality != Equality::equal))
        return 11;
    const auto done = count(StepState::done);
    if (stale > 0 && done == 0)
        return 9;
    if (count(StepState::failed) + count(StepState::broken) + skipped_in_run() > 0)
        return done > 0 ? 3 : 1;
    const bool ended = run.state == store::RunState::done;
    return ended ? 0 : 3;
}

Result<RunReport> report_run(store::State& state, std::string_view run) {
    RunReport report;
    report.run = TRY(state.run(run));
    report.counts = TRY(state.count_steps(run));
    Folder folder(report);
    TRY(store::each_step(state, run, {}, [&folder](const store::StepRow& row) { return folder.add(row); }));
    TRY(folder.finish(state));
    return report;
}

Status each_run_finding(store::State& state, std::string_view run,
                        const std::function<Status(const RunFinding&)>& visit) {
    std::int64_t after = 0;
    for (;;) {
        const auto events = TRY(state.events(run, after, kEventBatch));
        if (events.empty())
            return {};
        after = events.back().seq;
        for (const auto& event : events)
            if (event.type == "finding") {
                const auto finding = TRY(finding_from_json(event.data));
                TRY(visit({event.step, finding}));
            }
    }
}

bool findings_stand(StepState state) {
    return state != StepState::planned && state != StepState::failed && state != StepState::skipped &&
           state != StepState::compensated;
}

Result<RunFindings> findings_of_run(store::State& state, std::string_view run) {
    RunFindings findings;
    auto& listed = findings.listed;
    std::map<std::pair<std::string, std::string>, std::size_t> places; // by step and code
    TRY(each_run_finding(state, run, [&](const RunFinding& found) -> Status {
        const auto known = places.find({found.step, found.finding.code});
        if (known != places.end()) {
            listed[known->second] = found;
        } else if (findings_stand(TRY(state.step(run, found.step)).state)) {
            if (listed.size() == RunFindings::kMostListed) {
                ++findings.beyond;
                return {};
            }
            places.emplace(std::pair(found.step, found.finding.code), listed.size());
            listed.push_back(found);
        }
        return {};
    }));
    return findings;
}

} // namespace godwit::core
