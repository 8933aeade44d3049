#include "base/json.h"
#include "formats/iceberg/metadata_update.h"
#include "formats/iceberg/table_metadata.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

/// Metadata that is accepted prints to metadata that is accepted, and takes any update without a crash. A document with
/// the member `updates` is applied to a table of ours.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace godwit;
    using namespace godwit::iceberg;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto metadata = TableMetadata::parse(bytes, "fuzz"); metadata.has_value()) {
        const auto again = TableMetadata::parse(metadata->to_json_text(), "again");
        if (again.is_error() || again->document() != metadata->document())
            std::abort();
        static_cast<void>(
            metadata->map_paths([](PathField, std::string_view, std::string_view path) -> Result<std::string> {
                return "file:///" + std::string(path);
            }));
        const auto updates =
            OrderedJson::array({{{"action", "upgrade-format-version"}, {"format-version", 3}},
                                {{"action", "remove-snapshots"}, {"snapshot-ids", OrderedJson::array({1})}},
                                {{"action", "add-spec"}, {"spec", {{"fields", OrderedJson::array()}}}},
                                {{"action", "set-default-spec"}, {"spec-id", -1}}});
        static_cast<void>(apply_updates(&*metadata, updates, {1, "previous"}));
        return 0;
    }
    const auto document = parse_ordered_json(bytes);
    if (document.is_error() || !document->is_object() || !document->contains("updates"))
        return 0;
    NewTable table;
    table.uuid = "u";
    table.location = "file:///t";
    const auto base = TableMetadata::create(table);
    static_cast<void>(apply_updates(&*base, (*document)["updates"], {1, "previous"}));
    static_cast<void>(apply_updates(nullptr, (*document)["updates"], {1, ""}));
    if (document->contains("requirements"))
        static_cast<void>(check_requirements(&*base, (*document)["requirements"]));
    return 0;
}
