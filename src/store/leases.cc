#include "store/leases.h"

#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace godwit::store {

namespace {

Error held_by(const LeaseRow& row) {
    return Error::make(ErrorKind::held, "another process is working on this")
        .why(row.holder + " holds it")
        .fix("wait until it has finished, or end it")
        .at(row.scope);
}

Error lost(const Lease& lease, std::string why) {
    return Error::make(ErrorKind::held, "the right to act was lost")
        .why(std::move(why))
        .fix("see who works on it with `godwit run show`, then resume")
        .at(lease.scope);
}

bool is_same(const LeaseRow& row, const Lease& lease) {
    return row.owner == lease.owner && row.generation == lease.generation;
}

} // namespace

Leases::Leases(StateLocation::Kind kind, std::string owners_folder, std::string owner, Clock& clock)
    : kind_(kind), owners_folder_(std::move(owners_folder)), owner_(std::move(owner)), clock_(&clock) {}

Leases::~Leases() {
    if (own_file_)
        static_cast<void>(remove_file(own_file_->path())); // the lock ends either way
}

Status Leases::lock_own_file() {
    if (own_file_ || kind_ == StateLocation::Kind::postgresql)
        return {};
    // Closed to others: whoever can open a file of an owner can hold its lock, and so keep everybody out.
    TRY(make_folders(owners_folder_, 0700));
    TRY(require_own_folder(owners_folder_));
    auto file = TRY(File::create(owners_folder_ + "/" + owner_, 0600));
    if (flock(file.descriptor(), LOCK_EX | LOCK_NB) != 0)
        return system_error(errno, "the file of this owner cannot be locked", file.path());
    own_file_ = std::move(file);
    return {};
}

Result<bool> Leases::is_alive(Connection& connection, const LeaseRow& row) const {
    if (row.owner.empty())
        return false;
    if (kind_ == StateLocation::Kind::postgresql)
        return row.expires_at > TRY(database_time(connection));
    const auto path = owners_folder_ + "/" + row.owner;
    auto file = File::open_for_reading(path);
    if (file.is_error() && file.error().kind() == ErrorKind::not_found)
        return false;
    const auto opened = TRY(std::move(file));
    // Shared, so that two that look at a dead owner at once do not take each other for it.
    if (flock(opened.descriptor(), LOCK_SH | LOCK_NB) == 0)
        return false;
    if (errno != EWOULDBLOCK)
        return system_error(errno, "the file of an owner cannot be examined", path);
    return true;
}

Result<Micros> Leases::expiry(Connection& connection) const {
    if (kind_ == StateLocation::Kind::sqlite)
        return 0;
    return TRY(database_time(connection)) + kLeaseTime;
}

Result<Lease> Leases::acquire(Connection& connection, std::string_view scope, std::string_view holder) {
    TRY(lock_own_file());
    const auto expires_at = TRY(expiry(connection));
    LeaseRow wanted{std::string(scope), owner_, 1, expires_at, std::string(holder)};
    const auto rows = TRY(select<LeaseRow>(connection, "scope = ?", {wanted.scope}));
    if (rows.empty()) {
        auto inserted = insert(connection, wanted);
        if (inserted.is_error() && inserted.error().kind() == ErrorKind::conflict)
            return lost({wanted.scope, owner_, 1}, "another process took it at the same moment");
        TRY(std::move(inserted));
        return Lease{wanted.scope, owner_, 1};
    }
    if (TRY(is_alive(connection, rows[0])))
        return held_by(rows[0]);
    wanted.generation = rows[0].generation + 1;
    TRY(update(connection, rows[0], wanted));
    if (kind_ == StateLocation::Kind::sqlite && !rows[0].owner.empty())
        static_cast<void>(
            remove_file(owners_folder_ + "/" + rows[0].owner)); // dead for good: no owner's name comes twice
    return Lease{wanted.scope, owner_, wanted.generation};
}

Status Leases::release(Connection& connection, const Lease& lease) {
    const auto rows = TRY(select<LeaseRow>(connection, "scope = ?", {lease.scope}));
    if (rows.empty() || !is_same(rows[0], lease))
        return lost(lease, "another process took it over");
    // The row stays: its generation must never come again.
    return update(connection, rows[0], LeaseRow{lease.scope, "", lease.generation, 0, ""});
}

Status Leases::affirm(Connection& connection, const Lease& lease) {
    TRY(confirm(lease));
    const Values values = {lease.scope, lease.owner, lease.generation};
    const auto changed = TRY(connection.execute(
        "UPDATE lease SET generation = generation WHERE scope = ? AND owner = ? AND generation = ?", values));
    if (changed != 1)
        return lost(lease, "another process took it over");
    return {};
}

Result<Leases::Renewal> Leases::renew(Connection& connection) {
    Renewal renewal;
    const auto until = TRY(expiry(connection));
    for (const auto& lease : kept()) {
        const auto rows = TRY(select<LeaseRow>(connection, "scope = ?", {lease.scope}));
        if (rows.empty() || !is_same(rows[0], lease) || confirm(lease).is_error()) {
            renewal.lost.push_back(lease);
            continue;
        }
        auto after = rows[0];
        after.expires_at = until;
        TRY(update(connection, rows[0], after));
        renewal.renewed.push_back(lease);
    }
    return renewal;
}

Result<std::optional<std::string>> Leases::holder(Connection& connection, std::string_view scope) {
    const auto rows = TRY(select<LeaseRow>(connection, "scope = ?", {std::string(scope)}));
    if (rows.empty() || !TRY(is_alive(connection, rows[0])))
        return std::nullopt;
    return rows[0].holder;
}

void Leases::keep(const Lease& lease, std::chrono::nanoseconds since) {
    const std::lock_guard guard(mutex_);
    kept_[lease.scope] = {lease, since};
}

void Leases::forget(const Lease& lease) {
    const std::lock_guard guard(mutex_);
    const auto found = kept_.find(lease.scope);
    if (found != kept_.end() && found->second.lease.generation == lease.generation)
        kept_.erase(found);
}

void Leases::renewed(std::chrono::nanoseconds since, const Renewal& renewal) {
    for (const auto& lease : renewal.lost)
        forget(lease);
    const std::lock_guard guard(mutex_);
    for (const auto& lease : renewal.renewed) {
        const auto found = kept_.find(lease.scope);
        if (found != kept_.end() && found->second.lease.generation == lease.generation)
            found->second.renewed_at = since;
    }
}

bool Leases::renewal_due() const {
    if (kind_ == StateLocation::Kind::sqlite)
        return false;
    const std::lock_guard guard(mutex_);
    const auto now = clock_->boot_time();
    return std::ranges::any_of(kept_, [&](const auto& entry) { return now - entry.second.renewed_at >= kRenewAfter; });
}

Status Leases::confirm(const Lease& lease) const {
    if (kind_ == StateLocation::Kind::sqlite)
        return {};
    const std::lock_guard guard(mutex_);
    const auto found = kept_.find(lease.scope);
    if (found == kept_.end() || found->second.lease.generation != lease.generation || lease.owner != owner_)
        return lost(lease, "it is not held by this process any more");
    if (clock_->boot_time() - found->second.renewed_at >= kStopAfter)
        return lost(lease, "the state database could not be reached for " + std::to_string(kStopAfter.count()) + " s");
    return {};
}

std::vector<Lease> Leases::kept() const {
    const std::lock_guard guard(mutex_);
    std::vector<Lease> leases;
    for (const auto& [scope, kept] : kept_)
        leases.push_back(kept.lease);
    return leases;
}

} // namespace godwit::store
