#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "core/finding.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A plan is a file: JSON Lines in canonical form (RFC 8785). A header, one line per step sorted by (depth, key as
/// bytes), and a last line {"steps":"N"}. Its digest is SHA-256 over all bytes (spine, section 4).
namespace godwit::core {

inline constexpr int kPlanSchemaVersion = 1;

enum class Action { create, adopt, update, remove, convert, copy, register_, generate, gate, cutover, verify, skip };
std::string_view to_string(Action action);
Result<Action> parse_action(std::string_view text);

struct Estimate {
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
    std::uint64_t seconds = 0;
};

struct PlanStep {
    std::string kind;     ///< name of a step kind: "lakehouse.register-table"
    std::string resource; ///< key of the source's resource
    std::uint64_t ordinal = 0;
    Action action = Action::skip;
    std::string display;                 ///< the resource, for people
    std::string reason;                  ///< why this step, in words
    std::vector<std::string> depends_on; ///< step keys
    std::string fingerprint;             ///< of the resource as assessed, canonical JSON; empty: nothing to compare
    Estimate estimate;
    std::vector<std::string> findings; ///< codes that explain a skip
    std::string body;                  ///< the lane's typed body, canonical JSON

    std::string key() const;
    std::string id() const;
};

/// A person's decision to go on although a finding or an outcome says no.
struct Waiver {
    std::string code;     ///< LAKE-012, VERIFY-DIFFERENT ...
    std::string resource; ///< resource key
    std::string reason;
    std::uint64_t most = 0; ///< VERIFY-DIFFERENT: the largest number of differences accepted
};

struct PlanConnection {
    std::string role;      ///< "source", "target", "catalogue"
    std::string identity;  ///< canonical JSON: read again and compared before a plan is applied
    std::string reference; ///< canonical JSON: how to reach it; secrets by reference only
};

struct PlanHeader {
    std::string lane;
    int lane_version = 1;
    std::vector<PlanConnection> connections;
    std::string source_assessment; ///< digest
    std::string target_assessment; ///< digest
    std::string mapping;           ///< "default@1"
    std::string options;           ///< canonical JSON of the lane
    std::vector<Waiver> waivers;

    const PlanConnection* connection(std::string_view role) const;
};

std::string plan_step_to_json(const PlanStep& step);
Result<PlanStep> plan_step_from_json(std::string_view line);
std::string plan_header_to_json(const PlanHeader& header);
Result<PlanHeader> plan_header_from_json(std::string_view line);

/// Where a lane's planner puts steps, in any order. Steps are spilled to a file beside the plan and sorted there.
class PlanSink {
public:
    virtual ~PlanSink() = default;
    virtual Status step(const PlanStep& step) = 0;
};

struct PlanTotals {
    std::uint64_t steps = 0;
    std::map<std::string, std::uint64_t> by_action;
    Estimate estimate;
};

/// Writes FILE and FILE.sha256. Refuses two steps of one id, a dependency that is no step, and a cycle.
class PlanWriter final : public PlanSink {
public:
    static Result<PlanWriter> create(const std::string& file, PlanHeader header);
    ~PlanWriter() override;
    PlanWriter(PlanWriter&&) noexcept;

    Status step(const PlanStep& step) override;
    /// Returns the digest (hex).
    Result<std::string> finish();
    const PlanTotals& totals() const;

private:
    struct Impl;
    explicit PlanWriter(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// A plan file that was read to its end: canonical, sorted, complete.
struct PlanFile {
    std::string path;
    std::string digest;
    PlanHeader header;
    std::uint64_t steps = 0;
    PlanTotals totals;
};

using PlanVisitor = std::function<Status(const PlanStep&, std::int64_t position, std::string_view line)>;

/// Streams through the file once, checking every line; `visit` may be empty. The error names file and line.
Result<PlanFile> read_plan(ByteSource& source, const PlanVisitor& visit);
Result<PlanFile> read_plan(const std::string& path, const PlanVisitor& visit);
/// The digest that FILE.sha256 states, if it is there.
Result<std::optional<std::string>> stated_digest(const std::string& path);

} // namespace godwit::core
