#pragma once

#include "clients/file_target.h"
#include "core/lane.h"
#include "transfer/ledger.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

/// Copying files as they are, and the proof that they arrived. Lanes say what is copied; how it is done lies here.
namespace godwit::transfer {

/// One file to copy.
struct CopyObject {
    std::string target_key;    ///< below the target's root
    std::string source_folder; ///< absolute; the root that `source_key` is below
    std::string source_key;
    std::string source; ///< its location as the source's metadata spells it, for ledgers and messages
};

/// The objects of one step in byte order of their target keys, each key once.
class CopyListing {
public:
    virtual ~CopyListing() = default;
    virtual Result<std::optional<CopyObject>> next() = 0;
};

/// Gives the same listing as long as the pinned source stands. Thread-safe.
class CopyPlanner {
public:
    virtual ~CopyPlanner() = default;
    virtual Result<std::unique_ptr<CopyListing>> list(core::StepContext& context) = 0;
    virtual Result<std::string> fingerprint(core::StepContext& context) = 0;
    /// For a check step: the copy step whose ledgers it reads.
    virtual Result<std::string> copy_step(core::StepContext& context) = 0;
};

struct PartLimits {
    std::uint64_t objects = 10'000;
    std::uint64_t bytes = std::uint64_t{64} << 30;
};

/// `copy`: a long step whose parts are key ranges of the listing. What changed while it was read is a definite no.
class CopyFiles final : public core::StepKind {
public:
    CopyFiles(std::string name, CopyPlanner& planner, const clients::FileTarget& target, PartLimits limits = {})
        : name_(std::move(name)), planner_(&planner), target_(&target), limits_(limits) {}

    core::StepTraits traits() const override;
    Result<std::string> observe(core::StepContext& context) override { return planner_->fingerprint(context); }
    Result<core::Applied> apply(core::StepContext& context) override;
    Result<core::LookUp> look_up(core::StepContext& context) override;
    Status compensate(core::StepContext& context) override;

private:
    std::string name_;
    CopyPlanner* planner_;
    const clients::FileTarget* target_;
    PartLimits limits_;
};

/// `verify`: reads every copied file again on both sides (invariant 8). A source file whose state is not the ledger's,
/// and one that no ledger names, is drift.
class CompareFiles final : public core::StepKind {
public:
    CompareFiles(std::string name, CopyPlanner& planner, const clients::FileTarget& target)
        : name_(std::move(name)), planner_(&planner), target_(&target) {}

    core::StepTraits traits() const override;
    Result<std::string> observe(core::StepContext& context) override { return planner_->fingerprint(context); }
    Result<core::Applied> apply(core::StepContext& context) override;
    Result<core::LookUp> look_up(core::StepContext& context) override;
    Status compensate(core::StepContext& context) override;

private:
    std::string name_;
    CopyPlanner* planner_;
    const clients::FileTarget* target_;
};

} // namespace godwit::transfer
