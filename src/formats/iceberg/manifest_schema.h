#pragma once

#include "formats/iceberg/types.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The Avro schemas of what Godwit writes ("Manifests", "Manifest Lists", Appendix A).
namespace godwit::iceberg {

/// An error where a partition type has no Avro form.
Result<std::string> manifest_avro_schema(std::int32_t format_version, const std::vector<Field>& partition_type);
std::string manifest_list_avro_schema(std::int32_t format_version);
/// Appends one partition value by its type, null allowed.
Status append_partition_value(const Type& type, const Value& value, std::string& out);
/// Bytes that a decimal of this precision takes as Avro fixed.
std::size_t decimal_size(std::int32_t precision);
/// A name that Avro accepts; other characters become `_xHEX`, as in the reference implementation.
std::string avro_name(std::string_view name);
/// A JSON text value without its quotes and escapes.
std::optional<std::string> text_of_json(std::string_view json);

} // namespace godwit::iceberg
