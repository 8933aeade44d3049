#include "lanes/lakehouse/plan_rules.h"

#include "base/text.h"
#include "lanes/lakehouse/rule_facts.h"

#include <nlohmann/json.hpp>

namespace godwit::lakehouse {

namespace {

using core::Readiness;
using core::Severity;

constexpr std::string_view kEncounterType = "encounter";

} // namespace

std::vector<core::Rule> plan_rules() {
    return {
        {"LAKE-160",
         Severity::blocking,
         Readiness::blocked,
         "A table of this name stands at the target already",
         {kEncounterType},
         [](const Json& facts) { return !rule::is_empty(facts, "/present_table"); },
         {"/target", "/present_table"},
         "Leave the table out with --exclude, or drop the one at the target if it is not needed.",
         20},
        {"LAKE-161",
         Severity::blocking,
         Readiness::blocked,
         "Files stand where the table's folder would be",
         {kEncounterType},
         [](const Json& facts) { return !rule::is_empty(facts, "/present_folder"); },
         {"/target", "/present_folder"},
         "Move them away, leave the table out with --exclude, or roll back the run that left them.",
         20},
        {"LAKE-162",
         Severity::warning,
         Readiness::ready,
         "Cells did not parse as their declared type",
         {kEncounterType},
         [](const Json& facts) { return rule::some(facts, "/bad_cells"); },
         {"/bad_cells", "/bad_cells_by_column", "/dropped_rows", "/rejects_file"},
         "The rejects file holds their text. They are NULL at the target, as Athena shows them; with --strict their "
         "rows "
         "are left out instead. Mend the source or the declared types and move the table again.",
         30},
        {"LAKE-163",
         Severity::warning,
         Readiness::manual,
         "The target's catalogue can hold no table of this name",
         {kEncounterType},
         [](const Json& facts) { return !rule::is_empty(facts, "/refused_name"); },
         {"/target", "/refused_name"},
         "Rename the table or its database at the source, export again, and assess and plan again.",
         20},
    };
}

Result<std::vector<core::Finding>> findings_of(const Encounter& encounter) {
    const core::Resource resource{encounter.resource, std::string(kEncounterType), encounter.display,
                                  canonical_json({{"target", encounter.target},
                                                  {"present_table", encounter.present_table},
                                                  {"present_folder", encounter.present_folder},
                                                  {"refused_name", encounter.refused_name},
                                                  {"bad_cells", std::to_string(encounter.bad_cells)},
                                                  {"bad_cells_by_column", encounter.bad_cells_by_column},
                                                  {"rejects_file", printable(encounter.rejects_file)},
                                                  {"dropped_rows", std::to_string(encounter.dropped_rows)}})};
    const auto rules = plan_rules();
    return core::evaluate(rules, resource);
}

} // namespace godwit::lakehouse
