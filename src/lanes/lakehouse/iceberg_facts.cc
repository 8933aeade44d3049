#include "lanes/lakehouse/iceberg_facts.h"

#include "base/digest.h"
#include "base/text.h"
#include "formats/iceberg/manifest.h"
#include "formats/iceberg/table_metadata.h"
#include "lanes/lakehouse/position_deletes.h"
#include "lanes/lakehouse/sizes.h"
#include "lanes/lakehouse/sorted_spill.h"
#include "lanes/lakehouse/table_files.h"
#include "lanes/lakehouse/table_tree.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>
#include <utility>

namespace godwit::lakehouse {

namespace {

constexpr std::size_t kMostPrefixes = 64;
constexpr std::int64_t kLatestMs = std::numeric_limits<Micros>::max() / 1'000;
constexpr std::uint64_t kLargestMetadata = std::uint64_t{512} << 20;

std::string full_type(const iceberg::Type& type) {
    using iceberg::TypeKind;
    if (type.is_primitive())
        return iceberg::type_text(type);
    std::string inside;
    for (const auto& field : type.fields)
        inside += (inside.empty() ? "" : ", ") + (type.kind == TypeKind::structure ? field.name + ": " : "") +
                  full_type(field.type);
    return (type.kind == TypeKind::list ? "list<" : type.kind == TypeKind::map ? "map<" : "struct<") + inside + ">";
}

/// The folder above the file, and above `metadata` and `data`: what somebody would name in a `--map`.
std::string root_of(std::string path) {
    path.resize(std::min(path.size(), path.rfind('/')));
    for (const auto* name : {"/metadata", "/data"}) {
        if (path.ends_with(name))
            path.resize(path.size() - std::string_view(name).size());
    }
    return path;
}

bool is_below(const std::string& path, const std::string& folder) {
    return path == folder || path.starts_with(folder + "/");
}

std::string canonical(const std::string& location) {
    auto parsed = clients::Location::parse(location);
    return parsed.is_error() ? location : parsed->canonical();
}

/// Of a file's canonical location: the bucket and at most three folders above `data`, `metadata` and partitions. Enough
/// to see whose place it is.
std::string summary_of(const std::string& location) {
    constexpr int kMostFolders = 3;
    auto end = location.starts_with("s3://") ? std::min(location.size(), location.find('/', 5)) : 0;
    for (int folders = 0; folders < kMostFolders; ++folders) {
        const auto next = location.find('/', end + 1);
        if (next == std::string::npos)
            break;
        const auto name = std::string_view(location).substr(end + 1, next - end - 1);
        if (name == "data" || name == "metadata" || name.find('=') != std::string_view::npos)
            break;
        end = next;
    }
    return end == 0 ? "/" : printable(std::string_view(location).substr(0, end));
}

std::string format_name(const iceberg::DataFile& file) {
    const auto format = lower_ascii(file.file_format);
    if (file.content == iceberg::FileContent::data)
        return "data " + format;
    if (file.content == iceberg::FileContent::equality_deletes)
        return "equality deletes " + format;
    return (format == "puffin" ? "deletion vectors " : "position deletes ") + format;
}

class Reading {
public:
    Reading(IcebergFacts& facts, const clients::PrefixMap& map, std::stop_token stop)
        : facts_(facts), map_(map), files_(map), stop_(std::move(stop)) {}

    Status read() {
        const auto metadata = TRY(load());
        if (!metadata)
            return {};
        describe(*metadata);
        TRY(find_newer());
        TRY(metadata_paths(*metadata));
        TRY(follow_references(*metadata));
        return count_outside();
    }

private:
    Result<std::optional<iceberg::TableMetadata>> load() {
        auto none = std::optional<iceberg::TableMetadata>();
        auto place = place_of(facts_.metadata_location, map_);
        if (!place.problem.empty()) {
            facts_.problem = place.problem;
            facts_.detail = place.detail;
            return none;
        }
        facts_.metadata_file = place.folder;
        const auto bytes = files_.read(facts_.metadata_location, kLargestMetadata);
        if (bytes.is_error()) {
            facts_.problem = bytes.error().kind() == ErrorKind::not_found ? "missing" : "unreadable";
            facts_.detail = bytes.error().to_line();
            return none;
        }
        facts_.metadata_size = bytes->size();
        facts_.metadata_digest = sha256_hex(*bytes);
        auto metadata = iceberg::TableMetadata::parse(*bytes, facts_.metadata_location);
        if (metadata.is_error()) {
            facts_.problem = "invalid";
            facts_.detail = metadata.error().to_line();
            return none;
        }
        return std::optional(std::move(metadata).release());
    }

