#include "contract/memory_cloud.h"

#include "base/text.h"

#include <algorithm>
#include <new>
#include <utility>

namespace godwit::contract {

namespace {

constexpr int kLooksUntilTheEnd = 3;

std::string_view to_string(CloudThing::Status status) {
    return status == CloudThing::Status::pending ? "pending"
           : status == CloudThing::Status::ready ? "ready"
                                                 : "in error";
}

Error no_answer() {
    return Error::make(ErrorKind::outcome_unknown, "the cloud gave no answer").retry(RetryClass::unknown);
}

} // namespace

std::optional<CallFault> MemoryCloud::fault_of_this_call() {
    ++calls_;
    const bool hit = fault_ && calls_ >= fault_from_ && (fault_times_ == 0 || calls_ < fault_from_ + fault_times_);
    return hit ? fault_ : std::nullopt;
}

Status MemoryCloud::before_change(std::optional<CallFault> fault) const {
    if (fault == CallFault::refused)
        return Error::make(ErrorKind::unavailable, "the cloud refuses").why("its quota is used up");
    if (fault == CallFault::thrown)
        throw std::bad_alloc();
    if (fault == CallFault::lost_before)
        return no_answer();
    return {};
}

Status MemoryCloud::after_change(std::optional<CallFault> fault) const {
    if (fault == CallFault::lost_after)
        return no_answer();
    return {};
}

void MemoryCloud::make(CloudThing thing) {
    thing.id = "id-" + std::to_string(next_id_++);
    things_.emplace(thing.id, std::move(thing));
}

Result<CloudThing> MemoryCloud::create(const std::string& name, const std::string& value, const std::string& marker,
                                       Ending ending) {
    const std::scoped_lock lock(mutex_);
    const auto fault = fault_of_this_call();
    TRY(before_change(fault));
    if (healed_ && ending == Ending::error_later)
        ending = Ending::ready_later;
    CloudThing thing{"", name, value, marker, CloudThing::Status::ready, ending, 0};
    if (ending != Ending::at_once) {
        thing.status = CloudThing::Status::pending;
        thing.looks_left = kLooksUntilTheEnd;
    }
    const auto id = "id-" + std::to_string(next_id_);
    make(std::move(thing));
    TRY(after_change(fault));
    return things_.at(id);
}

Status MemoryCloud::update(const std::string& id, const std::string& value, const std::string& marker) {
    const std::scoped_lock lock(mutex_);
    const auto fault = fault_of_this_call();
    TRY(before_change(fault));
    const auto found = things_.find(id);
    if (found == things_.end())
        return Error::make(ErrorKind::not_found, "there is no such thing").at(id);
    found->second.value = value;
    found->second.marker = marker;
    return after_change(fault);
}

Status MemoryCloud::remove(const std::string& id) {
    const std::scoped_lock lock(mutex_);
    const auto fault = fault_of_this_call();
    TRY(before_change(fault));
    if (things_.erase(id) == 0)
        return Error::make(ErrorKind::not_found, "there is no such thing").at(id);
    return after_change(fault);
}

Status MemoryCloud::look() {
    if (throwing_looks_ > 0) {
        --throwing_looks_;
        throw std::bad_alloc();
    }
    if (failing_looks_ > 0) {
        --failing_looks_;
        return Error::make(ErrorKind::unavailable, "the cloud cannot be reached").retry(RetryClass::retry);
    }
    for (auto& [id, thing] : things_)
        if (thing.status == CloudThing::Status::pending && --thing.looks_left <= 0)
            thing.status =
                thing.ending == Ending::error_later ? CloudThing::Status::in_error : CloudThing::Status::ready;
    return {};
}

Result<std::vector<CloudThing>> MemoryCloud::with_marker(std::string_view marker) {
    const std::scoped_lock lock(mutex_);
    TRY(look());
    std::vector<CloudThing> found;
    for (const auto& [id, thing] : things_)
        if (thing.marker == marker)
            found.push_back(thing);
    std::ranges::sort(found, {}, &CloudThing::name);
    return found;
}

Result<std::vector<CloudThing>> MemoryCloud::named(std::string_view name) {
    const std::scoped_lock lock(mutex_);
    TRY(look());
    std::vector<CloudThing> found;
    for (const auto& [id, thing] : things_)
        if (thing.name == name)
            found.push_back(thing);
    return found;
}

std::vector<CloudThing> MemoryCloud::all() {
    const std::scoped_lock lock(mutex_);
    std::vector<CloudThing> found;
    for (const auto& [id, thing] : things_)
        found.push_back(thing);
    return found;
}

void MemoryCloud::set_fault(std::uint64_t nth, CallFault fault, std::uint64_t times) {
    const std::scoped_lock lock(mutex_);
    calls_ = 0;
    fault_from_ = nth;
    fault_times_ = times;
    fault_ = fault;
}

void MemoryCloud::clear_fault() {
    const std::scoped_lock lock(mutex_);
    calls_ = 0;
    fault_.reset();
    failing_looks_ = 0;
    throwing_looks_ = 0;
}

std::uint64_t MemoryCloud::mutating_calls() {
    const std::scoped_lock lock(mutex_);
    return calls_;
}

void MemoryCloud::fail_looks(int count) {
    const std::scoped_lock lock(mutex_);
    failing_looks_ = count;
}

void MemoryCloud::throw_at_looks(int count) {
    const std::scoped_lock lock(mutex_);
    throwing_looks_ = count;
}

void MemoryCloud::heal() {
    const std::scoped_lock lock(mutex_);
    healed_ = true;
}

void MemoryCloud::stranger_makes(const std::string& name, const std::string& value, const std::string& marker) {
    const std::scoped_lock lock(mutex_);
    make({"", name, value, marker, CloudThing::Status::ready, Ending::at_once, 0});
}

void MemoryCloud::stranger_changes(const std::string& name, const std::string& value) {
    const std::scoped_lock lock(mutex_);
    for (auto& [id, thing] : things_)
        if (thing.name == name)
            thing.value = value;
}

void MemoryCloud::stranger_removes(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(things_, [&name](const auto& entry) { return entry.second.name == name; });
}

std::string MemoryCloud::dump() {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> lines;
    for (const auto& [id, thing] : things_)
        lines.push_back(printable(thing.name) + " = " + printable(thing.value) + " [" + thing.marker + "] " +
                        std::string(to_string(thing.status)));
    std::ranges::sort(lines);
    return join(lines, "\n");
}

void MemorySource::put(const std::string& name, SourceThing thing) {
    const std::scoped_lock lock(mutex_);
    things_.insert_or_assign(name, std::move(thing));
}

void MemorySource::remove(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    things_.erase(name);
}

std::map<std::string, SourceThing> MemorySource::all() {
    const std::scoped_lock lock(mutex_);
    return things_;
}

void MemorySource::fail(Error error) {
    const std::scoped_lock lock(mutex_);
    failure_ = std::move(error);
}

void MemorySource::heal() {
    const std::scoped_lock lock(mutex_);
    failure_.reset();
}

Result<std::optional<SourceThing>> MemorySource::find(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    if (failure_)
        return *failure_;
    const auto found = things_.find(name);
    return found == things_.end() ? std::nullopt : std::optional(found->second);
}

} // namespace godwit::contract
