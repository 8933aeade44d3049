#pragma once

#include "base/file.h"
#include "base/json.h"
#include "catalog/catalog.h"
#include "net/http_server.h"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::catalog {

/// What a handler answered, its body parsed.
struct Reply {
    int status = 0;
    Json body;
    net::HttpHeaders headers;

    std::string type() const { return body.at("error").at("type").get<std::string>(); }
    std::string message() const { return body.at("error").at("message").get<std::string>(); }
};

/// A catalogue in a folder of its own, asked without sockets.
class World {
public:
    World() { open(); }

    void open() {
        catalog_.reset();
        auto opened = Catalog::open({warehouse(), database(), {}}, clock_, random_);
        EXPECT_FALSE(opened.is_error()) << opened.error().to_block();
        catalog_ = std::move(*opened);
    }

    Reply ask(const std::string& method, const std::string& target, const std::string& body = "",
              net::HttpHeaders headers = {}) {
        net::HttpRequest request;
        request.method = method;
        request.target = target;
        request.headers = std::move(headers);
        request.body = body;
        const net::HttpResponse response = catalog_->handle(request);
        Reply reply{response.status, Json(), response.headers};
        if (!response.body.empty())
            reply.body = Json::parse(response.body);
        return reply;
    }
    Reply get(const std::string& target) { return ask("GET", target); }
    Reply post(const std::string& target, const Json& body) { return ask("POST", target, body.dump()); }

    Reply create_namespace(const std::vector<std::string>& levels) {
        return post("/v1/namespaces", {{"namespace", levels}});
    }
    /// Two columns, unpartitioned.
    Reply create_table(const std::string& space, const std::string& name, Json more = Json::object()) {
        Json body = {{"name", name}, {"schema", schema()}};
        body.update(more);
        return post("/v1/namespaces/" + space + "/tables", body);
    }
    static Json schema() {
        return {{"type", "struct"},
                {"schema-id", 0},
                {"fields",
                 {{{"id", 1}, {"name", "id"}, {"type", "long"}, {"required", true}},
                  {{"id", 2}, {"name", "note"}, {"type", "string"}, {"required", false}}}}};
    }
    /// Sets a property and adds nothing else: the smallest commit.
    Reply set_property(const std::string& path, const std::string& key, const std::string& value,
                       Json requirements = Json::array()) {
        return post(path, {{"requirements", std::move(requirements)},
                           {"updates", {{{"action", "set-properties"}, {"updates", {{key, value}}}}}}});
    }

    std::string folder() const { return folder_.path(); }
    std::string warehouse() {
        const std::string path = folder_.path() + "/warehouse";
        EXPECT_FALSE(make_folders(path).is_error());
        return path;
    }
    std::string database() const { return folder_.path() + "/catalog.db"; }
    std::string dump() { return catalog_->dump().value(); }
    Catalog& catalog() { return *catalog_; }
    ManualClock& clock() { return clock_; }

private:
    TemporaryFolder folder_ = TemporaryFolder::create().value();
    ManualClock clock_{1'700'000'000'000'000};
    SeededRandom random_{7};
    std::unique_ptr<Catalog> catalog_;
};

/// The path of a `file://` location.
inline std::string local(const Json& location) { return location.get<std::string>().substr(7); }

} // namespace godwit::catalog
