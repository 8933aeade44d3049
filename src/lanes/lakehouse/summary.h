#pragma once

#include "base/clock.h"
#include "core/assessment.h"
#include "lanes/lakehouse/facts.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::lakehouse {

/// An assessment as reports read it: the resources in order of key, as often as needed.
struct Assessed {
    using Visitor = std::function<Status(const core::Resource&, std::span<const core::Finding>)>;
    std::function<Status(const Visitor&)> each_resource;
    std::string id;
    std::string digest;
    Micros taken_at = 0;

    static Assessed of(const core::AssessmentReader& reader);
};

/// One table, view or link, as lists show it.
struct Row {
    std::string type; ///< table, view, link
    std::string database;
    std::string name;
    std::string kind;
    core::Readiness readiness = core::Readiness::ready;
    std::string method; ///< of the default mapping: relocate, in-place, rewrite, skip
    std::string why;
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
    std::uint64_t partitions = 0;
    std::uint64_t columns = 0;
    std::string location;
    std::string updated_at;
    std::uint64_t effort_minutes = 0;
    struct Note {
        std::string code;
        core::Severity severity = core::Severity::info;
        std::string title;
    };
    std::vector<Note> notes;
};
bool is_listed(std::string_view resource_type);
Result<Row> row_of(const core::Resource& resource, std::span<const core::Finding> findings);

struct Amount {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    void add(std::uint64_t more_bytes) {
        ++count;
        bytes += more_bytes;
    }
};

/// All findings of one code.
struct FindingGroup {
    core::Finding first;
    std::uint64_t count = 0;
    std::uint64_t effort_minutes = 0;
    std::vector<std::string> examples; ///< displays, at most five
};

/// What an assessment of a source amounts to. Memory grows with the number of kinds, codes and databases.
struct Summary {
    EstateFacts estate;
    Amount tables;
    std::uint64_t objects = 0;
    std::uint64_t views = 0;
    std::uint64_t links = 0;
    std::array<Amount, 4> by_readiness; ///< of tables, by core::Readiness
    std::map<std::string, Amount> by_kind;
    std::map<std::string, Amount> by_database; ///< of tables
    std::vector<FindingGroup> findings;        ///< blocking first, then warnings, then information; then by count
    std::uint64_t blocking = 0;
    std::uint64_t warnings = 0;
    std::uint64_t effort_minutes = 0; ///< of warnings and blocking findings

    const Amount& of(core::Readiness readiness) const { return by_readiness[static_cast<std::size_t>(readiness)]; }
    /// Tables that move without a person: ready and convertible.
    Amount movable() const;
};
Result<Summary> summarise(const Assessed& assessed);

/// `17 of 20` as whole percent, never 100 unless all and never 0 unless none.
unsigned percent(std::uint64_t part, std::uint64_t whole);
/// `1 table`, `2 tables`.
std::string counted(std::uint64_t count, std::string_view word);
/// `25 min`, `6 h`, `3 days` of eight hours: for people.
std::string human_effort(std::uint64_t minutes);
/// What a readiness means, in a few words.
std::string_view meaning_of(core::Readiness readiness);
/// A shape for each readiness and severity, so that colour is never alone.
std::string_view symbol_of(core::Readiness readiness);
std::string_view symbol_of(core::Severity severity);

/// What to do next, most important first, one sentence each.
std::vector<std::string> next_steps(const Summary& summary);

} // namespace godwit::lakehouse
