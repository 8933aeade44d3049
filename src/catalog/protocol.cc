#include "catalog/protocol.h"

#include "base/text.h"

#include <nlohmann/json.hpp>

namespace godwit::catalog {

namespace {

constexpr JsonLimits kBodyLimits{64, std::size_t{16} << 20, 1'000'000};
constexpr std::uint64_t kDefaultPage = 1000;

struct KnownException {
    std::string_view type;
    int status;
};
constexpr KnownException kExceptions[] = {
    {"BadRequestException", 400},        {"ForbiddenException", 403},
    {"NoSuchNamespaceException", 404},   {"NoSuchTableException", 404},
    {"NoSuchWarehouseException", 404},   {"NotFoundException", 404},
    {"MethodNotAllowedException", 405},  {"UnsupportedOperationException", 406},
    {"AlreadyExistsException", 409},     {"CommitFailedException", 409},
    {"NamespaceNotEmptyException", 409}, {"UnprocessableEntityException", 422},
};

const OrderedJson* find_field(const OrderedJson& object, std::string_view field) {
    const auto found = object.find(std::string(field));
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<std::string> storable(const OrderedJson& value, std::string_view field) {
    if (!value.is_string())
        return bad_request("a text is expected", std::string(field));
    const auto& text = value.get_ref<const std::string&>();
    if (!is_storable_text(text))
        return bad_request("the text holds U+0000 or is not UTF-8", std::string(field));
    return text;
}

} // namespace

ErrorAnswer classify(const Error& error) {
    for (const KnownException& known : kExceptions) {
        if (known.type == error.code())
            return {known.status, known.type};
    }
    switch (error.kind()) {
    case ErrorKind::usage:
    case ErrorKind::invalid_input:
    case ErrorKind::unsupported: return {400, "BadRequestException"};
    case ErrorKind::unavailable: return {503, "ServiceUnavailableException"};
    case ErrorKind::outcome_unknown: return {500, "CommitStateUnknownException"};
    default: return {500, "InternalServerError"};
    }
}

Answer to_answer(const Error& error) {
    std::string message = error.to_line();
    if (!error.fix().empty())
        message += "; " + error.fix();
    return error_answer(classify(error), message);
}

Answer error_answer(const ErrorAnswer& answer, const std::string& message) {
    const OrderedJson body = {
        {"error", {{"message", message}, {"type", std::string(answer.type)}, {"code", answer.status}}}};
    // A message may quote what a file holds: whatever it is, the answer is UTF-8.
    return {answer.status, body.dump(-1, ' ', false, OrderedJson::error_handler_t::replace)};
}

Error bad_request(std::string what, std::string field) {
    return Error::make(ErrorKind::invalid_input, std::move(what))
        .fix("see the Iceberg REST catalogue document for the form of this request")
        .at(std::move(field))
        .code("BadRequestException");
}

Result<OrderedJson> parse_body(std::string_view body) {
    OrderedJson parsed = TRY(parse_ordered_json(body, kBodyLimits));
    if (!parsed.is_object())
        return bad_request("the body must be a JSON object", "body");
    return parsed;
}

Result<std::string> required_text(const OrderedJson& object, std::string_view field) {
    const OrderedJson* value = find_field(object, field);
    if (value == nullptr)
        return bad_request("a field is missing", std::string(field));
    return storable(*value, field);
}

Result<std::optional<std::string>> optional_text(const OrderedJson& object, std::string_view field) {
    const OrderedJson* value = find_field(object, field);
    if (value == nullptr)
        return std::optional<std::string>();
    return std::optional(TRY(storable(*value, field)));
}

Result<bool> optional_flag(const OrderedJson& object, std::string_view field) {
    const OrderedJson* value = find_field(object, field);
    if (value == nullptr)
        return false;
    if (!value->is_boolean())
        return bad_request("true or false is expected", std::string(field));
    return value->get<bool>();
}

Result<SpaceProperties> text_map(const OrderedJson& object, std::string_view field) {
    SpaceProperties properties;
    const OrderedJson* value = find_field(object, field);
    if (value == nullptr)
        return properties;
    if (!value->is_object())
        return bad_request("an object of texts is expected", std::string(field));
    for (const auto& [key, text] : value->items()) {
        if (!is_storable_text(key))
            return bad_request("a key holds U+0000", std::string(field));
        properties.emplace(key, TRY(storable(text, std::string(field) + "." + printable(key))));
    }
    return properties;
}

Result<std::vector<std::string>> text_list(const OrderedJson& object, std::string_view field) {
    std::vector<std::string> texts;
    const OrderedJson* value = find_field(object, field);
    if (value == nullptr)
        return texts;
    if (!value->is_array())
        return bad_request("an array of texts is expected", std::string(field));
    for (const OrderedJson& text : *value)
        texts.push_back(TRY(storable(text, field)));
    return texts;
}

Result<const OrderedJson*> required_array(const OrderedJson& object, std::string_view field) {
    const OrderedJson* value = find_field(object, field);
    if (value == nullptr || !value->is_array())
        return bad_request("an array is expected", std::string(field));
    return value;
}

Result<TableId> table_identifier(const OrderedJson& object, std::string_view field) {
    const OrderedJson* value = find_field(object, field);
    if (value == nullptr || !value->is_object())
        return bad_request("a table identifier is expected", std::string(field));
    TRY(required_array(*value, "namespace"));
    TableId id;
    id.space = TRY(join_levels(TRY(text_list(*value, "namespace"))));
    id.name = TRY(required_text(*value, "name"));
    TRY(check_table_name(id.name));
    return id;
}

OrderedJson levels_json(std::string_view space) { return OrderedJson(levels_of(space)); }

Result<Page> parse_page(const Request& request) {
    Page page;
    const auto token = request.query.find("pageToken");
    const auto size = request.query.find("pageSize");
    std::uint64_t limit = kDefaultPage;
    if (size != request.query.end()) {
        const auto number = parse_uint64(size->second);
        if (number.is_error() || *number == 0 || *number > 1'000'000'000)
            return bad_request("a number from 1 on is expected", "pageSize");
        limit = *number;
    }
    if (token == request.query.end())
        return page;
    page.limit = limit;
    auto after = from_hex(token->second);
    if (after.is_error() || !is_storable_text(*after))
        return bad_request("the token was not given by this catalogue", "pageToken");
    page.after = std::move(*after);
    return page;
}

OrderedJson next_page_token(const Page& page, std::vector<std::string>& names) {
    if (page.limit == 0 || names.size() <= page.limit)
        return nullptr;
    names.resize(page.limit);
    return hex(names.back());
}

Result<bool> query_flag(const Request& request, const std::string& name) {
    const auto found = request.query.find(name);
    if (found == request.query.end() || equals_ignoring_case(found->second, "false"))
        return false;
    if (equals_ignoring_case(found->second, "true"))
        return true;
    return bad_request("true or false is expected", name);
}

} // namespace godwit::catalog
