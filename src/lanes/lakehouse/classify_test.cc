#include "lanes/lakehouse/classify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace godwit;
using namespace godwit::lakehouse;
using testing::ElementsAre;
using testing::Pair;

namespace {

constexpr const char* kRedacted = "**redacted**";

TEST(Secrets, of_parameters_stay_behind) {
    EXPECT_THAT(without_secrets({{"hive.sql.dbcp.password", "s3cret"},
                                 {"hive.sql.jdbc.url", "jdbc:mysql://h/db?user=u&Password=s3cret"},
                                 {"projection.token.type", "enum"},
                                 {"skip.header.line.count", "1"}}),
                ElementsAre(Pair("hive.sql.dbcp.password", kRedacted), Pair("hive.sql.jdbc.url", kRedacted),
                            Pair("projection.token.type", "enum"), Pair("skip.header.line.count", "1")));
}

TEST(Secrets, are_in_no_fact_of_a_table) {
    glue::Table table;
    table.name = "t";
    table.parameters = {{"password", "s3cret"}};
    table.storage.serde.parameters = {{"aws.secret.key", "s3cret"}, {"field.delim", ","}};
    const auto text = to_json(table_facts(table));
    EXPECT_EQ(text.find("s3cret"), std::string::npos) << text;
    EXPECT_NE(text.find("field.delim"), std::string::npos);
}

} // namespace
