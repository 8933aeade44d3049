#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace godwit {

/// Streaming SHA-256. Not copyable, one thread at a time.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    void update(std::string_view bytes);
    /// The 32 raw bytes; the object starts anew.
    std::string finish();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// 32 raw bytes.
std::string sha256(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);
/// HMAC with SHA-256 (RFC 2104): 32 raw bytes.
std::string hmac_sha256(std::string_view key, std::string_view bytes);

using Md5Bytes = std::array<std::uint8_t, 16>;
/// One fetched algorithm and one context per thread: the row digest calls this for every row.
Md5Bytes md5(std::string_view bytes);

/// RFC 4122 version 5, as 16 raw bytes / as text. `space` is 16 raw bytes.
std::string uuid5_bytes(std::string_view space, std::string_view name);
std::string uuid_text(std::string_view bytes);
/// UUIDv5 in Godwit's own namespace (61a103a9-c666-55ed-a869-083e054afc3b): every id that Godwit chooses.
std::string godwit_uuid(std::string_view name);
/// The first 63 bits of godwit_uuid as a positive number: snapshot ids.
std::int64_t godwit_int64(std::string_view name);

} // namespace godwit
