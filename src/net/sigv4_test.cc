#include "net/sigv4.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>

namespace godwit::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// 2015-08-30T12:36:00Z, the time of AWS's vectors.
constexpr Micros kTime = 1'440'938'160'000'000;

AwsCredentials example_credentials() { return {"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), {}}; }

std::string field(const HttpCall& call, const std::string& name) {
    for (const auto& secret : call.secret_headers)
        if (secret.name == name)
            return secret.value.reveal();
    return call.headers.find(name).value_or("");
}

std::string signature_of(HttpCall call, const SigningScope& scope = {"us-east-1", "s3"}) {
    EXPECT_TRUE(sign(call, example_credentials(), scope, kTime).has_value());
    const auto authorization = field(call, "Authorization");
    return authorization.substr(authorization.find("Signature="));
}

/// A request of the vectors, read as its authors wrote it: not encoded, values over several lines.
SigningInput vector_input(const std::string& text, const Json& context) {
    SigningInput input;
    auto lines = split(text, '\n');
    const auto target_end = lines[0].rfind(' ');
    const auto target = lines[0].substr(0, target_end);
    input.method = target.substr(0, target.find(' '));
    const auto path = target.substr(target.find(' ') + 1);
    input.path = path.substr(0, path.find('?'));
    input.query = path.find('?') == std::string::npos ? "" : path.substr(path.find('?') + 1);
    std::string body;
    std::string name;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        if (lines[i].empty()) {
            lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(i) + 1);
            body = join(lines, "\n");
            break;
        }
        if (lines[i].front() == ' ') { // goes on with the value above
            auto whole = *input.headers.find(name) + " " + lines[i];
            input.headers.set(name, std::move(whole));
            continue;
        }
        name = lines[i].substr(0, lines[i].find(':'));
        input.headers.add(name, lines[i].substr(name.size() + 1));
    }
    input.payload_digest = sha256_hex(body);
    input.normalizes_path = context.at("normalize").get<bool>();
    input.headers.set("X-Amz-Date", "20150830T123600Z");
    if (context.at("sign_body").get<bool>())
        input.headers.set("X-Amz-Content-Sha256", input.payload_digest);
    const auto& credentials = context.at("credentials");
    if (credentials.contains("token") && !context.value("omit_session_token", false))
        input.headers.set("X-Amz-Security-Token", credentials.at("token").get<std::string>());
    return input;
}

TEST(SigV4Test, AgreesWithThePublishedVectors) {
    const std::filesystem::path folder = GODWIT_SOURCE_DIR "/../shared/corpus/aws-sigv4";
    if (!std::filesystem::is_directory(folder))
        GTEST_SKIP() << "AWS's vectors are not there: ../shared/corpus/aws-sigv4";
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (!entry.is_directory())
            continue;
        SCOPED_TRACE(entry.path().filename().string());
        const auto text = [&](const char* name) { return read_file((entry.path() / name).string()).value(); };
        const auto context = parse_json(text("context.json")).value();
        const SigningScope scope{context.at("region").get<std::string>(), context.at("service").get<std::string>()};
        const auto request = canonical_request(vector_input(text("request.txt"), context)).value();
        EXPECT_EQ(request, text("header-canonical-request.txt"));
        const auto to_sign = string_to_sign(request, scope, "20150830T123600Z");
        EXPECT_EQ(to_sign, text("header-string-to-sign.txt"));
        const Secret key(context.at("credentials").at("secret_access_key").get<std::string>());
        EXPECT_EQ(signature(to_sign, key, scope, "20150830T123600Z"), text("header-signature.txt"));
        ++count;
    }
    EXPECT_GE(count, 38u);
}

