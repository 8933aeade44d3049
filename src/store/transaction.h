#pragma once

#include "store/row_codec.h"

#include <atomic>
#include <cstdint>
#include <span>
#include <string>

/// Internal to src/store: the writes of the interface, as statements on one connection.
namespace godwit::store {

/// What a process adds to each event that it puts into the outbox.
struct Worker {
    std::string name;
    std::atomic<std::int64_t> number = 0;
};

class SqlTransaction final : public Transaction {
public:
    SqlTransaction(Connection& connection, std::span<const Lease> standing_on, Worker& worker)
        : connection_(&connection), standing_on_(standing_on), worker_(&worker) {}

    Status insert(const AssessmentRow& row) override;
    Status insert(std::string_view assessment, std::span<const ResourceRow> rows) override;
    Status insert(std::string_view assessment, std::span<const EdgeRow> rows) override;
    Status insert(std::string_view assessment, std::span<const FindingRow> rows) override;
    Status finish_assessment(std::string_view assessment, std::string_view header, std::string_view digest) override;
    Status insert(const PlanRow& row) override;
    Status insert(std::string_view plan, std::span<const PlanStepRow> rows) override;
    Status insert(const RunRow& row) override;
    Status change_run(const RunRow& before, RunState to) override;
    Status change_step(const StepRow& before, const StepRow& after) override;
    Status insert(const PartRow& row) override;
    Status change_part(const PartRow& before, const PartRow& after) override;
    Status insert(const PinRow& row) override;
    Status put(const IdMapRow& row) override;
    Status remove_id(std::string_view source_key, std::string_view target_connection) override;
    Status insert(const ArtifactRow& row) override;
    Status clear_validations(std::string_view run, std::string_view step) override;
    Status insert(const ValidationRow& row) override;
    Status emit(const EventRow& event) override;
    Result<std::optional<RunRow>> run_of_plan(std::string_view plan) override;
    Result<StepRow> step(std::string_view run, std::string_view step) override;

    /// Moves at most `limit` events of the outbox to `event`; the number moved.
    Result<std::size_t> drain_outbox(std::string_view run, std::size_t limit);

private:
    bool stands_on_a_plan() const;
    Status append(EventRow event);
    Result<Micros> now() { return database_time(*connection_); }

    Connection* connection_;
    std::span<const Lease> standing_on_;
    Worker* worker_;
};

// Reads that both a transaction and the interface for reading offer.
Result<std::optional<RunRow>> read_run_of_plan(Connection& connection, std::string_view plan);
Result<StepRow> read_step(Connection& connection, std::string_view run, std::string_view step);

Error missing(std::string_view what, std::string_view name);

} // namespace godwit::store
