#pragma once

// For tests: an Iceberg REST catalogue in memory, without sockets.

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "net/http_client.h"

#include <nlohmann/json.hpp>

#include <map>
#include <string>

namespace godwit::clients::test {

/// What it holds; outlives the client. Names are as they stand in paths: percent-encoded.
struct TestCatalogue {
    std::map<std::string, Json> namespaces;    ///< properties
    std::map<std::string, std::string> tables; ///< `namespace/table` to metadata location
    std::vector<std::string> calls;            ///< `POST /v1/namespaces`
    int refuse_next = 0;                       ///< status of the next call that changes something; 0: none
};

/// Metadata files are read from their file:// locations.
class TestCatalogueClient final : public net::HttpClient {
public:
    explicit TestCatalogueClient(TestCatalogue& catalogue) : catalogue_(&catalogue) {}

    Result<net::HttpAnswer> call(const net::HttpCall& call) override {
        auto path = call.url.substr(call.url.find("/v1/") + 3);
        path = path.substr(0, path.find('?'));
        catalogue_->calls.push_back(call.method + " " + path);
        if (path == "/config")
            return answer(200, {{"defaults", Json::object()}, {"overrides", {{"godwit.catalog.uuid", "u-1"}}}});
        if (call.method != "GET" && catalogue_->refuse_next != 0)
            return refusal(std::exchange(catalogue_->refuse_next, 0));
        const auto parts = split(path, '/'); // "", namespaces, NAMESPACE, tables or register, TABLE
        const auto body = call.body.empty() ? Json() : TRY(parse_json(call.body));
        if (parts.size() == 2)
            return create_namespace(body);
        if (parts.size() == 3)
            return one_namespace(call.method, parts[2]);
        return parts.back() == "register" ? register_table(parts[2], body)
                                          : one_table(call.method, parts[2] + "/" + parts.back());
    }

private:
    static Result<net::HttpAnswer> answer(int status, const Json& body) {
        return net::HttpAnswer{status, {}, body.is_null() ? "" : body.dump()};
    }
    static Result<net::HttpAnswer> refusal(int status) {
        const char* type = status == 404 ? "NoSuchTableException" : "AlreadyExistsException";
        return answer(status, {{"error", {{"message", "so it is"}, {"type", type}, {"code", status}}}});
    }

    static Json levels_of(const std::string& encoded) {
        Json levels = Json::array();
        for (const auto& level : split(percent_decode(encoded).value(), '\x1f'))
            levels.push_back(level);
        return levels;
    }

    Result<net::HttpAnswer> create_namespace(const Json& body) {
        std::vector<std::string> levels = body.at("namespace");
        const auto name = percent_encode(join(levels, "\x1f"));
        if (!catalogue_->namespaces.emplace(name, body.value("properties", Json::object())).second)
            return refusal(409);
        return answer(200, {{"namespace", body.at("namespace")}, {"properties", catalogue_->namespaces[name]}});
    }
    Result<net::HttpAnswer> one_namespace(const std::string& method, const std::string& name) {
        const auto found = catalogue_->namespaces.find(name);
        if (found == catalogue_->namespaces.end())
            return refusal(404);
        if (method == "GET")
            return answer(200, {{"namespace", levels_of(name)}, {"properties", found->second}});
        for (const auto& [table, location] : catalogue_->tables)
            if (table.starts_with(name + "/"))
                return refusal(409);
        catalogue_->namespaces.erase(found);
        return answer(204, {});
    }
    Result<net::HttpAnswer> register_table(const std::string& space, const Json& body) {
        const auto name = space + "/" + percent_encode(body.at("name").get<std::string>());
        if (!catalogue_->tables.emplace(name, body.at("metadata-location").get<std::string>()).second)
            return refusal(409);
        return loaded(name);
    }
    Result<net::HttpAnswer> one_table(const std::string& method, const std::string& name) {
        if (!catalogue_->tables.contains(name))
            return refusal(404);
        if (method == "GET")
            return loaded(name);
        catalogue_->tables.erase(name);
        return answer(204, {});
    }
    Result<net::HttpAnswer> loaded(const std::string& name) {
        const auto& location = catalogue_->tables[name];
        constexpr std::string_view kScheme = "file://";
        const auto metadata = TRY(parse_json(TRY(read_file(location.substr(kScheme.size())))));
        return answer(200, {{"metadata-location", location}, {"metadata", metadata}});
    }

    TestCatalogue* catalogue_;
};

} // namespace godwit::clients::test
