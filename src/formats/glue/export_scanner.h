#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace godwit::glue {

enum class EntryKind { database, table, partition };

/// `DatabaseList`, `TableList`, `Partitions`: the key that the list stands under.
std::string_view list_name(EntryKind kind);

/// One element of a list, as the file spells it.
struct RawEntry {
    EntryKind kind = EntryKind::table;
    std::uint64_t index = 0;  ///< within its list, from 0
    std::uint64_t offset = 0; ///< of its first byte in the file
    std::string_view text;    ///< JSON, not parsed yet; valid during the call. Empty: larger than the limit
};

struct ScanOutcome {
    std::uint64_t entries = 0;
    std::uint64_t lists = 0; ///< known keys that were found, empty lists included
    bool continued = false;  ///< a NextToken stands in the last document: more pages exist
    /// Why reading stopped before the end; what came before it was handed out. The error names the byte.
    std::optional<Error> problem;
};

struct ScanLimits {
    /// Far above what Glue allows, and small enough that facts made of an entry stay below the limits of JSON.
    std::size_t entry_bytes = std::size_t{4} << 20;
};

/// Splits what the AWS command line prints into entries, in constant memory: one JSON object, or several one after
/// another (pages that were appended to one file). The entries' own JSON is left to the caller. An error of `visit`
/// ends the scan and is returned; an error of the file is part of the outcome.
Result<ScanOutcome> scan_export(ByteSource& source, const std::function<Status(const RawEntry&)>& visit,
                                const ScanLimits& limits = {});

} // namespace godwit::glue