TEST(SigV4Test, SignsAGetOfS3AsItsDocumentationDoes) {
    // Amazon S3 API Reference, "Signature Calculations for the Authorization Header", example "GET Object".
    HttpCall call;
    call.url = "https://examplebucket.s3.amazonaws.com/test.txt";
    call.headers.add("Range", "bytes=0-9");
    const AwsCredentials credentials{"AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), {}};
    ASSERT_TRUE(sign(call, credentials, {"us-east-1", "s3"}, 1'369'353'600'000'000).has_value());
    EXPECT_EQ(field(call, "Authorization"),
              "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
              "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
              "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SigV4Test, TheOrderOfAQueryAndTheWayItIsEncodedDoNotMatter) {
    HttpCall call;
    call.url = "https://bucket.example/?prefix=a%2fb&list-type=2&uploads";
    HttpCall sorted;
    sorted.url = "https://bucket.example/?list-type=2&prefix=a%2Fb&uploads=";
    EXPECT_EQ(signature_of(call), signature_of(sorted));
    sorted.url += "&prefix=b";
    EXPECT_NE(signature_of(call), signature_of(sorted));
}

TEST(SigV4Test, AKeyOfS3IsSignedAsItIs) {
    HttpCall plain;
    plain.url = "https://bucket.example/dt=2024-01-01/a//b/./c";
    HttpCall encoded;
    encoded.url = "https://bucket.example/dt%3D2024-01-01/a//b/./c";
    EXPECT_EQ(signature_of(plain), signature_of(encoded));
    encoded.url = "https://bucket.example/dt%3D2024-01-01/a/b/c"; // another key
    EXPECT_NE(signature_of(plain), signature_of(encoded));
}

TEST(SigV4Test, OnlyTheSessionOfTheCallerIsSentAndItIsNeverShown) {
    HttpCall call;
    call.url = "https://glue.us-east-1.amazonaws.com/";
    auto credentials = example_credentials();
    credentials.session_token = Secret("first");
    ASSERT_TRUE(sign(call, credentials, {"us-east-1", "glue"}, kTime).has_value());
    const auto first = field(call, "Authorization");
    EXPECT_EQ(field(call, "X-Amz-Security-Token"), "first");
    EXPECT_THAT(first, HasSubstr("SignedHeaders=host;x-amz-date;x-amz-security-token,"));
    EXPECT_FALSE(call.headers.contains("X-Amz-Security-Token"));
    EXPECT_FALSE(call.headers.contains("Authorization"));

    credentials.session_token = {};
    ASSERT_TRUE(sign(call, credentials, {"us-east-1", "glue"}, kTime + 1'000'000).has_value());
    EXPECT_EQ(field(call, "X-Amz-Security-Token"), "");
    EXPECT_EQ(field(call, "X-Amz-Date"), "20150830T123601Z");
    EXPECT_NE(field(call, "Authorization"), first);
    EXPECT_EQ(call.secret_headers.size(), 1u);
}

TEST(SigV4Test, FieldsThatMayChangeOnTheWayAreNotSigned) {
    HttpCall call;
    call.url = "https://glue.us-east-1.amazonaws.com/";
    const auto without = signature_of(call);
    call.headers.add("User-Agent", "godwit");
    call.headers.add("Expect", "100-continue");
    EXPECT_EQ(signature_of(call), without);
    call.headers.add("X-Amz-Target", "AWSGlue.GetTables");
    EXPECT_NE(signature_of(call), without);
}

TEST(SigV4Test, ThePortBelongsToTheHost) {
    HttpCall call;
    call.url = "http://127.0.0.1:5000/";
    const auto with_port = signature_of(call);
    call.url = "http://127.0.0.1:80/";
    const auto usual = signature_of(call);
    call.url = "http://127.0.0.1/";
    EXPECT_NE(with_port, usual);
    EXPECT_EQ(signature_of(call), usual);
}

TEST(SigV4Test, AStreamedBodyNeedsItsDigest) {
    HttpCall call;
    call.method = "PUT";
    call.url = "https://bucket.example/key";
    call.body_source = [](char*, std::size_t) -> Result<std::size_t> { return std::size_t{0}; };
    EXPECT_EQ(sign(call, example_credentials(), {"us-east-1", "s3"}, kTime).error().kind(), ErrorKind::bug);
    const std::string digest(kUnsignedPayload);
    ASSERT_TRUE(sign(call, example_credentials(), {"us-east-1", "s3"}, kTime, digest).has_value());
    EXPECT_EQ(field(call, "X-Amz-Content-Sha256"), digest);
}

TEST(SigV4Test, WhatServicesReadInTwoWaysIsRefused) {
    HttpCall call;
    call.url = "https://bucket.example/?prefix=a+b";
    const auto refused = sign(call, example_credentials(), {"us-east-1", "s3"}, kTime);
    ASSERT_TRUE(refused.is_error());
    EXPECT_THAT(refused.error().fix(), HasSubstr("%2B"));
    call.url = "https://bucket.example/%zz";
    EXPECT_TRUE(sign(call, example_credentials(), {"us-east-1", "s3"}, kTime).is_error());
}

} // namespace
} // namespace godwit::net
