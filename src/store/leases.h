#pragma once

#include "base/file.h"
#include "store/database.h"
#include "store/row_codec.h"

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

/// Internal to src/store: who may act on what.
///
/// SQLite: an owner is alive while it holds the lock (flock) on its own file in `<state>.owners/`. The lock ends with
/// the process, however it ends. PostgreSQL: a lease runs out 30 s after its last renewal by the database's clock; it
/// is renewed every 10 s, and its owner stops by itself after 25 s without renewal by CLOCK_BOOTTIME, which goes on
/// during sleep.
namespace godwit::store {

inline constexpr Micros kLeaseTime = 30'000'000;
inline constexpr std::chrono::seconds kRenewAfter{10};
inline constexpr std::chrono::seconds kStopAfter{25};

class Leases {
public:
    /// `owners_folder` is for SQLite.
    Leases(StateLocation::Kind kind, std::string owners_folder, std::string owner, Clock& clock);
    Leases(const Leases&) = delete;
    Leases& operator=(const Leases&) = delete;
    ~Leases();

    const std::string& owner() const { return owner_; }

    // Inside a transaction of the writer:
    Result<Lease> acquire(Connection& connection, std::string_view scope, std::string_view holder);
    Status release(Connection& connection, const Lease& lease);
    /// Fences a stale owner: the row stays locked to the end of the transaction.
    Status affirm(Connection& connection, const Lease& lease);
    struct Renewal {
        std::vector<Lease> renewed;
        std::vector<Lease> lost; ///< another took them, or they were not renewed in time
    };
    Result<Renewal> renew(Connection& connection);

    Result<std::optional<std::string>> holder(Connection& connection, std::string_view scope);

    // By what this process knows:
    /// `since`: boot time before the acquiring or renewing transaction began.
    void keep(const Lease& lease, std::chrono::nanoseconds since);
    void forget(const Lease& lease);
    void renewed(std::chrono::nanoseconds since, const Renewal& renewal);
    bool renewal_due() const;
    /// An Error of kind `held` where this process must act no more.
    Status confirm(const Lease& lease) const;
    std::vector<Lease> kept() const;

private:
    struct Kept {
        Lease lease;
        std::chrono::nanoseconds renewed_at;
    };

    Status lock_own_file();
    Result<bool> is_alive(Connection& connection, const LeaseRow& row) const;
    Result<Micros> expiry(Connection& connection) const;

    StateLocation::Kind kind_;
    std::string owners_folder_;
    std::string owner_;
    Clock* clock_;
    std::optional<File> own_file_; ///< locked; only the writer's thread touches it
    mutable std::mutex mutex_;
    std::map<std::string, Kept> kept_; ///< by scope
};

} // namespace godwit::store
