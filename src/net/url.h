#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace godwit::net {

/// An absolute http or https URL in its parts, as written: nothing is decoded.
struct Url {
    std::string scheme; ///< `http` or `https`
    std::string host;   ///< lower case; an IPv6 address without its brackets
    std::uint16_t port = 0;
    std::string path;  ///< starts with '/'
    std::string query; ///< without '?'

    /// `http://host:port`.
    std::string origin() const;
    /// This machine and no other: `localhost`, 127.0.0.0/8 or ::1.
    bool is_loopback() const;
};

/// Refuses other schemes, user information (secrets belong in headers), fragments and characters that a URL cannot
/// hold.
Result<Url> parse_url(std::string_view text);

/// For messages: without user information, query and fragment, which may hold secrets.
std::string shown_url(std::string_view text);

/// `localhost`, 127.0.0.0/8 or ::1.
bool is_loopback_host(std::string_view host);

} // namespace godwit::net