    void describe(const iceberg::TableMetadata& metadata) {
        facts_.table_uuid = metadata.uuid();
        facts_.format_version = metadata.format_version();
        facts_.location = metadata.location();
        if (const auto* current = metadata.current_snapshot())
            facts_.current_snapshot_id = std::to_string(current->id);
        facts_.snapshots = metadata.snapshots().size();
        facts_.schema_id = metadata.current_schema_id();
        facts_.schemas = metadata.schemas().size();
        facts_.specs = metadata.specs().size();
        for (const auto& field : metadata.current_schema().fields)
            facts_.columns.push_back({field.name, full_type(field.type), field.doc.value_or("")});
        for (const auto& field : metadata.default_spec().fields) {
            const auto source =
                metadata.current_schema().name_of(field.source_ids.empty() ? 0 : field.source_ids.front());
            const auto& transform = field.transform.text;
            facts_.partition_fields.push_back(transform == "identity" ? source : transform + "(" + source + ")");
        }
        for (const auto& reference : metadata.references())
            facts_.references.push_back({reference.name,
                                         reference.kind == iceberg::SnapshotReference::Kind::tag ? "tag" : "branch",
                                         std::to_string(reference.snapshot_id)});
        facts_.updated_at = format_time(std::clamp(metadata.last_updated_ms(), -kLatestMs, kLatestMs) * 1'000);
        facts_.encrypted = !metadata.encryption_keys().empty();
        root_ = canonical(metadata.location());
        add_prefix(metadata.location(), root_);
    }

    /// A version file with a higher number beside it: another writer went on, or a commit was lost.
    Status find_newer() {
        const auto name = facts_.metadata_location.substr(facts_.metadata_location.rfind('/') + 1);
        const auto version = iceberg::metadata_version_of(name);
        if (!version)
            return {};
        auto place = place_of(root_folder(facts_.metadata_location), map_);
        if (!place.problem.empty())
            return {};
        auto opened = open_place(place, map_);
        if (opened.is_error())
            return {};
        auto lister = opened->source.list(opened->key);
        if (lister.is_error())
            return {};
        std::int64_t highest = *version;
        for (;;) {
            const auto entry = lister->next();
            if (entry.is_error() || !*entry)
                return {};
            const auto file = (*entry)->key.substr((*entry)->key.rfind('/') + 1);
            const auto other = iceberg::metadata_version_of(file);
            if (other && *other > highest) {
                highest = *other;
                facts_.newer_metadata = printable(file);
            }
        }
    }

    static std::string root_folder(const std::string& location) { return location.substr(0, location.rfind('/')); }

    void add_prefix(const std::string& location, const std::string& key) {
        if (prefixes_.size() >= kMostPrefixes || !prefixes_.insert(key).second)
            return;
        facts_.prefixes.push_back(place_of(location, map_));
    }

    /// Notes the root of a path that lies outside of the table's location.
    void note_path(const std::string& path) {
        const auto key = canonical(path);
        if (is_below(key, root_))
            return;
        const auto root = root_of(key);
        add_prefix(root, root);
    }

    /// Asks the enumeration that the copy uses: what this does not see does not move. Where it ends early, so would the
    /// copy, and what is missing or broken has a finding of its own.
    Status count_outside() {
        const auto tree = TableTree::read(files_, facts_.metadata_location);
        if (tree.is_error())
            return {};
        SortedSpill outside;
        auto visited = tree->each_file([&](const TableTree::TakenFile& file) -> Status {
            TRY(go_on());
            auto place = canonical(file.location);
            return is_below(place, root_) ? Status{} : outside.add(std::move(place), file.location);
        });
        if (visited.is_error() && visited.error().kind() == ErrorKind::interrupted)
            return visited;
        TRY(outside.sort());
        std::string last;
        for (; outside.peek() != nullptr; TRY(outside.pop())) {
            if (outside.peek()->key == last)
                continue;
            TRY(go_on());
            last = outside.peek()->key;
            const auto state = files_.state(outside.peek()->value);
            if (state.is_error() || state->type != FileState::Type::file)
                continue; // a move leaves out what is not there
            ++facts_.outside_objects;
            facts_.outside_bytes += state->size;
            const auto place = summary_of(last);
            const bool named = facts_.outside_places.size() < kMostPrefixes || facts_.outside_places.contains(place);
            ++facts_.outside_places[named ? place : "elsewhere"];
        }
        return {};
    }

    Status go_on() const {
        if (stop_.stop_requested())
            return Error::make(ErrorKind::interrupted, "reading manifests was stopped").fix("run the command again");
        return {};
    }

    Status metadata_paths(const iceberg::TableMetadata& metadata) {
        const auto visited = metadata.map_paths(
            [&](iceberg::PathField field, std::string_view, std::string_view path) -> Result<std::string> {
                using iceberg::PathField;
                const bool file = field == PathField::manifest_list || field == PathField::manifest ||
                                  field == PathField::statistics || field == PathField::partition_statistics;
                if (file)
                    note_path(std::string(path));
                return std::string(path);
            });
        if (visited.is_error()) {
            facts_.problem = "invalid";
            facts_.detail = visited.error().to_line();
        }
        return {};
    }

    Status follow_references(const iceberg::TableMetadata& metadata) {
        std::set<std::int64_t> needed;
        for (const auto& reference : metadata.references())
            needed.insert(reference.snapshot_id);
        facts_.live_known = true;
        const auto* current = metadata.current_snapshot();
        if (current != nullptr)
            TRY(snapshot(*current, true));
        const auto is_current = [&](const iceberg::Snapshot& one) {
            return current != nullptr && one.id == current->id;
        };
        for (const auto& snapshot : metadata.snapshots())
            if (!is_current(snapshot) && needed.contains(snapshot.id))
                TRY(this->snapshot(snapshot, false));
        for (const auto& snapshot : metadata.snapshots()) // last: a manifest counts for who needs it
            if (!is_current(snapshot) && !needed.contains(snapshot.id) && !snapshot.manifest_list.empty() &&
                look_for(snapshot.manifest_list, facts_.missing_history))
                TRY(history(snapshot.manifest_list));
        return {};
    }

    Status snapshot(const iceberg::Snapshot& snapshot, bool current) {
        if (snapshot.manifest_list.empty()) {
            for (const auto& path : snapshot.manifests)
                TRY(manifest(path, current));
            return {};
        }
        if (!look_for(snapshot.manifest_list, facts_.missing_needed)) {
            facts_.live_known = facts_.live_known && !current;
            return {};
        }
        std::set<std::string> manifests;
        const auto read = with(snapshot.manifest_list, [&](ByteSource& source) -> Status {
            auto list = TRY(iceberg::ManifestListReader::open(source));
            iceberg::ManifestFile file;
            while (TRY(list.next(file)))
                manifests.insert(file.path);
            return {};
        });
        if (read.is_error())
            broken(snapshot.manifest_list, read.error(), current);
        for (const auto& path : manifests)
            TRY(manifest(path, current));
        return {};
    }

    /// Delete files that only history names move as well, so they must be such that can be rewritten.
    Status history(const std::string& list_location) {
        std::vector<std::string> manifests;
        const auto listed = with(list_location, [&](ByteSource& source) -> Status {
            auto list = TRY(iceberg::ManifestListReader::open(source));
            iceberg::ManifestFile file;
            while (TRY(list.next(file)))
                if (file.content == iceberg::ManifestContent::deletes && manifests_.insert(file.path).second)
                    manifests.push_back(file.path);
            return {};
        });
        if (listed.is_error())
            return {}; // such a snapshot cannot be read at the source either
        for (const auto& path : manifests) {
            const auto read = with(path, [&](ByteSource& source) { return each_entry(source, [](const auto&) {}); });
            if (read.is_error() && read.error().kind() == ErrorKind::interrupted)
                return read;
        }
        return {};
    }

    /// A manifest is shared by many snapshots: the current snapshot comes first, so that its files count as live.
    Status manifest(const std::string& path, bool current) {
        if (!manifests_.insert(path).second)
            return {};
        note_path(path);
        if (!look_for(path, facts_.missing_needed)) {
            facts_.live_known = facts_.live_known && !current;
            return {};
        }
        auto read = with(path, [&](ByteSource& source) {
            return each_entry(source, [&](const iceberg::DataFile& file) { live_file(file, current); });
        });
        if (read.is_error() && read.error().kind() == ErrorKind::interrupted)
            return read;
        if (read.is_error())
            broken(path, read.error(), current);
        return {};
    }

    /// `live` is told of what the manifest does not say to be deleted.
    template <typename Live>
    Status each_entry(ByteSource& source, const Live& live) {
        auto reader = TRY(iceberg::ManifestReader::open(source));
        iceberg::ManifestEntry entry;
        while (TRY(reader.next(entry))) {
            TRY(go_on());
            if (entry.file.content == iceberg::FileContent::position_deletes)
                check_deletes(entry.file);
            if (entry.status != iceberg::EntryStatus::deleted)
                live(entry.file);
        }
        return {};
    }

    void check_deletes(const iceberg::DataFile& file) {
        if (equals_ignoring_case(file.file_format, "puffin") || !delete_files_.insert(file.file_path).second)
            return;
        const auto checked =
            with(file.file_path, [&](ByteSource& source) { return check_position_deletes(source, file.file_format); });
        if (!checked.is_error() || checked.error().kind() != ErrorKind::unsupported)
            return;
        if (facts_.unwritable_deletes++ == 0)
            facts_.unwritable_example = printable(file.file_path) + ": " + checked.error().why();
    }

    void live_file(const iceberg::DataFile& file, bool current) {
        ++facts_.file_formats[format_name(file)];
        const auto size = static_cast<std::uint64_t>(std::max<std::int64_t>(file.file_size_in_bytes, 0));
        note_path(file.file_path);
        look_for(file.file_path, facts_.missing_needed);
        if (!current)
            return;
        const bool data = file.content == iceberg::FileContent::data;
        ++(data ? facts_.live_data_files : facts_.live_delete_files);
        facts_.live_bytes += size;
        facts_.live_rows += data ? static_cast<std::uint64_t>(std::max<std::int64_t>(file.record_count, 0)) : 0;
    }

    Status with(const std::string& location, const std::function<Status(ByteSource&)>& use) const {
        const auto file = TRY(files_.open(location));
        return use(*file);
    }

    bool look_for(const std::string& path, std::uint64_t& missing) {
        const auto state = files_.state(path);
        if (!state.is_error() && state->type == FileState::Type::file)
            return true;
        if (facts_.missing_example.empty())
            facts_.missing_example =
                printable(path) + (state.is_error() ? ": " + state.error().what() : ": is no file");
        ++missing;
        return false;
    }

    void broken(const std::string& path, const Error& error, bool current) {
        facts_.live_known = facts_.live_known && !current;
        if (facts_.broken_needed++ == 0)
            facts_.broken_example = printable(path) + ": " + error.to_line();
    }

    IcebergFacts& facts_;
    const clients::PrefixMap& map_;
    TableFiles files_;
    std::stop_token stop_;
    std::string root_;
    std::set<std::string> prefixes_;
    std::set<std::string> manifests_;
    std::set<std::string> delete_files_;
};

} // namespace

Result<IcebergFacts> read_iceberg_facts(const std::string& metadata_location, const clients::PrefixMap& map,
                                        std::stop_token stop) {
    IcebergFacts facts;
    facts.metadata_location = metadata_location;
    TRY(Reading(facts, map, std::move(stop)).read());
    return facts;
}

} // namespace godwit::lakehouse
