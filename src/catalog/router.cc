#include "catalog/router.h"

#include "base/text.h"

#include <optional>

namespace godwit::catalog {

namespace {

Result<std::string> form_decode(std::string_view text) {
    std::string spaced(text);
    for (char& c : spaced) {
        if (c == '+')
            c = ' ';
    }
    auto decoded = percent_decode(spaced);
    if (decoded.is_error() || decoded->find('\0') != std::string::npos || !is_utf8(*decoded))
        return bad_request("the request line is not percent-encoded UTF-8", printable(text));
    return decoded;
}

Result<std::map<std::string, std::string>> parse_query(std::string_view query) {
    std::map<std::string, std::string> parameters;
    if (query.empty())
        return parameters;
    for (const std::string& pair : split(query, '&')) {
        const std::size_t equals = pair.find('=');
        const std::string key = TRY(form_decode(std::string_view(pair).substr(0, equals)));
        const std::string value =
            equals == std::string::npos ? "" : TRY(form_decode(std::string_view(pair).substr(equals + 1)));
        parameters.emplace(key, value);
    }
    return parameters;
}

/// What stands in place of the braces, or nothing where the path is another one. {prefix} is left out: none is
/// advertised.
std::optional<std::vector<std::string>> match(std::string_view pattern, const std::vector<std::string>& segments) {
    std::vector<std::string> arguments;
    std::size_t at = 0;
    for (const std::string& part : split(pattern, '/')) {
        if (part == "{prefix}")
            continue;
        if (at == segments.size())
            return std::nullopt;
        const std::string& segment = segments[at++];
        if (part.starts_with('{'))
            arguments.push_back(segment);
        else if (part != segment)
            return std::nullopt;
    }
    if (at != segments.size())
        return std::nullopt;
    return arguments;
}

Error unsupported_endpoint(std::string_view endpoint) {
    return Error::make(ErrorKind::unsupported, "this catalogue does not have this endpoint")
        .fix("GET /v1/config lists what it has")
        .at(std::string(endpoint))
        .code("UnsupportedOperationException");
}

Result<Answer> dispatch(Handlers& handlers, Request& request, std::string_view path) {
    std::vector<std::string> segments;
    for (const std::string& segment : split(path, '/'))
        segments.push_back(TRY(form_decode(segment)));
    std::string methods;
    for (const Handlers::Endpoint& endpoint : Handlers::endpoints()) {
        auto arguments = match(endpoint.path, segments);
        if (!arguments)
            continue;
        methods += (methods.empty() ? "" : ", ") + std::string(endpoint.method);
        if (endpoint.method != request.method)
            continue;
        if (endpoint.handler == nullptr)
            return unsupported_endpoint(endpoint.path);
        request.arguments = std::move(*arguments);
        return (handlers.*endpoint.handler)(request);
    }
    if (!methods.empty()) {
        Answer answer = to_answer(Error::make(ErrorKind::usage, "the path has no such method")
                                      .why("it has " + methods)
                                      .fix("use one of these methods")
                                      .at(printable(request.method))
                                      .code("MethodNotAllowedException"));
        answer.allow = methods;
        return answer;
    }
    return Error::make(ErrorKind::not_found, "there is no such path")
        .fix("paths begin with /v1; GET /v1/config lists them")
        .at(printable(path))
        .code("NotFoundException");
}

Result<Answer> answer_of(Handlers& handlers, Request request, std::string_view target) {
    const std::size_t question = target.find('?');
    request.query = TRY(parse_query(question == std::string_view::npos ? "" : target.substr(question + 1)));
    return dispatch(handlers, request, target.substr(0, question));
}

} // namespace

Answer route(Handlers& handlers, std::string_view method, std::string_view target, std::string_view if_none_match,
             std::string_view body) {
    Request request;
    request.method = method;
    request.if_none_match = if_none_match;
    request.body = body;
    auto reply = answer_of(handlers, std::move(request), target);
    Answer answer = reply.is_error() ? to_answer(reply.error()) : std::move(*reply);
    if (method == "HEAD")
        answer.body.clear();
    return answer;
}

} // namespace godwit::catalog
