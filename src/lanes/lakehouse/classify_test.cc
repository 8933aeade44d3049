#include "lanes/lakehouse/classify.h"

#include "base/redaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

using namespace godwit;
using namespace godwit::lakehouse;
using testing::ElementsAre;
using testing::Pair;

namespace {

TEST(Secrets, of_parameters_stay_behind) {
    EXPECT_THAT(without_secrets({{"hive.sql.dbcp.password", "s3cret"},
                                 {"hive.sql.jdbc.url", "jdbc:mysql://h/db?user=u&Password=s3cret"},
                                 {"projection.token.type", "enum"},
                                 {"skip.header.line.count", "1"}}),
                ElementsAre(Pair("hive.sql.dbcp.password", kRedacted), Pair("hive.sql.jdbc.url", kRedacted),
                            Pair("projection.token.type", "enum"), Pair("skip.header.line.count", "1")));
}

TEST(Secrets, of_other_names_and_in_addresses_stay_behind) {
    EXPECT_THAT(without_secrets({{"accountkey", "s3cret"},
                                 {"conf", "SharedAccessSignature sv=1&sig=s3cret"},
                                 {"fs.azure.account.key.x", "s3cret"},
                                 {"mongo.uri", "mongodb://user:s3cret@host/db"},
                                 {"passphrase", "s3cret"},
                                 {"path", "s3://b/a:b@c"},
                                 {"pwd", "s3cret"},
                                 {"sas", "s3cret"}}),
                ElementsAre(Pair("accountkey", kRedacted), Pair("conf", kRedacted),
                            Pair("fs.azure.account.key.x", kRedacted),
                            Pair("mongo.uri", "mongodb://**redacted**@host/db"), Pair("passphrase", kRedacted),
                            Pair("path", "s3://b/a:b@c"), Pair("pwd", kRedacted), Pair("sas", kRedacted)));
}

TEST(Secrets, of_locations_stay_behind) {
    for (const auto& [location, shown] :
         std::map<std::string, std::string>{{"https://h/c/t?sv=1&sig=s3cret", "https://h/c/t?**redacted**"},
                                            {"https://h/t?s3cret", "https://h/t?**redacted**"},
                                            {"s3://b/t?X-Amz-Signature=s3cret", "s3://b/t?**redacted**"},
                                            {"mongodb://u:s3cret@h/db", "mongodb://**redacted**@h/db"},
                                            {"s3://b/what?/t", "s3://b/what?/t"},
                                            {"/data/a?b", "/data/a?b"},
                                            {"", ""}})
        EXPECT_EQ(without_secrets_in_location(location), shown);
}

TEST(Secrets, are_in_no_fact_of_a_table) {
    glue::Table table;
    table.name = "t";
    table.parameters = {{"password", "s3cret"}};
    table.storage.location = "https://h/t?sig=s3cret";
    table.storage.additional_locations = {"ftp://u:s3cret@h/t"};
    table.storage.serde.parameters = {{"aws.secret.key", "s3cret"}, {"field.delim", ","}};
    const auto text = to_json(table_facts(table));
    EXPECT_EQ(text.find("s3cret"), std::string::npos) << text;
    EXPECT_NE(text.find("field.delim"), std::string::npos);
}

} // namespace
