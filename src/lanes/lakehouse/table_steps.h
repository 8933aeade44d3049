#pragma once

#include "core/lane.h"
#include "lanes/lakehouse/lakehouse_run.h"
#include "lanes/lakehouse/table_move.h"
#include "transfer/copy_files.h"
#include "transfer/file_parts.h"

#include <string_view>

/// What the step kinds of a table have in common.
namespace godwit::lakehouse {

/// What is copied of a table: `list` is left to the kinds of tables.
class TableListing : public transfer::CopyPlanner {
public:
    explicit TableListing(Ends& ends) : ends_(&ends) {}
    Result<std::string> fingerprint(core::StepContext& context) final;
    Result<std::string> copy_step(core::StepContext& context) final;

protected:
    Ends& ends() const { return *ends_; }

private:
    Ends* ends_;
};

/// Writes files of a table below the warehouse, all of them or none: one part.
class WriteStep : public core::StepKind {
public:
    core::StepTraits traits() const final;
    Result<std::string> observe(core::StepContext& context) final;
    Result<core::Applied> apply(core::StepContext& context) final;
    Result<core::LookUp> look_up(core::StepContext& context) final;
    Status compensate(core::StepContext& context) override;

protected:
    WriteStep(Ends& ends, std::string_view name) : ends_(&ends), name_(name) {}
    Ends& ends() const { return *ends_; }

    virtual Status write(core::StepContext& context, const TableMove& move, transfer::OpenPart& part) = 0;
    /// What `write` makes, said of plan and source alone: a part that an earlier process made is not read again.
    virtual Result<WrittenTable> written(core::StepContext& context, const TableMove& move) = 0;
    /// Reports what `write` met, also where an earlier process wrote whose events may be lost.
    virtual Status tell(core::StepContext&) { return {}; }

private:
    Ends* ends_;
    std::string_view name_;
};

/// Reads source and target afresh and makes nothing. What changed at the source after the pin is drift.
class CheckStep : public core::StepKind {
public:
    core::StepTraits traits() const final;
    Result<std::string> observe(core::StepContext& context) final;
    Result<core::Applied> apply(core::StepContext& context) final;
    Result<core::LookUp> look_up(core::StepContext&) final { return core::LookUp{}; }
    Status compensate(core::StepContext&) final { return {}; }

protected:
    /// `subject`: what is compared, as Comparison::what of a drift.
    CheckStep(Ends& ends, std::string_view name, std::string_view subject)
        : ends_(&ends), name_(name), subject_(subject) {}
    Ends& ends() const { return *ends_; }

    virtual Result<core::Verdict> check(core::StepContext& context, const TableMove& move) = 0;

private:
    Ends* ends_;
    std::string_view name_;
    std::string_view subject_;
};

} // namespace godwit::lakehouse
