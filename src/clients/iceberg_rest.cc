#include "clients/iceberg_rest.h"

#include "base/json.h"
#include "base/text.h"
#include "net/http_client.h"
#include "net/url.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <set>

namespace godwit::clients {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLoopbackLimit{5'000};
constexpr milliseconds kNetworkLimit{60'000};
/// As metadata files have, which come inside of answers.
constexpr JsonLimits kAnswerLimits{256, std::size_t{512} << 20, 8'000'000};
constexpr JsonLimits kRefusalLimits{64, std::size_t{1} << 20};
constexpr std::size_t kMostListed = 1'000'000;
constexpr std::size_t kMostPages = 10'000;
constexpr milliseconds kListingLimit{3'600'000};
constexpr std::size_t kMostNamespaces = 100'000;
constexpr std::size_t kMostLevels = 64;
constexpr std::size_t kLongestMessage = 2'000;
constexpr std::string_view kIdentityKey = "godwit.catalog.uuid";

std::string join_levels(const std::vector<std::string>& levels) {
    std::string joined;
    for (const std::string& level : levels)
        joined += (joined.empty() ? "" : "\x1f") + level;
    return joined;
}

std::string namespace_path(const std::vector<std::string>& levels) {
    return "/namespaces/" + percent_encode(join_levels(levels));
}

std::string table_path(const TableName& table) {
    return namespace_path(table.space) + "/tables/" + percent_encode(table.name);
}

const OrderedJson* find_field(const OrderedJson& object, std::string_view field) {
    const auto found = object.is_object() ? object.find(std::string(field)) : object.end();
    return object.is_object() && found != object.end() ? &*found : nullptr;
}

std::string text_or_empty(const OrderedJson& object, std::string_view field) {
    const OrderedJson* value = find_field(object, field);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::map<std::string, std::string> text_map(const OrderedJson& object, std::string_view field) {
    std::map<std::string, std::string> texts;
    const OrderedJson* value = find_field(object, field);
    if (value == nullptr || !value->is_object())
        return texts;
    for (const auto& [key, text] : value->items()) {
        if (text.is_string())
            texts.emplace(key, text.get<std::string>());
    }
    return texts;
}

/// Nothing where it is no array of texts.
std::optional<std::vector<std::string>> text_list(const OrderedJson& value) {
    if (!value.is_array() || !std::ranges::all_of(value, [](const OrderedJson& text) { return text.is_string(); }))
        return std::nullopt;
    return value.get<std::vector<std::string>>();
}

/// What an answer of the protocol's error model says, or nothing where the answer has another form.
struct Refusal {
    std::string type;
    std::string message;
};
std::optional<Refusal> parse_refusal(const std::string& body) {
    const auto parsed = parse_ordered_json(body, kRefusalLimits);
    const OrderedJson* error = parsed.is_error() ? nullptr : find_field(*parsed, "error");
    if (error == nullptr || !error->is_object())
        return std::nullopt;
    Refusal refusal{text_or_empty(*error, "type"), text_or_empty(*error, "message")};
    if (refusal.type.empty())
        return std::nullopt;
    return refusal;
}

struct Meaning {
    ErrorKind kind;
    RetryClass retry;
};

/// The table of the header.
Meaning meaning_of(int status, bool mutating, bool says_when_to_retry) {
    switch (status) {
    case 401:
    case 419: return {ErrorKind::authentication, RetryClass::fail};
    case 403: return {ErrorKind::permission, RetryClass::fail};
    case 404: return {ErrorKind::not_found, RetryClass::fail};
    case 405:
    case 406:
    case 501: return {ErrorKind::unsupported, RetryClass::fail};
    case 409: return {ErrorKind::conflict, RetryClass::fail};
    case 429: return {ErrorKind::unavailable, RetryClass::retry};
    case 503:
        if (mutating && !says_when_to_retry)
            return {ErrorKind::outcome_unknown, RetryClass::unknown};
        return {ErrorKind::unavailable, RetryClass::retry};
    default: break;
    }
    // 408: somebody on the way lost patience, which says nothing about what the catalogue did.
    if (status >= 500 || status == 408) {
        if (mutating)
            return {ErrorKind::outcome_unknown, RetryClass::unknown};
        return {ErrorKind::unavailable, RetryClass::retry};
    }
    return {ErrorKind::invalid_input, RetryClass::fail};
}

std::string advice(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::authentication: return "check the token of the connection";
    case ErrorKind::permission:
        return "ask the catalogue's owner for this right, or choose a location that the catalogue serves";
    case ErrorKind::unavailable: return "check that the catalogue runs, then run the same command again";
    case ErrorKind::outcome_unknown:
        return "look at the catalogue before the call is made again; `godwit run resume` does so";
    case ErrorKind::unsupported: return "use a catalogue that supports this, or leave it out of the plan";
    case ErrorKind::conflict: return "look at what stands there: adopt it, move it away or choose another name";
    case ErrorKind::not_found: return "check the name against what the catalogue lists";
    default: return "correct what the catalogue refuses, then run the same command again";
    }
}

/// Texts of a request are UTF-8 or the request is not made.
Result<std::string> to_text(const OrderedJson& body) {
    try {
        return body.dump();
    } catch (const nlohmann::json::exception&) {
        return Error::make(ErrorKind::invalid_input, "the request cannot be written as JSON")
            .why("a name or property is not UTF-8")
            .fix("choose another name for it at the target")
            .at(body.dump(-1, ' ', true, OrderedJson::error_handler_t::replace).substr(0, kLongestMessage));
    }
}

} // namespace

struct IcebergRest::Call {
    std::string what; ///< "the table was not registered": of the Error if it fails
    std::string method;
    std::string path; ///< below the endpoint
    std::string body = {};

