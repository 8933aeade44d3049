#include "base/fault_point.h"
#include "base/json.h"
#include "base/text.h"
#include "core/keys.h"
#include "formats/iceberg/table_metadata.h"
#include "lanes/lakehouse/steps.h"
#include "lanes/lakehouse/table_builder.h"

#include <nlohmann/json.hpp>

namespace godwit::lakehouse {

namespace {

struct Registration {
    clients::TableName table;
    std::string folder;            ///< of the table, as a location that ends in a slash
    std::string metadata_location; ///< a name that the plan chose: that is the marker
};

/// From the plan alone: a journal that lost what was written before still finds what was registered.
Result<Registration> registration_of(const Ends& ends, const core::StepContext& context) {
    const auto move = TRY(table_move_from_json(context.step().body));
    Registration registration{
        {move.levels, move.name}, clients::file_uri(ends.warehouse.root() + "/" + move.root + "/"), {}};
    if (move.metadata_location.empty()) {
        const auto writer = core::marker_of(context.marker(), move.metadata_step);
        registration.metadata_location = written_by(writer, move, ends.warehouse.root()).metadata_location;
    } else {
        const auto paths = TRY(ends.paths(move));
        registration.metadata_location = TRY(paths.uri(move.metadata_location));
    }
    return registration;
}

class RegisterTable final : public core::StepKind {
public:
    explicit RegisterTable(Ends& ends) : ends_(&ends) {}

    core::StepTraits traits() const override {
        core::StepTraits traits;
        traits.name = kind::kRegisterTable;
        traits.call_time_limit = ends_->catalogue().call_limit();
        traits.settling = {ends_->catalogue().settle_time().duration, ends_->catalogue().settle_time().looks};
        traits.marker_place = "the metadata location, which the plan chose";
        return traits;
    }

    Result<std::string> observe(core::StepContext& context) override { return table_fingerprint(*ends_, context); }

    Result<core::Applied> apply(core::StepContext& context) override {
        const auto registration = TRY(registration_of(*ends_, context));
        const auto loaded =
            TRY(ends_->catalogue().register_table(registration.table, registration.metadata_location, context.stop()));
        FAULT_POINT("register.after-call");
        return core::Applied{true, loaded.table_uuid, {}, {}};
    }

    Result<core::LookUp> look_up(core::StepContext& context) override {
        core::LookUp found;
        const auto registration = TRY(registration_of(*ends_, context));
        const auto loaded = ends_->catalogue().load_table(registration.table, context.stop());
        if (loaded.is_error()) {
            if (loaded.error().kind() == ErrorKind::not_found)
                return found;
            return loaded.error();
        }
        found.target_id = loaded->table_uuid;
        found.value = loaded->metadata_location;
        found.detail = "the catalogue's " + printable(registration.table.display()) + " points to " +
                       printable(loaded->metadata_location);
        // A table that points out of our folder, and is not the one that we registered, was never ours: registering
        // says that the name is taken. A writer may have chosen another folder for its metadata since.
        const auto& registered = context.row().target_id;
        if (loaded->metadata_location == registration.metadata_location)
            found.verdict = core::LookUp::Verdict::ready;
        else if (loaded->metadata_location.starts_with(registration.folder) ||
                 (!registered.empty() && loaded->table_uuid == registered))
            found.verdict = core::LookUp::Verdict::differs;
        return found;
    }

    Status compensate(core::StepContext& context) override {
        const auto registration = TRY(registration_of(*ends_, context));
        const auto loaded = ends_->catalogue().load_table(registration.table, context.stop());
        if (loaded.is_error())
            return loaded.error().kind() == ErrorKind::not_found ? Status{} : Status(loaded.error());
        if (loaded->metadata_location != registration.metadata_location &&
            loaded->metadata_location != context.permitted_value())
            return Error::make(ErrorKind::different, "the table was changed after it was registered, so it stays")
                .why("the catalogue points to " + printable(loaded->metadata_location))
                .fix("look at the change, then decide: `godwit run show` names the commands")
                .at(printable(registration.table.display()));
        const auto dropped = ends_->catalogue().drop_table(registration.table, context.stop());
        FAULT_POINT("register.after-drop");
        if (dropped.is_error() && dropped.error().kind() != ErrorKind::not_found)
            return dropped;
        return {};
    }

private:
    Ends* ends_;
};

/// Whether the catalogue shows just the table that was written: location, uuid and current snapshot.
class CheckTable final : public core::StepKind {
public:
    explicit CheckTable(Ends& ends) : ends_(&ends) {}

    core::StepTraits traits() const override {
        core::StepTraits traits;
        traits.name = kind::kCheckTable;
        traits.call_time_limit = ends_->catalogue().call_limit();
        traits.is_local = true; // it only reads
        traits.marker_place = "none: it makes nothing";
        return traits;
    }

    Result<std::string> observe(core::StepContext& context) override { return table_fingerprint(*ends_, context); }

    Result<core::Applied> apply(core::StepContext& context) override {
        const auto registration = TRY(registration_of(*ends_, context));
        const auto move = TRY(table_move_from_json(context.step().body));
        const auto written = TRY(written_table_from_json(TRY(context.result_of(move.metadata_step))));
        const auto found = ends_->catalogue().load_table(registration.table, context.stop());
        if (found.is_error() && found.error().kind() == ErrorKind::not_found)
            return it_is_gone(context, written);
        const auto loaded = TRY(found);
        const auto metadata = TRY(iceberg::TableMetadata::parse(loaded.metadata, loaded.metadata_location));
        const auto* snapshot = metadata.current_snapshot();
        const auto snapshot_id = snapshot == nullptr ? "" : std::to_string(snapshot->id);
        std::uint64_t differences = 0;
        const auto compare = [&](const char* what, const std::string& expected, const std::string& present) -> Status {
            const bool same = expected == present;
            differences += same ? 0 : 1;
            return context.record(core::Comparison{
                std::string("catalogue: ") + what, same ? core::Verdict::equal() : core::Verdict::different(1),
                canonical_json(
                    {{"method", "read through the catalogue"}, {"expected", expected}, {"present", present}})});
        };
        TRY(compare("metadata location", written.metadata_location, loaded.metadata_location));
        TRY(compare("table uuid", written.table_uuid, metadata.uuid()));
        TRY(compare("current snapshot", written.snapshot_id, snapshot_id));
        core::Applied applied;
        applied.verdict = differences == 0 ? core::Verdict::equal() : core::Verdict::different(differences);
        return applied;
    }

    Result<core::LookUp> look_up(core::StepContext&) override { return core::LookUp{}; }
    Status compensate(core::StepContext&) override { return {}; }

private:
    static Result<core::Applied> it_is_gone(core::StepContext& context, const WrittenTable& written) {
        const auto verdict = core::Verdict::different(1);
        TRY(context.record(core::Comparison{"catalogue: table", verdict,
                                            canonical_json({{"method", "read through the catalogue"},
                                                            {"expected", written.metadata_location},
                                                            {"present", nullptr}})}));
        core::Applied applied;
        applied.verdict = verdict;
        return applied;
    }

    Ends* ends_;
};

} // namespace

std::unique_ptr<core::StepKind> make_register_table(Ends& ends) { return std::make_unique<RegisterTable>(ends); }
std::unique_ptr<core::StepKind> make_check_table(Ends& ends) { return std::make_unique<CheckTable>(ends); }

} // namespace godwit::lakehouse
