#pragma once

#include "core/lane.h"
#include "core/listener.h"
#include "core/run_report.h"
#include "core/step_runner.h"
#include "core/walk.h"
#include "store/state.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace godwit::core {

/// The lanes of this program, registered by main.
class LaneRegistry {
public:
    void add(Lane& lane);
    Result<Lane*> find(std::string_view name) const;
    const std::map<std::string, Lane*, std::less<>>& all() const { return lanes_; }

private:
    std::map<std::string, Lane*, std::less<>> lanes_;
};

struct RunRequest {
    std::string person;    ///< who asks: what is decided is recorded with it
    std::string holder;    ///< words for whoever meets our lease: who, where, doing what
    std::string run_files; ///< where ledgers and rejects lie; empty: as the run remembers, else beside the state file
    Unrecorded unrecorded = Unrecorded::refuse;
    WorkerCounts workers;
    std::stop_token stop;
    RunListener* listener = nullptr;
};

enum class Resolution { look, adopt, forget, undo };

/// Apply, resume, roll back, resolve, accept: what people do with runs (spine, sections 3 and 6).
class Engine {
public:
    Engine(store::State& state, const LaneRegistry& lanes, const Services& services)
        : state_(&state), lanes_(&lanes), services_(services) {}

    /// Starts a run of a plan file. On a plan whose run is done: says so and does nothing. Kind `held` when a run of it
    /// is unfinished: names the holder and the commands to go on; or when a run of it was begun with another state
    /// database.
    Result<RunReport> apply(const std::string& plan_file, const std::optional<std::string>& digest,
                            const RunRequest& request);
    /// Goes on with a stopped run, forwards or, when it was rolling back, backwards. `replace` names a broken step that
    /// is removed and made anew.
    Result<RunReport> resume(std::string_view run, const std::optional<std::string>& replace,
                             const RunRequest& request);
    Result<RunReport> roll_back(std::string_view run, const RunRequest& request);
    /// A step and what stands at the target of it now; an Error where that cannot be seen.
    using Preview = std::function<Status(const store::StepRow& row, const Result<LookUp>& found)>;
    /// Shows, in the order of removal, what `roll_back` would take away. Changes neither run nor target.
    Result<RunReport> preview_roll_back(std::string_view run, const RunRequest& request, const Preview& visit);
    /// Decides about a stuck step, or gives up one whose removal was refused in a rollback. `look` looks again; `undo`
    /// removes what stands there as it was shown; `forget` leaves it, and what it stands on, so that a rollback takes
    /// away the rest and comes to its end. A run that goes forwards asks again.
    Result<RunReport> resolve(std::string_view run, std::string_view step, Resolution resolution,
                              const RunRequest& request);
    /// Waives the outcome of a check that was made; `most` bounds the differences accepted.
    Result<RunReport> accept(std::string_view run, std::string_view step, const std::string& reason, std::uint64_t most,
                             const RunRequest& request);
    /// Compares again, afresh, what a finished run moved; changes nothing but the recorded validations. Where a check
    /// cannot be made, what was found before stands, and the report says how many.
    Result<RunReport> verify(std::string_view run, const RunRequest& request);

private:
    struct Session;
    Result<std::unique_ptr<Session>> open(std::string_view run, const RunRequest& request);
    Result<std::unique_ptr<Session>> begin(const PlanFile& plan, const RunRequest& request);
    Status load_plan(const PlanFile& plan, const store::Lease& lease, const std::string& holder);
    Status confirm_digest(const PlanFile& plan, const std::optional<std::string>& digest);
    Result<std::string> run_files(const RunRequest& request, const store::RunRow& run) const;
    Result<Lane*> lane_of(const PlanHeader& header) const;
    Result<RunReport> forward(Session& session, const std::optional<std::string>& replaced, const RunRequest& request);
    Result<RunReport> walk(Session& session, const RunRequest& request);
    Result<RunReport> walk_to_its_end(Session& session, const RunRequest& request);
    Result<RunReport> backward(Session& session, const RunRequest& request);
    Result<RunReport> walk_backward(Session& session, const RunRequest& request);
    Error cut_short(Session& session, Error error);
    Result<std::vector<std::string>> look_first(const PlanFile& plan, const std::string& run, StepRunner& runner,
                                                const std::stop_token& stop);
    Result<Error> begun_before(const PlanFile& plan, const PlanStep& step, const LookUp& found) const;
    enum class Direction { forwards, backwards };
    Status look_at_everything(Session& session, const RunRequest& request, Direction direction);
    Status look_at(Session& session, store::StepRow row, Direction direction, Unrecorded unrecorded);
    Result<bool> may_leave_something(Session& session, const store::StepRow& row, Direction direction,
                                     Unrecorded unrecorded);
    Status replace(Session& session, std::string_view step, const RunRequest& request);
    Status settle_unknown(Session& session, const RunRequest& request);
    Result<StepRunner::Outcome> compensate(Session& session, const store::StepRow& row, const RunRequest& request);
    Result<bool> compensate_all(Session& session, const RunRequest& request);
    enum class Stay { no, by_decision, unseen };
    using Staying = std::map<std::string, Stay>;
    Result<Stay> why_it_stays(Session& session, const store::StepRow& row, Staying& staying);
    Status leave(Session& session, store::StepRow row, const std::string& reason);
    void wait_until(Micros due, const std::stop_token& stop);

    store::State* state_;
    const LaneRegistry* lanes_;
    Services services_;
};

} // namespace godwit::core
