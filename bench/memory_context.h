#pragma once

#include "base/environment.h"
#include "base/random.h"
#include "core/lane.h"

#include <string>
#include <vector>

namespace godwit::bench {

/// A StepContext whose journal is this object: what a step does is measured without the state database, which has
/// figures of its own. Ledgers are written as in a run.
class MemoryContext final : public core::StepContext {
public:
    MemoryContext(core::PlanStep step, std::string run_files);

    const core::PlanStep& step() const override { return step_; }
    const std::string& marker() const override { return marker_; }
    Micros run_started() const override { return 0; }
    const std::string& pin() const override { return pin_; }
    const store::StepRow& row() const override { return row_; }
    const core::Services& services() const override { return services_; }
    std::stop_token stop() const override { return {}; }
    const std::string& run_files() const override { return run_files_; }
    Result<std::string> result_of(std::string_view) const override { return std::string("{}"); }
    std::string permitted_value() const override { return {}; }
    bool leaves_changed() const override { return false; }

    Result<std::vector<store::PartRow>> parts() const override { return parts_; }
    Result<std::vector<store::PartRow>> parts_of(std::string_view) const override { return parts_; }
    Result<store::PartRow> begin_part(std::string from_key, std::string to_key) override;
    Status adopt_part(const store::PartRow& row) override;
    Status change_part(const store::PartRow& before, const store::PartRow& after) override;

    Status record_result(std::string) override { return {}; }
    Status record(const core::Comparison&) override { return {}; }
    Status record(const store::ArtifactRow&) override { return {}; }
    Status report(const core::Finding&) override { return {}; }
    Status diagnostic(std::string_view, std::string_view) override { return {}; }
    void progress(std::uint64_t, std::uint64_t) override {}

    void set_pin(std::string pin) { pin_ = std::move(pin); }
    std::uint64_t objects() const;
    std::uint64_t bytes() const;

private:
    core::PlanStep step_;
    std::string run_files_;
    std::string marker_;
    std::string pin_;
    store::StepRow row_;
    SystemClock clock_;
    SystemRandom random_;
    FixedEnvironment environment_{{}};
    core::Services services_{&clock_, &random_, &environment_};
    std::vector<store::PartRow> parts_;
};

} // namespace godwit::bench
