#include "core/walk.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace godwit::core {

namespace {

using store::StepState;

/// How long the walk sleeps at most before it looks at the clock and the stop token again.
constexpr std::chrono::milliseconds kNap{20};
constexpr std::size_t kReadAhead = 64;

bool ended_badly(const store::StepRow& row) {
    constexpr std::array kBad{StepState::failed, StepState::broken, StepState::stuck, StepState::skipped};
    return std::ranges::find(kBad, row.state) != kBad.end();
}

} // namespace

Walk::Walk(Journal& journal, StepRunner& runner, const WorkerCounts& workers, std::stop_token stop)
    : journal_(&journal),
      runner_(&runner),
      stop_(std::move(stop)),
      api_(workers.api),
      transfer_(workers.transfer),
      cpu_(workers.cpu) {}

Status Walk::run() {
    Status status = collect_unknown();
    while (status) {
        if (stop_.stop_requested())
            stopping_ = true;
        if (!stopping_) {
            status = dispatch_due();
            if (status)
                status = dispatch_ready();
        }
        if (!status || !wait_for_something())
            break;
        status = absorb_finished();
    }
    stopping_ = true;
    while (!active_.empty()) {
        wait_for_something();
        auto rest = absorb_finished();
        if (status)
            status = std::move(rest);
    }
    return status;
}

Status Walk::collect_unknown() {
    constexpr std::array kLook{StepState::unknown};
    return store::each_step(journal_->state(), journal_->run().id, kLook, [this](store::StepRow row) -> Status {
        const auto id = row.step;
        waiting_.emplace(id, Waiting{std::move(row)});
        return {};
    });
}

WorkerPool& Walk::pool(const store::StepRow& row) {
    switch (runner_->traits(row).pool) {
    case Pool::transfer: return transfer_;
    case Pool::cpu: return cpu_;
    case Pool::api: break;
    }
    return api_;
}

bool Walk::has_room(const WorkerPool& pool) const {
    const auto taken = std::ranges::count_if(active_, [&pool](const auto& one) { return one.second == &pool; });
    return static_cast<std::size_t>(taken) < pool.threads();
}

void Walk::start(store::StepRow row, std::optional<int> looks) {
    auto& workers = pool(row);
    active_.emplace(row.step, &workers);
    workers.submit([this, row = std::move(row), looks]() mutable {
        const auto id = row.step;
        auto outcome = looks ? runner_->look(std::move(row), *looks) : runner_->run(std::move(row));
        {
            const std::scoped_lock lock(mutex_);
            finished_.push_back({id, std::move(outcome), looks.value_or(-1) + 1});
        }
        wake_.notify_one();
    });
}

Status Walk::dispatch_due() {
    const auto now = journal_->services().clock->now();
    for (auto next = waiting_.begin(); next != waiting_.end();) {
        if (next->second.due > now) {
            ++next;
            continue;
        }
        start(std::move(next->second.row), next->second.looks);
        next = waiting_.erase(next);
    }
    return {};
}

Status Walk::dispatch_ready() {
    auto rows = TRY(journal_->state().ready_steps(journal_->run().id, active_.size() + kReadAhead));
    for (auto& row : rows)
        if (!active_.contains(row.step) && has_room(pool(row)))
            start(std::move(row), std::nullopt);
    return {};
}

/// False when nothing is left that could go on.
bool Walk::wait_for_something() {
    std::unique_lock lock(mutex_);
    if (active_.empty() && (waiting_.empty() || stopping_))
        return false;
    if (active_.empty()) {
        lock.unlock();
        journal_->services().clock->sleep_for(kNap);
        return true;
    }
    wake_.wait_for(lock, kNap, [this] { return !finished_.empty(); });
    return true;
}

Status Walk::absorb_finished() {
    std::vector<Finished> finished;
    {
        const std::scoped_lock lock(mutex_);
        finished.swap(finished_);
    }
    Status status;
    for (auto& one : finished) {
        active_.erase(one.step);
        auto& outcome = *one.outcome;
        auto absorbed = outcome.is_error() ? Status(outcome.error()) : absorb(std::move(*outcome), one.looks);
        if (status)
            status = std::move(absorbed);
    }
    return status;
}

Status Walk::absorb(StepRunner::Outcome outcome, int looks) {
    switch (outcome.next) {
    case StepRunner::Next::look: {
        const auto id = outcome.row.step;
        const auto due = outcome.not_before;
        waiting_.insert_or_assign(id, Waiting{std::move(outcome.row), due, looks});
        return {};
    }
    case StepRunner::Next::skip_resource: return skip_resource(outcome.row.resource, outcome.reason);
    case StepRunner::Next::unsettled:
    case StepRunner::Next::stopped: return {};
    case StepRunner::Next::ended: break;
    }
    if (!ended_badly(outcome.row))
        return {};
    return skip_dependants(outcome.row);
}

Status Walk::skip(store::StepRow& row, const SkipReason& reason) {
    return journal_->move(row, StepState::skipped, [&reason](store::StepRow& edit) {
        edit.skip_cause = reason.cause;
        edit.reason = reason.words;
        edit.error = reason.error;
    });
}

Status Walk::skip_dependants(const store::StepRow& row) {
    const auto& plan = journal_->run().plan;
    const auto dependants = TRY(journal_->state().dependants(plan, row.step));
    if (dependants.empty())
        return {};
    const auto step = TRY(plan_step_from_json(TRY(journal_->state().step_line(plan, row.step))));
    const SkipReason reason{store::SkipCause::dependency,
                            "it needs " + row.kind + " of " + step.display + ", which is " +
                                std::string(store::to_string(row.state)),
                            {}};
    for (const auto& id : dependants) {
        auto dependant = TRY(journal_->state().step(journal_->run().id, id)); // skipping another may have skipped it
        if (dependant.state != StepState::planned || active_.contains(id))
            continue;
        TRY(skip(dependant, reason));
        TRY(skip_dependants(dependant));
    }
    return {};
}

/// First every step of the resource, then what needs them, so that each names its own reason.
Status Walk::skip_resource(const std::string& resource, const SkipReason& reason) {
    constexpr std::array kPlanned{StepState::planned};
    std::vector<store::StepRow> skipped;
    TRY(store::each_step(journal_->state(), journal_->run().id, kPlanned, [&](store::StepRow row) -> Status {
        if (row.resource != resource || active_.contains(row.step))
            return {};
        TRY(skip(row, reason));
        skipped.push_back(std::move(row));
        return {};
    }));
    for (const auto& row : skipped)
        TRY(skip_dependants(row));
    return {};
}

} // namespace godwit::core
