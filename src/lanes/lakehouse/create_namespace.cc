#include "base/fault_point.h"
#include "base/json.h"
#include "base/text.h"
#include "lanes/lakehouse/steps.h"

#include <nlohmann/json.hpp>

namespace godwit::lakehouse {

namespace {

/// The marker stands in this property of the namespace.
constexpr std::string_view kMarkerProperty = "godwit.marker";

class CreateNamespace final : public core::StepKind {
public:
    explicit CreateNamespace(Ends& ends) : ends_(&ends) {}

    core::StepTraits traits() const override {
        core::StepTraits traits;
        traits.name = kind::kCreateNamespace;
        traits.call_time_limit = ends_->catalogue().call_limit();
        traits.settling = {ends_->catalogue().settle_time().duration, ends_->catalogue().settle_time().looks};
        traits.marker_place = "the namespace's property godwit.marker";
        return traits;
    }

    Result<std::string> observe(core::StepContext& context) override { return context.step().fingerprint; }

    Result<core::Applied> apply(core::StepContext& context) override {
        const auto move = TRY(table_move_from_json(context.step().body));
        const auto name = join(move.levels, ".");
        if (context.step().action == core::Action::adopt) {
            TRY(ends_->catalogue().load_namespace(move.levels, context.stop()));
            return core::Applied{true, name, {}, {}};
        }
        const clients::NamespaceState wanted{move.levels, {{std::string(kMarkerProperty), context.marker()}}};
        TRY(ends_->catalogue().create_namespace(wanted, context.stop()));
        FAULT_POINT("namespace.after-create");
        return core::Applied{true, name, {}, {}};
    }

    Result<core::LookUp> look_up(core::StepContext& context) override {
        const auto move = TRY(table_move_from_json(context.step().body));
        core::LookUp found;
        const auto present = ends_->catalogue().load_namespace(move.levels, context.stop());
        if (present.is_error()) {
            if (present.error().kind() == ErrorKind::not_found)
                return found;
            return present.error();
        }
        found.target_id = join(move.levels, ".");
        found.verdict = is_ours(*present, context) ? core::LookUp::Verdict::ready : core::LookUp::Verdict::differs;
        if (found.verdict == core::LookUp::Verdict::differs)
            found.detail = "the namespace " + printable(found.target_id) + " was made by somebody else";
        found.value = canonical_json(Json(present->properties));
        return found;
    }

    Status compensate(core::StepContext& context) override {
        const auto move = TRY(table_move_from_json(context.step().body));
        const auto present = ends_->catalogue().load_namespace(move.levels, context.stop());
        if (present.is_error())
            return present.error().kind() == ErrorKind::not_found ? Status{} : Status(present.error());
        if (!is_ours(*present, context) && canonical_json(Json(present->properties)) != context.permitted_value())
            return Error::make(ErrorKind::different, "the namespace is not the one that was made, so it stays")
                .why("its property godwit.marker is not ours")
                .fix("look at it, then decide: `godwit run show` names the commands")
                .at(printable(join(move.levels, ".")));
        const auto dropped = ends_->catalogue().drop_namespace(move.levels, context.stop());
        FAULT_POINT("namespace.after-drop");
        if (dropped.is_error() && dropped.error().kind() != ErrorKind::not_found)
            return dropped;
        return {};
    }

private:
    static bool is_ours(const clients::NamespaceState& present, const core::StepContext& context) {
        const auto marker = present.properties.find(std::string(kMarkerProperty));
        return marker != present.properties.end() && marker->second == context.marker();
    }

    Ends* ends_;
};

} // namespace

std::unique_ptr<core::StepKind> make_create_namespace(Ends& ends) { return std::make_unique<CreateNamespace>(ends); }

} // namespace godwit::lakehouse
