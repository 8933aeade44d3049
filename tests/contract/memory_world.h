#pragma once

#include "contract/memory_lane.h"
#include "contract/world.h"

#include <string>

namespace godwit::contract {

/// The memory lane with its source and its cloud. Each thing has two items, so that there are steps with parts.
class MemoryWorld final : public World {
public:
    core::Lane& lane() override { return lane_; }
    core::Options options() const override { return {}; }

    bool add(const std::string& name, Ending ending = Ending::at_once) override {
        source.put(name, {"value of it", ending, "", 2, true});
        return true;
    }
    void change_source(const std::string& name) override {
        source.put(name, {"changed", Ending::at_once, "", 2, true});
    }
    void stands_already(const std::string& name) override { cloud.stranger_makes(name, "value of it"); }
    void stands_otherwise(const std::string& name) override { cloud.stranger_makes(name, "an older value"); }
    void stranger_beside(const std::string& name) override {
        cloud.stranger_removes(name + "/7");
        cloud.stranger_makes(name + "/7", "value of it item 7", "godwit-aaaaaaaaaaaa-bbbbbbbbbbbbbbbb");
    }
    void tamper(const std::string& name) override { cloud.stranger_changes(name, "changed by somebody"); }
    void tamper_part(const std::string& name) override {
        cloud.stranger_changes(name + "/0", "changed by somebody " + std::to_string(++tamperings_));
    }
    void clear_part_away(const std::string& name) override { cloud.stranger_removes(name + "/0"); }
    void heal() override { cloud.heal(); }
    std::string dump() override { return cloud.dump(); }

    void set_call_fault(std::uint64_t nth, CallFault fault) override { cloud.set_fault(nth, fault); }
    void clear_call_fault() override { cloud.clear_fault(); }
    std::uint64_t mutating_calls() override { return cloud.mutating_calls(); }

    MemorySource source;
    MemoryCloud cloud;

private:
    MemoryLane lane_{source, cloud};
    int tamperings_ = 0;
};

} // namespace godwit::contract
