#include "contract/memory_lane.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"
#include "core/keys.h"

#include <nlohmann/json.hpp>

#include <array>

namespace godwit::contract {

namespace {

using core::Action;

constexpr std::string_view kThing = "thing";

std::string identity_json(const std::string& identity) { return canonical_json({{"cloud", identity}}); }

/// Names are any bytes, and JSON is UTF-8: they stand percent-encoded.
Json facts_of(const std::string& name, const SourceThing& thing) {
    return {{"name", percent_encode(name)},         {"value", thing.value}, {"ending", static_cast<int>(thing.ending)},
            {"needs", percent_encode(thing.needs)}, {"items", thing.items}, {"movable", thing.movable},
            {"fingerprint", fingerprint_of(thing)}};
}

/// The planner of one call.
class Planner {
public:
    Planner(core::PlanSink& sink, std::map<std::string, std::string> present)
        : sink_(&sink), present_(std::move(present)) {}

    Status add(const core::Resource& resource) {
        const auto facts = TRY(parse_json(resource.facts));
        core::PlanStep step;
        step.resource = resource.key;
        step.display = resource.display;
        if (!facts["movable"].get<bool>()) {
            step.kind = "memory.skip";
            step.reason = "it cannot be moved";
            step.findings = {"MEMORY-001"};
            return sink_->step(step);
        }
        const auto wish = TRY(wish_from_json(resource.facts));
        step.fingerprint = TRY(json_string(facts, "fingerprint"));
        step.body = to_json(wish);
        step.estimate = {1, wish.value.size(), 0};
        const auto made = TRY(make(step, wish, TRY(percent_decode(TRY(json_string(facts, "needs"))))));
        std::vector<std::string> compared_after{made};
        if (wish.items > 0) {
            step.kind = kind::kFill;
            step.action = Action::copy;
            step.reason = "its items belong to it";
            step.depends_on = {made};
            TRY(sink_->step(step));
            compared_after.push_back(step.key());
        }
        step.kind = kind::kVerify;
        step.action = Action::verify;
        step.reason = "what arrived is held against the source";
        step.depends_on = compared_after;
        return sink_->step(step);
    }

private:
    Result<std::string> make(core::PlanStep step, const MemoryWish& wish, const std::string& needs) {
        const auto present = present_.find(wish.name);
        const bool stands = present != present_.end();
        const bool is_equal = stands && present->second == wish.value;
        step.kind = stands && !is_equal ? kind::kUpdate : kind::kCreate;
        step.action = is_equal ? Action::adopt : stands ? Action::update : Action::create;
        step.reason = is_equal ? "it stands at the target already, equal"
                      : stands ? "it stands at the target with another value"
                               : "it is not at the target";
        if (!needs.empty())
            step.depends_on = {
                core::step_key(kind::kCreate, core::resource_key("memory", kThing, {"source", needs}), 0)};
        TRY(sink_->step(step));
        return step.key();
    }

    core::PlanSink* sink_;
    std::map<std::string, std::string> present_; ///< name and value
};

} // namespace

std::string fingerprint_of(const SourceThing& thing) {
    return canonical_json({{"value", sha256_hex(thing.value)}, {"items", std::to_string(thing.items)}});
}

std::string to_json(const MemoryWish& wish) {
    return canonical_json({{"name", percent_encode(wish.name)},
                           {"value", wish.value},
                           {"ending", static_cast<int>(wish.ending)},
                           {"items", wish.items}});
}

Result<MemoryWish> wish_from_json(std::string_view text) {
    const auto json = TRY(parse_json(text));
    MemoryWish wish;
    wish.name = TRY(percent_decode(TRY(json_string(json, "name"))));
    wish.value = TRY(json_string(json, "value"));
    wish.ending = static_cast<Ending>(TRY(json_int64(json, "ending")));
    wish.items = static_cast<std::uint64_t>(TRY(json_int64(json, "items")));
    return wish;
}

std::string item_name(const std::string& name, std::uint64_t number) { return name + "/" + std::to_string(number); }
std::string item_value(const std::string& value, std::uint64_t number) {
    return value + " item " + std::to_string(number);
}

MemoryLane::MemoryLane(MemorySource& source, MemoryCloud& cloud) : source_(&source), cloud_(&cloud) {}

core::LaneDescription MemoryLane::describe() const {
    return {"memory", 1, "experimental", {"a map"}, {"another map"}, {"none"}};
}

std::span<const core::OptionText> MemoryLane::options(std::string_view) const { return {}; }

std::span<const core::Rule> MemoryLane::rules() const {
    static const std::array kRules{core::Rule{"MEMORY-001",
                                              core::Severity::warning,
                                              core::Readiness::manual,
                                              "It cannot be moved",
                                              {kThing},
                                              [](const Json& facts) { return !facts.value("movable", true); },
                                              {"/name"},
                                              "leave it",
                                              0}};
    return kRules;
}

core::Mapping MemoryLane::mapping() const { return {"default", 1, {}}; }

Result<core::AssessmentWriter::Header> MemoryLane::identify(std::string_view role, const core::Options&,
                                                            const core::Services&) {
    return core::AssessmentWriter::Header{"memory", std::string(role), identity_json(identity_), "{}"};
}

Status MemoryLane::assess(std::string_view role, const core::Options&, const core::Services&, std::stop_token,
                          core::AssessmentSink& sink) {
    if (role == "source") {
        for (const auto& [name, thing] : source_->all())
            TRY(sink.resource({core::resource_key("memory", kThing, {"source", name}), std::string(kThing),
                               printable(name), canonical_json(facts_of(name, thing))}));
        return {};
    }
    for (const auto& thing : cloud_->all())
        TRY(sink.resource({core::resource_key("memory", "present", {"target", thing.id}), "present",
                           printable(thing.name),
                           canonical_json({{"name", percent_encode(thing.name)}, {"value", thing.value}})}));
    return {};
}

Result<core::PlanHeader> MemoryLane::plan_header(const core::PlanRequest& request) {
    core::PlanHeader header;
    header.lane = "memory";
    header.connections = {{"target", identity_json(identity_), "{}"}};
    header.source_assessment = request.source->row().digest;
    header.target_assessment = request.target->row().digest;
    header.mapping = "default@1";
    header.options = "{}";
    header.waivers = request.waivers;
    return header;
}

Status MemoryLane::plan(const core::PlanRequest& request, core::PlanSink& sink) {
    std::map<std::string, std::string> present;
    TRY(request.target->each_resource([&](const core::Resource& resource, std::span<const core::Finding>) -> Status {
        const auto facts = TRY(parse_json(resource.facts));
        present[TRY(percent_decode(TRY(json_string(facts, "name"))))] = TRY(json_string(facts, "value"));
        return {};
    }));
    Planner planner(sink, std::move(present));
    return request.source->each_resource(
        [&planner](const core::Resource& resource, std::span<const core::Finding>) { return planner.add(resource); });
}

Result<std::unique_ptr<core::LaneRun>> MemoryLane::open(const core::PlanHeader& header, const core::Services&) {
    const auto* target = header.connection("target");
    if (target == nullptr || target->identity != identity_json(identity_))
        return Error::make(ErrorKind::stale, "the target is not the one that the plan was made for");
    return std::unique_ptr<core::LaneRun>(std::make_unique<MemoryRun>(*source_, *cloud_));
}

Result<std::string> MemoryLane::summary(const core::AssessmentReader&) { return std::string("things in a map\n"); }

} // namespace godwit::contract
