#include "catalog/committer.h"

#include "base/fault_point.h"
#include "base/text.h"
#include "catalog/protocol.h"
#include "formats/iceberg/metadata_update.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace godwit::catalog {

namespace {

constexpr std::int32_t kDefaultFormatVersion = 2;

bool has_entry(const OrderedJson& list, const char* field, std::string_view value) {
    return std::ranges::any_of(list, [&](const OrderedJson& entry) {
        const auto found = entry.is_object() ? entry.find(field) : entry.end();
        return entry.is_object() && found != entry.end() && found->is_string() &&
               found->get_ref<const std::string&>() == value;
    });
}

std::string_view file_name_of(std::string_view location) { return location.substr(location.rfind('/') + 1); }

/// `format-version` among the properties asks for a version and is not stored as a property.
Result<std::int32_t> take_format_version(SpaceProperties& properties) {
    const auto found = properties.find("format-version");
    if (found == properties.end())
        return kDefaultFormatVersion;
    const auto version = parse_int64(found->second);
    if (version.is_error() || *version < 1 || *version > 3)
        return bad_request("the table format has versions 1, 2 and 3", "properties.format-version");
    properties.erase(found);
    return static_cast<std::int32_t>(*version);
}

/// Ids are the catalogue's to give, so that a request may leave them out.
template <typename Parsed>
Result<Parsed> parse_part(const OrderedJson& request, const char* field, const char* id_field,
                          Result<Parsed> (*parse)(const OrderedJson&)) {
    const auto found = request.find(field);
    if (found == request.end() || found->is_null())
        return Parsed();
    OrderedJson part = *found;
    if (part.is_object() && !part.contains(id_field))
        part[id_field] = 0;
    auto parsed = parse(part);
    if (parsed.is_error())
        return std::move(parsed).error().at(field);
    return parsed;
}

} // namespace

struct Committer::Prepared {
    CommittedTable table;
    std::string before; ///< the metadata location that was read; empty: a new table
    std::optional<Warehouse::Written> written;
};

Result<CommittedTable> Committer::read_row(TableRow row) {
    auto metadata = warehouse_.read_metadata(row.metadata_location);
    if (metadata.is_error())
        return Error::make(ErrorKind::corrupt, "the table's metadata cannot be read")
            .why("the catalogue names a metadata file that is missing or broken")
            .fix("restore the file, or drop the table and register an earlier metadata file")
            .at(printable(row.metadata_location))
            .cause(std::move(metadata).error());
    return CommittedTable{std::move(row), std::move(*metadata)};
}

Result<CommittedTable> Committer::load(const TableId& id) { return read_row(TRY(database_.table(id))); }

Result<std::string> Committer::default_location(const TableId& id) {
    const SpaceProperties properties = TRY(database_.properties(id.space));
    std::string folder;
    if (const auto given = properties.find("location"); given != properties.end() && !given->second.empty()) {
        folder = given->second;
        while (folder.size() > 1 && folder.ends_with('/'))
            folder.pop_back();
    } else {
        folder = "file://" + warehouse_.path();
        for (const std::string& level : levels_of(id.space))
            folder += "/" + path_element(level);
    }
    std::string location = folder + "/" + path_element(id.name);
    // A table that was renamed keeps its folder: two tables must not share one unasked.
    if (!TRY(database_.tables_sharing(TRY(warehouse_.local_path(location)))).empty())
        location += "-" + hex(random_.bytes(4));
    return location;
}

