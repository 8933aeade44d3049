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
    {"LAKE-150",
     Severity::blocking,
     Readiness::blocked,
     "The warehouse is no folder that can be used",
     {type::kWarehouse},
     [](const Json& facts) { return is_one_of(text(facts, "/problem"), {"missing", "not-a-folder", "unreadable"}); },
     {"/folder", "/detail"},
     "Make the folder, or name another one.",
     10},
    {"LAKE-151",
     Severity::blocking,
     Readiness::blocked,
     "The warehouse cannot be written to",
     {type::kWarehouse},
     [](const Json& facts) { return text(facts, "/problem") == "read-only"; },
     {"/folder", "/detail"},
     "Give this user the right to write there, or name another folder.",
     10},
    {"LAKE-152",
     Severity::warning,
     Readiness::ready,
     "Less than 1 GiB is free in the warehouse",
     {type::kWarehouse},
     [](const Json& facts) {
         return text(facts, "/problem").empty() &&
                is_one_of(text(facts, "/free_at_least"),
                          {"0", "1048576", "2097152", "4194304", "8388608", "16777216", "33554432", "67108864",
                           "134217728", "268435456", "536870912"});
     },
     {"/free_at_least", "/total_bytes"},
     "Make room: a move needs the size of what it copies, and stops safely when the disk is full.",
     15},
    {"LAKE-153",
     Severity::blocking,
     Readiness::blocked,
     "The catalogue cannot be used",
     {type::kWarehouse},
     [](const Json& facts) { return !is_empty(facts, "/catalogue_problem"); },
     {"/catalogue", "/catalogue_problem"},
     "Start it (godwit catalog serve) or correct its address, then assess again.",
     10},
    {"LAKE-154",
     Severity::blocking,
     Readiness::blocked,
     "The catalogue serves another warehouse",
     {type::kWarehouse},
     [](const Json& facts) { return flag(facts, "/catalogue_elsewhere"); },
     {"/catalogue_warehouse", "/uri"},
     "Name the warehouse that the catalogue was started with, or start a catalogue for this one.",
     10},
    {"LAKE-155",
     Severity::warning,
     Readiness::ready,
     "Files of an unfinished run lie in the warehouse",
     {type::kWarehouse},
     [](const Json& facts) { return flag(facts, "/leftovers"); },
     {"/folder"},
     "See `godwit run list`; resume it or roll it back. They do not disturb other tables.",
     10},
    {"LAKE-156",
     Severity::info,
     Readiness::ready,
     "Files lie in the warehouse that belong to no table's folder",
     {type::kWarehouse},
     [](const Json& facts) { return some(facts, "/strays"); },
     {"/strays", "/folder"},
     "Nothing to do: they stay as they are.",
     5},
    {"LAKE-157",
     Severity::warning,
     Readiness::ready,
     "A table of the target catalogue cannot be read",
     {type::kTargetTable},
     [](const Json& facts) { return !is_empty(facts, "/problem"); },
     {"/problem", "/metadata_location"},
     "Repair or drop it; a source table of the same name cannot move until then.",
     30},
    {"LAKE-158",
     Severity::warning,
     Readiness::ready,
     "The warehouse's file system takes names that differ by case for the same",
     {type::kWarehouse},
     [](const Json& facts) { return text(facts, "/problem").empty() && !flag(facts, "/case_sensitive"); },
     {"/folder"},
     "Choose another file system if keys of the source differ only by case.",
     15},
};

} // namespace

std::span<const core::Rule> target_rules() { return kRules; }

} // namespace godwit::lakehouse
