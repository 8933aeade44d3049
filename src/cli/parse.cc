#include "cli/parse.h"

#include "base/text.h"
#include "cli/command_tree.h"
#include "cli/commands.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <list>
#include <memory>
#include <optional>
#include <ostream>
#include <string_view>

namespace godwit::cli {

namespace {

constexpr const char* kDescription =
    "Godwit moves estates: assess, plan, apply, verify, roll back.\n\n"
    "  godwit assess lakehouse --export DIR --map s3://bucket=FOLDER --warehouse FOLDER --catalog URL\n"
    "  godwit plan create --out plan.jsonl\n"
    "  godwit apply plan.jsonl\n"
    "  godwit run rollback RUN";

/// The options of a lane as the command line gives them: values land here while CLI11 parses.
struct LaneOptionValues {
    std::list<std::pair<std::string, std::vector<std::string>>> values; ///< a list: CLI11 keeps addresses
    std::list<std::pair<std::string, bool>> switches;

    void add_to(CLI::App& app, std::span<const core::OptionText> options) {
        for (const auto& option : options) {
            const auto name = "--" + std::string(option.name);
            if (option.value.empty()) {
                auto& target = switches.emplace_back(option.name, false);
                app.add_flag(name, target.second, std::string(option.help));
                continue;
            }
            auto& target = values.emplace_back(option.name, std::vector<std::string>());
            auto* added =
                app.add_option(name, target.second, std::string(option.help))->type_name(std::string(option.value));
            added->allow_extra_args(false);
            added->expected(option.repeatable ? 0 : 1, option.repeatable ? 1 << 20 : 1);
            if (option.repeatable)
                added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        }
    }

    core::Options options() const {
        core::Options result;
        for (const auto& [name, texts] : values)
            for (const auto& text : texts)
                result.emplace(name, text);
        for (const auto& [name, is_set] : switches)
            if (is_set)
                result.emplace(name, "true");
        return result;
    }
};

/// What is given with an option, seen before the command line is understood. `joint` stands between the two where they
/// are one word.
std::optional<std::string> value_of(const std::vector<std::string>& arguments, const std::string& option,
                                    std::string_view joint) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == option && i + 1 < arguments.size())
            return arguments[i + 1];
        if (const auto begin = option + std::string(joint); arguments[i] != option && arguments[i].starts_with(begin))
            return arguments[i].substr(begin.size());
    }
    return std::nullopt;
}

std::vector<std::string> step_choices() {
    std::vector<std::string> choices{"all", "open"};
    for (const auto& transition : store::step_transitions())
        for (const auto state : {transition.from, transition.to})
            if (const std::string name(store::to_string(state)); std::ranges::find(choices, name) == choices.end())
                choices.push_back(name);
    return choices;
}

class Parser {
public:
    /// `arguments` are looked at for the lane whose options `plan create` takes.
    Parser(const core::LaneRegistry& lanes, const std::vector<std::string>& arguments) : lanes_(&lanes) {
        // Which options there are depends on the lane, so its name is needed first.
        plan_.lane = value_of(arguments, "--lane", "=").value_or(plan_.lane);
        app_.name("godwit");
        app_.require_subcommand(0, 1);
        app_.fallthrough();
        app_.set_version_flag("--version", "godwit " GODWIT_VERSION);
        add_global_options();
        add_assess();
        add_plan();
        add_runs();
        add_catalog();
        add_the_rest();
        show_defaults(app_);
    }

    Result<Invocation> parse(std::vector<std::string> arguments) {
        std::reverse(arguments.begin(), arguments.end()); // CLI11 takes them from the back
        try {
            app_.parse(std::move(arguments));
        } catch (const CLI::CallForHelp&) {
            return Invocation{{}, {}, help_of(deepest()), 0};
        } catch (const CLI::CallForVersion&) {
            return Invocation{{}, {}, "godwit " GODWIT_VERSION "\n", 0};
        } catch (const CLI::ParseError& error) {
            return not_understood(error.what());
        }
        if (!run_)
            return Invocation{{}, {}, help_of(deepest()), 2};
        global_.logs_runs = app_.count("--log-level") + app_.count("--log-format") > 0;
        return Invocation{global_, run_, {}, 0};
    }

private:
    using Handler = std::function<Result<int>(Session&)>;

    CLI::App& deepest() {
        auto* app = &app_;
        while (!app->get_subcommands().empty())
            app = app->get_subcommands().front();
        return *app;
    }

