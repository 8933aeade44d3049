#pragma once

#include "base/result.h"
#include "clients/location.h"
#include "core/lane.h"

#include <string>
#include <string_view>
#include <vector>

namespace godwit::lakehouse {

/// What a person says of a source, checked and completed.
///   --export DIR        what the AWS command line printed, with DIR/godwit-export.json for what is not said here
///   --metadata FILE     one Iceberg table that no catalogue knows; --table DATABASE.NAME names it
///   --map PREFIX=FOLDER repeatable; the longest prefix wins
///   --account, --region of the export
struct SourceOptions {
    enum class Kind { glue_export, iceberg_metadata };
    Kind kind = Kind::glue_export;
    std::string folder; ///< of the export; canonical path
    std::string account;
    std::string region;
    std::string metadata_file;     ///< canonical path
    std::string metadata_location; ///< as the table's own paths would spell it
    std::string table_uuid;
    std::string database; ///< metadata mode: the names that the table gets
    std::string table;
    clients::PrefixMap map; ///< folders as canonical paths

    /// Canonical JSON: {"account","kind","region"} or {"kind","table_uuid"}.
    std::string identity() const;
    /// Canonical JSON: everything above, so that the source can be opened again.
    std::string reference() const;
    /// The first parts of every resource key: account and region, or "iceberg" and the uuid.
    std::vector<std::string> key_parts() const;
};

/// Errors are usage errors that name the option.
Result<SourceOptions> read_source_options(const core::Options& options);
/// What `reference` holds; reads no file.
Result<SourceOptions> source_from_reference(std::string_view reference);
/// Whether its folders can be reached now.
Status require_source(const SourceOptions& source);

} // namespace godwit::lakehouse
