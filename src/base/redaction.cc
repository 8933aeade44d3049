#include "base/redaction.h"

#include "base/text.h"

#include <algorithm>

namespace godwit {

namespace {

bool is_separator(char c) { return c == '_' || c == '-' || c == '.' || c == ' '; }

/// Too short to be looked for inside of words: `disaster`.
bool has_short_word(std::string_view name) {
    std::string word;
    for (const char c : std::string(name) + ".") {
        if (!is_separator(c)) {
            word += c;
            continue;
        }
        if (word == "sas" || word == "sig")
            return true;
        word.clear();
    }
    return false;
}

/// Azure's addresses have a container where others have a user.
bool has_container(std::string_view before_mark) {
    constexpr std::string_view kSchemes[] = {"abfs", "abfss", "wasb", "wasbs"};
    const auto start = before_mark.find_last_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    const auto scheme = lower_ascii(before_mark.substr(start == std::string_view::npos ? 0 : start + 1));
    return std::ranges::find(kSchemes, scheme) != std::end(kSchemes);
}

} // namespace

bool looks_secret(std::string_view name) {
    constexpr std::string_view kParts[] = {"password",  "passwd",     "passphrase",    "pwd",       "secret",
                                           "token",     "credential", "apikey",        "accesskey", "accountkey",
                                           "signature", "privatekey", "authorization", "cookie"};
    auto joined = lower_ascii(name);
    if (has_short_word(joined))
        return true;
    std::erase_if(joined, is_separator);
    return std::ranges::any_of(kParts, [&](auto part) { return joined.find(part) != std::string::npos; });
}

std::string without_user_information(std::string_view text) {
    constexpr std::string_view kMark = "://";
    std::string shown;
    for (auto mark = text.find(kMark); mark != std::string_view::npos; mark = text.find(kMark)) {
        const bool names_container = has_container(text.substr(0, mark));
        shown += text.substr(0, mark + kMark.size());
        text.remove_prefix(mark + kMark.size());
        const auto word = text.substr(0, text.find_first_of(" \t\r\n\"'<>"));
        const auto host = word.substr(0, word.find_first_of("/?#"));
        const auto colon = host.find(':');
        auto at = host.rfind('@');
        if (colon == std::string_view::npos && names_container)
            continue;
        // A password may hold a slash that nobody encoded; what stands before that slash is no port then.
        if (at == std::string_view::npos && colon != std::string_view::npos &&
            (colon == 0 || host.find_first_not_of("0123456789", colon + 1) != std::string_view::npos))
            at = word.rfind('@');
        if (at == std::string_view::npos)
            continue;
        shown += kRedacted;
        text.remove_prefix(at);
    }
    return shown + std::string(text);
}

} // namespace godwit
