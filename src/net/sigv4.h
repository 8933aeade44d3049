#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "net/http_client.h"

#include <optional>
#include <string>
#include <string_view>

/// AWS Signature Version 4 in the Authorization header (IAM User Guide, "Create a signed AWS API request"). libcurl's
/// own is wrong for S3 keys that hold `=` and for queries that are not sorted.
namespace godwit::net {

struct AwsCredentials {
    std::string access_key_id;
    Secret secret_access_key;
    Secret session_token; ///< empty for keys that do not end
};

/// For whom a signature holds.
struct SigningScope {
    std::string region;  ///< `eu-central-1`
    std::string service; ///< the service's signing name: `s3`, `glue`, `elasticmapreduce`
};

/// Instead of the digest of a body that is not at hand; S3 takes it (Amazon S3 API Reference, "Unsigned payload
/// option").
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

/// Adds `X-Amz-Date`, `X-Amz-Security-Token` where there is a session, `X-Amz-Content-Sha256` for S3, and
/// `Authorization`. Signs the host and every field of the call but those that may change on the way. A call that was
/// signed before gets the new fields instead of the old ones. `payload_digest`: SHA-256 of the body in lower-case hex,
/// or kUnsignedPayload; absent: that of `call.body`. Refuses a body source without a digest, and a query that holds
/// `+`, which services read in two ways.
Status sign(HttpCall& call, const AwsCredentials& credentials, const SigningScope& scope, Micros time,
            const std::optional<std::string>& payload_digest = std::nullopt);

/// What is signed, piece by piece.
struct SigningInput {
    std::string method;
    std::string path;  ///< as it stands in the request
    std::string query; ///< as it stands in the request, without '?'
    HttpHeaders headers;
    std::string payload_digest;
    bool normalizes_path = true; ///< dot segments and double slashes; S3 keys may hold both
    bool encodes_path = true;    ///< once more, whatever is encoded already; for S3 it is encoded just once
};

/// "Step 1: Create a canonical request".
Result<std::string> canonical_request(const SigningInput& input);
/// "Step 3: Create a string to sign". `time` as format_amz_time gives it.
std::string string_to_sign(const std::string& canonical_request, const SigningScope& scope, const std::string& time);
/// "Step 4: Calculate the signature", in hex.
std::string signature(const std::string& string_to_sign, const Secret& secret_access_key, const SigningScope& scope,
                      const std::string& time);
/// `20150830T123600Z`.
std::string format_amz_time(Micros time);

} // namespace godwit::net
