#pragma once

#include "base/result.h"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace godwit {

/// Keys sorted by bytes. Include <nlohmann/json.hpp> in the .cc that looks inside.
using Json = nlohmann::json;
/// Keys as the file had them: for documents that are edited and written back.
using OrderedJson = nlohmann::ordered_json;

struct JsonLimits {
    std::size_t depth = 64;
    std::size_t bytes = std::size_t{16} << 20;
    /// Of all levels together: three bytes of text (`{},`) may take a hundred of memory.
    std::size_t values = 2'000'000;
};

/// Parses strict UTF-8 JSON; the error names the byte offset. Integers beyond 64 bits and duplicate keys are refused.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});
Result<OrderedJson> parse_ordered_json(std::string_view text, const JsonLimits& limits = {});

/// RFC 8785 (JSON Canonicalization Scheme). Numbers must be integers of at most 2^53 or finite doubles, and strings
/// UTF-8: the schemas of what Godwit writes see to that. An integer beyond it is written with all its digits (never
/// rounded), a number that is not finite as null.
std::string canonical_json(const Json& value);
/// The text as a JSON string with its quotes, escaped as RFC 8785 section 3.2.2.2 says.
std::string json_quote(std::string_view text);

/// Typed access with an error that names the field: `json_string(table, "Name")`.
Result<std::string> json_string(const Json& object, std::string_view field);
Result<std::int64_t> json_int64(const Json& object, std::string_view field);
/// `fallback` where the field is absent or null; still an error where it has another type.
Result<std::string> json_string_or(const Json& object, std::string_view field, std::string fallback);
Result<std::int64_t> json_int64_or(const Json& object, std::string_view field, std::int64_t fallback);

} // namespace godwit
