#include "contract/scene.h"

#include "base/fault_point.h"
#include "core/assessment.h"

#include <algorithm>
#include <stdexcept>

namespace godwit::contract {

namespace {

constexpr std::size_t kMostResumes = 12;
constexpr std::size_t kAllSteps = 100'000;

/// The display names of a plan's steps stand in its lines.
std::string display_of(store::State& state, const store::RunRow& run, const store::StepRow& row) {
    return must(core::plan_step_from_json(must(state.step_line(run.plan, row.step)))).display;
}

} // namespace

std::string causes_of(const core::RunReport& report) {
    auto words = "exit code " + std::to_string(report.exit_code());
    for (const auto& cause : report.causes)
        words += "\n" + cause.display + ", " + cause.kind + ", " + std::string(store::to_string(cause.state)) + ": " +
                 cause.reason;
    return words;
}

void give_up(const Error& error) { throw std::runtime_error(error.to_block()); }

Scene::Scene(core::Lane& lane, core::Options options)
    : folder_(must(TemporaryFolder::create("godwit-scene"))),
      services_{&clock_, &random_, &environment_},
      lane_(&lane),
      options_(std::move(options)),
      plan_file_(folder_.path() + "/plan.jsonl") {
    lanes_.add(lane);
    request.person = "ann@here";
    request.holder = "the first";
    clear_fault();
    begin();
}

Scene::~Scene() { clear_fault(); }

std::unique_ptr<store::State> Scene::open(const std::string& file) {
    return must(store::State::open(must(store::StateLocation::parse(file)), clock_, random_));
}

std::unique_ptr<store::State> Scene::open_beside() { return open(state_file_); }

Status Scene::plan(std::vector<core::Waiver> waivers) {
    const auto state = open(folder_.path() + "/assessments.db");
    std::vector<std::string> ids;
    for (const std::string role : {"source", "target"}) {
        auto writer = TRY(core::AssessmentWriter::begin(
            *state, clock_, random_, TRY(lane_->identify(role, options_, services_)), lane_->rules()));
        TRY(lane_->assess(role, options_, services_, {}, writer));
        ids.push_back(TRY(writer.finish()).id);
    }
    const auto source = TRY(core::AssessmentReader::open(*state, ids.front()));
    const auto target = TRY(core::AssessmentReader::open(*state, ids.back()));
    const core::PlanRequest wanted{&source, &target, {}, std::move(waivers)};
    auto writer = TRY(core::PlanWriter::create(plan_file_, TRY(lane_->plan_header(wanted))));
    TRY(lane_->plan(wanted, writer));
    TRY(writer.finish());
    return {};
}

void Scene::begin() {
    clear_fault();
    state_.reset();
    clock_.reset();
    state_file_ = folder_.path() + "/state-" + std::to_string(episodes_++) + ".db";
    request.run_files = folder_.path() + "/runs";
    request.unrecorded = core::Unrecorded::refuse;
    request.stop = {};
    request.listener = nullptr;
    state_ = open(state_file_);
}

void Scene::restart() { open_again(state_file_); }

void Scene::open_again(const std::string& state_file) {
    state_.reset();
    clear_fault();
    state_file_ = state_file;
    request.unrecorded = core::Unrecorded::refuse;
    request.stop = {};
    request.listener = nullptr;
    state_ = open(state_file_);
}

Result<core::RunReport> Scene::try_apply() { return engine().apply(plan_file_, std::nullopt, request); }
Result<core::RunReport> Scene::try_resume(const std::optional<std::string>& replace) {
    return engine().resume(run(), replace, request);
}
Result<core::RunReport> Scene::try_roll_back() { return engine().roll_back(run(), request); }
core::RunReport Scene::apply() { return must(try_apply()); }
core::RunReport Scene::resume(const std::optional<std::string>& replace) { return must(try_resume(replace)); }
core::RunReport Scene::roll_back() { return must(try_roll_back()); }

Result<core::RunReport> Scene::resolve(const store::StepRow& step, core::Resolution resolution) {
    return engine().resolve(run(), step.step, resolution, request);
}

Result<core::RunReport> Scene::accept(const store::StepRow& step, std::uint64_t most) {
    return engine().accept(run(), step.step, "known", most, request);
}

Result<core::RunReport> Scene::verify() { return engine().verify(run(), request); }

core::RunReport Scene::finish() {
    for (std::size_t tries = 0; tries < kMostResumes; ++tries) {
        const auto report = run().empty() ? apply() : resume();
        if (report.run.state == store::RunState::done || report.run.state == store::RunState::rolled_back)
            return report;
    }
    throw std::runtime_error("the run does not come to an end");
}

std::string Scene::run() const {
    const auto runs = must(state_->runs());
    const auto standing =
        std::ranges::find_if(runs, [](const store::RunRow& run) { return run.state != store::RunState::rolled_back; });
    if (standing != runs.end())
        return standing->id;
    return runs.empty() ? std::string() : runs.front().id;
}

std::vector<store::StepRow> Scene::rows() const { return must(state_->steps(run(), {}, -1, kAllSteps)); }

store::StepRow Scene::row(std::string_view kind, std::string_view display) const {
    const auto of = must(state_->run(run()));
    for (const auto& row : rows())
        if (row.kind.ends_with(kind) && (display.empty() || display_of(*state_, of, row) == display))
            return row;
    throw std::runtime_error("there is no step " + std::string(kind) + " of " + std::string(display));
}

std::vector<std::string> Scene::displays(store::StepState state) const {
    const auto of = must(state_->run(run()));
    std::vector<std::string> found;
    for (const auto& row : rows())
        if (row.state == state)
            found.push_back(row.kind + " " + display_of(*state_, of, row));
    return found;
}

} // namespace godwit::contract
