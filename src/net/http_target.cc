#include "net/http_target.h"

#include "base/text.h"

#include <algorithm>

namespace godwit::net {

namespace {

Error bad_target(std::string why) {
    return Error::make(ErrorKind::invalid_input, "the target of the request is malformed").why(std::move(why));
}

Result<std::string> decode_parameter(std::string_view text) {
    std::string spaced(text);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    return percent_decode(spaced);
}

} // namespace

Result<HttpTarget> parse_target(std::string_view target) {
    if (!target.starts_with('/'))
        return bad_target("it does not begin with '/'");
    if (!std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7F; }))
        return bad_target("it holds a blank, a control character or a byte beyond ASCII");
    const auto question = target.find('?');
    const auto path = target.substr(1, question == std::string_view::npos ? question : question - 1);
    HttpTarget result;
    if (!path.empty()) {
        for (const auto& segment : split(path, '/'))
            result.segments.push_back(TRY(percent_decode(segment)));
    }
    if (question == std::string_view::npos)
        return result;
    for (const auto& pair : split(target.substr(question + 1), '&')) {
        if (pair.empty())
            continue;
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = TRY(decode_parameter(std::string_view(pair).substr(0, equals)));
        auto value = TRY(decode_parameter(std::string_view(pair).substr(std::min(equals + 1, pair.size()))));
        result.query.emplace(std::move(name), std::move(value));
    }
    return result;
}

} // namespace godwit::net
