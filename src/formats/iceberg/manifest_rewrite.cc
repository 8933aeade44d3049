#include "formats/iceberg/manifest_rewrite.h"

#include "formats/avro/value.h"
#include "formats/iceberg/manifest_decode.h"

#include <utility>

namespace godwit::iceberg {

namespace {

using avro::Cursor;
using avro::Edit;
using avro::Slice;

std::string_view content_of(std::string_view block, const Slice& slice) { return avro::slice_bytes(block, slice); }
bool present(std::span<const Slice> slices, std::size_t slot) { return slices[slot].state == Slice::State::present; }

/// Walks the items of an encoded column map: `item(key, raw item, place of the value inside it, value)`.
template <typename Item>
bool each_bound(const avro::Node& items, std::string_view encoded, Item&& item) {
    Cursor cursor(encoded);
    std::int64_t bytes = 0;
    for (auto count = cursor.read_block_count(bytes); count > 0; count = cursor.read_block_count(bytes))
        for (; count > 0; --count) {
            const auto start = cursor.offset();
            std::int32_t key = 0;
            std::string_view value;
            std::pair<std::size_t, std::size_t> value_at;
            const auto* record = unwrap(items, cursor);
            for (std::size_t i = 0; record != nullptr && i < record->fields.size(); ++i) {
                const auto& field = record->fields[i];
                const auto* type = unwrap(*field.type, cursor);
                const auto at = cursor.offset();
                if (type != nullptr && field.name == "key" && type->kind != avro::Kind::null) {
                    key = cursor.read_int();
                } else if (type != nullptr && field.name == "value" && type->kind != avro::Kind::null) {
                    value = cursor.read_bytes();
                    value_at = {at - start, cursor.offset() - at};
                } else if (type == nullptr || !avro::try_skip(*type, cursor)) {
                    return false;
                }
            }
            if (cursor.failed())
                return false;
            item(key, encoded.substr(start, cursor.offset() - start), value_at, value);
        }
    return !cursor.failed();
}

/// The bound of column file_path, if the map has one.
std::optional<std::string> path_bound(const avro::Node& items, std::string_view encoded) {
    std::optional<std::string> found;
    each_bound(items, encoded, [&](std::int32_t key, std::string_view, const auto& value_at, std::string_view value) {
        if (key == kDeleteFilePathId && value_at.second != 0)
            found = value;
    });
    return found;
}

/// The map with another bound of column file_path, or without it.
std::string with_path_bound(const avro::Node& items, std::string_view encoded,
                            const std::optional<std::string>& bound) {
    std::string kept;
    std::int64_t count = 0;
    each_bound(items, encoded, [&](std::int32_t key, std::string_view raw, const auto& value_at, std::string_view) {
        if (key != kDeleteFilePathId || value_at.second == 0) {
            kept += raw;
        } else if (bound) {
            kept += raw.substr(0, value_at.first);
            avro::append_bytes(kept, *bound);
            kept += raw.substr(value_at.first + value_at.second);
        } else {
            return;
        }
        ++count;
    });
    std::string out;
    if (count > 0)
        avro::append_long(out, count);
    out += kept;
    avro::append_long(out, 0);
    return out;
}

class EntryRewriter {
public:
    EntryRewriter(const ManifestEdits& edits, const avro::FieldLocator& locator) : edits_(edits), locator_(locator) {}

    Status operator()(std::string_view block, std::span<const Slice> slices, std::vector<Edit>& edits) const {
        TRY(map_path(block, slices, EntrySlot::file_path, edits));
        TRY(map_path(block, slices, EntrySlot::referenced_data_file, edits));
        const auto content =
            present(slices, EntrySlot::content) ? avro::slice_long(block, slices[EntrySlot::content]) : 0;
        if (content != static_cast<std::int64_t>(FileContent::position_deletes))
            return {};
        std::optional<RewrittenFile> rewritten;
        if (edits_.rewritten) {
            DeleteFileKey key{
                content_of(block, slices[EntrySlot::file_path]), content_of(block, slices[EntrySlot::file_format]), {}};
            if (present(slices, EntrySlot::content_offset))
                key.content_offset = avro::slice_long(block, slices[EntrySlot::content_offset]);
            rewritten = TRY(edits_.rewritten(key));
        }
        if (rewritten) {
            TRY(set_number(block, slices, EntrySlot::file_size, rewritten->file_size_in_bytes, edits));
            TRY(set_number(block, slices, EntrySlot::content_offset, rewritten->content_offset, edits));
            TRY(set_number(block, slices, EntrySlot::content_size, rewritten->content_size_in_bytes, edits));
        }
        return set_bounds(block, slices, rewritten, edits);
    }

private:
    Status map_path(std::string_view block, std::span<const Slice> slices, std::size_t slot,
                    std::vector<Edit>& edits) const {
        if (!present(slices, slot))
            return {};
        const auto old_path = content_of(block, slices[slot]);
        const auto new_path = TRY(edits_.path(old_path));
        if (new_path != old_path)
            edits.push_back(avro::bytes_edit(slot, new_path));
        return {};
    }

