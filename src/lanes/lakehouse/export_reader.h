#pragma once

#include "base/result.h"
#include "formats/glue/entries.h"
#include "formats/glue/export_scanner.h"
#include "lanes/lakehouse/facts.h"
#include "lanes/lakehouse/sorted_spill.h"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace godwit::lakehouse {

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

using TableVisitor =
    std::function<Status(const glue::Table& table, std::uint64_t duplicates, PartitionCursor& partitions)>;

/// Under what an entry is sorted: its names, each percent-encoded, so that keys sort by their parts.
std::string entry_key(std::initializer_list<std::string_view> names);

/// Takes one table off `tables` (entries sorted by key, at least one) and its partitions off `partitions`, whose next
/// one belongs to it or to a later table. `account` stands for a CatalogId that an entry lacks.
Status take_table(RecordStream& tables, RecordStream& partitions, const std::string& account,
                  const TableVisitor& visit);

/// Takes entries in the order of their tables, unparsed.
class EntrySink {
public:
    virtual ~EntrySink() = default;
    /// The entry of a table; several of one key follow each other.
    virtual Status table(const SpillRecord& entry) = 0;
    /// Of the table that came last.
    virtual Status partition(const SpillRecord& entry) = 0;
};

/// Reads an export and joins its files: entries are sorted on disk, so that memory holds one entry and one block of the
/// sorter, whatever the size of the export.
class ExportReader {
public:
    /// Reads every file. `account` stands for a CatalogId that an entry lacks.
    static Result<ExportReader> read(const std::string& folder, const std::string& account, std::stop_token stop);

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
    /// Instead of `walk`.
    Status drain(EntrySink& sink);
    std::uint64_t orphan_partitions() const { return orphans_; }
    const std::string& orphan_example() const { return orphan_example_; } ///< for people

private:
    explicit ExportReader(std::string account);
    Status read_file(const std::string& folder, const std::string& file);
    Status take(const glue::RawEntry& entry, ExportFileFacts& facts, std::string& group);
    Status spill(const glue::RawEntry& entry, const Json& json, std::string& group);
    Status count_continued_pages();
    const std::string& catalogue_or_account(const std::string& catalogue) const;
    Status visit_database(EstateVisitor& visitor, const std::string& key);
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
