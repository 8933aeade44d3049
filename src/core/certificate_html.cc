#include "core/certificate_html.h"

#include "base/json.h"
#include "base/text.h"
#include "core/verification.h"
#include "emit/page.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace godwit::core {

namespace {

using emit::HtmlWriter;

/// What stands under a key as text; numbers and nested values as JSON; empty where it is absent.
std::string text_of(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || found->is_null())
        return {};
    return found->is_string() ? found->get<std::string>() : canonical_json(*found);
}

const Json& list_of(const Json& json, const char* key) {
    static const Json kNone = Json::array();
    const auto found = json.find(key);
    return found != json.end() && found->is_array() ? *found : kNone;
}

const Json& object_of(const Json& json, const char* key) {
    static const Json kNone = Json::object();
    const auto found = json.find(key);
    return found != json.end() && found->is_object() ? *found : kNone;
}

std::string counted(std::size_t count, const std::string& word) {
    return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

/// Word and shape; the colour only repeats them.
void outcome(HtmlWriter& html, const std::string& words) {
    const auto verdict = parse_verdict(words);
    const bool equal = !verdict.is_error() && verdict->equality == Equality::equal;
    const bool different = !verdict.is_error() && verdict->equality == Equality::different;
    html.open("span", {{"class", equal ? "badge ready" : different ? "badge blocked" : "badge manual"}});
    html.element("span", equal ? "✓" : different ? "✗" : "?", {{"aria-hidden", "true"}}).text(" " + words).close();
}

void row(HtmlWriter& html, const std::string& head, const std::string& text) {
    if (text.empty())
        return;
    html.open("tr").element("th", head, {{"scope", "row"}}).open("td").element("code", text).close().close();
}

void table_head(HtmlWriter& html, const std::vector<std::string>& columns) {
    html.open("table").open("thead").open("tr");
    for (const auto& column : columns)
        html.element("th", column, {{"scope", "col"}});
    html.close().close().open("tbody");
}

void comparison(HtmlWriter& html, const Json& json) {
    html.open("li").element("strong", text_of(json, "what")).text(" ");
    outcome(html, text_of(json, "outcome"));
    for (const auto& [key, value] : object_of(json, "detail").items())
        html.text("; " + key + ": " + (value.is_string() ? value.get<std::string>() : canonical_json(value)));
    html.close();
}

void checks(HtmlWriter& html, const Json& resource) {
    for (const auto& check : list_of(resource, "checks")) {
        const auto& comparisons = list_of(check, "comparisons");
        html.open("details").open("summary").text(text_of(check, "kind") + " ");
        outcome(html, text_of(check, "outcome"));
        html.text(" " + counted(comparisons.size(), "comparison")).close();
        if (const auto& waived = object_of(check, "waived"); !waived.empty()) {
            const auto by = text_of(waived, "by");
            html.element("p",
                         "Waived: " + text_of(waived, "reason") +
                             (by.empty() ? " (by the plan)" : " (by " + by + " at " + text_of(waived, "at") + ")"),
                         {{"class", "notice"}});
        }
        if (const auto why = text_of(check, "not_repeated"); !why.empty())
            html.element("p", "It could not be made once more: " + why, {{"class", "notice"}});
        html.open("ul");
        for (const auto& one : comparisons)
            comparison(html, one);
        html.close().close();
    }
}

void header(HtmlWriter& html, const Json& json) {
    const auto& resources = list_of(json, "resources");
    std::size_t migrated = 0;
    std::size_t compared = 0;
    for (const auto& resource : resources) {
        migrated += resource.value("migrated", false) ? 1 : 0;
        for (const auto& check : list_of(resource, "checks"))
            compared += list_of(check, "comparisons").size();
    }
    const bool all = json.value("migrated", false);
    html.open("header").element("p", "Certificate", {{"class", "kicker"}});
    html.element("h1", "Run " + text_of(json, "run"));
    html.element("p",
                 all ? "Migrated: everything that was moved was read again on both sides and is equal."
                     : "Not migrated: the outcome is " + text_of(json, "outcome") + ", and the run is " +
                           text_of(json, "run_state") + ".",
                 {{"class", "headline"}});
    html.element("p",
                 "Begun " + text_of(json, "started_at") + "; made by " + text_of(object_of(json, "tool"), "name") +
                     " " + text_of(object_of(json, "tool"), "version") + ".",
                 {{"class", "quiet"}});
    html.close().open("dl", {{"class", "figures"}});
    emit::page_figure(html, "Outcome", text_of(json, "outcome"), "of all that was moved");
    emit::page_figure(html, "Migrated", std::to_string(migrated), "of " + counted(resources.size(), "resource"));
    emit::page_figure(html, "Comparisons", std::to_string(compared), "recorded");
    emit::page_figure(html, "Skipped", std::to_string(list_of(json, "skipped").size()), "by the plan");
    html.close();
}

void resources(HtmlWriter& html, const Json& json) {
    html.open("section").element("h2", "What was moved");
    table_head(html, {"Resource", "Outcome", "Pin at the source", "How it was compared"});
    for (const auto& resource : list_of(json, "resources")) {
        html.open("tr").open("th", {{"scope", "row"}}).text(text_of(resource, "display"));
        html.open("div", {{"class", "quiet"}}).element("code", text_of(resource, "resource")).close().close();
        html.open("td");
        outcome(html, text_of(resource, "outcome"));
        html.close().open("td").element("code", text_of(resource, "pin")).close().open("td", {{"class", "notes"}});
        checks(html, resource);
        html.close().close();
    }
    html.close().close().close();
}

/// What the steps met on the way: cells that did not parse, and where their text lies.
void met(HtmlWriter& html, const Json& json) {
    bool is_first = true;
    for (const auto& resource : list_of(json, "resources")) {
        for (const auto& finding : list_of(resource, "findings")) {
            if (is_first) {
                html.open("section").element("h2", "What was met on the way");
                table_head(html, {"Resource", "Finding", "Evidence", "Remedy"});
            }
            is_first = false;
            html.open("tr").element("th", text_of(resource, "display"), {{"scope", "row"}});
            html.element("td", text_of(finding, "code") + ": " + text_of(finding, "title")).open("td").open("ul");
            for (const auto& [field, value] : object_of(finding, "evidence").items())
                html.open("li").text(field + ": ").element("code", text_of(finding["evidence"], field.c_str())).close();
            html.close().close().element("td", text_of(finding, "remedy")).close();
        }
    }
    if (!is_first)
        html.close().close().close();
}

void skipped(HtmlWriter& html, const Json& json) {
    const auto& list = list_of(json, "skipped");
    if (list.empty())
        return;
    html.open("section").element("h2", "What the plan skipped");
    table_head(html, {"Resource", "Why", "Findings"});
    for (const auto& one : list) {
        std::vector<std::string> codes;
        for (const auto& code : list_of(one, "findings"))
            if (code.is_string())
                codes.push_back(code.get<std::string>());
        html.open("tr").element("th", text_of(one, "display"), {{"scope", "row"}});
        html.element("td", text_of(one, "why")).element("td", join(codes, ", ")).close();
    }
    html.close().close().close();
}

void circumstances(HtmlWriter& html, const Json& json) {
    const auto& plan = object_of(json, "plan_header");
    html.open("section").element("h2", "Circumstances").open("table").open("tbody");
    for (const auto& decoders : list_of(json, "decoders"))
        row(html, "Decoders of " + text_of(decoders, "what"),
            "source: " + text_of(decoders, "source") + "; target: " + text_of(decoders, "target") + "; " +
                text_of(decoders, "decoder"));
    row(html, "Plan", text_of(json, "plan"));
    row(html, "Assessment of the source", text_of(plan, "source_assessment"));
    row(html, "Assessment of the target", text_of(plan, "target_assessment"));
    row(html, "Mapping", text_of(plan, "mapping"));
    row(html, "Options", text_of(plan, "options"));
    for (const auto& connection : list_of(plan, "connections"))
        row(html, "Connection: " + text_of(connection, "role"), text_of(connection, "identity"));
    for (const auto& waiver : list_of(plan, "waivers"))
        row(html, "Waiver " + text_of(waiver, "code"), text_of(waiver, "resource") + ": " + text_of(waiver, "reason"));
    html.close().close().close();
}

} // namespace

Status write_certificate_html(std::string_view certificate_json, ByteSink& sink) {
    const auto json = TRY(parse_json(certificate_json, {64, std::size_t{1} << 30}));
    if (!json.is_object())
        return Error::make(ErrorKind::invalid_input, "the certificate is no JSON object");
    HtmlWriter html(sink);
    emit::open_page(html, "Certificate of run " + text_of(json, "run"));
    html.open("main");
    header(html, json);
    resources(html, json);
    met(html, json);
    skipped(html, json);
    circumstances(html, json);
    html.close().close().close();
    return html.finish();
}

} // namespace godwit::core
