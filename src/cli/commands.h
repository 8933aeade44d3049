#pragma once

#include "cli/session.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// One function per command; each lies in the file of its name (`run list` in run_list.cc) and gives the exit code.
namespace godwit::cli {

struct AssessArguments {
    std::string lane;
    core::Options source;      ///< empty: no source is assessed
    core::Options target;      ///< empty: no target is assessed
    std::string output_folder; ///< for reports; empty: none
};
Result<int> run_assess(Session& session, const AssessArguments& arguments);

struct FindingsArguments {
    std::string lane = "lakehouse";
    std::string role = "source";
    std::string assessment; ///< empty: the newest
    std::string code;       ///< empty: all
    std::string severity;   ///< empty: all
};
Result<int> run_findings(Session& session, const FindingsArguments& arguments);

struct PlanCreateArguments {
    std::string lane = "lakehouse";
    std::string source; ///< assessment; empty: the newest
    std::string target;
    std::string file = "plan.jsonl";
    core::Options options;
    std::vector<std::string> waivers; ///< CODE=RESOURCE=REASON
};
Result<int> run_plan_create(Session& session, const PlanCreateArguments& arguments);
Result<int> run_plan_show(Session& session, const std::string& file);

struct ApplyArguments {
    std::string file;
    std::optional<std::string> digest;
    bool takes_over = false;
};
Result<int> run_apply(Session& session, const ApplyArguments& arguments);

struct RunArguments {
    std::string run; ///< id or an unambiguous beginning of it
    std::optional<std::string> replace;
    std::string step;
    std::string decision; ///< of resolve: look, adopt, forget, undo
    std::string reason;   ///< of accept
    std::uint64_t most = 0;
    bool dry_run = false;
    bool takes_over = false;    ///< core::Unrecorded::take_over
    bool leaves_others = false; ///< core::Unrecorded::leave
    std::string steps;          ///< of show: which steps are listed; empty: none
};
Result<int> run_run_list(Session& session);
Result<int> run_run_show(Session& session, const RunArguments& arguments);
Result<int> run_run_resume(Session& session, const RunArguments& arguments);
Result<int> run_run_rollback(Session& session, const RunArguments& arguments);
Result<int> run_run_resolve(Session& session, const RunArguments& arguments);
Result<int> run_run_accept(Session& session, const RunArguments& arguments);
Result<int> run_verify(Session& session, const RunArguments& arguments);

struct CertificateArguments {
    std::string run;
    std::string file; ///< empty: standard output
    std::string html; ///< the same for people; empty: not written
};
Result<int> run_certificate(Session& session, const CertificateArguments& arguments);

struct QueryArguments {
    std::string sql;
    std::string catalog; ///< URL
};
Result<int> run_query(Session& session, const QueryArguments& arguments);

struct CatalogArguments {
    std::string warehouse;
    std::string database;
    std::vector<std::string> roots;
    std::string address = "127.0.0.1";
    std::string allow_beyond_loopback;
    std::vector<std::string> hosts;
    std::uint16_t port = 8181;
    std::string port_file; ///< the endpoint is written there once it listens
};
Result<int> run_catalog_serve(Session& session, const CatalogArguments& arguments);
Result<int> run_catalog_dump(Session& session, const std::string& database);

Result<int> run_db_check(Session& session);
Result<int> run_db_backup(Session& session, const std::string& file);
Result<int> run_db_migrate(Session& session);
Result<int> run_lanes_list(Session& session);
Result<int> run_fault_points(Session& session);

} // namespace godwit::cli
