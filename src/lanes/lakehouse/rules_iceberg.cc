#include "lanes/lakehouse/facts.h"
#include "lanes/lakehouse/rule_facts.h"
#include "lanes/lakehouse/rules.h"

#include <nlohmann/json.hpp>

#include <vector>

namespace godwit::lakehouse {

namespace {

using core::Readiness;
using core::Severity;
using namespace rule;

const std::vector<core::Rule> kRules{
    {"LAKE-080",
     Severity::warning,
     Readiness::blocked,
     "The catalogue does not say where the table's metadata lies",
     {type::kTable},
     [](const Json& facts) { return text(facts, "/iceberg/problem") == "absent"; },
     {"/iceberg/detail"},
     "Register the table again at the source, or assess it alone with --metadata FILE.",
     30},
    {"LAKE-081",
     Severity::warning,
     Readiness::blocked,
     "The table's metadata file cannot be read",
     {type::kTable},
     [](const Json& facts) {
         return is_one_of(text(facts, "/iceberg/problem"), {"unmapped", "missing", "unreadable"});
     },
     {"/iceberg/metadata_location", "/iceberg/detail"},
     "Map, fetch or permit its location. If the file is gone, an older one may do: assess it with --metadata FILE.",
     30},
    {"LAKE-082",
     Severity::warning,
     Readiness::blocked,
     "The table's metadata file breaks its format",
     {type::kTable},
     [](const Json& facts) { return text(facts, "/iceberg/problem") == "invalid"; },
     {"/iceberg/metadata_location", "/iceberg/detail"},
     "Assess an older metadata file with --metadata FILE, or repair the table with the engine that wrote it.",
     120},
    {"LAKE-083",
     Severity::info,
     Readiness::ready,
     "The catalogue names another location than the table's metadata",
     {type::kTable},
     [](const Json& facts) { return flag(facts, "/iceberg/location_differs"); },
     {"/iceberg/location"},
     "Nothing to do: the metadata file counts. Writers that trust the catalogue may have put files elsewhere.",
     5},
    {"LAKE-084",
     Severity::info,
     Readiness::ready,
     "The catalogue lists other columns than the table's metadata",
     {type::kTable},
     [](const Json& facts) { return flag(facts, "/iceberg/columns_differ"); },
     {"/iceberg/schema_id", "/updated_at"},
     "Nothing to do: the metadata file counts.",
     5},
    {"LAKE-085",
     Severity::warning,
     Readiness::ready,
     "A newer metadata file lies beside the one that the catalogue names",
     {type::kTable},
     [](const Json& facts) { return !is_empty(facts, "/iceberg/newer_metadata"); },
     {"/iceberg/metadata_location", "/iceberg/newer_metadata"},
     "The table went on after the export, or a commit was lost. Export again if the data was copied after the "
     "export.",
     15},
    {"LAKE-086",
     Severity::warning,
     Readiness::ready,
     "Files of the table lie outside of its location",
     {type::kTable},
     [](const Json& facts) { return some(facts, "/iceberg/outside_objects"); },
     {"/iceberg/outside_objects", "/iceberg/outside_bytes", "/iceberg/outside_places"},
     "Look whether the table's owner may read the places named here: whoever writes the table's metadata can name any "
     "file below a mapped prefix, and it is moved into the table. If not, leave the table out with --exclude.",
     15},
    {"LAKE-087",
     Severity::blocking,
     Readiness::blocked,
     "Files that a branch or tag needs are missing",
     {type::kTable},
     [](const Json& facts) { return some(facts, "/iceberg/missing_needed"); },
     {"/iceberg/missing_needed", "/iceberg/missing_example"},
     "Map or fetch them. If they are lost, go back to an older snapshot or drop the branch, or leave the table out.",
     120},
    {"LAKE-088",
     Severity::warning,
     Readiness::ready,
     "Files that only history needs are missing",
     {type::kTable},
     [](const Json& facts) {
         return some(facts, "/iceberg/missing_history") && !some(facts, "/iceberg/missing_needed");
     },
     {"/iceberg/missing_history", "/iceberg/missing_example"},
     "Nothing to do: those snapshots cannot be read at the source either. Expire them to be rid of the warning.",
     10},
    {"LAKE-089",
     Severity::blocking,
     Readiness::blocked,
     "Manifests that a branch or tag needs cannot be read",
     {type::kTable},
     [](const Json& facts) { return some(facts, "/iceberg/broken_needed"); },
     {"/iceberg/broken_needed", "/iceberg/broken_example"},
     "Fetch them again. If they are broken at the source, go back to an older snapshot, or leave the table out.",
     120},
    {"LAKE-090",
     Severity::warning,
     Readiness::manual,
     "The table is encrypted with keys in its metadata",
     {type::kTable},
     [](const Json& facts) { return flag(facts, "/iceberg/encrypted"); },
     {"/iceberg/metadata_location"},
     "Decrypt it at the source: keys wrapped by AWS KMS cannot be unwrapped at the target.",
     240},
    {"LAKE-091",
     Severity::warning,
     Readiness::manual,
     "The table has position deletes that cannot be rewritten",
     {type::kTable},
     [](const Json& facts) { return some(facts, "/iceberg/unwritable_deletes"); },
     {"/iceberg/unwritable_deletes", "/iceberg/unwritable_example"},
     "Compact the deletes at the source (rewrite_position_delete_files, or OPTIMIZE) and expire the snapshots that "
     "name "
     "the old files: delete files name data files by path, and ORC files and copies of rows cannot be rewritten here.",
     60},
    {"LAKE-093",
     Severity::info,
     Readiness::ready,
     "The catalogue still lists columns that were dropped",
     {type::kTable},
     [](const Json& facts) { return some(facts, "/dropped_columns"); },
     {"/dropped_columns"},
     "Nothing to do: only current columns count.",
     0},
};

} // namespace

std::span<const core::Rule> iceberg_rules() { return kRules; }

} // namespace godwit::lakehouse
