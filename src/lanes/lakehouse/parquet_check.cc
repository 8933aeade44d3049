#include "lanes/lakehouse/parquet_check.h"

#include "base/text.h"
#include "formats/parquet/compatibility.h"
#include "formats/parquet/footer.h"
#include "lanes/lakehouse/hive_schema.h"

#include <set>

namespace godwit::lakehouse {

namespace {

/// Names without the groups that Parquet makes lists and maps of (`tags.list.element`, `m.key_value.value`), as
/// IsInstant has them; old writers' names are covered as far as they differ in the middle only.
std::string plain_name(const std::vector<std::string>& path) {
    static const std::set<std::string_view> kGroups{"list", "bag", "key_value", "map", "entries"};
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const bool group = i > 0 && i + 1 < path.size() && kGroups.contains(path[i]);
        if (!group)
            out += (out.empty() ? "" : ".") +
                   lower_ascii(path[i] == "array" || path[i] == "array_element" ? "element" : path[i]);
    }
    return out;
}

std::set<std::string> instants_of(const parquet_format::Footer& footer) {
    std::set<std::string> out;
    for (const auto& leaf : footer.leaves) {
        if (leaf.logical.find("isAdjustedToUTC=true") != std::string::npos)
            out.insert(plain_name(leaf.path));
    }
    return out;
}

} // namespace

/// The first readable file decides what its timestamps are; later ones are held against that.
void ParquetChecker::decide(const parquet_format::Footer& footer) {
    decided_ = true;
    const auto instants = instants_of(footer);
    auto converted = iceberg_schema_of(table_.columns, table_.partition_keys,
                                       [&](std::string_view name) { return instants.contains(lower_ascii(name)); });
    if (converted.is_error())
        return;
    facts_.schema = iceberg::to_json_text(converted->schema);
    facts_.partition_ids = converted->partition_ids;
    names_ = names_in_files(*converted);
    schema_ = std::move(converted->schema);
}

void ParquetChecker::unreadable(const std::string& shown, const Error& error) {
    if (facts_.unreadable++ == 0)
        facts_.unreadable_example = shown + ": " + error.to_line();
}

void ParquetChecker::check(ByteSource& source, const std::string& shown) {
    const auto footer = parquet_format::read_footer(source);
    if (footer.is_error())
        return unreadable(shown, footer.error());
    ++facts_.files;
    facts_.rows += static_cast<std::uint64_t>(footer->row_count);
    if (!decided_)
        decide(*footer);
    if (!schema_)
        return;
    const auto compatibility = parquet_format::check_compatibility(*footer, *schema_, names_, facts_.partition_ids);
    std::set<parquet_format::IssueKind> kinds;
    for (const auto& issue : compatibility.issues) {
        if (parquet_format::needs_rewrite(issue.kind) && facts_.rewrite_example.empty())
            facts_.rewrite_example = shown + ": column " + printable(issue.column) + ": " +
                                     std::string(to_string(issue.kind)) +
                                     (issue.detail.empty() ? "" : " (" + printable(issue.detail) + ")");
        kinds.insert(issue.kind);
    }
    for (const auto kind : kinds)
        ++facts_.issues[std::string(to_string(kind))];
    facts_.needs_rewrite += compatibility.needs_rewrite() ? 1 : 0;
}

ParquetFacts ParquetChecker::finish() && {
    if (!decided_) {
        const parquet_format::Footer none;
        decide(none);
    }
    return std::move(facts_);
}

} // namespace godwit::lakehouse
