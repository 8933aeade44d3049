#pragma once

#include "catalog/handlers.h"

#include <string>
#include <string_view>

namespace godwit::catalog {

/// From the request line to a handler and its answer; HEAD answers have no body.
/// `target` is the path with its query, still percent-encoded. In both, `+` is a space: Java's client writes it so, and
/// every client writes a plus as %2B.
Answer route(Handlers& handlers, std::string_view method, std::string_view target, std::string_view if_none_match,
             std::string_view body);

} // namespace godwit::catalog
