#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "store/rows.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The state database: one interface, SQLite and PostgreSQL behind it, the same SQL and the same migrations on both.
///
/// Invariants (checked by the contract suite that runs on both back ends):
/// - A write is a function that runs inside one transaction with a savepoint of its own. One writer thread runs all
/// writes
///   of the process and group-commits what waits; `write` returns after the commit is durable.
/// - Before anything else the transaction re-affirms every lease that the write stands on; a lost lease rolls back and
///   gives an Error of kind `held`: stop, somebody else owns it.
/// - A state changes by one conditional update on the old state and the row that was read; zero rows changed is an
/// Error of
///   kind `held`. A transition that store/states.h does not list is an Error of kind `bug`.
/// - Rows of plan, run, step, part, pin, id_map, lease, outbox, artifact and validation carry a checksum over all their
///   columns, checked at every read; events form a hash chain. A mismatch is an Error of kind `corrupt` naming the row.
namespace godwit::store {

/// Where the state lies: `FILE` or `sqlite:FILE`, or `postgresql://...` (password by PGPASSFILE or the URL; kept
/// Secret).
struct StateLocation {
    enum class Kind { sqlite, postgresql };
    Kind kind = Kind::sqlite;
    std::string file;
    Secret url;

    static Result<StateLocation> parse(std::string_view text);
    std::string display() const; ///< without secrets
};

/// What the lease of a plan begins with: its events come in order, so they need no outbox.
inline constexpr std::string_view kPlanScope = "plan:";

/// A right to act, as held: `plan:<plan12>`, `step:<plan12>:<id>`, `part:<plan12>:<id>:<from>`.
struct Lease {
    std::string scope;
    std::string owner;
    std::int64_t generation = 0;
};

/// Inside one write. Valid only during the call.
class Transaction {
public:
    virtual ~Transaction() = default;

    virtual Status insert(const AssessmentRow& row) = 0;
    virtual Status insert(std::string_view assessment, std::span<const ResourceRow> rows) = 0; ///< one digested batch
    virtual Status insert(std::string_view assessment, std::span<const EdgeRow> rows) = 0;
    virtual Status insert(std::string_view assessment, std::span<const FindingRow> rows) = 0;
    virtual Status finish_assessment(std::string_view assessment, std::string_view header, std::string_view digest) = 0;

    virtual Status insert(const PlanRow& row) = 0;
    virtual Status insert(std::string_view plan, std::span<const PlanStepRow> rows) = 0;
    /// Also makes its step rows, all `planned`, from the plan's steps.
    virtual Status insert(const RunRow& row) = 0;

    virtual Status change_run(const RunRow& before, RunState to) = 0;
    /// Writes every column of `after`; `before` is the row as it was read. `after.state` may equal `before.state` (new
    /// result, deadline or waiver), else the transition must be allowed.
    virtual Status change_step(const StepRow& before, const StepRow& after) = 0;
    virtual Status insert(const PartRow& row) = 0;
    virtual Status change_part(const PartRow& before, const PartRow& after) = 0;
    virtual Status insert(const PinRow& row) = 0;
    virtual Status put(const IdMapRow& row) = 0;
    virtual Status remove_id(std::string_view source_key, std::string_view target_connection) = 0;
    virtual Status insert(const ArtifactRow& row) = 0;
    /// Replaces what an earlier attempt of the same step recorded.
    virtual Status clear_validations(std::string_view run, std::string_view step) = 0;
    virtual Status insert(const ValidationRow& row) = 0;
    /// `seq` and `time` of the argument are ignored. Written straight to `event` when the write stands on the plan's
    /// lease, else to `outbox`.
    virtual Status emit(const EventRow& event) = 0;

    /// Reads that a decision inside the same transaction needs.
    virtual Result<std::optional<RunRow>> run_of_plan(std::string_view plan) = 0; ///< the one not rolled back
    virtual Result<StepRow> step(std::string_view run, std::string_view step) = 0;
};

class State {
public:
    virtual ~State() = default;

    /// Opens, creates when absent, and migrates a database of an older schema after making a backup (SQLite). A newer
    /// schema is refused. A file on a network file system is refused.
    static Result<std::unique_ptr<State>> open(const StateLocation& location, Clock& clock, Random& random);

    /// `holder` is words for people: who, where, since when, doing what.
    virtual Result<Lease> acquire(std::string_view scope,
                                  std::string_view holder) = 0; ///< kind `held`: names the holder
    virtual Status release(const Lease& lease) = 0;
    /// Who holds it at this moment, or nothing.
    virtual Result<std::optional<std::string>> holder(std::string_view scope) = 0;

    /// Whether this process may still act on it, by its own clock and without asking the database (PostgreSQL: false 25
    /// s after the last renewal). To be asked right before a call that changes a target.
    virtual Status confirm(const Lease& lease) = 0;

