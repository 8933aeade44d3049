#pragma once

#include "store/database.h"
#include "store/leases.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

/// Internal to src/store: the one thread of a process that writes. It takes all requests that wait, runs them in one
/// transaction, each behind a savepoint, and answers after the one commit: the cost of making a commit durable is
/// shared.
namespace godwit::store {

class Writer {
public:
    /// Both outlive it. May be called again where the server ended the transaction.
    using Change = std::function<Status(Connection&)>;

    Writer(std::unique_ptr<Connection> connection, Leases& leases, std::string display, Clock& clock);
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer();

    /// Returns when the change is durable, or did not happen. `outcome_unknown` says that nobody knows.
    Status write(std::span<const Lease> standing_on, const Change& change);

private:
    struct Request {
        std::span<const Lease> standing_on;
        const Change* change = nullptr;
        Status result;
        bool done = false;
    };
    using Group = std::vector<Request*>;

    void work();
    void run_group(const Group& group);
    /// One attempt; an Error is about the group as a whole.
    Status attempt(const Group& group);
    /// Refuses the requests whose lease is lost; an Error is about the transaction.
    Status affirm_leases(const Group& group);
    /// Runs one request so that its failure undoes nothing of the others.
    Status run_request(Request& request, bool alone);

    std::unique_ptr<Connection> connection_; ///< of the writing thread alone
    Leases* leases_;
    std::string display_;
    Clock* clock_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable answered_;
    Group waiting_;
    bool stopping_ = false;
    std::thread thread_;
};

} // namespace godwit::store
