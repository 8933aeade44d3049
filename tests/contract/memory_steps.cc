#include "base/digest.h"
#include "base/fault_point.h"
#include "base/json.h"
#include "base/text.h"
#include "contract/memory_lane.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>

namespace godwit::contract {

namespace {

using core::Applied;
using core::LookUp;
using store::PartState;

Error not_ours(const std::string& name, const std::string& why) {
    return Error::make(ErrorKind::different, "it is not what was made, so it stays").why(why).at(printable(name));
}

/// What the kinds have in common: the two ends, and how the source is observed.
class MemoryKind : public core::StepKind {
public:
    MemoryKind(MemorySource& source, MemoryCloud& cloud) : source_(&source), cloud_(&cloud) {}

    Result<std::string> observe(core::StepContext& context) override {
        const auto wish = TRY(wish_from_json(context.step().body));
        const auto thing = TRY(source_->find(wish.name));
        if (!thing)
            return Error::make(ErrorKind::not_found, "it is gone from the source").at(printable(wish.name));
        return fingerprint_of(*thing);
    }

protected:
    static core::StepTraits traits_of(std::string_view name) {
        core::StepTraits traits;
        traits.name = name;
        traits.call_time_limit = std::chrono::seconds(5);
        traits.settling = {std::chrono::seconds(10), 2};
        traits.ready_time_limit = std::chrono::minutes(10);
        traits.poll_interval = std::chrono::seconds(2);
        traits.marker_place = "the thing's marker";
        return traits;
    }

    MemoryCloud& cloud() const { return *cloud_; }
    MemorySource& source() const { return *source_; }

    /// Removes everything that bears the step's marker, if `is_as_made` or a person allowed its value.
    Status remove_marked(core::StepContext& context, const std::function<bool(const CloudThing&)>& is_as_made) {
        for (const auto& thing : TRY(cloud_->with_marker(context.marker()))) {
            if (!is_as_made(thing) && thing.value != context.permitted_value()) {
                if (!context.leaves_changed())
                    return not_ours(thing.name, "its value is " + printable(thing.value));
                TRY(context.diagnostic("warning", "left by decision: " + printable(thing.name)));
                continue;
            }
            FAULT_POINT("memory.before-removal");
            const auto removed = cloud_->remove(thing.id);
            FAULT_POINT("memory.after-removal");
            if (removed.is_error() && removed.error().kind() != ErrorKind::not_found)
                return removed;
        }
        return {};
    }

private:
    MemorySource* source_;
    MemoryCloud* cloud_;
};

class Create final : public MemoryKind {
public:
    using MemoryKind::MemoryKind;
    core::StepTraits traits() const override { return traits_of(kind::kCreate); }

    Result<Applied> apply(core::StepContext& context) override {
        const auto wish = TRY(wish_from_json(context.step().body));
        if (context.step().action == core::Action::adopt)
            return adopt(wish);
        FAULT_POINT("memory.before-creation");
        const auto made = TRY(cloud().create(wish.name, wish.value, context.marker(), wish.ending));
        FAULT_POINT("memory.after-creation");
        return Applied{made.status == CloudThing::Status::ready, made.id, {}, {}};
    }

    Result<LookUp> look_up(core::StepContext& context) override {
        const auto wish = TRY(wish_from_json(context.step().body));
        const auto found = TRY(cloud().with_marker(context.marker()));
        LookUp result;
        if (found.empty())
            return result;
        const auto& thing = found.front();
        result.target_id = thing.id;
        result.value = thing.value;
        result.detail =
            std::to_string(found.size()) + " of this marker, the first with value " + printable(thing.value);
        result.verdict = found.size() > 1                               ? LookUp::Verdict::several
                         : thing.status == CloudThing::Status::in_error ? LookUp::Verdict::in_error
                         : thing.value != wish.value                    ? LookUp::Verdict::differs
                         : thing.status == CloudThing::Status::pending  ? LookUp::Verdict::pending
                                                                        : LookUp::Verdict::ready;
        return result;
    }

