#pragma once

#include "core/lane.h"
#include "lanes/lakehouse/lakehouse_run.h"
#include "transfer/copy_files.h"

#include <memory>
#include <string_view>

/// The step kinds of this lane, by name; each has a file of its own.
namespace godwit::lakehouse {

namespace kind {
inline constexpr std::string_view kCreateNamespace = "lakehouse.create-namespace";
inline constexpr std::string_view kCopyFiles = "lakehouse.copy-files"; ///< Iceberg: what no path stands in
inline constexpr std::string_view kCompareFiles = "lakehouse.compare-files";
inline constexpr std::string_view kRelocateMetadata = "lakehouse.relocate-metadata"; ///< Iceberg: what paths stand in
inline constexpr std::string_view kCheckMetadata = "lakehouse.check-metadata";
inline constexpr std::string_view kCopyTable = "lakehouse.copy-table"; ///< Parquet: the data files
inline constexpr std::string_view kCompareTable = "lakehouse.compare-table";
inline constexpr std::string_view kDescribeTable = "lakehouse.describe-table"; ///< Parquet: metadata over them
inline constexpr std::string_view kConvertTable = "lakehouse.convert-table";   ///< CSV: rewritten to Parquet
inline constexpr std::string_view kCompareRows = "lakehouse.compare-rows";
inline constexpr std::string_view kRegisterTable = "lakehouse.register-table";
inline constexpr std::string_view kCheckTable = "lakehouse.check-table"; ///< as the catalogue shows it
} // namespace kind

std::unique_ptr<core::StepKind> make_create_namespace(Ends& ends);
std::unique_ptr<core::StepKind> make_relocate_metadata(Ends& ends);
std::unique_ptr<core::StepKind> make_check_metadata(Ends& ends);
std::unique_ptr<core::StepKind> make_describe_table(Ends& ends);
std::unique_ptr<core::StepKind> make_convert_table(Ends& ends);
std::unique_ptr<core::StepKind> make_compare_rows(Ends& ends);
std::unique_ptr<core::StepKind> make_register_table(Ends& ends);
std::unique_ptr<core::StepKind> make_check_table(Ends& ends);

/// What is copied of a relocated Iceberg table: data files, equality deletes, statistics.
std::unique_ptr<transfer::CopyPlanner> make_iceberg_files(Ends& ends);
/// What is copied of a table that is taken over in place.
std::unique_ptr<transfer::CopyPlanner> make_table_files(Ends& ends);

/// The present fingerprint of a source table in the form of TableFacts::fingerprint.
Result<std::string> table_fingerprint(const Ends& ends, core::StepContext& context);

} // namespace godwit::lakehouse
