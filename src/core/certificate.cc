#include "core/certificate.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "core/plan.h"
#include "core/run_report.h"

#include <nlohmann/json.hpp>

#include <map>

namespace godwit::core {

namespace {

using store::StepState;

struct Subject {
    std::string display;
    Json steps = Json::array();
    Json checks = Json::array();
    std::map<std::pair<std::string, std::string>, Json> findings; ///< by step and code: the newest counts
    Verdict verdict = Verdict::equal();
    bool checked = false;
    bool waived = false;
    bool complete = true;
    std::string pin;
};

Json comparisons_of(const std::vector<store::ValidationRow>& validations) {
    Json list = Json::array();
    for (const auto& validation : validations)
        list.push_back(
            {{"what", validation.what}, {"outcome", validation.outcome}, {"detail", Json::parse(validation.detail)}});
    return list;
}

/// What a step met while it worked, with its evidence as values.
Json finding_json(const RunFinding& found) {
    const auto& finding = found.finding;
    Json evidence = Json::object();
    for (const auto& [field, value] : finding.evidence)
        evidence[field] = parse_json(value).value_or(Json(value));
    return {{"code", finding.code},   {"severity", to_string(finding.severity)},
            {"title", finding.title}, {"remedy", finding.remedy},
            {"step", found.step},     {"evidence", std::move(evidence)}};
}

class Writer {
public:
    Writer(store::State& state, const store::RunRow& run) : state_(&state), run_(&run) {}

    Status add(const store::StepRow& row) {
        const auto step = TRY(plan_step_from_json(TRY(state_->step_line(run_->plan, row.step))));
        if (step.action == Action::skip) {
            skipped_.push_back({{"resource", row.resource},
                                {"display", step.display},
                                {"why", step.reason},
                                {"findings", step.findings}});
            return {};
        }
        auto& subject = subjects_[row.resource];
        subject.display = step.display;
        if (step.action != Action::verify)
            subject.complete = subject.complete && row.state == StepState::done;
        subject.steps.push_back({{"step", row.step}, {"kind", row.kind}, {"state", to_string(row.state)}});
        if (const auto pin = TRY(state_->pin(run_->id, row.resource)))
            subject.pin = pin->fingerprint;
        return step.action == Action::verify ? add_check(row, subject) : Status{};
    }

    /// After the steps.
    void add(const RunFinding& found) {
        const auto subject = subjects_.find(found.finding.resource);
        if (subject == subjects_.end())
            return;
        for (const auto& step : subject->second.steps)
            if (step["step"] == found.step &&
                findings_stand(*store::parse_step_state(step["state"].get<std::string>())))
                subject->second.findings[{found.step, found.finding.code}] = finding_json(found);
    }

    Result<Json> finish() {
        Json resources = Json::array();
        Verdict overall = Verdict::equal();
        bool any = false;
        bool waived = false;
        for (auto& [key, subject] : subjects_) {
            if (!subject.complete) // what was compared is not all that was to arrive
                subject.verdict = weaker(subject.verdict, Verdict{});
            if (subject.checked || !subject.complete) {
                any = true;
                overall = weaker(overall, subject.verdict);
                waived = waived || subject.waived;
            }
            resources.push_back(resource_json(key, subject));
        }
        if (!any)
            overall = Verdict{};
        const bool migrated = overall.equality == Equality::equal && !waived;
        return Json{{"resources", resources},
                    {"skipped", skipped_},
                    {"decoders", decoders_},
                    {"outcome", to_string(overall)},
                    {"migrated", migrated}};
    }

private:
    Status add_check(const store::StepRow& row, Subject& subject) {
        subject.checked = true;
        const auto verdict = row.outcome.empty() ? Verdict{} : TRY(parse_verdict(row.outcome));
        subject.verdict = weaker(subject.verdict, verdict);
        subject.waived = subject.waived || !row.waiver.empty();
        const auto validations = TRY(state_->validations(run_->id, row.step));
        Json check{{"step", row.step},
                   {"kind", row.kind},
                   {"outcome", to_string(verdict)},
                   {"comparisons", comparisons_of(validations)}};
        for (const auto& comparison : check["comparisons"])
            note_decoders(comparison);
        if (!row.waiver.empty())
            check["waived"] = TRY(parse_json(row.waiver));
        // A later attempt could not be made, and what stands here was found before.
        if (!row.error.empty() && verdict.equality != Equality::not_checked)
            check["not_repeated"] = row.reason;
        subject.checks.push_back(std::move(check));
        return {};
    }

    /// Each pair once: who decoded the two sides of a comparison, as its detail says.
    void note_decoders(const Json& comparison) {
        const auto& detail = comparison["detail"];
        if (!detail.is_object() || !detail.contains("decoders"))
            return;
        auto decoders = detail["decoders"];
        decoders["what"] = comparison["what"];
        for (const auto& known : decoders_)
            if (known == decoders)
                return;
        decoders_.push_back(std::move(decoders));
    }

    static Json resource_json(const std::string& key, const Subject& subject) {
        Json findings = Json::array();
        for (const auto& [step_and_code, finding] : subject.findings)
            findings.push_back(finding);
        const bool equal = subject.checked && subject.complete && subject.verdict.equality == Equality::equal;
        return {{"resource", key},
                {"display", subject.display},
                {"outcome", subject.checked    ? to_string(subject.verdict)
                            : subject.complete ? "nothing to compare"
                                               : "not-checked"},
                {"migrated", equal && !subject.waived},
                {"pin", subject.pin.empty() ? Json(nullptr) : Json::parse(subject.pin)},
                {"findings", findings},
                {"steps", subject.steps},
                {"checks", subject.checks}};
    }

    store::State* state_;
    const store::RunRow* run_;
    std::map<std::string, Subject> subjects_;
    Json skipped_ = Json::array();
    Json decoders_ = Json::array();
};

} // namespace

Result<std::string> certificate(store::State& state, std::string_view run_id) {
    const auto run = TRY(state.run(run_id));
    const auto plan = TRY(state.plan(run.plan));
    if (!plan)
        return Error::make(ErrorKind::corrupt, "the run's plan is missing in the state database").at("run " + run.id);
    Writer writer(state, run);
    TRY(store::each_step(state, run_id, {}, [&writer](const store::StepRow& row) { return writer.add(row); }));
    TRY(each_run_finding(state, run_id, [&writer](const RunFinding& found) -> Status {
        writer.add(found);
        return {};
    }));
    auto json = TRY(writer.finish());
    json["schema"] = "godwit.certificate/v1";
    json["run"] = run.id;
    json["run_state"] = to_string(run.state);
    json["started_at"] = format_time(run.started_at);
    json["plan"] = run.plan;
    json["plan_header"] = TRY(parse_json(plan->header));
    json["tool"] = {{"name", "godwit"}, {"version", GODWIT_VERSION}};
    if (run.state == store::RunState::rolled_back || run.state == store::RunState::rolling_back)
        json["migrated"] = false;
    return canonical_json(json);
}

Result<bool> says_migrated(std::string_view certificate_json) {
    const auto json = TRY(parse_json(certificate_json, {64, std::size_t{1} << 30}));
    return json.value("migrated", false);
}

} // namespace godwit::core
