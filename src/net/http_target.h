#pragma once

#include "base/result.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::net {

/// The target of a request in origin form (RFC 9112 section 3.2.1), split first and decoded then, so that `%2F` and
/// `%1F` stay inside their segment. Decoded parts may hold any byte.
struct HttpTarget {
    /// `/a/b%2Fc` gives `a` and `b/c`; `/` gives none; `/a/` gives `a` and an empty one. `+` stays `+`.
    std::vector<std::string> segments;
    /// In a query `+` is a space, as HTML forms and Java's URLEncoder write it.
    std::multimap<std::string, std::string> query;
};

/// Refuses what is not in origin form, broken percent encoding, control characters and bytes above 0x7E.
Result<HttpTarget> parse_target(std::string_view target);

} // namespace godwit::net
