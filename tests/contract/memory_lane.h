#pragma once

#include "contract/memory_cloud.h"
#include "core/lane.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace godwit::contract {

/// What a step of the memory lane is about: the body of its plan step.
struct MemoryWish {
    std::string name; ///< any bytes
    std::string value;
    Ending ending = Ending::at_once;
    std::uint64_t items = 0;
};
std::string to_json(const MemoryWish& wish);
Result<MemoryWish> wish_from_json(std::string_view text);
/// The name and the value of the nth item of a thing.
std::string item_name(const std::string& name, std::uint64_t number);
std::string item_value(const std::string& value, std::uint64_t number);
/// What the plan compares with before it acts.
std::string fingerprint_of(const SourceThing& thing);

/// From a MemorySource to a MemoryCloud: creation that may take a while, adoption, update, items in parts,
/// verification.
class MemoryLane final : public core::Lane {
public:
    MemoryLane(MemorySource& source, MemoryCloud& cloud);
    core::LaneDescription describe() const override;
    std::span<const core::OptionText> options(std::string_view role) const override;
    std::span<const core::Rule> rules() const override;
    core::Mapping mapping() const override;
    Result<core::AssessmentWriter::Header> identify(std::string_view role, const core::Options& options,
                                                    const core::Services& services) override;
    Status assess(std::string_view role, const core::Options& options, const core::Services& services,
                  std::stop_token stop, core::AssessmentSink& sink) override;
    Result<core::PlanHeader> plan_header(const core::PlanRequest& request) override;
    Status plan(const core::PlanRequest& request, core::PlanSink& sink) override;
    Result<std::unique_ptr<core::LaneRun>> open(const core::PlanHeader& header,
                                                const core::Services& services) override;
    Result<std::string> summary(const core::AssessmentReader& source) override;

    /// The cloud at the other end turns out to be another one.
    void change_identity(std::string identity) { identity_ = std::move(identity); }

private:
    MemorySource* source_;
    MemoryCloud* cloud_;
    std::string identity_ = "cloud-1";
};

/// The step kinds, over one source and one cloud.
class MemoryRun final : public core::LaneRun {
public:
    MemoryRun(MemorySource& source, MemoryCloud& cloud);
    core::StepKind* step_kind(std::string_view name) override;

private:
    std::map<std::string, std::unique_ptr<core::StepKind>, std::less<>> kinds_;
};

namespace kind {
inline constexpr std::string_view kCreate = "memory.create";
inline constexpr std::string_view kUpdate = "memory.update";
inline constexpr std::string_view kFill = "memory.fill";
inline constexpr std::string_view kVerify = "memory.verify";
} // namespace kind

} // namespace godwit::contract
