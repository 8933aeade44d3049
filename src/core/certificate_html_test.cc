#include "core/certificate_html.h"

#include "base/json.h"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace godwit::core {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string page_of(const Json& certificate) {
    StringSink sink;
    const auto status = write_certificate_html(canonical_json(certificate), sink);
    EXPECT_FALSE(status.is_error()) << (status.is_error() ? status.error().to_line() : "");
    return std::move(sink).release();
}

Json certificate() {
    return {
        {"run", "abc"},
        {"run_state", "done"},
        {"started_at", "2026-01-01T00:00:00.000000Z"},
        {"outcome", "equal"},
        {"migrated", true},
        {"plan", "d1"},
        {"plan_header", {{"mapping", "default@1"}, {"waivers", Json::array()}, {"connections", Json::array()}}},
        {"tool", {{"name", "godwit"}, {"version", "9.9"}}},
        {"decoders", {{{"what", "rows"}, {"source", "left 1"}, {"target", "right 2"}, {"decoder", "two decoders"}}}},
        {"skipped", {{{"display", "sales.v"}, {"why", "views are made anew"}, {"findings", {"LAKE-040"}}}}},
        {"resources",
         {{{"resource", "lakehouse:table:1"},
           {"display", "sales.orders"},
           {"outcome", "equal"},
           {"migrated", true},
           {"pin", {{"kind", "iceberg"}}},
           {"checks",
            {{{"kind", "lakehouse.compare-rows"},
              {"outcome", "equal"},
              {"comparisons",
               {{{"what", "rows"}, {"outcome", "equal"}, {"detail", {{"method", "row digest"}}}}}}}}}}}}};
}

TEST(CertificateHtml, shows_what_was_proved_how_and_by_whom) {
    const auto page = page_of(certificate());
    for (const auto* words : {"Migrated: everything", "sales.orders", "row digest", "left 1", "right 2", "two decoders",
                              "sales.v", "LAKE-040", "godwit 9.9", "default@1", "Run abc"})
        EXPECT_THAT(page, HasSubstr(words));
    EXPECT_THAT(page, AllOf(Not(HasSubstr("http://")), Not(HasSubstr("https://")), Not(HasSubstr("<script"))))
        << "the page stands alone";
}

TEST(CertificateHtml, shows_what_the_steps_met_and_where_it_lies) {
    EXPECT_THAT(page_of(certificate()), Not(HasSubstr("What was met on the way")));
    auto json = certificate();
    json["resources"][0]["findings"] = {{{"code", "LAKE-162"},
                                         {"title", "Cells did not parse"},
                                         {"remedy", "Mend the source"},
                                         {"evidence", {{"bad_cells", 12}, {"rejects_file", "/runs/a.rejects.jsonl"}}}}};
    const auto page = page_of(json);
    for (const auto* words : {"What was met on the way", "LAKE-162: Cells did not parse", "bad_cells", "12",
                              "/runs/a.rejects.jsonl", "Mend the source"})
        EXPECT_THAT(page, HasSubstr(words));
}

TEST(CertificateHtml, never_says_migrated_where_the_certificate_does_not) {
    auto json = certificate();
    json["migrated"] = false;
    json["outcome"] = "different(2)";
    json["resources"][0]["checks"][0]["outcome"] = "different(2)";
    json["resources"][0]["checks"][0]["waived"] = {{"reason", "known <b>"}, {"by", "ann"}, {"at", "today"}};
    const auto page = page_of(json);
    EXPECT_THAT(page, AllOf(HasSubstr("Not migrated"), Not(HasSubstr("Migrated: everything"))));
    EXPECT_THAT(page, AllOf(HasSubstr("Waived: known &lt;b&gt; (by ann at today)"), HasSubstr("different(2)")));
}

TEST(CertificateHtml, no_name_changes_the_shape_of_the_page) {
    const std::string hostile = "</table><script>alert(1)</script>\"'&";
    auto json = certificate();
    json["resources"][0]["display"] = hostile;
    json["resources"][0]["checks"][0]["comparisons"][0]["what"] = hostile;
    json["resources"][0]["checks"][0]["comparisons"][0]["detail"] = {{hostile, hostile}};
    json["skipped"][0]["why"] = hostile;
    json["plan_header"]["waivers"] = {{{"code", hostile}, {"resource", hostile}, {"reason", hostile}}};
    const auto page = page_of(json);
    EXPECT_THAT(page, AllOf(Not(HasSubstr("<script")), HasSubstr("&lt;script&gt;")));
}

TEST(CertificateHtml, takes_a_certificate_without_optional_parts_and_refuses_what_is_none) {
    EXPECT_THAT(page_of({{"run", "x"}}), HasSubstr("Not migrated"));
    StringSink sink;
    EXPECT_TRUE(write_certificate_html("[]", sink).is_error());
    EXPECT_TRUE(write_certificate_html("{", sink).is_error());
}

} // namespace
} // namespace godwit::core