    /// A word that nothing takes is more likely the cause than what CLI11 misses first.
    Error not_understood(std::string why) {
        const auto& at = deepest();
        std::string fix = "see `" + path_of(at) + " --help`";
        for (const auto& word : app_.remaining(true)) {
            why = "'" + printable(word) + "' is " + (word.starts_with("-") ? "no option" : "not expected") + " of `" +
                  path_of(at) + "`";
            if (const auto meant = nearest_word(at, word); !meant.empty())
                fix = "did you mean `" + meant + "`? Else " + fix;
            break;
        }
        return Error::make(ErrorKind::usage, "the command line cannot be understood")
            .why(std::move(why))
            .fix(std::move(fix));
    }

    CLI::App& command(CLI::App& parent, const std::string& name, const std::string& help, Handler handler) {
        auto* added = parent.add_subcommand(name, help);
        added->fallthrough();
        added->callback([this, handler = std::move(handler)] { run_ = handler; });
        return *added;
    }

    CLI::App& group(const std::string& name, const std::string& help) {
        auto* added = app_.add_subcommand(name, help);
        added->require_subcommand(0, 1);
        added->fallthrough();
        return *added;
    }

    void add_global_options() {
        app_.description(kDescription);
        app_.add_option("--state", global_.state,
                        "the state database: FILE, sqlite:FILE or postgresql://USER@HOST/DATABASE; without it "
                        "$XDG_STATE_HOME/godwit/state.db, else ~/.local/state/godwit/state.db")
            ->type_name("PLACE");
        app_.add_option("--run-files", global_.run_files,
                        "for apply: the folder for ledgers and rejects, which the run remembers; without it beside the "
                        "state file. PostgreSQL needs one that every worker reaches")
            ->type_name("FOLDER");
        app_.add_option_function<std::string>(
                "-o,--output",
                [this](const std::string& text) { global_.output = text == "json" ? Output::json : Output::text; },
                "what is printed: for people, or JSON, one document or one in each line; errors too")
            ->default_str("text")
            ->check(CLI::IsMember({"text", "json"}));
        app_.add_option("--progress", global_.progress,
                        "on standard error while a run goes on: lines, with a status line below them on a terminal "
                        "(auto); lines (plain); JSON in lines (json); nothing (none)")
            ->check(CLI::IsMember({"auto", "plain", "json", "none"}));
        app_.add_option(
                "--log-level", global_.log_level,
                "the least level that is logged, on standard error. What a run comes to is logged where this or "
                "--log-format is given; else only --progress tells it")
            ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
        app_.add_option("--log-format", global_.log_format, "how a line of the log looks")
            ->check(CLI::IsMember({"text", "json"}));
        app_.add_option("--api-workers", global_.workers.api, "calls of the catalogue at the same time")
            ->type_name("1-64")
            ->check(CLI::Range(1, 64).description(""));
        app_.add_option("--transfer-workers", global_.workers.transfer, "copies at the same time")
            ->type_name("1-64")
            ->check(CLI::Range(1, 64).description(""));
        app_.add_option("--cpu-workers", global_.workers.cpu, "conversions at the same time")
            ->type_name("1-64")
            ->check(CLI::Range(1, 64).description(""));
    }

    void add_assess() {
        auto& assess = group("assess", "read a source and a target, and say what a move has to deal with");
        for (const auto& [name, lane] : lanes_->all()) {
            auto* source = &lane_values_.emplace_back();
            auto* target = &lane_values_.emplace_back();
            auto* folder = &texts_.emplace_back();
            auto& app = command(assess, name, "assess the lane " + name, [=, lane_name = name](Session& session) {
                return run_assess(session, {lane_name, source->options(), target->options(), *folder});
            });
            source->add_to(app, lane->options("source"));
            target->add_to(app, lane->options("target"));
            app.add_option("--output-dir", *folder,
                           "write the reports there: JSON, CSV, Markdown, HTML; without it none")
                ->type_name("FOLDER");
        }
        auto& findings = command(app_, "findings", "list the findings of an assessment",
                                 [this](Session& session) { return run_findings(session, findings_); });
        findings.add_option("--assessment", findings_.assessment, "its id; without it the newest")->type_name("ID");
        findings.add_option("--role", findings_.role, "which end was assessed")
            ->check(CLI::IsMember({"source", "target"}));
        findings.add_option("--lane", findings_.lane, "the lane; `godwit lanes list` has all")->type_name("NAME");
        findings.add_option("--code", findings_.code, "only this one, for instance LAKE-040")->type_name("CODE");
        findings.add_option("--severity", findings_.severity, "only these; without it all")
            ->check(CLI::IsMember({"info", "warning", "blocking"}));
    }

