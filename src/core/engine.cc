#include "core/engine.h"

#include "base/fault_point.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "core/engine_session.h"
#include "core/keys.h"
#include "core/stuck_value.h"

#include <nlohmann/json.hpp>

namespace godwit::core {

namespace {

using store::RunState;
using store::StepState;

/// A plan's steps are written to the state database in batches of this size.
constexpr std::size_t kStepBatch = 256;

constexpr const char* kRunFiles = "run_files";

Error unfinished(const store::RunRow& run, const std::optional<std::string>& holder) {
    auto error = Error::make(ErrorKind::held, "the plan has a run that is not finished: " + run.id);
    if (holder)
        return std::move(error).why("it is held by " + *holder).fix("wait for it, or stop it there");
    return std::move(error)
        .why("it is " + std::string(store::to_string(run.state)))
        .fix("go on with `godwit run resume " + run.id + "`, or undo it with `godwit run rollback " + run.id + "`");
}

/// What `apply` was told; empty: beside the state database. Nothing where the run row is still to be written.
Result<std::optional<std::string>> recorded_run_files(const store::RunRow& run) {
    if (run.options.empty())
        return std::optional<std::string>();
    const auto options = TRY(parse_json(run.options));
    if (!options.contains(kRunFiles))
        return std::optional<std::string>();
    return std::optional(TRY(json_string(options, kRunFiles)));
}

} // namespace

void LaneRegistry::add(Lane& lane) { lanes_.emplace(lane.describe().name, &lane); }

Result<Lane*> LaneRegistry::find(std::string_view name) const {
    const auto found = lanes_.find(name);
    if (found != lanes_.end())
        return found->second;
    std::vector<std::string> names;
    for (const auto& [known, lane] : lanes_)
        names.push_back(known);
    return Error::make(ErrorKind::usage, "there is no lane '" + printable(name) + "'")
        .why("this version has: " + join(names, ", "))
        .fix("use one of them");
}

Result<std::string> Engine::run_files(const RunRequest& request, const store::RunRow& run) const {
    if (!is_utf8(request.run_files))
        return Error::make(ErrorKind::usage, "the folder for the run's files cannot be remembered")
            .why("its name is not UTF-8")
            .fix("choose another one")
            .at(printable(request.run_files));
    const auto recorded = TRY(recorded_run_files(run));
    const auto beside = state_->run_files_folder();
    const auto& named = recorded ? *recorded : request.run_files;
    const auto& folder = named.empty() ? beside : named;
    if (!named.empty() && !named.starts_with('/'))
        return Error::make(ErrorKind::usage, "the folder for the run's files has no full path")
            .fix("write it from the root on")
            .at(printable(named));
    if (recorded && !request.run_files.empty() && request.run_files != folder)
        return Error::make(ErrorKind::usage, "the run's files do not lie where --run-files says")
            .why("run " + run.id + " keeps them in " + printable(folder))
            .fix("leave --run-files out: a run remembers it")
            .at(printable(request.run_files));
    if (folder.empty())
        return Error::make(ErrorKind::usage, "there is no folder for the run's files")
            .why("the state database is on a server")
            .fix("name one that every worker reaches with --run-files FOLDER");
    // By plan and not by run: a marker's ledgers are found again by the plan's next run.
    std::string path = folder + "/" + plan_prefix(run.plan);
    if (recorded && !file_exists(path))
        return Error::make(ErrorKind::not_found, "the folder of the run's files is not there")
            .why("run " + run.id + " keeps there what its rollback must know")
            .fix("mount or restore it")
            .at(printable(path));
    TRY(make_folders(path, 0700));
    TRY(require_own_folder(path));
    return path;
}

Result<Lane*> Engine::lane_of(const PlanHeader& header) const {
    auto* lane = TRY(lanes_->find(header.lane));
    if (lane->describe().version != header.lane_version)
        return Error::make(ErrorKind::stale, "the plan was made by another version of the lane " + header.lane)
            .why("it needs version " + std::to_string(header.lane_version) + ", this is " +
                 std::to_string(lane->describe().version))
            .fix("make the plan again, or use the version that made it");
    return lane;
}

Result<std::unique_ptr<Engine::Session>> Engine::open(std::string_view run_id, const RunRequest& request) {
    TRY(state_->check_structure());
    auto run = TRY(state_->run(run_id));
    auto lease = HeldLease(*state_, TRY(state_->acquire(plan_scope(run.plan), request.holder)));
    run = TRY(state_->run(run_id)); // as it is now that nobody else can change it
    const auto plan = TRY(state_->plan(run.plan));
    if (!plan)
        return Error::make(ErrorKind::corrupt, "the run's plan is missing in the state database")
            .fix("restore the state database from its backup")
            .at("run " + run.id);
    auto header = TRY(plan_header_from_json(plan->header));
    auto* lane = TRY(lane_of(header));
    auto lane_run = TRY(lane->open(header, services_));
    auto files = TRY(run_files(request, run));
    const auto held = lease.get();
    auto session = std::make_unique<Session>(
        Session{std::move(lease), std::move(header), lane, std::move(lane_run),
                Journal(*state_, held, std::move(run), services_, request.listener), nullptr});
    session->runner = std::make_unique<StepRunner>(session->journal, session->header, *session->lane_run,
                                                   std::move(files), request.stop, request.unrecorded);
    return session;
}

Status Engine::confirm_digest(const PlanFile& plan, const std::optional<std::string>& digest) {
    const auto stated = TRY(stated_digest(plan.path));
    const auto row = TRY(state_->plan(plan.digest));
    if ((digest && *digest != plan.digest) || (!digest && stated && *stated != plan.digest && !row))
        return Error::make(ErrorKind::stale, "the plan file is not the one that was made")
            .why("its digest is " + plan.digest + ", expected was " + (digest ? *digest : *stated))
            .fix("copy it again, or make the plan again")
            .at(printable(plan.path));
    if (!digest && !stated && !row)
        return Error::make(ErrorKind::stale, "nothing confirms that the plan file is whole")
            .why("its digest " + plan.digest + " is neither in the state database nor in a .sha256 file beside it")
            .fix("give the digest that `godwit plan create` printed with --digest")
            .at(printable(plan.path));
    return {};
}

Status Engine::load_plan(const PlanFile& plan, const store::Lease& lease, const std::string& holder) {
    if (TRY(state_->plan(plan.digest)))
        return {};
    // One transaction: a plan row without all of its steps never becomes visible.
    return state_->write(std::span(&lease, 1), [&](store::Transaction& transaction) -> Status {
        TRY(transaction.insert(store::PlanRow{plan.digest, plan.header.lane, plan_header_to_json(plan.header),
                                              plan.steps, services_.clock->now(), holder}));
        std::vector<store::PlanStepRow> batch;
        const auto flush = [&]() -> Status {
            TRY(transaction.insert(plan.digest, batch));
            batch.clear();
            return {};
        };
        const auto again =
            TRY(read_plan(plan.path, [&](const PlanStep& step, std::int64_t position, std::string_view line) -> Status {
                std::vector<std::string> needs;
                for (const auto& key : step.depends_on)
                    needs.push_back(step_id(key));
                batch.push_back({step.id(), position, step.kind, step.resource, std::string(to_string(step.action)),
                                 std::move(needs), std::string(line)});
                return batch.size() < kStepBatch ? Status{} : flush();
            }));
        if (again.digest != plan.digest)
            return plan_changed(plan);
        return flush();
    });
}

Result<std::unique_ptr<Engine::Session>> Engine::begin(const PlanFile& plan, const RunRequest& request) {
    auto* lane = TRY(lane_of(plan.header));
    // What refuses here leaves no run behind: an identity that does not hold, a source that cannot be reached, a place
    // for its files that cannot be used, and what another run of the plan has made.
    auto lane_run = TRY(lane->open(plan.header, services_));
    TRY(lane_run->require_source());
    store::RunRow run{services_.random->id(), plan.digest, RunState::running, services_.clock->now(), 0, {}};
    run.changed_at = run.started_at;
    const auto files = TRY(run_files(request, run));
    run.options = canonical_json({{kRunFiles, request.run_files}});
    std::vector<std::string> to_decide;
    {
        const HeldLease lease(*state_, TRY(state_->acquire(plan_scope(plan.digest), request.holder)));
        TRY(load_plan(plan, lease.get(), request.holder));
        if (request.unrecorded != Unrecorded::take_over) {
            Journal journal(*state_, lease.get(), run, services_, nullptr);
            StepRunner runner(journal, plan.header, *lane_run, files, request.stop, request.unrecorded);
            to_decide = TRY(look_first(plan, run.id, runner, request.stop));
        }
        const auto& held = lease.get();
        TRY(state_->write(std::span(&held, 1), [&](store::Transaction& transaction) -> Status {
            if (const auto other = TRY(transaction.run_of_plan(plan.digest)))
                return unfinished(*other, std::nullopt);
            TRY(transaction.insert(run));
            return transaction.emit({run.id, 0, 0, "", "run_state", "info", canonical_json({{"state", "running"}})});
        }));
    }
    FAULT_POINT("engine.after-run-row");
    auto session = TRY(open(run.id, request));
    if (session->journal.run().state != RunState::running) // somebody was quicker between the two leases
        return unfinished(session->journal.run(), std::nullopt);
    for (const auto& step : to_decide) {
        auto row = TRY(state_->step(run.id, step));
        TRY(session->journal.move(row, StepState::unknown));
    }
    return session;
}

Result<RunReport> Engine::apply(const std::string& plan_file, const std::optional<std::string>& digest,
                                const RunRequest& request) {
    TRY(state_->check_structure());
    const auto plan = TRY(read_plan(plan_file, {}));
    TRY(confirm_digest(plan, digest));
    if (const auto run = TRY(state_->run_of_plan(plan.digest))) {
        if (run->state == RunState::done)
            return report_run(*state_, run->id);
        return unfinished(*run, TRY(state_->holder(plan_scope(plan.digest))));
    }
    auto session = TRY(begin(plan, request));
    return request.unrecorded == Unrecorded::take_over ? forward(*session, std::nullopt, request)
                                                       : walk(*session, request);
}

/// What ends a run's work with an error, so that its steps stand as they were committed. Unless the lease is lost, the
/// run does not stay `running` if that can still be written; where it cannot, a resume goes on all the same.
Error Engine::cut_short(Session& session, Error error) {
    auto& journal = session.journal;
    if (error.kind() == ErrorKind::held)
        return error;
    if (journal.run().state == RunState::running)
        (void)journal.move_run(RunState::stopped);
    if (error.kind() == ErrorKind::usage)
        return error;
    const auto own = error.fix().empty() ? std::string() : error.fix() + "; then ";
    return std::move(error).fix(own + "go on with `godwit run resume " + journal.run().id + "`");
}

Result<RunReport> Engine::forward(Session& session, const std::optional<std::string>& replaced,
                                  const RunRequest& request) {
    auto ready = session.lane_run->require_source();
    if (ready && replaced)
        ready = replace(session, *replaced, request);
    if (ready)
        ready = look_at_everything(session, request, Direction::forwards);
    if (ready.is_error())
        return cut_short(session, std::move(ready).error());
    return walk(session, request);
}

Result<RunReport> Engine::walk(Session& session, const RunRequest& request) {
    auto report = walk_to_its_end(session, request);
    if (report.is_error())
        return cut_short(session, std::move(report).error());
    return report;
}

Result<RunReport> Engine::walk_to_its_end(Session& session, const RunRequest& request) {
    TRY(Walk(session.journal, *session.runner, request.workers, request.stop).run());
    auto report = TRY(report_run(*state_, session.journal.run().id));
    const auto finished = report.count(StepState::done) + report.skipped_by_plan() == report.total();
    TRY(session.journal.move_run(finished ? RunState::done : RunState::stopped));
    report.run = session.journal.run();
    report.interrupted = request.stop.stop_requested() && !finished;
    return report;
}

Result<RunReport> Engine::resume(std::string_view run, const std::optional<std::string>& replaced,
                                 const RunRequest& request) {
    auto session = TRY(open(run, request));
    const auto state = session->journal.run().state;
    if (replaced && state != RunState::stopped && state != RunState::running)
        return Error::make(ErrorKind::usage, "this run makes nothing anew")
            .why("it is " + std::string(store::to_string(state)) + ", and --replace asks for step " +
                 printable(*replaced))
            .fix(state == RunState::rolling_back ? "leave --replace out to go on with the removal"
                                                 : "see `godwit run show " + std::string(run) + "`");
    switch (state) {
    case RunState::done:
    case RunState::rolled_back: return report_run(*state_, run);
    case RunState::rolling_back: return backward(*session, request);
    case RunState::stopped: TRY(session->journal.move_run(RunState::running)); break;
    case RunState::running: break;
    }
    return forward(*session, replaced, request);
}

} // namespace godwit::core