Result<iceberg::TableMetadata> Committer::plan_new_table(const TableId& id, const OrderedJson& request) {
    iceberg::NewTable table;
    if (const auto schema = request.find("schema"); schema == request.end() || !schema->is_object())
        return bad_request("a schema is expected", "schema");
    table.schema = TRY(parse_part(request, "schema", "schema-id", iceberg::parse_schema));
    table.spec = TRY(parse_part(request, "partition-spec", "spec-id", iceberg::parse_partition_spec));
    table.sort_order = TRY(parse_part(request, "write-order", "order-id", iceberg::parse_sort_order));
    SpaceProperties properties = TRY(text_map(request, "properties"));
    table.format_version = TRY(take_format_version(properties));
    table.properties.assign(properties.begin(), properties.end());
    const auto location = TRY(optional_text(request, "location"));
    table.location = location ? *location : TRY(default_location(id));
    TRY(warehouse_.local_path(table.location));
    table.uuid = random_uuid(random_);
    table.now_ms = clock_.now() / 1000;
    return iceberg::TableMetadata::create(table);
}

Status Committer::move(std::span<Prepared> prepared) {
    std::vector<PointerMove> moves;
    for (const Prepared& one : prepared) {
        if (one.written)
            moves.push_back({one.table.row, one.before});
    }
    FAULT_POINT("catalog.metadata_written");
    Status moved = database_.move_pointers(moves);
    // Where the outcome is unknown the pointer may name the file: it stays.
    if (moved.is_error() && moved.error().kind() != ErrorKind::outcome_unknown) {
        for (const Prepared& one : prepared) {
            if (one.written)
                Warehouse::discard(*one.written);
        }
    }
    if (!moved.is_error())
        FAULT_POINT("catalog.pointer_moved");
    return moved;
}

Result<CommittedTable> Committer::create(const TableId& id, const iceberg::TableMetadata& metadata) {
    const std::lock_guard lock(mutex_);
    TRY(database_.properties(id.space));
    if (TRY(database_.find_table(id)))
        return Error::make(ErrorKind::conflict, "a table of this name exists already")
            .fix("choose another name, or drop that table first")
            .at(id.display())
            .code("AlreadyExistsException");
    const std::string folder = TRY(warehouse_.local_path(metadata.location()));
    Prepared made{{{id, folder, ""}, metadata}, "", {}};
    made.written = TRY(warehouse_.write_metadata(metadata, 0, random_uuid(random_)));
    made.table.row.metadata_location = made.written->location;
    TRY(move({&made, 1}));
    return std::move(made.table);
}

/// The updates of a create transaction, with the uuid and the location that the client may leave to the catalogue.
Result<OrderedJson> Committer::complete_creation(const TableId& id, const OrderedJson& updates) {
    OrderedJson completed = OrderedJson::array();
    if (!has_entry(updates, "action", "upgrade-format-version"))
        completed.push_back({{"action", "upgrade-format-version"}, {"format-version", kDefaultFormatVersion}});
    if (!has_entry(updates, "action", "assign-uuid"))
        completed.push_back({{"action", "assign-uuid"}, {"uuid", random_uuid(random_)}});
    if (!has_entry(updates, "action", "set-location")) {
        auto location = TRY(default_location(id));
        completed.push_back({{"action", "set-location"}, {"location", std::move(location)}});
    }
    for (const OrderedJson& update : updates)
        completed.push_back(update);
    return completed;
}

Result<iceberg::TableMetadata> Committer::apply(const TableChange& change, const iceberg::TableMetadata* base,
                                                const std::string& previous_location) {
    if (Status met = iceberg::check_requirements(base, *change.requirements); met.is_error()) {
        const bool failed = met.error().kind() == ErrorKind::conflict;
        return std::move(met)
            .error()
            .at(change.id.display())
            .code(failed ? "CommitFailedException" : "BadRequestException");
    }
    const iceberg::CommitContext context{clock_.now() / 1000, previous_location};
    if (base != nullptr)
        return iceberg::apply_updates(base, *change.updates, context);
    return iceberg::apply_updates(nullptr, TRY(complete_creation(change.id, *change.updates)), context);
}

