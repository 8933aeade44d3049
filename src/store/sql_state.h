#pragma once

#include "store/leases.h"
#include "store/migrations.h"
#include "store/transaction.h"
#include "store/writer.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

/// Internal to src/store: the interface of store/state.h over any `Database`.
namespace godwit::store {

/// Connections for reading, each used by one thread at a time.
class Readers {
public:
    explicit Readers(Database& database) : database_(&database) {}

    /// Runs `question` on a connection of its own; once more where the server was gone.
    template <typename Answer>
    Answer ask(const std::function<Answer(Connection&)>& question) {
        auto connection = TRY(take());
        auto answer = question(*connection);
        if (connection->must_repeat()) {
            connection = TRY(database_->connect_for_reading());
            answer = question(*connection);
        }
        if (!connection->must_repeat())
            give_back(std::move(connection));
        return answer;
    }

private:
    Result<std::unique_ptr<Connection>> take();
    void give_back(std::unique_ptr<Connection> connection);

    Database* database_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Connection>> idle_;
};

class SqlState final : public State {
public:
    /// `migrations` are all that this program knows.
    static Result<std::unique_ptr<SqlState>> open(const StateLocation& location, Clock& clock, Random& random,
                                                  std::span<const Migration> migrations);
    SqlState(std::unique_ptr<Database> database, std::unique_ptr<Connection> writing, std::string owner, Clock& clock,
             std::int64_t version);
    SqlState(const SqlState&) = delete;
    SqlState& operator=(const SqlState&) = delete;
    ~SqlState() override;

    Result<Lease> acquire(std::string_view scope, std::string_view holder) override;
    Status release(const Lease& lease) override;
    Result<std::optional<std::string>> holder(std::string_view scope) override;
    Status confirm(const Lease& lease) override { return leases_.confirm(lease); }
    Status write(std::span<const Lease> standing_on, const std::function<Status(Transaction&)>& change) override;

    Result<std::vector<AssessmentRow>> assessments() override;
    Result<AssessmentRow> assessment(std::string_view id) override;
    Status each_resource(std::string_view assessment, const std::function<Status(const ResourceRow&)>& visit) override;
    Result<std::vector<ResourceRow>> resources(std::string_view assessment, std::string_view after_key,
                                               std::size_t limit) override;
    Status each_edge(std::string_view assessment, const std::function<Status(const EdgeRow&)>& visit) override;
    Status each_finding(std::string_view assessment, const std::function<Status(const FindingRow&)>& visit) override;
    Result<std::vector<FindingRow>> findings_of(std::string_view assessment, std::string_view resource) override;

    Result<std::vector<PlanRow>> plans() override;
    Result<std::optional<PlanRow>> plan(std::string_view digest) override;
    Result<std::string> step_line(std::string_view plan, std::string_view step) override;
    Result<std::vector<std::string>> dependants(std::string_view plan, std::string_view step) override;

    Result<std::vector<RunRow>> runs() override;
    Result<RunRow> run(std::string_view id) override;
    Result<std::optional<RunRow>> run_of_plan(std::string_view plan) override;

    Result<StepRow> step(std::string_view run, std::string_view step) override;
    Result<std::vector<StepRow>> steps(std::string_view run, std::span<const StepState> states,
                                       std::int64_t after_position, std::size_t limit) override;
    Result<std::vector<StepRow>> ready_steps(std::string_view run, std::size_t limit) override;
    Result<std::vector<StateCount>> count_steps(std::string_view run) override;

    Result<std::vector<PartRow>> parts(std::string_view run, std::string_view step) override;
    Result<std::optional<PinRow>> pin(std::string_view run, std::string_view resource) override;
    Result<std::optional<IdMapRow>> target_of(std::string_view source_key, std::string_view target_connection) override;
    Result<std::vector<ArtifactRow>> artifacts(std::string_view run) override;
    Result<std::vector<ValidationRow>> validations(std::string_view run, std::string_view step) override;
    Result<std::vector<EventRow>> events(std::string_view run, std::int64_t after_seq, std::size_t limit) override;
    Status drain_outbox(const Lease& plan_lease, std::string_view run) override;

    Status check_structure() override;
    Status check() override;
    Status backup(const std::string& file) override { return database_->backup(file); }
    std::int64_t schema_version() const override { return version_; }
    std::string run_files_folder() const override;

    /// Renews the leases where that is due. The renewing thread calls it; so do tests with a clock of their own.
    Status renew_leases();

private:
    template <typename Row>
    Result<std::vector<Row>> select_all(std::string_view condition, Values values) {
        return readers_.ask<Result<std::vector<Row>>>(
            [&](Connection& connection) { return select<Row>(connection, condition, values); });
    }
    template <typename Row>
    Result<std::optional<Row>> select_one(std::string_view condition, Values values) {
        auto rows = TRY(select_all<Row>(condition, std::move(values)));
        return rows.empty() ? std::nullopt : std::optional<Row>(std::move(rows[0]));
    }
    /// Visits the rows of one assessment and holds them against the digests of their batches.
    template <typename Stored>
    Status each_of(std::string_view kind, std::string_view assessment,
                   const std::function<Status(const Stored&)>& visit);
    Status check_dependencies(Connection& connection, std::string_view plan, std::span<const StepRow> steps);
    Status check_table(const Table& table);
    Status check_events(const std::string& run);
    Status check_waiting();
    Status check_dependency_counts();
    void keep_renewing();

    std::unique_ptr<Database> database_;
    Clock* clock_;
    std::int64_t version_;
    Readers readers_;
    Leases leases_;
    Worker worker_;
    std::unique_ptr<Writer> writer_;
    std::mutex mutex_;
    std::condition_variable stop_renewing_;
    bool stopping_ = false;
    std::thread renewing_; ///< PostgreSQL only
};

} // namespace godwit::store
