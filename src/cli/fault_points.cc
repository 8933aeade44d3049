#include "base/fault_point.h"
#include "cli/commands.h"

#include <ostream>

namespace godwit::cli {

Result<int> run_fault_points(Session& session) {
    for (const auto& name : fault_point_names())
        *session.out << name << "\n";
    return 0;
}

} // namespace godwit::cli