    void add_plan() {
        auto& plan = group("plan", "make and read plans");
        auto* values = &lane_values_.emplace_back();
        auto& create = command(plan, "create", "make a plan from two assessments; changes nothing",
                               [this, values](Session& session) {
                                   plan_.options = values->options();
                                   return run_plan_create(session, plan_);
                               });
        create.add_option("--lane", plan_.lane, "the lane; its own options stand below")->type_name("NAME");
        create.add_option("--assessment", plan_.source, "of the source; without it the newest")->type_name("ID");
        create.add_option("--target-assessment", plan_.target, "of the target; without it the newest")->type_name("ID");
        create.add_option("--out", plan_.file, "the plan file; FILE.sha256 is written beside it")->type_name("FILE");
        create
            .add_option(
                "--waive", plan_.waivers,
                "goes on although a finding or an outcome says no; repeatable. RESOURCE is the key that `godwit "
                "findings` prints. Up to three differences: VERIFY-DIFFERENT:3=RESOURCE=REASON")
            ->type_name("CODE=RESOURCE=REASON")
            ->allow_extra_args(false);
        if (const auto lane = lanes_->all().find(plan_.lane); lane != lanes_->all().end())
            values->add_to(create, lane->second->options("plan"));
        auto& show = command(plan, "show", "print a plan for people",
                             [this](Session& session) { return run_plan_show(session, plan_file_); });
        show.add_option("FILE", plan_file_, "the plan file")->required();
        auto& apply = command(app_, "apply", "do what a plan says",
                              [this](Session& session) { return run_apply(session, apply_); });
        apply.add_option("FILE", apply_.file, "the plan file")->required();
        apply
            .add_option("--digest", apply_.digest,
                        "the plan's SHA-256 as `plan create` printed it, where no FILE.sha256 lies beside the plan")
            ->type_name("HEX");
        apply.add_flag("--take-over", apply_.takes_over,
                       "take up what a run of this plan made whose state database is lost for good");
    }

    void add_runs() {
        auto& runs = group("run", "list, resume, roll back and decide about runs");
        command(runs, "list", "all runs, the newest first", [](Session& session) { return run_run_list(session); });
        const auto with_run = [&](CLI::App& parent, const std::string& name, const std::string& help,
                                  Result<int> (*handler)(Session&, const RunArguments&)) -> CLI::App& {
            auto& app =
                command(parent, name, help, [this, handler](Session& session) { return handler(session, runs_); });
            app.add_option("RUN", runs_.run, "the run's id, or the beginning of it")->required();
            return app;
        };
        with_run(runs, "show", "how a run stands, what stands in its way, and what to do about it", run_run_show)
            .add_option("--steps", runs_.steps,
                        "list steps too: all; open, those that are neither done nor skipped by the plan; or those in "
                        "one state, for instance failed")
            ->type_name("WHICH")
            ->check(CLI::IsMember(step_choices()).description(""));
        auto& resume = with_run(runs, "resume", "go on with a run, forwards or backwards", run_run_resume);
        resume.add_option("--replace", runs_.replace, "a broken step: what it left is removed, and it is made anew")
            ->type_name("STEP");
        auto& rollback = with_run(runs, "rollback", "remove everything that the run made", run_run_rollback);
        rollback.add_flag("--dry-run", runs_.dry_run, "show what would be removed, and change nothing");
        for (auto* command : {&resume, &rollback})
            command->add_flag(
                "--take-over", runs_.takes_over,
                "this state database is an older copy: what stands there without its record is the run's");
        rollback
            .add_flag("--leave-others", runs_.leaves_others,
                      "what stands there without a record in this state database is another run's, and stays")
            ->excludes("--take-over");
        auto& resolve = with_run(runs, "resolve", "decide about a step that waits for a person", run_run_resolve);
        resolve.add_option("STEP", runs_.step, "the step's id")->required();
        auto* decisions = resolve.add_option_group("decision");
        const std::pair<const char*, const char*> choices[] = {
            {"look", "look again, after something was mended by hand"},
            {"adopt", "take what stands there as what the step was to make"},
            {"forget", "give the step up; what stands there stays"},
            {"undo", "remove what stands there, although it is not as it was made"}};
        for (const auto& [decision, words] : choices)
            decisions->add_flag_callback(
                std::string("--") + decision, [this, name = decision] { runs_.decision = name; }, words);
        decisions->require_option(1);
        auto& accept = with_run(runs, "accept", "waive the outcome of a verification", run_run_accept);
        accept.add_option("STEP", runs_.step, "the step's id")->required();
        accept.add_option("--reason", runs_.reason, "why, in words: it stands in the certificate")->required();
        accept.add_option("--most", runs_.most, "the largest number of differences that is accepted")
            ->type_name("N")
            ->check(CLI::NonNegativeNumber);
        with_run(app_, "verify", "compare again, afresh, what a run moved", run_verify);
        auto& certificate = command(app_, "certificate", "what a run proved, as JSON",
                                    [this](Session& session) { return run_certificate(session, certificate_); });
        certificate.add_option("RUN", certificate_.run, "the run's id, or the beginning of it")->required();
        certificate.add_option("--out", certificate_.file, "write it there; without it standard output")
            ->type_name("FILE");
        certificate.add_option("--html", certificate_.html, "write the same there as a page for people")
            ->type_name("FILE");
    }

