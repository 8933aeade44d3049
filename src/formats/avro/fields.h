#pragma once

#include "formats/avro/binary.h"
#include "formats/avro/reader.h"
#include "formats/avro/schema.h"
#include "formats/avro/writer.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::avro {

/// One step from a record to a field of it: by Iceberg field id, or by name in schemas without ids.
struct FieldKey {
    std::int32_t id = 0;
    std::string name;
};
/// From the root record through nested records (optional ones too) to a field.
using FieldPath = std::vector<FieldKey>;

/// Where a field lies inside an encoded record. For an optional field `offset` points behind the union's branch index.
struct Slice {
    enum class State : std::uint8_t { absent, null, present };
    State state = State::absent;
    std::size_t offset = 0;
    std::size_t length = 0;
};

/// Finds chosen fields in encoded records without decoding the rest. This is what makes rewriting lossless: bytes that
/// nobody asked for are copied, whatever they mean.
class FieldLocator {
public:
    /// The schema must outlive the locator. A path that the schema lacks is not an error: its slot stays absent.
    static Result<FieldLocator> compile(const Schema& schema, const std::vector<FieldPath>& paths);

    std::size_t slots() const { return types_.size(); }
    /// The type of a slot without its null, or nullptr if the schema lacks it.
    const Node* type(std::size_t slot) const { return types_[slot]; }
    /// Locates the fields of the datum at `offset` of `block`; `slices` has one place for each path.
    /// Returns the offset behind the datum. Offsets in slices count from the start of `block`.
    Result<std::size_t> locate(std::string_view block, std::size_t offset, std::span<Slice> slices) const;

private:
    struct Step {
        int slot = -1;
        int plan = -1; ///< of the record inside, -1: skip it
    };
    struct Plan {
        const Node* record = nullptr;
        std::vector<Step> steps;
    };
    int make_plan(const Node& record);
    void add(const FieldPath& path, int slot);
    bool walk(const Plan& plan, Cursor& cursor, std::span<Slice> slices) const;
    bool visit(const Node& type, const Step& step, Cursor& cursor, std::span<Slice> slices) const;
    std::vector<Plan> plans_;
    std::vector<const Node*> types_;
    int root_ = -1;
};

/// New encoded bytes for one located field (without the union's branch index, which stays).
struct Edit {
    std::size_t slot = 0;
    std::string bytes;
};

/// An edit of a string or bytes field, and of an int or long field.
Edit bytes_edit(std::size_t slot, std::string_view bytes);
Edit long_edit(std::size_t slot, std::int64_t value);
/// The content of a present string or bytes field.
std::string_view slice_bytes(std::string_view block, const Slice& slice);
std::int64_t slice_long(std::string_view block, const Slice& slice);

struct RewriteCounts {
    std::int64_t records = 0;
    std::int64_t edited = 0;
    std::int64_t blocks = 0;
    std::int64_t blocks_copied = 0; ///< without an edit: stored bytes as they were
    std::uint64_t bytes = 0;        ///< size of the new file
};

/// Looks at one record through its slices and adds edits, at most one per slot and only for present ones.
using RecordEditor =
    std::function<Status(std::string_view block, std::span<const Slice> slices, std::vector<Edit>& edits)>;

/// Copies a container file record by record with the edits that `editor` asks for. Header, metadata, codec, sync
/// marker and the grouping into blocks stay. Memory is two blocks.
Result<RewriteCounts> rewrite_container(ContainerReader& reader, const FieldLocator& locator,
                                        const RecordEditor& editor, ByteSink& sink);

} // namespace godwit::avro
