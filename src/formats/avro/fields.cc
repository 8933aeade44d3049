#include "formats/avro/fields.h"

#include "formats/avro/value.h"

#include <algorithm>

namespace godwit::avro {

namespace {

/// By id where the record has ids at all; else by name.
int find_field(const Node& record, const FieldKey& key) {
    bool has_ids = false;
    for (std::size_t i = 0; i < record.fields.size(); ++i) {
        has_ids = has_ids || record.fields[i].field_id.has_value();
        if (record.fields[i].field_id == key.id)
            return static_cast<int>(i);
    }
    for (std::size_t i = 0; !has_ids && i < record.fields.size(); ++i)
        if (record.fields[i].name == key.name)
            return static_cast<int>(i);
    return -1;
}

Error record_error(const std::string& file, const Block& block, std::int64_t record, std::string why) {
    return Error::make(ErrorKind::invalid_input, "a record of the Avro file cannot be decoded")
        .why(std::move(why))
        .fix("copy the file again from its source")
        .at(file + " at offset " + std::to_string(block.offset) + ", record " + std::to_string(record));
}

} // namespace

int FieldLocator::make_plan(const Node& record) {
    Plan plan;
    plan.record = &record;
    plan.steps.resize(record.fields.size());
    plans_.push_back(std::move(plan));
    return static_cast<int>(plans_.size() - 1);
}

void FieldLocator::add(const FieldPath& path, int slot) {
    auto plan = static_cast<std::size_t>(root_);
    for (std::size_t i = 0; i < path.size(); ++i) {
        const auto index = find_field(*plans_[plan].record, path[i]);
        if (index < 0)
            return;
        const auto at = static_cast<std::size_t>(index);
        const auto& type = plans_[plan].record->fields[at].type->without_null();
        if (i + 1 == path.size()) {
            plans_[plan].steps[at].slot = slot;
            types_[static_cast<std::size_t>(slot)] = &type;
            return;
        }
        if (type.kind != Kind::record)
            return;
        if (plans_[plan].steps[at].plan < 0) {
            const auto made = make_plan(type);
            plans_[plan].steps[at].plan = made;
        }
        plan = static_cast<std::size_t>(plans_[plan].steps[at].plan);
    }
}

Result<FieldLocator> FieldLocator::compile(const Schema& schema, const std::vector<FieldPath>& paths) {
    if (schema.root().kind != Kind::record)
        return Error::make(ErrorKind::invalid_input, "the Avro file does not hold records")
            .why("its schema is a " + std::string(to_string(schema.root().kind)))
            .fix("check that the path names an Iceberg manifest or manifest list")
            .at("avro.schema");
    FieldLocator locator;
    locator.types_.resize(paths.size());
    locator.root_ = locator.make_plan(schema.root());
    for (std::size_t slot = 0; slot < paths.size(); ++slot)
        locator.add(paths[slot], static_cast<int>(slot));
    return locator;
}

bool FieldLocator::visit(const Node& type, const Step& step, Cursor& cursor, std::span<Slice> slices) const {
    if (step.slot < 0 && step.plan < 0)
        return try_skip(type, cursor);
    const Node* inner = &type;
    if (const auto null_index = type.null_branch()) {
        const auto branch = cursor.read_long();
        if (cursor.failed() || branch < 0 || branch > 1)
            return false;
        if (static_cast<std::size_t>(branch) == *null_index) {
            if (step.slot >= 0)
                slices[static_cast<std::size_t>(step.slot)] = {Slice::State::null, cursor.offset(), 0};
            return true;
        }
        inner = type.branches[static_cast<std::size_t>(branch)];
    }
    const auto start = cursor.offset();
    const bool good =
        step.plan >= 0 ? walk(plans_[static_cast<std::size_t>(step.plan)], cursor, slices) : try_skip(*inner, cursor);
    if (step.slot >= 0)
        slices[static_cast<std::size_t>(step.slot)] = {Slice::State::present, start, cursor.offset() - start};
    return good;
}

bool FieldLocator::walk(const Plan& plan, Cursor& cursor, std::span<Slice> slices) const {
    for (std::size_t i = 0; i < plan.steps.size(); ++i)
        if (!visit(*plan.record->fields[i].type, plan.steps[i], cursor, slices))
            return false;
    return !cursor.failed();
}

Result<std::size_t> FieldLocator::locate(std::string_view block, std::size_t offset, std::span<Slice> slices) const {
    std::fill(slices.begin(), slices.end(), Slice{});
    Cursor cursor(block, offset);
    if (!walk(plans_[static_cast<std::size_t>(root_)], cursor, slices))
        return Error::make(ErrorKind::invalid_input, "a record of the Avro file cannot be decoded")
            .why("it is damaged or ends too early")
            .fix("copy the file again from its source")
            .at("byte " + std::to_string(cursor.offset()) + " of the block");
    return cursor.offset();
}

Edit bytes_edit(std::size_t slot, std::string_view bytes) {
    Edit edit{slot, {}};
    append_bytes(edit.bytes, bytes);
    return edit;
}

Edit long_edit(std::size_t slot, std::int64_t value) {
    Edit edit{slot, {}};
    append_long(edit.bytes, value);
    return edit;
}

std::string_view slice_bytes(std::string_view block, const Slice& slice) {
    return Cursor(block.substr(slice.offset, slice.length)).read_bytes();
}

std::int64_t slice_long(std::string_view block, const Slice& slice) {
    return Cursor(block.substr(slice.offset, slice.length)).read_long();
}

Result<RewriteCounts> rewrite_container(ContainerReader& reader, const FieldLocator& locator,
                                        const RecordEditor& editor, ByteSink& sink) {
    auto writer = TRY(ContainerWriter::create_like(sink, reader));
    RewriteCounts counts;
    Block block;
    std::vector<Slice> slices(locator.slots());
    std::vector<Edit> edits;
    std::string out;
    while (TRY(reader.next_block(block))) {
        out.clear();
        std::size_t copied = 0;
        std::size_t offset = 0;
        bool edited = false;
        for (std::int64_t record = 0; record < block.records; ++record) {
            auto end = locator.locate(block.raw, offset, slices);
            if (end.is_error())
                return record_error(reader.name(), block, record, end.error().why());
            offset = *end;
            edits.clear();
            if (auto status = editor(block.raw, slices, edits); status.is_error())
                return std::move(status.error())
                    .at(reader.name() + ", record " + std::to_string(counts.records + record));
            std::sort(edits.begin(), edits.end(),
                      [&](const Edit& a, const Edit& b) { return slices[a.slot].offset < slices[b.slot].offset; });
            for (const auto& edit : edits) {
                const auto& slice = slices[edit.slot];
                out.append(block.raw, copied, slice.offset - copied);
                out += edit.bytes;
                copied = slice.offset + slice.length;
            }
            edited = edited || !edits.empty();
            counts.edited += edits.empty() ? 0 : 1;
        }
        if (offset != block.raw.size())
            return record_error(reader.name(), block, block.records, "the block goes on behind its last record");
        out.append(block.raw, copied);
        if (edited)
            TRY(writer.append_block(block.records, out));
        else
            TRY(writer.append_stored_block(block.records, block.stored));
        counts.records += block.records;
        counts.blocks += 1;
        counts.blocks_copied += edited ? 0 : 1;
    }
    counts.bytes = TRY(writer.finish());
    return counts;
}

} // namespace godwit::avro
