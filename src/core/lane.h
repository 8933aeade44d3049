#pragma once

#include "base/clock.h"
#include "base/environment.h"
#include "base/random.h"
#include "core/assessment.h"
#include "core/mapping.h"
#include "core/plan.h"
#include "core/verification.h"
#include "store/state.h"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

/// What a lane gives the spine (spine, section 9). Nothing in core knows a lane's name.
namespace godwit::core {

/// What the outside gives to everything that runs. All are injected; tests replace them.
struct Services {
    Clock* clock = nullptr;
    Random* random = nullptr;
    Environment* environment = nullptr;
};

enum class Pool { api, transfer, cpu };

/// How long after a call's deadline the absence of its effect may be believed.
struct Settling {
    std::chrono::milliseconds time{60'000};
    int looks = 3;
};

struct StepTraits {
    std::string_view name; ///< "transfer.copy-files"
    Pool pool = Pool::api;
    bool is_long = false;                                  ///< owns parts; stays `made` while they come
    bool is_local = false;                                 ///< everything ends with the process: absence counts at once
    std::chrono::milliseconds call_time_limit{60'000};     ///< of one call; what the intent records
    Settling settling;                                     ///< ignored when local
    std::chrono::milliseconds ready_time_limit{3'600'000}; ///< from `made` to `done`; asynchronous creation only
    std::chrono::milliseconds poll_interval{2'000};        ///< between looks at what is not ready yet
    std::string_view marker_place;                         ///< where its marker goes, for the documentation
};

/// What a step may use while it runs: its place in the plan, its pin, and the journal.
class StepContext {
public:
    virtual ~StepContext() = default;

    virtual const PlanStep& step() const = 0;
    virtual const std::string& marker() const = 0;
    /// The run's start: the only new time that may enter what is written (same plan, same world).
    virtual Micros run_started() const = 0;
    /// The fingerprint that the run works at: canonical JSON, the resource's latest pin.
    virtual const std::string& pin() const = 0;
    /// What this step recorded so far: its row's result, target id and before-image.
    virtual const store::StepRow& row() const = 0;
    virtual const Services& services() const = 0;
    virtual std::stop_token stop() const = 0;
    /// Folder for ledgers and rejects of this run, mode 0700, outside of the warehouse.
    virtual const std::string& run_files() const = 0;
    /// What another step of the run recorded.
    virtual Result<std::string> result_of(std::string_view step_id) const = 0;
    /// The present value that a person saw and allowed to be removed (`run resolve --undo`); empty: none.
    virtual std::string permitted_value() const = 0;
    /// Whether a person gave up what is not as it was made (`run resolve --forget`). A removal then leaves it where it
    /// is, takes away the rest, and says what it left with `diagnostic`.
    virtual bool leaves_changed() const = 0;

    virtual Result<std::vector<store::PartRow>> parts() const = 0;
    /// Of another step of the run: a check reads the ledgers of the copy before it.
    virtual Result<std::vector<store::PartRow>> parts_of(std::string_view step_id) const = 0;
    /// Commits the part's intent (and, with the first one, the step's transition to `made`).
    virtual Result<store::PartRow> begin_part(std::string from_key, std::string to_key) = 0;
    /// A part whose ledger survived while its row did not.
    virtual Status adopt_part(const store::PartRow& row) = 0;
    virtual Status change_part(const store::PartRow& before, const store::PartRow& after) = 0;

    /// Replaces the step's recorded result; committed before it returns.
    virtual Status record_result(std::string json) = 0;
    /// Kept until the step's verdict, with which it is written.
    virtual Status record(const Comparison& comparison) = 0;
    virtual Status record(const store::ArtifactRow& artifact) = 0;
    virtual Status report(const Finding& finding) = 0;
    virtual Status diagnostic(std::string_view level, std::string_view message) = 0;
    /// Live progress: derived, throttled, not stored.
    virtual void progress(std::uint64_t objects, std::uint64_t bytes) = 0;
};

struct Applied {
    bool ready = true; ///< false: accepted, becomes ready later (asynchronous creation); poll by look-up
    std::string target_id;
    std::string result;             ///< canonical JSON; empty keeps what record_result wrote
    std::optional<Verdict> verdict; ///< of verify steps
};

struct LookUp {
    enum class Verdict { absent, pending, ready, in_error, differs, several };
    Verdict verdict = Verdict::absent;
    std::string target_id;
    std::string detail; ///< words: what was found, where, and how it differs
    std::string value;  ///< what is there now, for a person to judge and for permitted_value()
    std::string result; ///< as Applied::result
};

/// One kind of step. Stateless but for its connections; called from several threads.
///
/// Errors of `apply` decide the step's fate by their retry class: `unknown` means that the effect may have happened;
/// anything else is a definite no. Errors of `look_up` leave the step unknown.
class StepKind {
public:
    virtual ~StepKind() = default;
    virtual StepTraits traits() const = 0;
    /// The present fingerprint of the step's resource at the source, in the form of PlanStep::fingerprint.
    virtual Result<std::string> observe(StepContext& context) = 0;
    /// For updates: what is there now, canonical JSON. Others give an empty text.
    virtual Result<std::string> before_image(StepContext& context);
    virtual Result<Applied> apply(StepContext& context) = 0;
    /// Finds what this step made by its marker, without changing anything.
    virtual Result<LookUp> look_up(StepContext& context) = 0;
    /// Removes what the journal says we made, if its marker stands on it (or it equals permitted_value()); gone already
    /// is success. An Error of kind `different` means that what stands there is not ours: the step gets stuck, or
    /// leaves it if leaves_changed(); a kind that owns several things asks that itself and removes the others.
    virtual Status compensate(StepContext& context) = 0;
};

/// The open connections of one run of a plan.
class LaneRun {
public:
    virtual ~LaneRun() = default;
    /// Whether the source can be reached; asked before a run goes forwards. A rollback never asks, and
    /// opening a run never reads the source: what was made can be removed when the source is long gone.
    virtual Status require_source() { return {}; }
    virtual StepKind* step_kind(std::string_view name) = 0; ///< null when unknown
};

struct LaneDescription {
    std::string_view name;
    int version = 1;
    std::string_view status; ///< stable, beta, experimental
    std::vector<std::string_view> sources;
    std::vector<std::string_view> targets;
    std::vector<std::string_view> privileges; ///< least ones needed, in words
};

/// What a person asks for: option names as on the command line, without dashes.
using Options = std::multimap<std::string, std::string>;

/// One option that a lane takes, for the command line and its help.
struct OptionText {
    std::string_view name;  ///< "map"
    std::string_view value; ///< "PREFIX=FOLDER"; empty: a switch
    bool repeatable = false;
    std::string_view help;
};

struct PlanRequest {
    const AssessmentReader* source = nullptr;
    const AssessmentReader* target = nullptr;
    Options options;
    std::vector<Waiver> waivers;
};

class Lane {
public:
    virtual ~Lane() = default;
    virtual LaneDescription describe() const = 0;
    /// Of the roles "source" and "target" of an assessment, and of "plan".
    virtual std::span<const OptionText> options(std::string_view role) const = 0;
    virtual std::span<const Rule> rules() const = 0;
    virtual Mapping mapping() const = 0;
    /// Who is at the other end: canonical JSON header of the assessment; errors are usage errors where options lack.
    virtual Result<AssessmentWriter::Header> identify(std::string_view role, const Options& options,
                                                      const Services& services) = 0;
    virtual Status assess(std::string_view role, const Options& options, const Services& services, std::stop_token stop,
                          AssessmentSink& sink) = 0;
    /// Both are pure: no network, no files; the same input gives the same bytes.
    virtual Result<PlanHeader> plan_header(const PlanRequest& request) = 0;
    virtual Status plan(const PlanRequest& request, PlanSink& sink) = 0;
    /// Opens the connections that the plan names and refuses (kind `stale`) when an identity does not hold.
    virtual Result<std::unique_ptr<LaneRun>> open(const PlanHeader& header, const Services& services) = 0;
    /// What a person wants to know first, in a screen of plain text.
    virtual Result<std::string> summary(const AssessmentReader& source) = 0;
    /// Optional: writes the reports of an assessment into a folder and names the files.
    virtual Result<std::vector<std::string>> write_reports(const AssessmentReader& source, const std::string& folder);
};

} // namespace godwit::core
