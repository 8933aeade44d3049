#include "lanes/lakehouse/table_steps.h"

#include "lanes/lakehouse/steps.h"

namespace godwit::lakehouse {

namespace {

constexpr std::string_view kPartKey = "table";

core::StepTraits local_traits(std::string_view name, std::string_view marker_place) {
    core::StepTraits traits;
    traits.name = name;
    traits.pool = core::Pool::cpu;
    traits.is_local = true;
    traits.marker_place = marker_place;
    return traits;
}

} // namespace

Result<std::string> TableListing::fingerprint(core::StepContext& context) { return table_fingerprint(*ends_, context); }

Result<std::string> TableListing::copy_step(core::StepContext& context) {
    return TRY(table_move_from_json(context.step().body)).copy_step;
}

core::StepTraits WriteStep::traits() const {
    auto traits = local_traits(name_, "the name of its work folder and of its ledger");
    traits.is_long = true;
    return traits;
}

Result<std::string> WriteStep::observe(core::StepContext& context) { return table_fingerprint(*ends_, context); }

Result<core::Applied> WriteStep::apply(core::StepContext& context) {
    const auto move = TRY(table_move_from_json(context.step().body));
    transfer::FileParts parts(context, ends_->warehouse);
    TRY(parts.settle());
    if (TRY(parts.totals()).parts == 0) {
        auto part = TRY(parts.begin(std::string(kPartKey), std::string(kPartKey)));
        TRY(write(context, move, part));
        TRY(part.publish());
    }
    TRY(tell(context));
    core::Applied applied;
    applied.result = to_json(TRY(written(context, move)));
    return applied;
}

Result<core::LookUp> WriteStep::look_up(core::StepContext& context) {
    return transfer::FileParts(context, ends_->warehouse).look_up();
}

Status WriteStep::compensate(core::StepContext& context) {
    return transfer::FileParts(context, ends_->warehouse).remove_all();
}

core::StepTraits CheckStep::traits() const { return local_traits(name_, "none: it makes nothing"); }

Result<std::string> CheckStep::observe(core::StepContext& context) { return table_fingerprint(*ends_, context); }

Result<core::Applied> CheckStep::apply(core::StepContext& context) {
    core::Applied applied;
    if (TRY(table_fingerprint(*ends_, context)) != context.pin()) {
        applied.verdict = core::Verdict::not_comparable("drift");
        TRY(context.record(core::Comparison{std::string(subject_), *applied.verdict,
                                            R"({"why":"the source changed after it was pinned"})"}));
        return applied;
    }
    applied.verdict = TRY(check(context, TRY(table_move_from_json(context.step().body))));
    return applied;
}

} // namespace godwit::lakehouse
