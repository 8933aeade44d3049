#include "store/writer.h"

#include "base/fault_point.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace godwit::store {

namespace {

/// How long a group is tried again after a deadlock or while the server cannot be reached.
constexpr std::chrono::seconds kRetryTime{20};
constexpr std::chrono::milliseconds kRetryPause{100};

} // namespace

Writer::Writer(std::unique_ptr<Connection> connection, Leases& leases, std::string display, Clock& clock)
    : connection_(std::move(connection)),
      leases_(&leases),
      display_(std::move(display)),
      clock_(&clock),
      thread_([this] { work(); }) {}

Writer::~Writer() {
    {
        const std::lock_guard guard(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

Status Writer::write(std::span<const Lease> standing_on, const Change& change) {
    if (std::this_thread::get_id() == thread_.get_id())
        return Error::make(ErrorKind::bug, "a write was started inside a write")
            .why("the one writer would wait for itself")
            .fix("use the transaction that the function was given")
            .at(display_);
    Request request{standing_on, &change, {}, false};
    std::unique_lock lock(mutex_);
    waiting_.push_back(&request);
    wake_.notify_one();
    answered_.wait(lock, [&] { return request.done; });
    return std::move(request.result);
}

void Writer::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (waiting_.empty())
            return;
        const auto group = std::exchange(waiting_, {});
        lock.unlock();
        run_group(group);
        lock.lock();
        for (auto* request : group)
            request->done = true;
        answered_.notify_all();
    }
}

void Writer::run_group(const Group& group) {
    std::optional<Deadline> deadline; // from the first failure on: one statement may take longer than that
    while (true) {
        const auto status = attempt(group);
        if (!status.is_error())
            return;
        if (!deadline)
            deadline.emplace(*clock_, kRetryTime);
        if (connection_->must_repeat() && status.error().kind() != ErrorKind::outcome_unknown && !deadline->passed()) {
            clock_->sleep_for(kRetryPause);
            continue; // `begin` rolls back or reconnects first
        }
        connection_->rollback();
        for (auto* request : group) {
            if (!request->result.is_error()) // one that was refused for itself keeps its own reason
                request->result = status;
        }
        return;
    }
}

Status Writer::attempt(const Group& group) {
    for (auto* request : group)
        request->result = {};
    TRY(connection_->begin());
    TRY(affirm_leases(group));
    for (auto* request : group) {
        if (request->result.is_error())
            continue;
        auto result = run_request(*request, group.size() == 1);
        if (result.is_error() && (!connection_->in_transaction() || connection_->must_repeat()))
            return result;
        request->result = std::move(result);
    }
    if (std::ranges::all_of(group, [](const auto* request) { return request->result.is_error(); })) {
        connection_->rollback();
        return {};
    }
    FAULT_POINT("store.before-commit");
    return connection_->commit();
}

Status Writer::affirm_leases(const Group& group) {
    const auto key = [](const Lease& lease) { return std::tie(lease.scope, lease.owner, lease.generation); };
    const auto before = [&](const Lease& a, const Lease& b) { return key(a) < key(b); };
    std::map<Lease, Status, decltype(before)> leases(before); // in order of scope: no two processes wait for each other
    for (const auto* request : group) {
        for (const auto& lease : request->standing_on)
            leases.emplace(lease, Status());
    }
    for (auto& [lease, status] : leases) {
        status = leases_->affirm(*connection_, lease);
        if (status.is_error() && status.error().kind() != ErrorKind::held)
            return status;
    }
    for (auto* request : group) {
        for (const auto& lease : request->standing_on) {
            if (const auto& status = leases.at(lease); status.is_error() && !request->result.is_error())
                request->result = status;
        }
    }
    return {};
}

Status Writer::run_request(Request& request, bool alone) {
    if (alone)
        return (*request.change)(*connection_);
    TRY(connection_->savepoint());
    auto result = (*request.change)(*connection_);
    if (!connection_->in_transaction() || connection_->must_repeat())
        return result;
    if (result.is_error())
        TRY(connection_->rollback_to_savepoint());
    TRY(connection_->release_savepoint());
    return result;
}

} // namespace godwit::store
