#include "net/sigv4.h"

#include "base/digest.h"
#include "base/text.h"
#include "net/url.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

namespace godwit::net {

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kDate = "X-Amz-Date";
constexpr std::string_view kPayloadDigest = "X-Amz-Content-Sha256";
constexpr std::string_view kSessionToken = "X-Amz-Security-Token";
constexpr std::string_view kAuthorization = "Authorization";

/// Fields that libcurl, a proxy or a load balancer may write anew.
constexpr std::array<std::string_view, 7> kNotSigned = {
    "authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id", "accept-encoding"};

/// `/a//b/../c/` becomes `/a/c/` (RFC 3986 section 5.2.4, and double slashes).
std::string normalized_path(std::string_view path) {
    std::vector<std::string> kept;
    for (auto& segment : split(path, '/')) {
        if (segment == "..") {
            if (!kept.empty())
                kept.pop_back();
        } else if (!segment.empty() && segment != ".") {
            kept.push_back(std::move(segment));
        }
    }
    const auto joined = "/" + join(kept, "/");
    const bool ends_in_slash = path.ends_with('/') && !kept.empty();
    return ends_in_slash ? joined + "/" : joined;
}

Result<std::string> canonical_path(const SigningInput& input) {
    const auto path = input.normalizes_path ? normalized_path(input.path) : input.path;
    auto segments = split(path, '/');
    for (auto& segment : segments)
        segment = percent_encode(input.encodes_path ? segment : TRY(percent_decode(segment)));
    return join(segments, "/");
}

Result<std::string> canonical_query(std::string_view query) {
    if (query.find('+') != std::string_view::npos)
        return Error::make(ErrorKind::usage, "a query with '+' cannot be signed")
            .why("services read it as a plus sign or as a blank")
            .fix("write %2B or %20");
    std::vector<std::pair<std::string, std::string>> parameters;
    for (const auto& parameter : split(query, '&')) {
        if (parameter.empty())
            continue;
        const auto name_end = std::min(parameter.find('='), parameter.size());
        const auto value = std::string_view(parameter).substr(std::min(name_end + 1, parameter.size()));
        const auto name = TRY(percent_decode(std::string_view(parameter).substr(0, name_end)));
        parameters.emplace_back(percent_encode(name), percent_encode(TRY(percent_decode(value))));
    }
    std::sort(parameters.begin(), parameters.end());
    std::vector<std::string> written;
    for (const auto& [name, value] : parameters)
        written.push_back(name + "=" + value);
    return join(written, "&");
}

/// Blanks at the ends go, those between words become one.
std::string canonical_value(std::string_view value) {
    std::string written;
    for (const char c : value) {
        const bool is_blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (!is_blank)
            written += c;
        else if (!written.empty() && written.back() != ' ')
            written += ' ';
    }
    return std::string(trim(written));
}

/// Lower-case names with their values, several of one name joined in their order.
std::map<std::string, std::string> canonical_headers(const HttpHeaders& headers) {
    std::map<std::string, std::string> canonical;
    for (const auto& field : headers) {
        const auto name = lower_ascii(field.name);
        if (std::find(kNotSigned.begin(), kNotSigned.end(), name) != kNotSigned.end())
            continue;
        const auto [place, is_first] = canonical.try_emplace(name, canonical_value(field.value));
        if (!is_first)
            place->second += "," + canonical_value(field.value);
    }
    return canonical;
}

std::string signed_headers(const HttpHeaders& headers) {
    std::vector<std::string> names;
    for (const auto& field : canonical_headers(headers))
        names.push_back(field.first);
    return join(names, ";");
}

std::string date_of(const std::string& time) { return time.substr(0, time.find('T')); }

std::string scope_text(const SigningScope& scope, const std::string& time) {
    return date_of(time) + "/" + scope.region + "/" + scope.service + "/aws4_request";
}

/// As libcurl writes it: without a port that goes without saying.
std::string host_field(const Url& url) {
    const auto host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    const bool goes_without_saying = url.port == (url.scheme == "http" ? 80 : 443);
    return goes_without_saying ? host : host + ":" + std::to_string(url.port);
}

void set_secret(HttpCall& call, std::string_view name, Secret value) {
    std::erase_if(call.secret_headers, [&](const auto& field) { return equals_ignoring_case(field.name, name); });
    if (!value.empty())
        call.secret_headers.push_back({std::string(name), std::move(value)});
}

Result<std::string> digest_of_body(const HttpCall& call, const std::optional<std::string>& given) {
    if (given)
        return *given;
    if (call.body_source)
        return Error::make(ErrorKind::bug, "a streamed body cannot be signed without its digest");
    return sha256_hex(call.body);
}

} // namespace

Result<std::string> canonical_request(const SigningInput& input) {
    auto text = input.method + "\n" + TRY(canonical_path(input)) + "\n" + TRY(canonical_query(input.query)) + "\n";
    for (const auto& [name, value] : canonical_headers(input.headers))
        text += name + ":" + value + "\n";
    return text + "\n" + signed_headers(input.headers) + "\n" + input.payload_digest;
}

std::string string_to_sign(const std::string& canonical_request, const SigningScope& scope, const std::string& time) {
    return std::string(kAlgorithm) + "\n" + time + "\n" + scope_text(scope, time) + "\n" +
           sha256_hex(canonical_request);
}

std::string signature(const std::string& string_to_sign, const Secret& secret_access_key, const SigningScope& scope,
                      const std::string& time) {
    const Secret first("AWS4" + secret_access_key.reveal());
    std::string key = hmac_sha256(first.reveal(), date_of(time));
    for (const std::string_view part :
         {std::string_view(scope.region), std::string_view(scope.service), std::string_view("aws4_request")})
        key = hmac_sha256(key, part);
    return hex(hmac_sha256(key, string_to_sign));
}

std::string format_amz_time(Micros time) {
    std::string written;
    for (const char c : format_time(time).substr(0, std::string_view("2026-01-31T12:00:00").size()))
        if (c != '-' && c != ':')
            written += c;
    return written + "Z";
}

Status sign(HttpCall& call, const AwsCredentials& credentials, const SigningScope& scope, Micros time,
            const std::optional<std::string>& payload_digest) {
    const auto url = TRY(parse_url(call.url));
    const bool is_s3 = scope.service == "s3";
    const auto amz_time = format_amz_time(time);
    SigningInput input;
    input.method = call.method;
    input.path = url.path;
    input.query = url.query;
    input.payload_digest = TRY(digest_of_body(call, payload_digest));
    input.normalizes_path = !is_s3;
    input.encodes_path = !is_s3;

    call.headers.set(kDate, amz_time);
    if (is_s3)
        call.headers.set(kPayloadDigest, input.payload_digest);
    set_secret(call, kSessionToken, credentials.session_token);
    set_secret(call, kAuthorization, {});

    input.headers = call.headers;
    input.headers.set("Host", host_field(url));
    for (const auto& field : call.secret_headers)
        input.headers.add(field.name, field.value.reveal());
    const auto text = string_to_sign(TRY(canonical_request(input)), scope, amz_time);
    set_secret(call, kAuthorization,
               Secret(std::string(kAlgorithm) + " Credential=" + credentials.access_key_id + "/" +
                      scope_text(scope, amz_time) + ", SignedHeaders=" + signed_headers(input.headers) +
                      ", Signature=" + signature(text, credentials.secret_access_key, scope, amz_time)));
    return {};
}

} // namespace godwit::net
