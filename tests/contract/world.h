#pragma once

#include "contract/memory_cloud.h"
#include "core/lane.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::contract {

/// A small source and a small target of one lane: what a lane gives so that the contract suite can run against it.
/// The suite assesses, plans and runs through the Lane object alone.
class World {
public:
    virtual ~World() = default;

    virtual core::Lane& lane() = 0;
    /// Of the assessments of source and target.
    virtual core::Options options() const = 0;
    /// What the lane cannot have, each with its reason; empty: it can.
    struct Lacks {
        std::string updates;
        std::string asynchronous_creation;
    };
    virtual Lacks lacks() const { return {}; }
    /// In the short form a costly world is disturbed at fewer places.
    virtual bool is_costly() const { return false; }

    /// Puts a thing at the source. False: the source cannot hold such a name at all.
    virtual bool add(const std::string& name, Ending ending = Ending::at_once) = 0;
    /// Changes at the source what `add` put there, so that its fingerprint changes.
    virtual void change_source(const std::string& name) = 0;

    /// Somebody else made something at the target that the plan for this thing adopts, or updates.
    virtual void stands_already(const std::string& name) = 0;
    virtual void stands_otherwise(const std::string& name) { (void)name; }
    /// Somebody else puts something beside what runs make, under a name that looks like ours.
    virtual void stranger_beside(const std::string& name) = 0;
    /// Somebody else changes what a run made so that it is no longer known as ours, leaving nothing else.
    virtual void tamper(const std::string& name) = 0;
    /// Somebody else changes one thing of those that a long step made, each time otherwise; and takes it away.
    virtual void tamper_part(const std::string& name) = 0;
    virtual void clear_part_away(const std::string& name) = 0;
    /// What could not be created can be from now on.
    virtual void heal() {}

    /// Everything that stands at the target, strangers' things too; equal worlds give equal texts.
    virtual std::string dump() = 0;

    /// Acts on the nth call, from now, that would change the target.
    virtual void set_call_fault(std::uint64_t nth, CallFault fault) = 0;
    virtual void clear_call_fault() = 0;
    /// Since the last set_call_fault or clear_call_fault.
    virtual std::uint64_t mutating_calls() = 0;
    /// Whether a named fault point belongs to the lane's side, and not to a server that happens to live in the test.
    virtual bool is_ours(std::string_view fault_point) const { return !fault_point.empty(); }
};

using WorldMaker = std::function<std::unique_ptr<World>()>;
struct NamedWorld {
    std::string name;
    WorldMaker make;
};
inline void PrintTo(const NamedWorld& world, std::ostream* out) { *out << world.name; }

} // namespace godwit::contract
