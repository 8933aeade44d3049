#include "store/migrations.h"

#include "base/digest.h"
#include "base/text.h"
#include "store/table.h"

#include <utility>

namespace godwit::store {

namespace {

// Every table has a `checksum` over all columns before it (store/table.h). `step.waiting` counts the dependencies that
// are not done: it follows from other rows, makes finding the ready steps quick, and is checked against those rows
// where it is used. Views are for people's own tools: no command reads them.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE assessment (
    id {text}, lane {text}, role {text}, connection {text}, header {text}, digest {text}, taken_at {integer},
    checksum {integer}, PRIMARY KEY (id)){strict};

CREATE TABLE batch (
    assessment {text} REFERENCES assessment (id), kind {text}, number {integer}, count {integer}, digest {integer},
    checksum {integer}, PRIMARY KEY (assessment, kind, number)){keyed};

CREATE TABLE resource (
    assessment {text} REFERENCES assessment (id), key {text}, type {text}, display {text}, body {text}, batch {integer},
    checksum {integer}, PRIMARY KEY (assessment, key)){strict};

CREATE TABLE edge (
    assessment {text} REFERENCES assessment (id), from_key {text}, to_key {text}, kind {text}, batch {integer},
    checksum {integer}, PRIMARY KEY (assessment, from_key, to_key, kind)){keyed};

CREATE TABLE finding (
    assessment {text} REFERENCES assessment (id), resource {text}, code {text}, number {integer}, severity {text},
    body {text}, batch {integer},
    checksum {integer}, PRIMARY KEY (assessment, resource, code, number)){strict};

CREATE TABLE plan (
    digest {text}, lane {text}, header {text}, steps {integer}, created_at {integer}, created_by {text},
    checksum {integer}, PRIMARY KEY (digest)){strict};

CREATE TABLE plan_step (
    plan {text} REFERENCES plan (digest), position {integer}, id {text}, kind {text}, resource {text}, action {text},
    dependencies {integer},
    checksum {integer}, PRIMARY KEY (plan, position)){keyed};
CREATE UNIQUE INDEX plan_step_by_id ON plan_step (plan, id);

CREATE TABLE step_body (
    plan {text} REFERENCES plan (digest), step {text}, line {text},
    checksum {integer}, PRIMARY KEY (plan, step)){strict};

CREATE TABLE step_dependency (
    plan {text} REFERENCES plan (digest), step {text}, depends_on {text},
    checksum {integer}, PRIMARY KEY (plan, step, depends_on)){keyed};
CREATE INDEX step_dependant ON step_dependency (plan, depends_on);

CREATE TABLE run (
    id {text}, plan {text} REFERENCES plan (digest), state {text}, started_at {integer}, changed_at {integer},
    options {text},
    checksum {integer}, PRIMARY KEY (id)){keyed};
CREATE UNIQUE INDEX run_open ON run (plan) WHERE state <> 'rolled_back';

CREATE TABLE step (
    run {text} REFERENCES run (id), step {text}, position {integer}, kind {text}, resource {text}, action {text},
    state {text}, skip_cause {text}, reason {text}, request_digest {text}, call_deadline {integer}, before_image {text}, target_id {text},
    result {text}, error {text}, outcome {text}, waiver {text}, attempts {integer}, changed_at {integer},
    checksum {integer}, waiting {integer} DEFAULT 0, PRIMARY KEY (run, step)){keyed};
CREATE INDEX step_by_position ON step (run, position);
CREATE INDEX step_by_state ON step (run, state, position);
CREATE INDEX step_ready ON step (run, position) WHERE state = 'planned' AND waiting = 0;

CREATE TABLE part (
    run {text}, step {text}, from_key {text}, to_key {text}, nonce {text}, state {text}, ledger_digest {text},
    objects {integer}, bytes {integer}, changed_at {integer},
    checksum {integer}, PRIMARY KEY (run, step, from_key), FOREIGN KEY (run, step) REFERENCES step (run, step)){keyed};

CREATE TABLE pin (
    run {text} REFERENCES run (id), resource {text}, round {integer}, fingerprint {text}, pinned_at {integer},
    checksum {integer}, PRIMARY KEY (run, resource, round)){keyed};

CREATE TABLE id_map (
    source_key {text}, target_connection {text}, target_id {text}, origin {text}, run {text},
    checksum {integer}, PRIMARY KEY (source_key, target_connection)){keyed};

CREATE TABLE artifact (
    run {text} REFERENCES run (id), step {text}, path {text}, digest {text}, bytes {integer},
    checksum {integer}, PRIMARY KEY (run, step, path)){keyed};

CREATE TABLE validation (
    run {text} REFERENCES run (id), step {text}, number {integer}, resource {text}, what {text}, outcome {text},
    detail {text},
    checksum {integer}, PRIMARY KEY (run, step, number)){keyed};

CREATE TABLE outbox (
    run {text} REFERENCES run (id), time {integer}, worker {text}, number {integer}, step {text}, type {text},
    level {text}, data {text},
    checksum {integer}, PRIMARY KEY (run, time, worker, number)){keyed};

CREATE TABLE event (
    run {text} REFERENCES run (id), seq {integer}, time {integer}, step {text}, type {text}, level {text}, data {text},
    chain {text},
    checksum {integer}, PRIMARY KEY (run, seq)){keyed};

CREATE TABLE lease (
    scope {text}, owner {text}, generation {integer}, expires_at {integer}, holder {text},
    checksum {integer}, PRIMARY KEY (scope)){keyed};

CREATE VIEW assessments AS
SELECT id, lane, role, connection, {time:taken_at} AS taken_at,
       (SELECT count(*) FROM resource r WHERE r.assessment = a.id) AS resources,
       (SELECT count(*) FROM finding f WHERE f.assessment = a.id AND f.severity = 'blocking') AS blocking,
       (SELECT count(*) FROM finding f WHERE f.assessment = a.id AND f.severity = 'warning') AS warnings
FROM assessment a;

CREATE VIEW tables AS
SELECT assessment, key, display, body FROM resource WHERE type = 'table';

CREATE VIEW migration_jobs AS
SELECT r.id AS run, r.plan, p.lane, r.state, {time:r.started_at} AS started_at, {time:r.changed_at} AS changed_at, p.steps,
       (SELECT count(*) FROM step s WHERE s.run = r.id AND s.state = 'done') AS done,
       (SELECT count(*) FROM step s WHERE s.run = r.id AND s.state IN ('failed', 'broken', 'stuck', 'undo_failed')) AS failed
FROM run r JOIN plan p ON p.digest = r.plan;

CREATE VIEW validation_results AS
SELECT run, step, resource, what, outcome, detail FROM validation;
)sql";

