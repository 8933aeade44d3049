#include "lanes/lakehouse/reports.h"

#include "base/text.h"
#include "emit/page.h"
#include "lanes/lakehouse/report_html_page.h"

#include <algorithm>
#include <array>

namespace godwit::lakehouse {

namespace {

using core::Readiness;
using emit::HtmlWriter;

constexpr std::array kReadiness{Readiness::ready, Readiness::convertible, Readiness::manual, Readiness::blocked};

std::string name_of(Readiness readiness) { return std::string(core::to_string(readiness)); }

/// A mark of shape and word; the colour only repeats them.
void badge(HtmlWriter& html, Readiness readiness) {
    html.open("span", {{"class", "badge " + name_of(readiness)}});
    html.element("span", symbol_of(readiness), {{"aria-hidden", "true"}}).text(" " + name_of(readiness)).close();
}

void badge(HtmlWriter& html, core::Severity severity) {
    const std::string word(core::to_string(severity));
    html.open("span", {{"class", "badge " + word}});
    html.element("span", symbol_of(severity), {{"aria-hidden", "true"}}).text(" " + word).close();
}

/// One bar of shares; the table beside it holds the same numbers.
void shares(HtmlWriter& html, const Summary& summary, bool by_bytes) {
    const auto value = [&](Readiness readiness) {
        return by_bytes ? summary.of(readiness).bytes : summary.of(readiness).count;
    };
    const auto whole = by_bytes ? summary.tables.bytes : summary.tables.count;
    html.open(
        "svg",
        {{"class", "shares"}, {"viewBox", "0 0 1000 36"}, {"preserveAspectRatio", "none"}, {"aria-hidden", "true"}});
    std::uint64_t x = 0;
    html.open("rect", {{"class", "rail"}, {"x", "0"}, {"y", "0"}, {"width", "1000"}, {"height", "36"}}).close();
    for (const auto readiness : kReadiness) {
        const auto width = whole == 0 ? 0
                                      : static_cast<std::uint64_t>(1000.0 * static_cast<double>(value(readiness)) /
                                                                   static_cast<double>(whole));
        if (value(readiness) == 0)
            continue;
        html.open("rect", {{"class", name_of(readiness)},
                           {"x", std::to_string(x)},
                           {"y", "0"},
                           {"width", std::to_string(std::max<std::uint64_t>(width, 3))},
                           {"height", "36"}})
            .close();
        x += width;
    }
    html.close();
}

void bar(HtmlWriter& html, std::uint64_t part, std::uint64_t most) {
    const auto width =
        most == 0 ? 0 : static_cast<std::uint64_t>(100.0 * static_cast<double>(part) / static_cast<double>(most));
    html.open("svg",
              {{"class", "bar"}, {"viewBox", "0 0 100 8"}, {"preserveAspectRatio", "none"}, {"aria-hidden", "true"}});
    html.open("rect", {{"class", "rail"}, {"width", "100"}, {"height", "8"}}).close();
    html.open("rect", {{"class", "fill"},
                       {"width", std::to_string(part > 0 ? std::max<std::uint64_t>(width, 1) : 0)},
                       {"height", "8"}})
        .close()
        .close();
}

std::string headline(const Summary& summary) {
    const auto movable = summary.movable();
    if (summary.tables.count == 0)
        return "No tables were found.";
    std::string text = std::to_string(movable.count) + " of " + counted(summary.tables.count, "table") + " (" +
                       std::to_string(percent(movable.bytes, summary.tables.bytes)) +
                       " % of the bytes) can move without a person.";
    if (const auto& manual = summary.of(Readiness::manual); manual.count > 0)
        text += " " + counted(manual.count, "table") + (manual.count == 1 ? " needs" : " need") + " a decision.";
    if (const auto& blocked = summary.of(Readiness::blocked); blocked.count > 0)
        text += " " + counted(blocked.count, "table") + (blocked.count == 1 ? " is" : " are") +
                " blocked until something is repaired.";
    return text;
}

void executive_summary(HtmlWriter& html, const Assessed& assessed, const Summary& summary) {
    const auto& estate = summary.estate;
    html.open("header").element("p", "Lakehouse assessment", {{"class", "kicker"}});
    html.element("h1", estate.kind == "iceberg-metadata" ? "One Iceberg table, from its metadata"
                                                         : "AWS account " + estate.account + ", " + estate.region);
    html.element("p", headline(summary), {{"class", "headline"}});
    html.element("p",
                 "Read " + format_time(assessed.taken_at).substr(0, 16) + "Z by godwit " GODWIT_VERSION +
                     ". Sizes and object counts are listings, not estimates.",
                 {{"class", "quiet"}});
    html.close();
    html.open("dl", {{"class", "figures"}});
    emit::page_figure(html, "Tables", std::to_string(summary.tables.count),
                      "in " + counted(estate.databases, "database"));
    emit::page_figure(html, "Data", human_bytes(summary.tables.bytes), counted(summary.objects, "object"));
    emit::page_figure(html, "Can move", std::to_string(percent(summary.movable().count, summary.tables.count)) + " %",
                      counted(summary.movable().count, "table"));
    emit::page_figure(html, "Needs attention", std::to_string(summary.blocking + summary.warnings),
                      summary.blocking == 0 ? "findings, none blocking"
                                            : counted(summary.blocking, "blocking finding"));
    emit::page_figure(html, "Effort", human_effort(summary.effort_minutes), "of people, estimated");
    html.close();
}

void readiness_section(HtmlWriter& html, const Summary& summary) {
    html.open("section", {{"aria-labelledby", "readiness"}}).element("h2", "Readiness", {{"id", "readiness"}});
    html.open("div", {{"class", "pair"}}).open("div").element("p", "By tables", {{"class", "quiet"}});
    shares(html, summary, false);
    html.close().open("div").element("p", "By bytes", {{"class", "quiet"}});
    shares(html, summary, true);
    html.close().close().open("table").open("thead").open("tr");
    for (const auto* title : {"Readiness", "What it means"})
        html.element("th", title, {{"scope", "col"}});
    for (const auto* title : {"Tables", "Size", "Share of bytes"})
        html.element("th", title, {{"scope", "col"}, {"class", "number"}});
    html.close().close().open("tbody");
    for (const auto readiness : kReadiness) {
        const auto& amount = summary.of(readiness);
        html.open("tr").open("th", {{"scope", "row"}});
        badge(html, readiness);
        html.close().element("td", meaning_of(readiness));
        html.element("td", std::to_string(amount.count), {{"class", "number"}})
            .element("td", human_bytes(amount.bytes), {{"class", "number"}});
        html.element("td", std::to_string(percent(amount.bytes, summary.tables.bytes)) + " %", {{"class", "number"}})
            .close();
    }
    html.close().close();
    if (summary.views + summary.links > 0)
        html.element("p",
                     "Beside the tables: " + counted(summary.views, "view") + " and " +
                         counted(summary.links, "resource link") + ", which are reported and not moved.",
                     {{"class", "quiet"}});
    html.close();
}

void steps_section(HtmlWriter& html, const Summary& summary) {
    html.open("section", {{"aria-labelledby", "next"}})
        .element("h2", "Next steps", {{"id", "next"}})
        .open("ol", {{"class", "steps"}});
    for (const auto& step : next_steps(summary))
        html.element("li", step);
    html.close().close();
}

void findings_section(HtmlWriter& html, const Summary& summary) {
    html.open("section", {{"aria-labelledby", "findings"}}).element("h2", "Findings", {{"id", "findings"}});
    if (summary.findings.empty())
        html.element("p", "None.");
    for (const auto& group : summary.findings) {
        const auto& finding = group.first;
        html.open("details", {{"class", "finding"}}).open("summary");
        badge(html, finding.severity);
        html.element("code", finding.code).element("span", finding.title, {{"class", "title"}});
        html.element("span", std::to_string(group.count) + "×", {{"class", "number"}});
        html.element("span", group.effort_minutes == 0 ? "no effort" : human_effort(group.effort_minutes),
                     {{"class", "quiet"}})
            .close();
        html.element("p", finding.remedy);
        html.open("p", {{"class", "quiet"}}).text("For example: ");
        for (std::size_t i = 0; i < group.examples.size(); ++i) {
            html.text(i > 0 ? ", " : "");
            html.element("code", group.examples[i]);
        }
        html.text(group.count > group.examples.size()
                      ? " and " + std::to_string(group.count - group.examples.size()) + " more in findings.csv."
                      : ".")
            .close();
        html.open("ul", {{"class", "evidence"}});
        for (const auto& [field, value] : finding.evidence)
            html.open("li")
                .element("code", field)
                .text(" " + value.substr(0, 300) + (value.size() > 300 ? "..." : ""))
                .close();
        html.close().close();
    }
    html.close();
}

void amounts_section(HtmlWriter& html, const std::map<std::string, Amount>& amounts, const std::string& title,
                     const std::string& column) {
    constexpr std::size_t kMost = 50;
    std::vector<std::pair<std::string, Amount>> sorted(amounts.begin(), amounts.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second.bytes > b.second.bytes; });
    const auto most = sorted.empty() ? 0 : sorted.front().second.bytes;
    html.open("section")
        .element("h2", title)
        .open("table")
        .open("thead")
        .open("tr")
        .element("th", column, {{"scope", "col"}});
    html.element("th", "Tables", {{"scope", "col"}, {"class", "number"}})
        .element("th", "Size", {{"scope", "col"}, {"class", "number"}});
    html.element("th", "Share", {{"scope", "col"}}).close().close().open("tbody");
    for (std::size_t i = 0; i < std::min(sorted.size(), kMost); ++i) {
        const auto& [name, amount] = sorted[i];
        html.open("tr")
            .element("th", name, {{"scope", "row"}})
            .element("td", std::to_string(amount.count), {{"class", "number"}});
        html.element("td", human_bytes(amount.bytes), {{"class", "number"}}).open("td");
        bar(html, amount.bytes, most);
        html.close().close();
    }
    html.close().close();
    if (sorted.size() > kMost)
        html.element("p", std::to_string(sorted.size() - kMost) + " smaller ones are in tables.csv.",
                     {{"class", "quiet"}});
    html.close();
}

/// The rows that a person has to see: blocked before manual before convertible before ready, large before small.
bool before(const Row& a, const Row& b) {
    if (a.readiness != b.readiness)
        return a.readiness > b.readiness;
    if (a.bytes != b.bytes)
        return a.bytes > b.bytes;
    return std::tie(a.database, a.name) < std::tie(b.database, b.name);
}

struct Rows {
    std::vector<Row> rows;
    std::uint64_t left_out = 0;
};

Result<Rows> first_rows(const Assessed& assessed, std::size_t most) {
    Rows out;
    const auto cut = [&] {
        std::sort(out.rows.begin(), out.rows.end(), before);
        if (out.rows.size() > most) {
            out.left_out += out.rows.size() - most;
            out.rows.resize(most);
        }
    };
    TRY(assessed.each_resource([&](const core::Resource& resource, std::span<const core::Finding> findings) -> Status {
        if (!is_listed(resource.type))
            return {};
        out.rows.push_back(TRY(row_of(resource, findings)));
        if (out.rows.size() >= 2 * most)
            cut();
        return {};
    }));
    cut();
    return out;
}

void table_row(HtmlWriter& html, const Row& row) {
    html.open("tr", {{"data-readiness", name_of(row.readiness)}, {"data-kind", row.kind}});
    html.open("th", {{"scope", "row"}})
        .element("span", row.database + ".", {{"class", "quiet"}})
        .text(row.name)
        .close();
    html.element("td", row.kind).open("td", {{"data-sort", std::to_string(static_cast<int>(row.readiness))}});
    badge(html, row.readiness);
    const bool has_files = row.type == type::kTable;
    html.close().element("td", has_files ? human_bytes(row.bytes) : "–",
                         {{"class", "number"}, {"data-sort", std::to_string(row.bytes)}});
    html.element("td", has_files ? std::to_string(row.objects) : "–",
                 {{"class", "number"}, {"data-sort", std::to_string(row.objects)}});
    html.element("td", has_files ? std::to_string(row.partitions) : "–",
                 {{"class", "number"}, {"data-sort", std::to_string(row.partitions)}});
    html.open("td", {{"class", "notes"}, {"data-sort", std::to_string(row.notes.size())}});
    const auto act = std::count_if(row.notes.begin(), row.notes.end(),
                                   [](const auto& note) { return note.severity != core::Severity::info; });
    html.open("details").element("summary", act > 0 ? counted(static_cast<std::uint64_t>(act), "finding") : row.method);
    html.element("p", row.why).open("ul");
    for (const auto& note : row.notes)
        html.open("li").element("code", note.code).text(" " + note.title).close();
    html.close().element("p", row.location, {{"class", "quiet"}}).close().close().close();
}

void filters(HtmlWriter& html, const std::vector<Row>& rows) {
    html.open("div", {{"class", "filters"}, {"hidden", ""}, {"id", "filters"}});
    html.open("label")
        .text("Search ")
        .leaf(
            "input",
            {{"type", "search"}, {"id", "search"}, {"placeholder", "name, location, finding"}, {"autocomplete", "off"}})
        .close();
    html.open("label")
        .text("Readiness ")
        .open("select", {{"id", "by-readiness"}})
        .element("option", "all", {{"value", ""}});
    for (const auto readiness : kReadiness)
        html.element("option", name_of(readiness), {{"value", name_of(readiness)}});
    html.close().close();
    std::vector<std::string> kinds;
    for (const auto& row : rows)
        kinds.push_back(row.kind);
    std::sort(kinds.begin(), kinds.end());
    kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
    html.open("label").text("Kind ").open("select", {{"id", "by-kind"}}).element("option", "all", {{"value", ""}});
    for (const auto& kind : kinds)
        html.element("option", kind, {{"value", kind}});
    html.close().close().element("p", "", {{"id", "count"}, {"class", "quiet"}, {"role", "status"}}).close();
}

void tables_section(HtmlWriter& html, const Rows& rows) {
    html.open("section", {{"aria-labelledby", "tables"}}).element("h2", "Tables, views and links", {{"id", "tables"}});
    if (rows.left_out > 0)
        html.element("p",
                     "Shown are the " + std::to_string(rows.rows.size()) +
                         " that matter most: blocked first, then by size. " + std::to_string(rows.left_out) +
                         " more are in tables.csv.",
                     {{"class", "notice"}});
    filters(html, rows.rows);
    html.open("div", {{"class", "wide"}, {"tabindex", "0"}, {"role", "region"}, {"aria-labelledby", "tables"}});
    html.open("table", {{"id", "list"}}).open("thead").open("tr");
    for (const auto* title : {"Name", "Kind", "Readiness"})
        html.element("th", title, {{"scope", "col"}});
    for (const auto* title : {"Size", "Objects", "Partitions"})
        html.element("th", title, {{"scope", "col"}, {"class", "number"}});
    html.element("th", "What happens", {{"scope", "col"}}).close().close().open("tbody");
    for (const auto& row : rows.rows)
        table_row(html, row);
    html.close().close().close().close();
}

} // namespace

Status write_html(const Assessed& assessed, const Summary& summary, ByteSink& sink, std::size_t most_rows) {
    const auto rows = TRY(first_rows(assessed, most_rows));
    HtmlWriter html(sink);
    emit::open_page(html, "Lakehouse assessment " + summary.estate.account + " " + summary.estate.region,
                    page::kScript);
    html.element("a", "To the tables", {{"class", "skip"}, {"href", "#tables"}}).open("main");
    executive_summary(html, assessed, summary);
    readiness_section(html, summary);
    steps_section(html, summary);
    findings_section(html, summary);
    html.open("div", {{"class", "pair"}});
    amounts_section(html, summary.by_kind, "By kind", "Kind");
    amounts_section(html, summary.by_database, "By database", "Database");
    html.close();
    tables_section(html, rows);
    html.open("footer")
        .element("p", "Assessment " + assessed.id + ", digest " + assessed.digest.substr(0, 16) +
                          ". Beside this page: assessment.json (everything), tables.csv, findings.csv, "
                          "glue-catalog-assessment.json and .md.")
        .close();
    html.close().raw("script", page::kScript).close().close();
    return html.finish();
}

} // namespace godwit::lakehouse
