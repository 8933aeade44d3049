#pragma once

#include "core/step_runner.h"
#include "core/worker_pool.h"

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace godwit::core {

struct WorkerCounts {
    std::size_t api = 4;
    std::size_t transfer = 2;
    std::size_t cpu = 2;
};

/// Walks the graph of a run forwards: every planned step whose dependencies are done goes to the pool of its kind; a
/// failure skips its dependants and lets the rest go on.
class Walk {
public:
    Walk(Journal& journal, StepRunner& runner, const WorkerCounts& workers, std::stop_token stop);

    /// Steps in `unknown` are looked up first and beside the others. Ends when nothing can go on, or at an Error of the
    /// journal after what runs has come to its end.
    Status run();

private:
    struct Waiting {
        store::StepRow row;
        Micros due = 0;
        int looks = 0;
    };
    struct Finished {
        std::string step;
        std::optional<Result<StepRunner::Outcome>> outcome;
        int looks = 0;
    };

    Status collect_unknown();
    Status dispatch_ready();
    Status dispatch_due();
    void start(store::StepRow row, std::optional<int> looks);
    bool wait_for_something();
    Status absorb_finished();
    Status absorb(StepRunner::Outcome outcome, int looks);
    Status skip_dependants(const store::StepRow& row);
    Status skip_resource(const std::string& resource, const SkipReason& reason);
    Status skip(store::StepRow& row, const SkipReason& reason);
    WorkerPool& pool(const store::StepRow& row);
    bool has_room(const WorkerPool& pool) const;

    Journal* journal_;
    StepRunner* runner_;
    std::stop_token stop_;
    /// What was given to a pool and is not absorbed yet. The pool itself could not tell: a thread hands in what it did
    /// before it is free, and a walk that found no room for a ready step then would end too early.
    std::map<std::string, const WorkerPool*> active_;
    std::map<std::string, Waiting> waiting_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::vector<Finished> finished_;
    bool stopping_ = false;
    WorkerPool api_; // the pools last: they end before what their tasks use
    WorkerPool transfer_;
    WorkerPool cpu_;
};

} // namespace godwit::core
