#include "core/step_context.h"

#include "base/fault_point.h"
#include "base/json.h"
#include "core/stuck_value.h"

#include <nlohmann/json.hpp>

namespace godwit::core {

namespace {

constexpr std::chrono::seconds kSnapshotInterval{30};
constexpr std::chrono::milliseconds kLiveInterval{250};

} // namespace

JournalContext::JournalContext(Journal& journal, PlanStep step, store::StepRow row, std::string marker,
                               std::string run_files, std::stop_token stop)
    : journal_(&journal),
      step_(std::move(step)),
      row_(std::move(row)),
      marker_(std::move(marker)),
      run_files_(std::move(run_files)),
      stop_(std::move(stop)) {
    last_snapshot_ = journal.services().clock->boot_time();
}

Status JournalContext::keep(Status status) {
    if (status.is_error() && !journal_failure_)
        journal_failure_ = status.error();
    return status;
}

Status JournalContext::read_pin() {
    if (auto pin = TRY(journal_->state().pin(row_.run, row_.resource)))
        pin_ = std::move(pin->fingerprint);
    return {};
}

Result<std::string> JournalContext::result_of(std::string_view step_id) const {
    return TRY(journal_->state().step(row_.run, step_id)).result;
}

std::string JournalContext::permitted_value() const { return core::permitted_value(row_); }

bool JournalContext::leaves_changed() const { return core::leaves_changed(row_); }

Result<std::vector<store::PartRow>> JournalContext::parts_of(std::string_view step_id) const {
    return journal_->state().parts(row_.run, step_id);
}

Result<store::PartRow> JournalContext::begin_part(std::string from_key, std::string to_key) {
    store::PartRow part{row_.run,
                        row_.step,
                        std::move(from_key),
                        std::move(to_key),
                        services().random->id(),
                        store::PartState::intent,
                        "",
                        0,
                        0,
                        services().clock->now()};
    const auto put = TRY(putting(part));
    TRY(keep(row_.state == store::StepState::intent ? journal_->move(row_, store::StepState::made, {}, put)
                                                    : journal_->write(put)));
    FAULT_POINT("part.after-intent");
    return part;
}

Status JournalContext::adopt_part(const store::PartRow& row) { return keep(journal_->write(TRY(putting(row)))); }

/// One row for each first key: a part that was removed, or left nothing behind, gives up its place.
Result<Journal::Also> JournalContext::putting(store::PartRow part) const {
    std::optional<store::PartRow> before;
    for (auto& known : TRY(parts()))
        if (known.from_key == part.from_key)
            before = std::move(known);
    return Journal::Also([before = std::move(before), part = std::move(part)](store::Transaction& transaction) {
        return before ? transaction.change_part(*before, part) : transaction.insert(part);
    });
}

Status JournalContext::change_part(const store::PartRow& before, const store::PartRow& after) {
    return keep(
        journal_->write([&](store::Transaction& transaction) { return transaction.change_part(before, after); }));
}

Status JournalContext::record_result(std::string json) {
    return keep(journal_->amend(row_, [&json](store::StepRow& row) { row.result = std::move(json); }));
}

Status JournalContext::record(const Comparison& comparison) {
    constexpr std::size_t kMostListed = 10'000; // one table may hold millions of files
    const auto list = [this](std::string what, const Verdict& verdict, std::string detail) {
        validations_.push_back(
            {row_.run, row_.step, row_.resource, std::move(what), to_string(verdict), std::move(detail)});
    };
    if (unlisted_ == 0 && validations_.size() < kMostListed) {
        list(comparison.what, comparison.verdict, comparison.detail);
        return {};
    }
    if (unlisted_ > 0)
        validations_.pop_back();
    weakest_unlisted_ = unlisted_ == 0 ? comparison.verdict : weaker(weakest_unlisted_, comparison.verdict);
    ++unlisted_;
    list("further comparisons", weakest_unlisted_, canonical_json({{"count", std::to_string(unlisted_)}}));
    return {};
}

Status JournalContext::record(const store::ArtifactRow& artifact) {
    return keep(journal_->write([&](store::Transaction& transaction) { return transaction.insert(artifact); }));
}

Status JournalContext::report(const Finding& finding) {
    return keep(journal_->tell(row_.step, "finding", to_string(finding.severity), finding_to_json(finding)));
}

Status JournalContext::diagnostic(std::string_view level, std::string_view message) {
    return keep(journal_->tell(row_.step, "diagnostic", level, canonical_json({{"message", message}})));
}

void JournalContext::progress(std::uint64_t objects, std::uint64_t bytes) {
    const auto now = services().clock->boot_time();
    if (journal_->listener() != nullptr && now - last_live_ >= kLiveInterval) {
        last_live_ = now;
        journal_->listener()->on_progress(row_.step, step_.display, objects, bytes);
    }
    if (now - last_snapshot_ < kSnapshotInterval)
        return;
    last_snapshot_ = now;
    // A snapshot that cannot be written is kept as the journal's failure and ends the step at its next commit.
    (void)keep(
        journal_->tell(row_.step, "progress", "info",
                       canonical_json({{"objects", std::to_string(objects)}, {"bytes", std::to_string(bytes)}})));
}

} // namespace godwit::core