Result<Committer::Prepared> Committer::prepare(const TableChange& change) {
    auto row = TRY(database_.find_table(change.id));
    if (!row && !has_entry(*change.requirements, "type", "assert-create"))
        TRY(database_.table(change.id));
    if (!row) {
        TRY(database_.properties(change.id.space));
        const iceberg::TableMetadata made = TRY(apply(change, nullptr, ""));
        const std::string folder = TRY(warehouse_.local_path(made.location()));
        Prepared prepared{{{change.id, folder, ""}, made}, "", {}};
        prepared.written = TRY(warehouse_.write_metadata(made, 0, random_uuid(random_)));
        prepared.table.row.metadata_location = prepared.written->location;
        return prepared;
    }
    CommittedTable current = TRY(read_row(std::move(*row)));
    const std::string before = current.row.metadata_location;
    auto next = TRY(apply(change, &current.metadata, before));
    if (change.updates->empty())
        return Prepared{std::move(current), before, {}};
    const std::int64_t version = iceberg::metadata_version_of(file_name_of(before)).value_or(-1) + 1;
    const std::string folder = TRY(warehouse_.local_path(next.location()));
    Prepared prepared{{{change.id, folder, ""}, std::move(next)}, before, {}};
    prepared.written = TRY(warehouse_.write_metadata(prepared.table.metadata, version, random_uuid(random_)));
    prepared.table.row.metadata_location = prepared.written->location;
    return prepared;
}

Result<std::vector<CommittedTable>> Committer::commit(std::span<const TableChange> changes) {
    std::set<TableId> named;
    for (const TableChange& change : changes) {
        if (!named.insert(change.id).second)
            return bad_request("a transaction names a table twice", change.id.display());
    }
    const std::lock_guard lock(mutex_);
    std::vector<Prepared> prepared;
    for (const TableChange& change : changes) {
        auto one = prepare(change);
        if (one.is_error()) {
            for (const Prepared& earlier : prepared) {
                if (earlier.written)
                    Warehouse::discard(*earlier.written);
            }
            return std::move(one).error();
        }
        prepared.push_back(std::move(*one));
    }
    TRY(move(prepared));
    std::vector<CommittedTable> committed;
    for (Prepared& one : prepared)
        committed.push_back(std::move(one.table));
    return committed;
}

Result<CommittedTable> Committer::register_table(const TableId& id, const std::string& metadata_location,
                                                 bool overwrite) {
    const std::lock_guard lock(mutex_);
    TRY(database_.properties(id.space));
    const auto present = TRY(database_.find_table(id));
    if (present && !overwrite)
        return Error::make(ErrorKind::conflict, "a table of this name exists already")
            .why("it is at " + printable(present->metadata_location))
            .fix("choose another name, drop that table first, or ask for overwrite")
            .at(id.display())
            .code("AlreadyExistsException");
    auto metadata = warehouse_.read_metadata(metadata_location);
    if (metadata.is_error() && metadata.error().code().empty())
        return Error::make(ErrorKind::invalid_input, "the metadata file cannot be registered")
            .fix("name a metadata.json of a table")
            .at(printable(metadata_location))
            .code("BadRequestException")
            .cause(std::move(metadata).error());
    auto read = TRY(std::move(metadata));
    CommittedTable table{{id, "", metadata_location}, std::move(read)};
    table.row.location = TRY(warehouse_.local_path(table.metadata.location()));
    FAULT_POINT("catalog.register");
    const PointerMove moves[] = {{table.row, present ? present->metadata_location : ""}};
    TRY(database_.move_pointers(moves));
    FAULT_POINT("catalog.registered");
    return table;
}

Result<TableRow> Committer::drop(const TableId& id) {
    const std::lock_guard lock(mutex_);
    TableRow row = TRY(database_.table(id));
    TRY(database_.drop_table(row));
    FAULT_POINT("catalog.dropped");
    return row;
}

Result<CommittedTable> Committer::unregister(const TableId& id) {
    const std::lock_guard lock(mutex_);
    CommittedTable table = TRY(load(id));
    TRY(database_.drop_table(table.row));
    return table;
}

} // namespace godwit::catalog
