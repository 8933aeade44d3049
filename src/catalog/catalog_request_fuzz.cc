#include "catalog/catalog.h"

#include "base/file.h"
#include "base/text.h"
#include "net/http_server.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

/// One request per input: `METHOD TARGET`, a line end, the body. The catalogue holds one namespace `n` with one table
/// `t` before each; whatever is asked, the answer is a status of the protocol and, from 400 on, its error model.

namespace {

using namespace godwit;

constexpr std::size_t kInputsPerWorld = 1000;

struct World {
    TemporaryFolder folder = TemporaryFolder::create().value();
    ManualClock clock{1'700'000'000'000'000};
    SeededRandom random{1};
    std::unique_ptr<catalog::Catalog> catalog;

    World() {
        const std::string warehouse = folder.path() + "/w";
        if (make_folders(warehouse).is_error())
            std::abort();
        catalog = catalog::Catalog::open({warehouse, folder.path() + "/c.db", {}}, clock, random).value();
    }

    void put_back() {
        if (ask("HEAD", "/v1/namespaces/n/tables/t", "").status == 204)
            return;
        ask("POST", "/v1/namespaces", R"({"namespace":["n"]})");
        ask("POST", "/v1/namespaces/n/tables",
            R"({"name":"t","schema":{"type":"struct","fields":[{"id":1,"name":"a","type":"long","required":false}]}})");
    }

    net::HttpResponse ask(std::string_view method, std::string_view target, std::string_view body) {
        net::HttpRequest request;
        request.method = method;
        request.target = target;
        request.body = body;
        return catalog->handle(request);
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // A new one now and then: what inputs create must not pile up.
    static std::unique_ptr<World> world;
    static std::size_t inputs = 0;
    if (inputs++ % kInputsPerWorld == 0) {
        world.reset();
        world = std::make_unique<World>();
    }
    world->put_back();
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t line = input.find('\n');
    const std::string_view head = input.substr(0, line);
    const std::size_t space = head.find(' ');
    const std::string_view target = space == std::string_view::npos ? "" : head.substr(space + 1);
    const std::string_view body = line == std::string_view::npos ? "" : input.substr(line + 1);
    const net::HttpResponse response = world->ask(head.substr(0, space), target, body);
    const bool has_model = response.body.starts_with("{\"error\":") || head.starts_with("HEAD ");
    if (response.status < 200 || response.status > 599 || (response.status >= 400 && !has_model) ||
        !is_utf8(response.body))
        std::abort();
    return 0;
}
