#include "base/redaction.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

TEST(Redaction, names_of_secrets) {
    for (const auto* name :
         {"password", "pwd", "passphrase", "sas", "fs.azure.sas.container.account", "fs.azure.account.key.x",
          "accountkey", "AccountKey", "fs.s3a.access.key", "private-key", "X-Amz-Signature", "sig"})
        EXPECT_TRUE(looks_secret(name)) << name;
    for (const auto* name : {"disaster", "key", "mapkey.delim", "skip.header.line.count", "design", "account"})
        EXPECT_FALSE(looks_secret(name)) << name;
}

TEST(Redaction, of_user_and_password_in_addresses) {
    EXPECT_EQ(without_user_information("mongodb://user:PASS@host:27017,other/db?x=a@b"),
              "mongodb://**redacted**@host:27017,other/db?x=a@b");
    EXPECT_EQ(without_user_information("jdbc:x://u:p@ss@h/db then amqp://u:p@h"),
              "jdbc:x://**redacted**@h/db then amqp://**redacted**@h");
    EXPECT_EQ(without_user_information("redis://:PA/SS@host/0"), "redis://**redacted**@host/0");
    EXPECT_EQ(without_user_information("redis://:12/34@host/0"), "redis://**redacted**@host/0");
    EXPECT_EQ(without_user_information("git clone https://ghp_TOKEN@host/x"), "git clone https://**redacted**@host/x");
    EXPECT_EQ(without_user_information("abfss://user:key@account/x"), "abfss://**redacted**@account/x");
}

TEST(Redaction, leaves_what_is_none) {
    for (const auto* text : {"", "plain", "s3://bucket/a:b@c", "abfss://container@account.dfs.core.windows.net/x",
                             "http://host:8080/a@b", "a: b@c", "://", "x://:"})
        EXPECT_EQ(without_user_information(text), text);
}

} // namespace
} // namespace godwit
