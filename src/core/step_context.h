#pragma once

#include "core/journal.h"
#include "core/lane.h"

#include <optional>
#include <string>

namespace godwit::core {

/// The StepContext of the executor: everything goes through the journal. One thread at a time.
class JournalContext final : public StepContext {
public:
    JournalContext(Journal& journal, PlanStep step, store::StepRow row, std::string marker, std::string run_files,
                   std::stop_token stop);

    const PlanStep& step() const override { return step_; }
    const std::string& marker() const override { return marker_; }
    Micros run_started() const override { return journal_->run().started_at; }
    const std::string& pin() const override { return pin_; }
    const store::StepRow& row() const override { return row_; }
    const Services& services() const override { return journal_->services(); }
    std::stop_token stop() const override { return stop_; }
    const std::string& run_files() const override { return run_files_; }
    Result<std::string> result_of(std::string_view step_id) const override;
    std::string permitted_value() const override;
    bool leaves_changed() const override;

    Result<std::vector<store::PartRow>> parts() const override { return parts_of(row_.step); }
    Result<std::vector<store::PartRow>> parts_of(std::string_view step_id) const override;
    Result<store::PartRow> begin_part(std::string from_key, std::string to_key) override;
    Status adopt_part(const store::PartRow& row) override;
    Status change_part(const store::PartRow& before, const store::PartRow& after) override;
    Status record_result(std::string json) override;
    Status record(const Comparison& comparison) override;
    Status record(const store::ArtifactRow& artifact) override;
    Status report(const Finding& finding) override;
    Status diagnostic(std::string_view level, std::string_view message) override;
    void progress(std::uint64_t objects, std::uint64_t bytes) override;

    /// For the executor, which moves the row between calls of the step kind.
    store::StepRow& mutable_row() { return row_; }
    Status read_pin();
    void set_pin(std::string pin) { pin_ = std::move(pin); }
    /// What the step compared so far.
    const std::vector<store::ValidationRow>& validations() const { return validations_; }
    /// The first failure of the journal itself: not the step's fault, it stops the run.
    const std::optional<Error>& journal_failure() const { return journal_failure_; }

private:
    Status keep(Status status);
    Result<Journal::Also> putting(store::PartRow part) const;

    Journal* journal_;
    PlanStep step_;
    store::StepRow row_;
    std::string marker_;
    std::string run_files_;
    std::string pin_;
    std::stop_token stop_;
    std::vector<store::ValidationRow> validations_;
    std::uint64_t unlisted_ = 0; ///< comparisons beyond those that are listed, told together by the last row
    Verdict weakest_unlisted_;
    std::chrono::nanoseconds last_snapshot_{};
    std::chrono::nanoseconds last_live_{};
    std::optional<Error> journal_failure_;
};

} // namespace godwit::core