    bool mutating() const { return method != "GET"; }
};

struct IcebergRest::Answer {
    OrderedJson body; ///< null where there was none
    std::string where;
    std::string request_id;
    std::string what;
    bool mutating;

    /// The answer came, but is not what the protocol says: it may not have come from the catalogue.
    Error strange(std::string why) const {
        return Error::make(mutating ? ErrorKind::outcome_unknown : ErrorKind::invalid_input, what)
            .why("the answer is not one of an Iceberg catalogue: " + std::move(why))
            .fix("check that the address is the catalogue's own, without a proxy that answers in its place")
            .at(where)
            .request_id(request_id)
            .retry(mutating ? RetryClass::unknown : RetryClass::fail);
    }
};

std::string TableName::display() const {
    std::string text;
    for (const std::string& level : space)
        text += level + ".";
    return printable(text + name);
}

IcebergRest::IcebergRest(net::HttpClient& http, Clock& clock, Settings settings)
    : http_(&http),
      clock_(&clock),
      endpoint_(std::move(settings.endpoint)),
      warehouse_(std::move(settings.warehouse)),
      token_(std::move(settings.token)),
      call_limit_(kNetworkLimit),
      prefix_("/v1") {
    while (endpoint_.ends_with('/'))
        endpoint_.pop_back();
    if (endpoint_.ends_with("/v1"))
        endpoint_.resize(endpoint_.size() - 3);
}

Result<IcebergRest> IcebergRest::connect(net::HttpClient& http, Clock& clock, Settings settings, std::stop_token stop) {
    const net::Url url = TRY(net::parse_url(settings.endpoint));
    const std::optional<milliseconds> asked = settings.call_limit;
    IcebergRest client(http, clock, std::move(settings));
    client.call_limit_ = asked.value_or(url.is_loopback() ? kLoopbackLimit : kNetworkLimit);
    TRY(client.read_config(stop));
    return client;
}

SettleTime IcebergRest::settle_time() const {
    return config_.uuid.empty() ? SettleTime{} : SettleTime{milliseconds(0), 1};
}

Result<IcebergRest::Answer> IcebergRest::send(const Call& call, std::stop_token stop) const {
    net::HttpCall http;
    http.method = call.method;
    http.url = endpoint_ + call.path;
    http.headers.add("Accept", "application/json");
    if (!call.body.empty())
        http.headers.add("Content-Type", "application/json");
    if (!token_.empty())
        http.secret_headers.push_back({"Authorization", Secret("Bearer " + token_.reveal())});
    http.body = call.body;
    http.connect_limit = std::min(http.connect_limit, call_limit_);
    http.idle_limit = call_limit_;
    http.total_limit = call_limit_;
    http.answer_limit = kAnswerLimits.bytes;
    http.repeat_is_safe = !call.mutating();
    http.stop = std::move(stop);
    auto sent = http_->call(http);
    if (sent.is_error())
        return Error::make(sent.error().kind(), call.what)
            .why(sent.error().what() + (sent.error().why().empty() ? "" : ": " + sent.error().why()))
            .fix(advice(sent.error().kind()))
            .at(sent.error().where())
            .retry(sent.error().retry())
            .cause(std::move(sent).error());
    Answer answer{nullptr, call.method + " " + net::shown_url(http.url), sent->request_id(), call.what,
                  call.mutating()};
    if (sent->status == 200 || sent->status == 204) {
        if (sent->body.empty())
            return answer;
        auto parsed = parse_ordered_json(sent->body, kAnswerLimits);
        if (parsed.is_error())
            return answer.strange(parsed.error().to_line());
        answer.body = std::move(*parsed);
        return answer;
    }
    const auto refusal = parse_refusal(sent->body);
    // Absence is a claim that others act on: it counts only in the catalogue's own words.
    if (sent->status == 404 && !refusal)
        return answer.strange("status 404 without the error model");
    const Meaning meaning = meaning_of(sent->status, call.mutating(), sent->headers.contains("Retry-After"));
    std::string why = "status " + std::to_string(sent->status);
    if (refusal)
        why += ", " + printable(refusal->type) + ": " + printable(refusal->message.substr(0, kLongestMessage));
    return Error::make(meaning.kind, call.what)
        .why(std::move(why))
        .fix(advice(meaning.kind))
        .at(answer.where)
        .request_id(answer.request_id)
        .retry(meaning.retry);
}

Status IcebergRest::read_config(std::stop_token stop) {
    std::string path = "/v1/config";
    if (!warehouse_.empty())
        path += "?warehouse=" + percent_encode(warehouse_);
    const Answer answer = TRY(send({"the catalogue's configuration was not read", "GET", path}, std::move(stop)));
    if (find_field(answer.body, "defaults") == nullptr && find_field(answer.body, "overrides") == nullptr)
        return answer.strange("it has neither defaults nor overrides");
    config_.defaults = text_map(answer.body, "defaults");
    config_.overrides = text_map(answer.body, "overrides");
    if (const OrderedJson* endpoints = find_field(answer.body, "endpoints"))
        config_.endpoints = text_list(*endpoints).value_or(std::vector<std::string>());
    const auto setting = [&](std::string_view key) {
        const auto over = config_.overrides.find(std::string(key));
        if (over != config_.overrides.end())
            return over->second;
        const auto base = config_.defaults.find(std::string(key));
        return base == config_.defaults.end() ? std::string() : base->second;
    };
    config_.uuid = setting(kIdentityKey);
    config_.warehouse = setting("warehouse");
    // The prefix may be a path of several elements.
    for (const std::string& element : split(setting("prefix"), '/')) {
        if (!element.empty())
            prefix_ += "/" + percent_encode(element);
    }
    return {};
}

std::string IcebergRest::path(const std::string& rest) const { return prefix_ + rest; }

/// Goes through all pages; `take` gets each entry of `field`.
template <typename Take>
Status IcebergRest::each_listed(const std::string& what, const std::string& from, std::string_view field,
                                std::stop_token stop, Take&& take) const {
    const Deadline deadline(*clock_, kListingLimit);
    std::set<std::string> tokens;
    std::string token;
    std::size_t listed = 0;
    for (;;) {
        const char separator = from.find('?') == std::string::npos ? '?' : '&';
        const std::string page = token.empty() ? from : from + separator + "pageToken=" + percent_encode(token);
        const Answer answer = TRY(send({what, "GET", page}, stop));
        const OrderedJson* entries = find_field(answer.body, field);
        if (entries == nullptr || !entries->is_array())
            return answer.strange("the list '" + std::string(field) + "' is missing");
        listed += entries->size();
        if (listed > kMostListed || tokens.size() >= kMostPages || deadline.passed())
            return answer.strange("the list '" + std::string(field) + "' does not end: " + std::to_string(listed) +
                                  " entries on " + std::to_string(tokens.size() + 1) + " pages");
        for (const OrderedJson& entry : *entries) {
            if (!take(entry))
                return answer.strange("an entry of '" + std::string(field) + "' has another form");
        }
        token = text_or_empty(answer.body, "next-page-token");
        if (token.empty())
            return {};
        if (!tokens.insert(token).second)
            return answer.strange("a page token comes twice");
    }
}

Result<std::vector<std::vector<std::string>>> IcebergRest::list_namespaces(const std::vector<std::string>& parent,
                                                                           std::stop_token stop) const {
    std::vector<std::vector<std::string>> listed;
    std::string from = path("/namespaces");
    if (!parent.empty())
        from += "?parent=" + percent_encode(join_levels(parent));
    TRY(each_listed("the namespaces were not listed", from, "namespaces", std::move(stop),
                    [&](const OrderedJson& entry) {
                        auto levels = text_list(entry);
                        if (!levels || levels->size() != parent.size() + 1 || levels->size() > kMostLevels ||
                            !std::equal(parent.begin(), parent.end(), levels->begin()))
                            return false;
                        listed.push_back(std::move(*levels));
                        return true;
                    }));
    return listed;
}

Status IcebergRest::each_namespace(const std::function<Status(const std::vector<std::string>&)>& visit,
                                   std::stop_token stop) const {
    std::vector<std::vector<std::string>> waiting{{}};
    for (std::size_t found = 0; !waiting.empty();) {
        const auto levels = std::move(waiting.back());
        waiting.pop_back();
        if (!levels.empty())
            TRY(visit(levels));
        auto below = TRY(list_namespaces(levels, stop));
        found += below.size();
        if (found > kMostNamespaces)
            return Error::make(ErrorKind::unsupported, "the namespaces were not listed")
                .why("there are more than " + std::to_string(kMostNamespaces))
                .fix("check that the address is the catalogue's own; if so, use a catalogue for each part of them")
                .at(endpoint_);
        std::move(below.rbegin(), below.rend(), std::back_inserter(waiting));
    }
    return {};
}

Result<std::vector<TableName>> IcebergRest::list_tables(const std::vector<std::string>& space,
                                                        std::stop_token stop) const {
    std::vector<TableName> listed;
    TRY(each_listed("the tables were not listed", path(namespace_path(space) + "/tables"), "identifiers",
                    std::move(stop), [&](const OrderedJson& entry) {
                        const OrderedJson* levels = find_field(entry, "namespace");
                        const auto parsed = levels != nullptr ? text_list(*levels) : std::nullopt;
                        TableName table{parsed.value_or(std::vector<std::string>()), text_or_empty(entry, "name")};
                        const bool complete = parsed && !table.name.empty();
                        if (complete)
                            listed.push_back(std::move(table));
                        return complete;
                    }));
    return listed;
}

Result<NamespaceState> IcebergRest::load_namespace(const std::vector<std::string>& levels, std::stop_token stop) const {
    const Answer answer =
        TRY(send({"the namespace was not loaded", "GET", path(namespace_path(levels))}, std::move(stop)));
    const OrderedJson* named = find_field(answer.body, "namespace");
    const auto parsed = named != nullptr ? text_list(*named) : std::nullopt;
    if (!parsed || *parsed != levels)
        return answer.strange("it names another namespace");
    return NamespaceState{levels, text_map(answer.body, "properties")};
}

Status IcebergRest::create_namespace(const NamespaceState& wanted, std::stop_token stop) const {
    const OrderedJson body = {{"namespace", wanted.levels}, {"properties", OrderedJson(wanted.properties)}};
    auto text = TRY(to_text(body));
    const Answer answer =
        TRY(send({"the namespace was not created", "POST", path("/namespaces"), std::move(text)}, std::move(stop)));
    const OrderedJson* named = find_field(answer.body, "namespace");
    const auto levels = named != nullptr ? text_list(*named) : std::nullopt;
    if (!levels || *levels != wanted.levels)
        return answer.strange("it does not name the namespace");
    return {};
}

Status IcebergRest::drop_namespace(const std::vector<std::string>& levels, std::stop_token stop) const {
    TRY(send({"the namespace was not dropped", "DELETE", path(namespace_path(levels))}, std::move(stop)));
    return {};
}

Result<LoadedTable> IcebergRest::loaded_table(const Answer& answer) const {
    const OrderedJson* metadata = find_field(answer.body, "metadata");
    if (metadata == nullptr || !metadata->is_object())
        return answer.strange("the table's metadata is missing");
    LoadedTable table;
    table.metadata_location = text_or_empty(answer.body, "metadata-location");
    table.table_uuid = text_or_empty(*metadata, "table-uuid");
    table.location = text_or_empty(*metadata, "location");
    table.properties = text_map(*metadata, "properties");
    table.metadata = metadata->dump();
    return table;
}

Result<LoadedTable> IcebergRest::load_table(const TableName& table, std::stop_token stop) const {
    return loaded_table(
        TRY(send({"the table was not loaded", "GET", path(table_path(table) + "?snapshots=all")}, std::move(stop))));
}

Result<bool> IcebergRest::table_exists(const TableName& table, std::stop_token stop) const {
    // Not by HEAD: a 404 without a body may come from anyone on the way.
    const auto answer =
        send({"the table was not looked up", "GET", path(table_path(table) + "?snapshots=refs")}, std::move(stop));
    if (!answer.is_error())
        return true;
    if (answer.error().kind() == ErrorKind::not_found)
        return false;
    return answer.error();
}

Result<LoadedTable> IcebergRest::register_table(const TableName& table, const std::string& metadata_location,
                                                std::stop_token stop) const {
    const OrderedJson body = {{"name", table.name}, {"metadata-location", metadata_location}};
    auto text = TRY(to_text(body));
    const Answer answer = TRY(
        send({"the table was not registered", "POST", path(namespace_path(table.space) + "/register"), std::move(text)},
             std::move(stop)));
    LoadedTable loaded = TRY(loaded_table(answer));
    if (loaded.metadata_location != metadata_location)
        return answer.strange("it names the metadata file " + printable(loaded.metadata_location));
    return loaded;
}

Status IcebergRest::drop_table(const TableName& table, std::stop_token stop) const {
    TRY(send({"the table was not dropped", "DELETE", path(table_path(table) + "?purgeRequested=false")},
             std::move(stop)));
    return {};
}

} // namespace godwit::clients
