#include "core/run_report.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace godwit::core {

namespace {

using store::StepState;

class Folder {
public:
    explicit Folder(RunReport& report) : report_(&report) {}

    Status add(const store::StepRow& row) {
        if (row.action == to_string(Action::verify) && !row.outcome.empty())
            TRY(add_outcome(row));
        if (row.state != StepState::done && row.state != StepState::planned && row.state != StepState::compensated &&
            row.action != to_string(Action::skip))
            add_cause(row);
        return {};
    }

    void finish() {
        for (auto& [key, cause] : causes_)
            report_->causes.push_back(std::move(cause));
        std::ranges::stable_sort(report_->causes, std::greater<>(), &RunReport::Cause::count);
    }

private:
    Status add_outcome(const store::StepRow& row) {
        ++report_->verified;
        if (!row.waiver.empty())
            ++report_->waived;
        else
            report_->verdict = weaker(report_->verdict, TRY(parse_verdict(row.outcome)));
        return {};
    }

    void add_cause(const store::StepRow& row) {
        if (row.reason.starts_with("stale: "))
            ++report_->stale;
        auto& cause = causes_[{row.state, row.reason}];
        if (cause.count++ == 0)
            cause = {row.state, row.reason, row.step, row.resource, 1};
    }

    RunReport* report_;
    std::map<std::pair<StepState, std::string>, RunReport::Cause> causes_;
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
    if (verified > waived && verdict.equality != Equality::equal)
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
    folder.finish();
    return report;
}

} // namespace godwit::core
