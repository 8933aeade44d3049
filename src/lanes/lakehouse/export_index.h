#pragma once

#include "base/clock.h"
#include "lanes/lakehouse/export_reader.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

namespace godwit::lakehouse {

/// The entries of an export sorted by table, in temporary files: a table is found without reading the others. Memory
/// does not grow with the export. Several threads may visit at the same time.
class ExportIndex {
public:
    static Result<ExportIndex> build(const std::string& folder, const std::string& account, std::stop_token stop);

    /// False: there is no such table.
    Result<bool> visit(const std::string& catalogue, const std::string& database, const std::string& table,
                       const TableVisitor& visitor) const;
    std::uint64_t tables() const { return count_; }

private:
    struct Position {
        std::uint64_t table = 0;
        std::uint64_t partitions = 0;
    };
    class Builder;
    ExportIndex() = default;
    Result<Position> position(std::uint64_t number) const;
    Result<std::uint64_t> lower_bound(const std::string& key) const;

    std::string account_;
    std::uint64_t count_ = 0;
    std::shared_ptr<const File> positions_; ///< one Position for each table, in order of keys
    std::shared_ptr<const File> tables_;
    std::shared_ptr<const File> partitions_;
};

/// The index of a run's export: made when it is first asked for, and made again once the export's files have changed.
/// Thread-safe.
///
/// Looking at the files costs more the more there are, so it is done at most once in kLookInterval: a change counts
/// that much later at the latest.
class RunExport {
public:
    static constexpr std::chrono::seconds kLookInterval{1};

    RunExport(std::string folder, std::string account, Clock& clock)
        : folder_(std::move(folder)), account_(std::move(account)), clock_(&clock) {}

    Result<std::shared_ptr<const ExportIndex>> index(std::stop_token stop);

private:
    std::string folder_;
    std::string account_;
    Clock* clock_;
    std::mutex mutex_;
    std::shared_ptr<const ExportIndex> index_;
    std::string state_;
    std::chrono::nanoseconds looked_{};
};

} // namespace godwit::lakehouse
