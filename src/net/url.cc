#include "net/url.h"

#include "base/text.h"

#include <algorithm>
#include <charconv>

namespace godwit::net {

namespace {

Error bad_url(std::string_view text, std::string why) {
    return Error::make(ErrorKind::usage, "this is not a URL that can be called")
        .why(std::move(why))
        .fix("write it like https://host:port/path")
        .at(shown_url(text));
}

Result<std::uint16_t> parse_port(std::string_view text, std::string_view port) {
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || end != port.data() + port.size() || number == 0)
        return bad_url(text, "its port is not a number from 1 to 65535");
    return number;
}

bool is_host_character(char c, bool in_brackets) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           (in_brackets ? c == ':' : c == '-' || c == '_');
}

/// Host and port of `authority`.
Status read_authority(std::string_view text, std::string_view authority, Url& url) {
    if (authority.find('@') != std::string_view::npos)
        return bad_url(text, "it holds user information, which would be shown and logged");
    const bool in_brackets = authority.starts_with('[');
    const auto host_end = in_brackets ? authority.find(']') : authority.find(':');
    if (in_brackets && host_end == std::string_view::npos)
        return bad_url(text, "the bracket of its address is not closed");
    url.host = lower_ascii(in_brackets ? authority.substr(1, host_end - 1) : authority.substr(0, host_end));
    if (url.host.empty())
        return bad_url(text, "it names no host");
    if (!std::all_of(url.host.begin(), url.host.end(), [&](char c) { return is_host_character(c, in_brackets); }))
        return bad_url(text, "its host holds a character that no host name has");
    const auto rest = host_end == std::string_view::npos ? "" : authority.substr(host_end + (in_brackets ? 1 : 0));
    if (!rest.empty() && rest.front() != ':')
        return bad_url(text, "something stands behind its host");
    url.port = url.scheme == "http" ? 80 : 443;
    if (rest.size() > 1)
        url.port = TRY(parse_port(text, rest.substr(1)));
    return {};
}

} // namespace

std::string Url::origin() const {
    const auto shown_host = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return scheme + "://" + shown_host + ":" + std::to_string(port);
}

bool Url::is_loopback() const { return is_loopback_host(host); }

Result<Url> parse_url(std::string_view text) {
    const auto printable_ascii = [](char c) { return c > 0x20 && c < 0x7F; };
    if (!std::all_of(text.begin(), text.end(), printable_ascii))
        return bad_url(text, "it holds a blank, a control character or a byte beyond ASCII: percent-encode it");
    const auto scheme_end = text.find("://");
    Url url;
    url.scheme = lower_ascii(text.substr(0, scheme_end));
    if (scheme_end == std::string_view::npos || (url.scheme != "http" && url.scheme != "https"))
        return bad_url(text, "it does not begin with http:// or https://");
    if (text.find('#') != std::string_view::npos)
        return bad_url(text, "it has a fragment ('#'), which is never sent");
    const auto rest = text.substr(scheme_end + 3);
    const auto authority_end = std::min(rest.find_first_of("/?"), rest.size());
    TRY(read_authority(text, rest.substr(0, authority_end), url));
    const auto target = rest.substr(authority_end);
    const auto question = target.find('?');
    url.path = target.substr(0, question);
    if (url.path.empty())
        url.path = "/";
    if (question != std::string_view::npos)
        url.query = target.substr(question + 1);
    return url;
}

std::string shown_url(std::string_view text) {
    const auto end = text.find_first_of("?#");
    std::string shown(text.substr(0, end));
    const auto scheme_end = shown.find("://");
    const auto start = scheme_end == std::string::npos ? 0 : scheme_end + 3;
    const auto authority_end = std::min(shown.find('/', start), shown.size());
    if (const auto at = shown.rfind('@', authority_end); at != std::string::npos && at >= start && at < authority_end)
        shown.erase(start, at + 1 - start);
    return printable(shown) + (end == std::string_view::npos ? "" : "?...");
}

bool is_loopback_host(std::string_view host) {
    if (host == "localhost" || host == "::1")
        return true;
    const auto parts = split(host, '.');
    return parts.size() == 4 && parts[0] == "127" &&
           std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
               return !part.empty() && part.size() <= 3 && part.find_first_not_of("0123456789") == std::string::npos;
           });
}

} // namespace godwit::net