    /// Runs `change` on the writer's thread; it must not call `write` itself. It may be run again where the server
    /// ended the transaction (deadlock, lost connection), so it must give the same result each time. An Error of kind
    /// `outcome_unknown`: the connection was lost during the commit and did not come back.
    virtual Status write(std::span<const Lease> standing_on, const std::function<Status(Transaction&)>& change) = 0;

    virtual Result<std::vector<AssessmentRow>> assessments() = 0; ///< newest first
    virtual Result<AssessmentRow> assessment(std::string_view id) = 0;
    /// By cursor in order of key; batches are checked against their digests.
    virtual Status each_resource(std::string_view assessment,
                                 const std::function<Status(const ResourceRow&)>& visit) = 0;
    /// One page of the same: at most `limit` rows whose key is greater than `after_key`.
    virtual Result<std::vector<ResourceRow>> resources(std::string_view assessment, std::string_view after_key,
                                                       std::size_t limit) = 0;
    virtual Status each_edge(std::string_view assessment, const std::function<Status(const EdgeRow&)>& visit) = 0;
    virtual Status each_finding(std::string_view assessment, const std::function<Status(const FindingRow&)>& visit) = 0;
    /// In order of code.
    virtual Result<std::vector<FindingRow>> findings_of(std::string_view assessment, std::string_view resource) = 0;

    virtual Result<std::vector<PlanRow>> plans() = 0;
    virtual Result<std::optional<PlanRow>> plan(std::string_view digest) = 0;
    /// The canonical line of one step; its digest is checked.
    virtual Result<std::string> step_line(std::string_view plan, std::string_view step) = 0;
    virtual Result<std::vector<std::string>> dependants(std::string_view plan, std::string_view step) = 0;

    virtual Result<std::vector<RunRow>> runs() = 0; ///< newest first
    virtual Result<RunRow> run(std::string_view id) = 0;
    virtual Result<std::optional<RunRow>> run_of_plan(std::string_view plan) = 0;

    virtual Result<StepRow> step(std::string_view run, std::string_view step) = 0;
    /// In plan order after `after_position`, at most `limit`; empty `states`: any.
    virtual Result<std::vector<StepRow>> steps(std::string_view run, std::span<const StepState> states,
                                               std::int64_t after_position, std::size_t limit) = 0;
    /// Planned steps all of whose dependencies are done, in plan order.
    virtual Result<std::vector<StepRow>> ready_steps(std::string_view run, std::size_t limit) = 0;
    struct StateCount {
        StepState state;
        std::string action;
        std::uint64_t count = 0;
    };
    virtual Result<std::vector<StateCount>> count_steps(std::string_view run) = 0;

    virtual Result<std::vector<PartRow>> parts(std::string_view run,
                                               std::string_view step) = 0; ///< in order of from_key
    virtual Result<std::optional<PinRow>> pin(std::string_view run,
                                              std::string_view resource) = 0; ///< the latest round
    virtual Result<std::optional<IdMapRow>> target_of(std::string_view source_key,
                                                      std::string_view target_connection) = 0;
    virtual Result<std::vector<ArtifactRow>> artifacts(std::string_view run) = 0;
    virtual Result<std::vector<ValidationRow>> validations(std::string_view run, std::string_view step) = 0;
    virtual Result<std::vector<EventRow>> events(std::string_view run, std::int64_t after_seq, std::size_t limit) = 0;
    /// Moves outbox rows into `event`, giving `seq`. Needs the plan's lease.
    virtual Status drain_outbox(const Lease& plan_lease, std::string_view run) = 0;

    /// What SQLite itself sees wrong with its file (`PRAGMA integrity_check`), and whether the schema is as it was
    /// made: before apply, resume and rollback. Files up to 64 MiB are checked so whenever they are opened.
    virtual Status check_structure() = 0;
    /// integrity_check, every checksum, every event chain, every batch digest. The error names the first bad row.
    virtual Status check() = 0;
    /// A consistent copy (SQLite: online backup to FILE; PostgreSQL: an error that names pg_dump).
    virtual Status backup(const std::string& file) = 0;
    virtual std::int64_t schema_version() const = 0;
    /// Where ledgers of parts lie beside it (SQLite); empty for PostgreSQL, where `--run-files` names a folder.
    virtual std::string run_files_folder() const = 0;
};

/// Every step of a run in plan order; empty `states`: any. Read in pages, so that a run of any length takes no memory
/// to speak of, and `visit` may move the step that it is given, or others.
Status each_step(State& state, std::string_view run, std::span<const StepState> states,
                 const std::function<Status(StepRow row)>& visit);

} // namespace godwit::store