    Status compensate(core::StepContext& context) override {
        const auto wish = TRY(wish_from_json(context.step().body));
        return remove_marked(context, [&wish](const CloudThing& thing) { return thing.value == wish.value; });
    }

private:
    Result<Applied> adopt(const MemoryWish& wish) {
        for (const auto& thing : TRY(cloud().named(wish.name)))
            if (thing.value == wish.value)
                return Applied{true, thing.id, {}, {}};
        return Error::make(ErrorKind::conflict, "what was to be adopted is not there any more")
            .at(printable(wish.name));
    }
};

/// Overwrites a value; value and marker that stood there are the before-image.
class Update final : public MemoryKind {
public:
    using MemoryKind::MemoryKind;
    core::StepTraits traits() const override { return traits_of(kind::kUpdate); }

    Result<std::string> before_image(core::StepContext& context) override { return image(TRY(present(context))); }

    Result<Applied> apply(core::StepContext& context) override {
        const auto wish = TRY(wish_from_json(context.step().body));
        const auto thing = TRY(present(context));
        FAULT_POINT("memory.before-update");
        TRY(cloud().update(thing.id, wish.value, context.marker()));
        FAULT_POINT("memory.after-update");
        return Applied{true, thing.id, {}, {}};
    }

    Result<LookUp> look_up(core::StepContext& context) override {
        const auto wish = TRY(wish_from_json(context.step().body));
        const auto thing = TRY(present(context));
        LookUp result;
        result.target_id = thing.id;
        result.value = thing.value;
        result.detail = "its value is " + printable(thing.value);
        const auto& before = context.row().before_image;
        result.verdict = is_as_planned(thing, wish, context)        ? LookUp::Verdict::ready
                         : before.empty() || image(thing) == before ? LookUp::Verdict::absent
                                                                    : LookUp::Verdict::differs;
        return result;
    }

    Status compensate(core::StepContext& context) override {
        const auto wish = TRY(wish_from_json(context.step().body));
        const auto thing = TRY(present(context));
        const auto& before = context.row().before_image;
        if (before.empty() || image(thing) == before)
            return {};
        if (!is_as_planned(thing, wish, context) && thing.value != context.permitted_value())
            return not_ours(wish.name, "its value is " + printable(thing.value));
        const auto old = TRY(parse_json(before));
        FAULT_POINT("memory.before-restoring");
        TRY(cloud().update(thing.id, TRY(json_string(old, "value")), TRY(json_string(old, "marker"))));
        FAULT_POINT("memory.after-restoring");
        return {};
    }

private:
    static std::string image(const CloudThing& thing) {
        return canonical_json({{"value", thing.value}, {"marker", thing.marker}});
    }

    static bool is_as_planned(const CloudThing& thing, const MemoryWish& wish, const core::StepContext& context) {
        return thing.value == wish.value && thing.marker == context.marker();
    }

    Result<CloudThing> present(core::StepContext& context) {
        const auto wish = TRY(wish_from_json(context.step().body));
        const auto found = TRY(cloud().named(wish.name));
        if (found.size() != 1)
            return Error::make(ErrorKind::conflict, "the name does not stand for one thing")
                .why("there are " + std::to_string(found.size()))
                .at(printable(wish.name));
        return found.front();
    }
};

/// A long step: each item is a part.
class Fill final : public MemoryKind {
public:
    using MemoryKind::MemoryKind;

    core::StepTraits traits() const override {
        auto traits = traits_of(kind::kFill);
        traits.pool = core::Pool::transfer;
        traits.is_long = true;
        return traits;
    }

    Result<Applied> apply(core::StepContext& context) override {
        const auto wish = TRY(wish_from_json(context.step().body));
        for (std::uint64_t number = 0; number < wish.items; ++number) {
            if (context.stop().stop_requested())
                return Error::make(ErrorKind::interrupted, "stopped between items");
            TRY(fill(context, wish, number));
            context.progress(number + 1, 0);
        }
        return Applied{true, "", canonical_json({{"items", std::to_string(wish.items)}}), {}};
    }

    Result<LookUp> look_up(core::StepContext& context) override {
        const auto found = TRY(cloud().with_marker(context.marker()));
        const auto wish = TRY(wish_from_json(context.step().body));
        LookUp result;
        result.detail = std::to_string(found.size()) + " items";
        if (!found.empty())
            result.verdict = LookUp::Verdict::pending;
        const auto changed =
            std::ranges::find_if(found, [&wish](const CloudThing& thing) { return !is_item(thing, wish); });
        if (changed != found.end())
            result.value = changed->value;
        return result;
    }

