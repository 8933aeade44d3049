#pragma once

#include "base/result.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A target and a source in memory for tests of the spine. They outlive the Engine and the state database that a test
/// throws away, as a real target outlives a process that dies.
namespace godwit::contract {

/// How the making of a thing ends: at once, or only after it was looked at a few times.
enum class Ending { at_once, ready_later, error_later };

/// What happens to one call that would change the target.
enum class CallFault {
    lost_after,  ///< it takes effect, its answer is lost
    lost_before, ///< it takes no effect, and the caller cannot know
    refused,     ///< a definite no
    thrown,      ///< no effect; what lies below the step throws instead of answering
};

struct CloudThing {
    enum class Status { pending, ready, in_error };
    std::string id;
    std::string name; ///< not unique, as in many clouds: what is made twice is there twice
    std::string value;
    std::string marker;
    Status status = Status::ready;
    Ending ending = Ending::at_once;
    int looks_left = 0; ///< before a pending thing ends
};

/// An API that gives ids, takes a marker, lists, and may be slow, unsure or unreachable. Thread-safe.
class MemoryCloud {
public:
    Result<CloudThing> create(const std::string& name, const std::string& value, const std::string& marker,
                              Ending ending = Ending::at_once);
    Status update(const std::string& id, const std::string& value, const std::string& marker);
    /// Kind `not_found` when it is gone.
    Status remove(const std::string& id);
    /// In order of name. Each look brings a pending thing nearer to its end.
    Result<std::vector<CloudThing>> with_marker(std::string_view marker);
    Result<std::vector<CloudThing>> named(std::string_view name);
    std::vector<CloudThing> all();

    /// Acts on `times` mutating calls (0: on all) from the nth on; the count of calls starts anew.
    void set_fault(std::uint64_t nth, CallFault fault, std::uint64_t times = 1);
    void clear_fault();
    std::uint64_t mutating_calls();
    /// The next `count` looks give an error.
    void fail_looks(int count);
    /// The next `count` looks throw.
    void throw_at_looks(int count);
    /// What was to end in error becomes ready when it is made from now on.
    void heal();

    /// What somebody else does: no marker, no fault, no count.
    void stranger_makes(const std::string& name, const std::string& value, const std::string& marker = "");
    void stranger_changes(const std::string& name, const std::string& value);
    void stranger_removes(const std::string& name);

    /// Every thing without its id, which depends on the order of calls; one a line, sorted.
    std::string dump();

private:
    std::optional<CallFault> fault_of_this_call();
    Status before_change(std::optional<CallFault> fault) const;
    Status after_change(std::optional<CallFault> fault) const;
    Status look();
    void make(CloudThing thing);

    std::mutex mutex_;
    std::map<std::string, CloudThing> things_;
    std::uint64_t next_id_ = 1;
    std::uint64_t calls_ = 0;
    std::uint64_t fault_from_ = 0;
    std::uint64_t fault_times_ = 0;
    std::optional<CallFault> fault_;
    int failing_looks_ = 0;
    int throwing_looks_ = 0;
    bool healed_ = false;
};

struct SourceThing {
    std::string value;
    Ending ending = Ending::at_once;
    std::string needs;       ///< name of another thing; empty: none
    std::uint64_t items = 0; ///< smaller things that belong to it
    bool movable = true;
};

/// What stands at the source, by name. Thread-safe.
class MemorySource {
public:
    void put(const std::string& name, SourceThing thing);
    void remove(const std::string& name);
    std::map<std::string, SourceThing> all();
    /// An error where the source does not answer.
    Result<std::optional<SourceThing>> find(const std::string& name);
    /// From now on `find` does not answer.
    void fail(Error error);
    void heal();

private:
    std::mutex mutex_;
    std::map<std::string, SourceThing> things_;
    std::optional<Error> failure_;
};

} // namespace godwit::contract