    static Status set_number(std::string_view block, std::span<const Slice> slices, std::size_t slot,
                             std::optional<std::int64_t> value, std::vector<Edit>& edits) {
        if (!value)
            return {};
        if (!present(slices, slot))
            return Error::make(ErrorKind::bug,
                               "a rewritten delete file has a new offset or size, but its manifest entry has none")
                .fix("report this, with the manifest");
        if (avro::slice_long(block, slices[slot]) != *value)
            edits.push_back(avro::long_edit(slot, *value));
        return {};
    }

    /// What both bounds become. Nothing: they stay.
    Result<std::optional<std::pair<std::optional<std::string>, std::optional<std::string>>>> new_bounds(
        const std::optional<std::string>& lower, const std::optional<std::string>& upper,
        const std::optional<RewrittenFile>& rewritten) const {
        using Pair = std::pair<std::optional<std::string>, std::optional<std::string>>;
        if (rewritten && rewritten->lowest_path && rewritten->highest_path)
            return std::optional(Pair(rewritten->lowest_path, rewritten->highest_path));
        if (lower && lower == upper) {
            const auto path = TRY(edits_.path(*lower));
            return std::optional(Pair(path, path));
        }
        const auto unchanged = [this](const std::optional<std::string>& bound) {
            if (!bound)
                return true;
            const auto mapped = edits_.path(*bound);
            return mapped.has_value() && *mapped == *bound;
        };
        if (!rewritten && unchanged(lower) && unchanged(upper))
            return std::optional<Pair>();
        return std::optional(Pair());
    }

    Status set_bounds(std::string_view block, std::span<const Slice> slices,
                      const std::optional<RewrittenFile>& rewritten, std::vector<Edit>& edits) const {
        std::array<std::optional<std::string>, 2> bounds;
        constexpr std::array<std::size_t, 2> slots_of_bounds{EntrySlot::lower_bounds, EntrySlot::upper_bounds};
        for (std::size_t side = 0; side < 2; ++side)
            if (present(slices, slots_of_bounds[side]))
                bounds[side] =
                    path_bound(*locator_.type(slots_of_bounds[side])->items, raw(block, slices[slots_of_bounds[side]]));
        if (!bounds[0] && !bounds[1])
            return {};
        const auto changed = TRY(new_bounds(bounds[0], bounds[1], rewritten));
        if (!changed)
            return {};
        for (std::size_t side = 0; side < 2; ++side) {
            const auto& wanted = side == 0 ? changed->first : changed->second;
            if (!bounds[side] || bounds[side] == wanted)
                continue;
            const auto slot = slots_of_bounds[side];
            edits.push_back({slot, with_path_bound(*locator_.type(slot)->items, raw(block, slices[slot]), wanted)});
        }
        return {};
    }

    static std::string_view raw(std::string_view block, const Slice& slice) {
        return block.substr(slice.offset, slice.length);
    }

    const ManifestEdits& edits_;
    const avro::FieldLocator& locator_;
};

} // namespace

Result<avro::RewriteCounts> rewrite_manifest_list(ByteSource& source, ByteSink& sink, const ManifestMapper& mapper,
                                                  const avro::ReaderLimits& limits) {
    // Opened once more for its checks of types: what the editor relies on.
    TRY(ManifestListReader::open(source, limits));
    auto reader = TRY(avro::ContainerReader::open(source, limits));
    const auto locator = TRY(avro::FieldLocator::compile(reader.schema(), list_paths()));
    const auto edit = [&](std::string_view block, std::span<const Slice> slices, std::vector<Edit>& edits) -> Status {
        if (!present(slices, ListSlot::manifest_path) || !present(slices, ListSlot::manifest_length))
            return Error::make(ErrorKind::invalid_input, "a manifest of the list has no path or length")
                .fix("copy the file again from its source");
        const auto path = content_of(block, slices[ListSlot::manifest_path]);
        const auto length = avro::slice_long(block, slices[ListSlot::manifest_length]);
        const auto moved = TRY(mapper(path, length));
        if (moved.path != path)
            edits.push_back(avro::bytes_edit(ListSlot::manifest_path, moved.path));
        if (moved.length != length)
            edits.push_back(avro::long_edit(ListSlot::manifest_length, moved.length));
        return {};
    };
    return avro::rewrite_container(reader, locator, edit, sink);
}

Result<avro::RewriteCounts> rewrite_manifest(ByteSource& source, ByteSink& sink, const ManifestEdits& edits,
                                             const avro::ReaderLimits& limits) {
    TRY(ManifestReader::open(source, limits));
    auto reader = TRY(avro::ContainerReader::open(source, limits));
    const auto locator = TRY(avro::FieldLocator::compile(reader.schema(), entry_paths()));
    const EntryRewriter rewriter(edits, locator);
    return avro::rewrite_container(reader, locator, rewriter, sink);
}

} // namespace godwit::iceberg