    Status compensate(core::StepContext& context) override {
        const auto wish = TRY(wish_from_json(context.step().body));
        TRY(remove_marked(context, [&wish](const CloudThing& thing) { return is_item(thing, wish); }));
        for (const auto& part : TRY(context.parts())) {
            auto removed = part;
            removed.state = PartState::removed;
            if (part.state != PartState::removed)
                TRY(context.change_part(part, removed));
        }
        return {};
    }

private:
    static bool is_item(const CloudThing& thing, const MemoryWish& wish) {
        return thing.value.starts_with(wish.value + " item ");
    }

    Status fill(core::StepContext& context, const MemoryWish& wish, std::uint64_t number) {
        const auto key = std::to_string(number);
        auto parts = TRY(context.parts());
        auto known = std::ranges::find(parts, key, &store::PartRow::from_key);
        store::PartRow part;
        if (known == parts.end() || known->state == PartState::removed)
            part = TRY(context.begin_part(key, key));
        else
            part = *known;
        if (part.state == PartState::done)
            return {};
        if (part.state == PartState::intent)
            TRY(write(context, wish, number, part));
        auto done = part;
        done.state = PartState::done;
        return context.change_part(part, done);
    }

    Status write(core::StepContext& context, const MemoryWish& wish, std::uint64_t number, store::PartRow& part) {
        const auto name = item_name(wish.name, number);
        const auto value = item_value(wish.value, number);
        const auto present = TRY(cloud().with_marker(context.marker()));
        FAULT_POINT("memory.before-item");
        if (std::ranges::find(present, name, &CloudThing::name) == present.end())
            TRY(cloud().create(name, value, context.marker()));
        FAULT_POINT("memory.after-item");
        auto written = part;
        written.state = PartState::written;
        written.ledger_digest = sha256_hex(value);
        written.objects = 1;
        written.bytes = value.size();
        TRY(context.change_part(part, written));
        part = std::move(written);
        return {};
    }
};

/// Reads both ends afresh: each thing and each item is there once, with its value.
class Verify final : public MemoryKind {
public:
    using MemoryKind::MemoryKind;

    core::StepTraits traits() const override {
        auto traits = traits_of(kind::kVerify);
        traits.pool = core::Pool::cpu;
        traits.is_local = true;
        return traits;
    }

    Result<Applied> apply(core::StepContext& context) override {
        const auto wish = TRY(wish_from_json(context.step().body));
        Applied applied;
        const auto thing = TRY(source().find(wish.name));
        if (!thing || fingerprint_of(*thing) != context.pin()) {
            applied.verdict = core::Verdict::not_comparable("drift");
            TRY(context.record(core::Comparison{"the thing", *applied.verdict, "{}"}));
            return applied;
        }
        auto differences = TRY(compare(context, wish.name, thing->value));
        for (std::uint64_t number = 0; number < thing->items; ++number)
            differences += TRY(compare(context, item_name(wish.name, number), item_value(thing->value, number)));
        applied.verdict = differences == 0 ? core::Verdict::equal() : core::Verdict::different(differences);
        return applied;
    }

    Result<LookUp> look_up(core::StepContext&) override { return LookUp{}; }
    Status compensate(core::StepContext&) override { return {}; }

private:
    Result<std::uint64_t> compare(core::StepContext& context, const std::string& name, const std::string& value) {
        const auto present = TRY(cloud().named(name));
        const bool same = present.size() == 1 && present.front().value == value;
        TRY(context.record(core::Comparison{printable(name),
                                            same ? core::Verdict::equal() : core::Verdict::different(1),
                                            canonical_json({{"method", "values"}, {"found", present.size()}})}));
        return same ? 0 : 1;
    }
};

} // namespace

MemoryRun::MemoryRun(MemorySource& source, MemoryCloud& cloud) {
    const auto add = [this](std::unique_ptr<core::StepKind> kind) {
        std::string name(kind->traits().name);
        kinds_.emplace(std::move(name), std::move(kind));
    };
    add(std::make_unique<Create>(source, cloud));
    add(std::make_unique<Update>(source, cloud));
    add(std::make_unique<Fill>(source, cloud));
    add(std::make_unique<Verify>(source, cloud));
}

core::StepKind* MemoryRun::step_kind(std::string_view name) {
    const auto found = kinds_.find(name);
    return found == kinds_.end() ? nullptr : found->second.get();
}

} // namespace godwit::contract
