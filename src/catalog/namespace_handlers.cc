#include "catalog/handlers.h"

#include "base/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace godwit::catalog {

namespace {

Answer json_answer(const OrderedJson& body) { return {200, body.dump()}; }

OrderedJson namespace_json(const std::string& space, const SpaceProperties& properties) {
    return {{"namespace", levels_json(space)}, {"properties", OrderedJson(properties)}};
}

std::string without_slashes(std::string text) {
    while (text.size() > 1 && text.ends_with('/'))
        text.pop_back();
    return text;
}

} // namespace

Handlers::Reply Handlers::config(const Request& request) {
    const std::string uri = "file://" + warehouse_.path();
    if (const auto asked = request.query.find("warehouse"); asked != request.query.end()) {
        const std::string name = without_slashes(asked->second);
        const std::string_view last = std::string_view(uri).substr(uri.rfind('/') + 1);
        if (!name.empty() && name != uri && name != warehouse_.path() && name != "file:" + warehouse_.path() &&
            name != last)
            return Error::make(ErrorKind::not_found, "the warehouse does not exist")
                .why("this catalogue serves " + printable(uri))
                .fix("leave the warehouse out, or name that one")
                .at(printable(asked->second))
                .code("NoSuchWarehouseException");
    }
    OrderedJson advertised = OrderedJson::array();
    for (const Endpoint& endpoint : endpoints()) {
        if (endpoint.handler != nullptr)
            advertised.push_back(std::string(endpoint.method) + " " + std::string(endpoint.path));
    }
    return json_answer({{"overrides", {{"warehouse", uri}, {"godwit.catalog.uuid", database_.uuid()}}},
                        {"defaults", OrderedJson::object()},
                        {"endpoints", advertised}});
}

Handlers::Reply Handlers::list_namespaces(const Request& request) {
    std::string parent;
    if (const auto given = request.query.find("parent"); given != request.query.end() && !given->second.empty())
        parent = TRY(check_space(given->second));
    const Page page = TRY(parse_page(request));
    auto spaces = TRY(database_.children(parent, page.after, page.limit == 0 ? 0 : page.limit + 1));
    const OrderedJson next = next_page_token(page, spaces);
    OrderedJson listed = OrderedJson::array();
    for (const std::string& space : spaces)
        listed.push_back(levels_json(space));
    return json_answer({{"next-page-token", next}, {"namespaces", listed}});
}

Handlers::Reply Handlers::create_namespace(const Request& request) {
    const OrderedJson body = TRY(parse_body(request.body));
    TRY(required_array(body, "namespace"));
    const std::string space = TRY(join_levels(TRY(text_list(body, "namespace"))));
    const SpaceProperties properties = TRY(text_map(body, "properties"));
    if (const auto location = properties.find("location"); location != properties.end())
        TRY(warehouse_.local_path(location->second));
    Status added = database_.add_space(space, properties);
    // The document knows no 404 here: a missing parent makes the request a bad one.
    if (added.is_error() && added.error().kind() == ErrorKind::not_found)
        return std::move(added).error().code("BadRequestException");
    TRY(std::move(added));
    return json_answer(namespace_json(space, properties));
}

Handlers::Reply Handlers::load_namespace(const Request& request) {
    const std::string space = TRY(check_space(request.arguments[0]));
    return json_answer(namespace_json(space, TRY(database_.properties(space))));
}

Handlers::Reply Handlers::namespace_exists(const Request& request) {
    TRY(database_.properties(TRY(check_space(request.arguments[0]))));
    return no_content();
}

Handlers::Reply Handlers::drop_namespace(const Request& request) {
    TRY(database_.drop_space(TRY(check_space(request.arguments[0]))));
    return no_content();
}

Handlers::Reply Handlers::change_properties(const Request& request) {
    const std::string space = TRY(check_space(request.arguments[0]));
    const OrderedJson body = TRY(parse_body(request.body));
    std::vector<std::string> removals = TRY(text_list(body, "removals"));
    const SpaceProperties updates = TRY(text_map(body, "updates"));
    if (const auto location = updates.find("location"); location != updates.end())
        TRY(warehouse_.local_path(location->second));
    std::ranges::sort(removals);
    removals.erase(std::ranges::unique(removals).begin(), removals.end());
    for (const std::string& key : removals) {
        if (updates.contains(key))
            return Error::make(ErrorKind::invalid_input, "a property is both removed and updated")
                .fix("name it once")
                .at(printable(key))
                .code("UnprocessableEntityException");
    }
    const PropertyChanges changes = TRY(database_.change_properties(space, removals, updates));
    return json_answer({{"updated", changes.updated}, {"removed", changes.removed}, {"missing", changes.missing}});
}

} // namespace godwit::catalog
