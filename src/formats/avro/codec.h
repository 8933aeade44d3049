#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace godwit::avro {

/// Avro specification, "Required Codecs" and "Optional Codecs".
enum class Codec : std::uint8_t { null, deflate, snappy, zstandard };

std::string_view to_string(Codec codec);
/// bzip2 and xz are known and refused by name.
Result<Codec> parse_codec(std::string_view name);

/// Replaces `into` with the stored form of `raw`. The same input gives the same bytes.
Status compress(Codec codec, std::string_view raw, std::string& into);
/// Replaces `into`; refuses output beyond `limit` bytes before allocating it. Snappy's CRC-32 is checked.
Status decompress(Codec codec, std::string_view stored, std::size_t limit, std::string& into);

} // namespace godwit::avro