constexpr Migration kMigrations[] = {{1, kFirst}};

constexpr std::string_view kVersionTable =
    "CREATE TABLE IF NOT EXISTS schema_version (version {integer}, migrated_at {integer}, definitions {text}, "
    "PRIMARY KEY (version)){keyed}";

/// What only PostgreSQL needs: the clock, which SQLite connections bring themselves, and the number of the last commit
/// of each writing process, by which a lost answer to COMMIT is looked up.
constexpr std::string_view kPostgresOnly = R"sql(
CREATE OR REPLACE FUNCTION now_micros() RETURNS BIGINT LANGUAGE SQL VOLATILE AS
    $$ SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT $$;
CREATE TABLE IF NOT EXISTS commit_token (
    writer TEXT PRIMARY KEY, number BIGINT NOT NULL, used_at TIMESTAMPTZ NOT NULL DEFAULT now());
DELETE FROM commit_token WHERE used_at < now() - INTERVAL '30 days';
)sql";

Result<std::string> digest_of_definitions(Connection& connection, StateLocation::Kind kind) {
    if (kind == StateLocation::Kind::postgresql)
        return std::string("kept by the server");
    Sha256 digest;
    for (const auto& row : TRY(connection.query("SELECT type, name, tbl_name, sql FROM sqlite_schema "
                                                "WHERE sql IS NOT NULL ORDER BY name, type"))) {
        for (const auto& value : row) {
            const auto* text = std::get_if<std::string>(&value);
            digest.update(text == nullptr ? "\n" : std::to_string(text->size()) + ":" + *text);
        }
    }
    return hex(digest.finish());
}

Error newer_schema(std::int64_t found, std::int64_t known) {
    return Error::make(ErrorKind::unsupported, "the state database was written by a newer version of Godwit")
        .why("its schema has version " + std::to_string(found) + ", this program knows up to " + std::to_string(known))
        .fix("use the newer version, or restore the backup that it made before it migrated the database");
}

Status migrate_in_transaction(Connection& connection, StateLocation::Kind kind, std::span<const Migration> migrations) {
    TRY(connection.lock_for_migration());
    TRY(connection.execute_script(expand_dialect(kVersionTable, kind)));
    if (kind == StateLocation::Kind::postgresql)
        TRY(connection.execute_script(kPostgresOnly));
    const auto present = TRY(query_int64(connection, "SELECT COALESCE(MAX(version), 0) FROM schema_version"));
    if (present > migrations.back().version)
        return newer_schema(present, migrations.back().version);
    for (const auto& migration : migrations) {
        if (migration.version <= present)
            continue;
        TRY(connection.execute_script(expand_dialect(migration.sql, kind)));
        const auto migrated_at = TRY(database_time(connection));
        const auto definitions = TRY(digest_of_definitions(connection, kind));
        const Value values[] = {migration.version, migrated_at, definitions};
        TRY(connection.execute("INSERT INTO schema_version (version, migrated_at, definitions) VALUES (?, ?, ?)",
                               values));
    }
    return {};
}

} // namespace

std::span<const Migration> all_migrations() { return kMigrations; }

Result<std::int64_t> schema_version(Connection& connection, StateLocation::Kind kind) {
    const auto found =
        kind == StateLocation::Kind::sqlite
            ? TRY(query_int64(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'"))
            : TRY(query_int64(connection, "SELECT count(*) FROM pg_tables WHERE tablename = "
                                          "'schema_version' AND schemaname = current_schema()"));
    return found == 0 ? 0 : TRY(query_int64(connection, "SELECT COALESCE(MAX(version), 0) FROM schema_version"));
}

Status migrate(Connection& connection, StateLocation::Kind kind, std::span<const Migration> migrations) {
    TRY(connection.begin());
    auto migrated = migrate_in_transaction(connection, kind, migrations);
    if (migrated.is_error()) {
        connection.rollback();
        return migrated;
    }
    return connection.commit();
}

Status check_schema(Connection& connection, StateLocation::Kind kind) {
    const auto recorded = TRY(connection.query("SELECT definitions FROM schema_version ORDER BY version DESC LIMIT 1"));
    const Values present = {TRY(digest_of_definitions(connection, kind))};
    if (recorded.size() != 1 || recorded[0] != present)
        return damaged("the definition of a table, index or view is not the one that was made");
    return {};
}

} // namespace godwit::store
