#include "lanes/lakehouse/mapping.h"

#include "lanes/lakehouse/rule_facts.h"

#include <nlohmann/json.hpp>

#include <array>

namespace godwit::lakehouse {

namespace {

using namespace rule;

const std::array kRules{
    core::MappingRule{"iceberg-relocate",
                      "An Iceberg table stays one: its files are copied and every path in its metadata is rewritten",
                      [](const Json& facts) { return kind_is(facts, "iceberg"); },
                      {{"target", "iceberg"}, {"method", "relocate"}}},
    core::MappingRule{"parquet-in-place",
                      "Parquet is what Iceberg stores: the files are copied as they are and get Iceberg metadata",
                      [](const Json& facts) { return kind_is(facts, "parquet"); },
                      {{"target", "iceberg"}, {"method", "in-place"}}},
    core::MappingRule{
        "csv-rewrite",
        "Iceberg has no text files: the rows are rewritten as Parquet with the types that the catalogue declares",
        [](const Json& facts) { return kind_is(facts, "csv"); },
        {{"target", "iceberg"}, {"method", "rewrite"}}},
    core::MappingRule{"view-report",
                      "A view is text in the source's dialect: it is made anew at the target by a person",
                      [](const Json& facts) { return field(facts, "/dialects") != nullptr; },
                      {{"target", "none"}, {"method", "skip"}}},
    core::MappingRule{"link-report",
                      "A resource link has no data of its own",
                      [](const Json& facts) { return field(facts, "/target_catalogue") != nullptr; },
                      {{"target", "none"}, {"method", "skip"}}},
    core::MappingRule{"other-store-report",
                      "The data does not lie in files",
                      [](const Json& facts) { return kind_is(facts, "other_store"); },
                      {{"target", "none"}, {"method", "skip"}}},
    core::MappingRule{"report",
                      "Tables of this kind are not moved: their findings say what to do",
                      [](const Json&) { return true; },
                      {{"target", "none"}, {"method", "skip"}}},
};

} // namespace

const core::Mapping& default_mapping() {
    static const core::Mapping kMapping{"default", 1, kRules};
    return kMapping;
}

} // namespace godwit::lakehouse
