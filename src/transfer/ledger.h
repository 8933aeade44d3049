#pragma once

#include "base/file.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace godwit::transfer {

/// One file of a part, as it was made.
struct LedgerEntry {
    std::string key;          ///< final key below the target's root, any bytes
    std::uint64_t number = 0; ///< its name in the nonce folder until it is published
    std::uint64_t bytes = 0;
    std::string digest;             ///< ChunkDigest, hex
    std::string source;             ///< where it was copied from; empty: made by us
    std::uint64_t source_bytes = 0; ///< the source's state, read before the first byte
    std::int64_t source_mtime_ns = 0;
    std::uint64_t source_inode = 0;
};

/// What a part made, durable before any of its files gets its final name. A text file of canonical JSON lines: header,
/// folders, entries sorted by key as bytes, and its own SHA-256 as last line. At most 10,000 entries, so it is read
/// whole.
struct Ledger {
    std::string marker;
    std::string nonce;
    std::string from_key; ///< percent-encoded, as in the part's row
    std::string to_key;
    std::vector<std::string> folders; ///< keys that were absent, outermost first
    std::vector<LedgerEntry> entries;
};

/// Written durably, mode 0600. Returns its digest.
Result<std::string> write_ledger(const std::string& path, const Ledger& ledger);
struct StoredLedger {
    Ledger ledger;
    std::string digest;
};
/// Kind `corrupt` when it is incomplete or its digest does not hold.
Result<StoredLedger> read_ledger(const std::string& path);

/// `godwit-<plan12>`: what the markers of all steps of a plan begin with.
std::string plan_part(const std::string& marker);
std::string ledger_path(const std::string& run_files, const std::string& marker, const std::string& nonce);
/// The nonces of every ledger of a marker that lies there.
Result<std::vector<std::string>> stored_nonces(const std::string& run_files, const std::string& marker);

} // namespace godwit::transfer