    void add_catalog() {
        auto& catalog = group("catalog", "the built-in Iceberg REST catalogue");
        auto& serve = command(catalog, "serve", "serve it until Ctrl-C; loopback only unless told otherwise",
                              [this](Session& session) { return run_catalog_serve(session, catalog_); });
        serve.add_option("--warehouse", catalog_.warehouse, "where its tables lie: a folder or file:// URI")
            ->required()
            ->type_name("FOLDER");
        serve
            .add_option("--database", catalog_.database, "its database file, outside of the warehouse; made if absent")
            ->required()
            ->type_name("FILE");
        serve.add_option("--root", catalog_.roots, "a further folder that tables may lie in; repeatable")
            ->type_name("FOLDER")
            ->allow_extra_args(false);
        serve.add_option("--address", catalog_.address, "the address to listen at")->type_name("ADDRESS");
        serve
            .add_option("--allow-beyond-loopback", catalog_.allow_beyond_loopback,
                        "an address that others reach, written once more: there is no authentication")
            ->type_name("ADDRESS");
        serve
            .add_option("--host", catalog_.hosts,
                        "a name that clients call it by; others than localhost and addresses are refused; repeatable")
            ->type_name("NAME")
            ->allow_extra_args(false);
        serve.add_option("--port", catalog_.port, "the port to listen at; 0: a free one")->type_name("PORT");
        serve.add_option("--port-file", catalog_.port_file, "the endpoint is written there once it listens")
            ->type_name("FILE");
        auto& dump = command(catalog, "dump", "print what a catalogue database holds",
                             [this](Session& session) { return run_catalog_dump(session, catalog_.database); });
        dump.add_option("--database", catalog_.database, "its database file")->required()->type_name("FILE");
    }

    void add_the_rest() {
        auto& query = command(app_, "query", "run one SQL statement over the warehouse",
                              [this](Session& session) { return run_query(session, query_); });
        query.add_option("SQL", query_.sql, "the statement, for instance 'SELECT count(*) FROM sales.orders'")
            ->required();
        query.add_option("--catalog", query_.catalog, "the catalogue, for instance http://127.0.0.1:8181")
            ->type_name("URL");
        auto& db = group("db", "the state database");
        command(db, "check", "check every row and chain", [](Session& session) { return run_db_check(session); });
        command(db, "migrate", "bring it to this version, after a backup",
                [](Session& session) { return run_db_migrate(session); });
        auto& backup = command(db, "backup", "write a consistent copy",
                               [this](Session& session) { return run_db_backup(session, backup_file_); });
        backup.add_option("FILE", backup_file_, "the copy")->required();
        auto& lanes = group("lanes", "what this version can move");
        command(lanes, "list", "all lanes", [](Session& session) { return run_lanes_list(session); });
        command(app_, "reference", "print docs/reference/command-line.md", [this](Session& session) {
            *session.out << command_reference(app_);
            return Result<int>(0);
        }).group(""); // hidden: for whoever changes a command
#ifdef GODWIT_FAULT_POINTS
        command(app_, "fault-points", "list the named fault points of this test build", [](Session& session) {
            return run_fault_points(session);
        }).group("");
#endif
    }

    const core::LaneRegistry* lanes_;
    CLI::App app_;
    GlobalOptions global_;
    Handler run_;
    std::list<LaneOptionValues> lane_values_; // lists: CLI11 keeps addresses
    std::list<std::string> texts_;
    FindingsArguments findings_;
    PlanCreateArguments plan_;
    std::string plan_file_;
    ApplyArguments apply_;
    RunArguments runs_;
    CertificateArguments certificate_;
    CatalogArguments catalog_;
    QueryArguments query_;
    std::string backup_file_;
};

} // namespace

Output named_output(const std::vector<std::string>& arguments) {
    const auto asks = [&](const std::string& option, std::string_view joint) {
        return value_of(arguments, option, joint) == "json";
    };
    return asks("--output", "=") || asks("-o", "") ? Output::json : Output::text;
}

Result<Invocation> parse_command_line(const std::vector<std::string>& arguments, const core::LaneRegistry& lanes) {
    // The handlers refer to the parser's fields, so it lives as long as the invocation.
    auto parser = std::make_shared<Parser>(lanes, arguments);
    auto invocation = TRY(parser->parse(arguments));
    if (invocation.run)
        invocation.run = [parser, run = std::move(invocation.run)](Session& session) { return run(session); };
    return invocation;
}

} // namespace godwit::cli
