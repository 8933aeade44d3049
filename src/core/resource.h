#pragma once

#include <string>

namespace godwit::core {

/// A thing that an assessment found. `facts` is what rules, mapping and planner look at: canonical JSON whose shape the
/// lane documents and versions.
struct Resource {
    std::string key;
    std::string type;
    std::string display; ///< for people; may hold any UTF-8
    std::string facts;
};

enum class EdgeKind { depends_on, member_of };

struct Edge {
    std::string from; ///< resource key
    std::string to;   ///< resource key
    EdgeKind kind = EdgeKind::member_of;
};

} // namespace godwit::core
