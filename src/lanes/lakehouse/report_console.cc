#include "lanes/lakehouse/reports.h"

#include "base/text.h"

#include <algorithm>

namespace godwit::lakehouse {

namespace {

constexpr std::size_t kMostFindings = 12;

std::string left(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

std::string right(const std::string& text, std::size_t width) {
    return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string line(std::string_view symbol, const std::string& name, const Amount& amount, std::string_view words) {
    return "  " + std::string(symbol) + " " + left(name, 15) + right(std::to_string(amount.count), 7) +
           right(human_bytes(amount.bytes), 12) + (words.empty() ? "" : "   " + std::string(words)) + "\n";
}

std::string head(const Assessed& assessed, const Summary& summary) {
    const auto& estate = summary.estate;
    const auto who = estate.kind == "iceberg-metadata"
                         ? "one Iceberg table"
                         : "AWS account " + printable(estate.account) + ", " + printable(estate.region);
    std::string out = "Lakehouse: " + who + ", assessed " + format_time(assessed.taken_at).substr(0, 16) + "Z\n\n";
    out += "  " + counted(estate.databases, "database") + ", " + counted(summary.tables.count, "table") + ", " +
           counted(summary.views, "view") + ", " + counted(summary.links, "resource link") + ", " +
           counted(estate.partitions, "partition") + "\n";
    out += "  " + human_bytes(summary.tables.bytes) + " in " + counted(summary.objects, "object") + ", by listing\n";
    return out;
}

std::string findings(const Summary& summary) {
    std::string out;
    std::size_t shown = 0;
    for (const auto& group : summary.findings) {
        if (group.first.severity == core::Severity::info || ++shown > kMostFindings)
            continue;
        out += "  " + std::string(symbol_of(group.first.severity)) + " " + group.first.code +
               right(std::to_string(group.count), 6) + "x  " + left(human_effort(group.effort_minutes), 8) +
               group.first.title + "\n" + std::string(28, ' ') + group.examples.front() +
               (group.count > 1 ? " and " + std::to_string(group.count - 1) + " more" : "") + "\n";
    }
    if (out.empty())
        return "\nNothing needs attention.\n";
    if (shown > kMostFindings)
        out += "  " + counted(shown - kMostFindings, "more kind") + ": godwit findings\n";
    return "\nWhat needs attention (" + counted(summary.blocking, "blocking finding") + ", " +
           counted(summary.warnings, "warning") + ", about " + human_effort(summary.effort_minutes) + ")\n" + out;
}

} // namespace

std::string console_text(const Assessed& assessed, const Summary& summary) {
    auto out = head(assessed, summary);
    const auto movable = summary.movable();
    out += "  " + std::to_string(percent(movable.count, summary.tables.count)) + " % of the tables and " +
           std::to_string(percent(movable.bytes, summary.tables.bytes)) +
           " % of the bytes can move without a person\n\n";
    out += "Tables by readiness\n";
    for (const auto readiness :
         {core::Readiness::ready, core::Readiness::convertible, core::Readiness::manual, core::Readiness::blocked})
        out += line(symbol_of(readiness), std::string(core::to_string(readiness)), summary.of(readiness),
                    meaning_of(readiness));
    out += "\nTables by kind\n";
    for (const auto& [kind, amount] : summary.by_kind)
        out += line(" ", kind, amount, "");
    out += findings(summary);
    out += "\nWhat to do\n";
    int number = 0;
    for (const auto& step : next_steps(summary))
        out += "  " + std::to_string(++number) + ". " + step + "\n";
    return out;
}

} // namespace godwit::lakehouse
