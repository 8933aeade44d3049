#pragma once

#include "base/clock.h"
#include "store/states.h"

#include <cstdint>
#include <string>
#include <vector>

/// The rows of the state database as plain values. Text is valid UTF-8 without U+0000 (other bytes are percent-encoded
/// by the caller), times are microseconds, JSON columns hold canonical JSON.
namespace godwit::store {

/// One dated reading of a source or a target.
struct AssessmentRow {
    std::string id;
    std::string lane;
    std::string role;       ///< "source" or "target"
    std::string connection; ///< identity of the connection, canonical JSON
    std::string header;     ///< canonical JSON: scope, options, tool version, counts
    std::string digest;     ///< SHA-256 hex over what was read, without dates; empty until finished
    Micros taken_at = 0;
};

struct ResourceRow {
    std::string key;     ///< resource key, plain ASCII
    std::string type;    ///< last-but-connection part of the key: "table", "database"
    std::string display; ///< for people
    std::string body;    ///< canonical JSON of the lane
};

struct EdgeRow {
    std::string from; ///< resource key
    std::string to;   ///< resource key
    std::string kind; ///< "depends-on" or "member-of"
};

struct FindingRow {
    std::string code;     ///< LAKE-012
    std::string severity; ///< info, warning, blocking
    std::string resource; ///< resource key
    std::string body;     ///< canonical JSON: evidence, remedy, effort
};

struct PlanRow {
    std::string digest; ///< SHA-256 hex over the plan file
    std::string lane;
    std::string header; ///< the plan's first line
    std::uint64_t steps = 0;
    Micros created_at = 0;
    std::string created_by;
};

/// One line of a plan as loaded into the database, the same for every run of the plan.
struct PlanStepRow {
    std::string id;            ///< 16 base32 characters
    std::int64_t position = 0; ///< in the plan's order
    std::string kind;
    std::string resource;
    std::string action;
    std::vector<std::string> depends_on; ///< step ids
    std::string line;                    ///< the canonical JSON line of the plan
};

struct RunRow {
    std::string id; ///< 80 random bits in base32
    std::string plan;
    RunState state = RunState::running;
    Micros started_at = 0; ///< enters what is written at the target
    Micros changed_at = 0;
    std::string options; ///< canonical JSON: where ledgers lie, worker counts
};

/// What changes while a step runs. Identity: (run, step).
struct StepRow {
    std::string run;
    std::string step;
    std::int64_t position = 0;
    std::string kind;
    std::string resource;
    std::string action;
    StepState state = StepState::planned;
    SkipCause skip_cause = SkipCause::none;
    std::string reason;         ///< why it is skipped, failed, broken or stuck; words for people
    std::string request_digest; ///< SHA-256 hex of the last intent's request
    Micros call_deadline = 0;   ///< absolute, of the one call that the open intent covers; 0: none
    std::string before_image;   ///< canonical JSON of what an update replaced; empty: none
    std::string target_id;      ///< what the call returned
    std::string result;         ///< canonical JSON of the step kind: what resume and rollback need
    std::string error;          ///< canonical JSON of the Error that ended it
    std::string outcome;        ///< of a verify step: `equal`, `different(3)` ...
    std::string waiver;         ///< canonical JSON of the one that covers the outcome; empty: none
    std::int64_t attempts = 0;  ///< intents committed so far
    Micros changed_at = 0;
};

struct PartRow {
    std::string run;
    std::string step;
    std::string from_key; ///< percent-encoded, inclusive
    std::string to_key;   ///< percent-encoded, inclusive
    std::string nonce;    ///< 80 random bits in base32
    PartState state = PartState::intent;
    std::string ledger_digest; ///< SHA-256 hex, from `written` on
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
    Micros changed_at = 0;
};

/// The fingerprint of a resource that a run works at. Rounds let later lanes advance it.
struct PinRow {
    std::string run;
    std::string resource;
    std::int64_t round = 0;
    std::string fingerprint; ///< canonical JSON
    Micros pinned_at = 0;
};

struct IdMapRow {
    std::string source_key;
    std::string target_connection;
    std::string target_id;
    std::string origin; ///< made, adopted or external
    std::string run;
};

struct ArtifactRow {
    std::string run;
    std::string step;
    std::string path;
    std::string digest;
    std::uint64_t bytes = 0;
};

/// One comparison of a verify step.
struct ValidationRow {
    std::string run;
    std::string step;
    std::string resource;
    std::string what;    ///< what was compared: "data file x", "group dt=2024-01-01"
    std::string outcome; ///< equal, different, not-comparable, not-checked, equal-by-sample
    std::string detail;  ///< canonical JSON
};

struct EventRow {
    std::string run;
    std::int64_t seq = 0; ///< gap-free per run, from 1; assigned by the database
    Micros time = 0;      ///< the database's clock; assigned by the database
    std::string step;     ///< empty: about the run
    std::string type;     ///< run_state, step_state, finding, diagnostic, verify_result, artifact, heartbeat, progress
    std::string level;    ///< info, warning, error
    std::string data;     ///< canonical JSON
};

} // namespace godwit::store
