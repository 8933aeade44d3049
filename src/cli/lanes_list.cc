#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace godwit::cli {

Result<int> run_lanes_list(Session& session) {
    for (const auto& [name, lane] : session.lanes->all()) {
        const auto description = lane->describe();
        const auto texts = [](const std::vector<std::string_view>& list) {
            return std::vector<std::string>(list.begin(), list.end());
        };
        if (session.options.output == Output::json)
            *session.out << canonical_json({{"schema", "godwit.lane/v1"},
                                            {"name", description.name},
                                            {"version", description.version},
                                            {"status", description.status},
                                            {"sources", texts(description.sources)},
                                            {"targets", texts(description.targets)},
                                            {"privileges", texts(description.privileges)}})
                         << "\n";
        else
            *session.out << name << " (" << description.status << ")\n  from " << join(texts(description.sources), "; ")
                         << "\n  to " << join(texts(description.targets), "; ") << "\n  needs "
                         << join(texts(description.privileges), "; ") << "\n";
    }
    return 0;
}

} // namespace godwit::cli
