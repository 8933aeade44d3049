#pragma once

#include "base/file.h"
#include "base/result.h"
#include "clients/location.h"
#include "formats/glue/entries.h"
#include "formats/glue/export_scanner.h"
#include "lanes/lakehouse/facts.h"
#include "lanes/lakehouse/sorted_spill.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace godwit::lakehouse {

/// Beside the exported files: what the files themselves do not say. `map` is an object of prefix to folder; folders are
/// relative to the export.
inline constexpr std::string_view kExportSettingsFile = "godwit-export.json";

struct ExportSettings {
    std::string account;
    std::string region;
    std::vector<std::pair<std::string, std::string>> maps; ///< prefix and absolute folder
};

/// Empty where the file is absent; an error where it is broken or has a field that nobody knows.
Result<ExportSettings> read_export_settings(const std::string& folder);

/// Every `*.json` below the folder but the settings, as paths relative to it, sorted; symbolic links are followed by no
/// one.
Result<std::vector<std::string>> export_files(const std::string& folder);

/// The first CatalogId in the export, or nothing.
Result<std::optional<std::string>> first_catalogue(const std::string& folder);

/// The partitions of one table, in order of their encoded values, each set of values once.
class PartitionCursor {
public:
    virtual ~PartitionCursor() = default;
    virtual Result<std::optional<glue::Partition>> next() = 0;
    /// Entries with values that came before.
    virtual std::uint64_t duplicates() const = 0;
};

/// What an export holds, in order of catalogue, database and table.
class EstateVisitor {
public:
    virtual ~EstateVisitor() = default;
    /// `declared` is null for a database that only its tables name.
    virtual Status begin_database(const std::string& catalogue, const std::string& name,
                                  const glue::Database* declared) = 0;
    /// `duplicates`: further entries of the same table; the newest is the one given.
    virtual Status table(const glue::Table& table, std::uint64_t duplicates, PartitionCursor& partitions) = 0;
    virtual Status end_database() = 0;
};

/// Reads an export and joins its files: entries are sorted on disk, so that memory holds one entry and one block of the
/// sorter, whatever the size of the export.
class ExportReader {
public:
    /// Reads every file. `account` stands for a CatalogId that an entry lacks. `scratch` holds temporary files.
    static Result<ExportReader> read(const std::string& folder, const std::string& account, const std::string& scratch,
                                     std::stop_token stop);

    struct Problem {
        std::string path; ///< below the export, as the file system has it
        ExportFileFacts facts;
    };
    /// Files that are unreadable, broken, unknown, or hold entries that were refused.
    const std::vector<Problem>& problems() const { return problems_; }
    std::uint64_t files() const { return files_; }
    std::uint64_t continued_pages() const { return continued_pages_; }

    /// Once. Partitions whose table is missing are counted, not visited.
    Status walk(EstateVisitor& visitor);
    std::uint64_t orphan_partitions() const { return orphans_; }
    const std::string& orphan_example() const { return orphan_example_; } ///< for people

private:
    class Cursor;
    ExportReader(std::string account, const std::string& scratch);
    Status read_file(const std::string& folder, const std::string& file);
    Status take(const glue::RawEntry& entry, ExportFileFacts& facts, std::string& group);
    Status spill(const glue::RawEntry& entry, const Json& json, std::string& group);
    Status count_continued_pages();
    std::string key(const std::string& catalogue, std::initializer_list<std::string_view> names) const;
    Status visit_database(EstateVisitor& visitor, const std::string& key);
    Status visit_table(EstateVisitor& visitor);
    Status skip_orphans(const std::string* table_key);

    std::string account_;
    SortedSpill databases_;
    SortedSpill tables_;
    SortedSpill partitions_;
    SortedSpill pages_;
    std::vector<Problem> problems_;
    std::uint64_t files_ = 0;
    std::uint64_t continued_pages_ = 0;
    std::uint64_t orphans_ = 0;
    std::string orphan_example_;
};

} // namespace godwit::lakehouse
